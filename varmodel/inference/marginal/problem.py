"""What the marginal sampler works on: plain arrays of one frame, and its priors."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from varmodel.families import FAMILIES, Cells, Family, Parameter, Pooled, Prior, Values
from varmodel.families.effects import EFFECTS, NORMAL_EFFECTS, EffectDistribution
from varmodel.families.parameters import EFFECT, OWN_ROLES, class_sd, level_sd
from varmodel.frame import cells_of
from varmodel.frame.contents import design_of_patterns
from varmodel.inference.marginal.hyperparameters.coordinates import Hyperparameter, Hyperparameters
from varmodel.inference.marginal.hyperparameters.declared import (
    PROVIDER_SD,
    SHAPE,
    TRANSIENT_RHO,
    TRANSIENT_SD,
    correlation,
    declare,
)
from varmodel.inference.marginal.shared import CLASS_SD, LEVEL_SD, SharedTerms, read_shared
from varmodel.values import Array, Index

#: What a provider's effect of a period may be besides its lasting one, and whether it is
#: correlated from period to period.
TRANSIENTS = {"none": False, "iid": False, "ar1": True}
#: Prior of (rho + 1) / 2, where none is stated.
_RHO = {"alpha": 4.0, "beta": 2.0}


@dataclass(frozen=True, slots=True, eq=False)
class Transient:
    """Effects of providers that pass from period to period.

    Attributes
    ----------
    period : ndarray of int64, shape (cell,)
    calendar : ndarray of int64, shape (period,)
        Place of each period in the calendar: lags are their differences.
    correlated : bool
        Whether they are AR(1); else independent.
    """

    period: Index
    calendar: Index
    correlated: bool


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A frame as the marginal sampler reads it.

    chi and psi are the coordinates of :mod:`hyperparameters.declared`.

    Attributes
    ----------
    family : Family
    form : str
        Name of the response form.
    law : EffectDistribution
    cells : Cells
        Sorted by provider; size-0 cells add nothing.
    provider, pattern : ndarray of int64, shape (cell,)
    starts : ndarray of int64, shape (provider + 1,)
        First cell of each provider, and the number of cells.
    design : ndarray, shape (pattern, 1 + term)
        The intercept's ones first.
    hyperparameters : Hyperparameters
    pooled_mean : float
        National rate, by which some of them are measured.
    prior_mean, prior_precision : ndarray, shape (1 + term,)
    transient : Transient or None
        None where a provider's effect is one number.
    groups : tuple of (str, slice)
        Sds on the grid, and the linear terms that are normal with each: effects of groups of
        providers. ``prior_precision`` holds likely values of theirs.
    classes : ndarray of int64, shape (provider,), or None
        Class of each provider, whose sds are ``class_sd[0]`` and so on in place of provider_sd.
    """

    family: Family
    form: str
    law: EffectDistribution
    cells: Cells
    provider: Index
    pattern: Index
    starts: Index
    design: Array
    hyperparameters: Hyperparameters
    pooled_mean: float
    prior_mean: Array
    prior_precision: Array
    transient: Transient | None = None
    groups: tuple[tuple[str, slice], ...] = ()
    classes: Index | None = None

    @property
    def providers(self) -> int:
        """Number of providers."""
        return len(self.starts) - 1

    @property
    def terms(self) -> int:
        """Number of linear terms in psi, the intercept counted."""
        return self.design.shape[1]

    @property
    def size(self) -> int:
        """Length of psi."""
        return self.hyperparameters.size

    @property
    def level(self) -> float:
        """National level on the scale of the linear predictor."""
        return _level(self.family, self.cells)

    def eta(self, psi: Array) -> Array:
        """Give the linear predictor by pattern, psi (..., size) to (..., pattern)."""
        return np.asarray(psi[..., : self.terms] @ self.design.T)

    @property
    def typical(self) -> Values:
        """Likely values of the family's own parameters, from which searches start."""
        pooled = pooled_figures(self.family, self.cells, mean=self.pooled_mean)
        return self.family.typical(self.form, pooled)

    def values(self, chi: Array, psi: Array) -> Values:
        """Give what the family's functions read at points: (...) each."""
        own = self.hyperparameters.values(chi, psi, roles=OWN_ROLES)
        return self.family.values(own, self.pooled_mean)

    def log_sd(self, chi: Array, psi: Array) -> Array:
        """Read log provider_sd at points: (...)."""
        return self.hyperparameters.coordinate(chi, psi, name=PROVIDER_SD)

    def log_sds(self, chi: Array, psi: Array) -> Array:
        """Read the logs of all sds of effects at points: (sd, ...)."""
        every = self.hyperparameters
        names = [one.name for one in every.listed if one.role == EFFECT]
        return np.array([every.coordinate(chi, psi, name=name) for name in names])

    def shape(self, chi: Array, psi: Array) -> Array:
        """Read the coordinates of the distribution of effects at points: (..., law.size)."""
        if not self.law.size:
            return psi[..., :0]
        return self.hyperparameters.coordinates(chi, psi, name=self.law.name)

    def precision_at(self, chi: Array) -> Array:
        """Give the prior precision of each linear term at points: (..., term), or (term,)."""
        if not self.groups:
            return self.prior_precision
        precision = np.tile(self.prior_precision, (*chi.shape[:-1], 1))
        for name, terms in self.groups:
            log_sd = chi[..., self.hyperparameters.columns(name)]
            precision[..., terms] = np.exp(-2 * log_sd)
        return precision

    def stretch(self, chi: Array) -> Array:
        """Give what modes of psi are read over: (..., psi), sds for effects of groups, else 1."""
        if not self.groups:
            return np.ones(1)
        sds = np.ones((*chi.shape[:-1], self.size))
        for name, terms in self.groups:
            sds[..., terms] = np.exp(chi[..., self.hyperparameters.columns(name)])
        return sds

    def of_normal_effects(self) -> "Problem":
        """Take the same problem with normal effects."""
        kept = self.hyperparameters.without(SHAPE)
        return replace(self, law=NORMAL_EFFECTS, hyperparameters=kept)

    @property
    def prior_scale(self) -> Array:
        """Prior sd of each coordinate of psi."""
        return np.concatenate([self.prior_precision**-0.5, self.hyperparameters.scale])

    def log_prior(self, chi: Array, psi: Array) -> Array:
        """Give the log prior density of (chi, psi), shape (...), Jacobians included."""
        every = self.hyperparameters
        logs = {x.name: x.log_prior(every.coordinates(chi, psi, name=x.name)) for x in every.listed}
        precision = self.precision_at(chi)
        squares = precision * (psi[..., : self.terms] - self.prior_mean) ** 2
        linear = 0.5 * (np.log(precision / (2 * np.pi)) - squares).sum(axis=-1)
        shape = logs.pop(self.law.name, 0.0)
        return np.asarray(sum(logs.values()) + linear + shape)


def read_problem(
    frame: xr.Dataset,
    priors: Mapping[str, Prior],
    *,
    effect: str,
    transient: str = "none",
    calendar: Index | None = None,
) -> Problem:
    """Read a frame.

    ``transient`` is one of :data:`TRANSIENTS`; ``calendar`` (period,) the place of each period in
    the calendar, by default one after the other.
    """
    provider = frame["provider_index"].to_numpy()
    family, form, cells = FAMILIES[frame.attrs["family"]], frame.attrs["form"], cells_of(frame)
    pooled = pooled_figures(family, cells, mean=frame.attrs["pooled_mean"])
    shared = read_shared(frame, priors)
    pattern, design = shared.beside(
        frame["pattern_index"].to_numpy(), design_of_patterns(frame), provider=provider
    )
    mean, precision = _priors_of_terms(frame, priors, shared)
    return Problem(
        family=family,
        form=form,
        law=EFFECTS[effect],
        cells=cells,
        provider=provider,
        pattern=pattern,
        starts=np.searchsorted(provider, np.arange(frame.sizes["provider"] + 1)),
        design=design,
        hyperparameters=declare(
            _with_priors(family, form, priors, transient),
            starts={one.name: one.typical(pooled) for one in family.own(form)},
            law=EFFECTS[effect],
            terms=design.shape[1],
            correlations=_correlations(priors, transient),
            apart=_apart(priors, shared),
        ),
        pooled_mean=pooled.mean,
        prior_mean=mean,
        prior_precision=precision,
        transient=None if transient == "none" else _read_transient(frame, transient, calendar),
        groups=shared.groups(design.shape[1]),
        classes=shared.classes,
    )


def _priors_of_terms(
    frame: xr.Dataset, priors: Mapping[str, Prior], shared: SharedTerms
) -> tuple[Array, Array]:
    """Give the prior means and precisions of the linear terms."""
    first, others = (dict(priors[name].parameters) for name in ("intercept", "coefficients"))
    terms = frame.sizes["term"]
    mean = [first["mu"], *[others["mu"]] * terms, *shared.prior_mean]
    sd = np.array([first["sigma"], *[others["sigma"]] * terms, *shared.prior_sd])
    return np.array(mean), sd**-2.0


def _with_priors(
    family: Family, form: str, priors: Mapping[str, Prior], transient: str
) -> list[tuple[Parameter, Prior]]:
    """Give the sds of effects and the family's own parameters with their priors."""
    listed = [one for one in family.parameters(form) if one.role in (EFFECT, *OWN_ROLES)]
    lasting = next(k for k, one in enumerate(listed) if one.role == EFFECT)
    found = [(one, priors[one.name]) for one in listed if one.name in priors]
    if CLASS_SD in priors:
        found.insert(lasting, (replace(listed[lasting], name=f"{CLASS_SD}[0]"), priors[CLASS_SD]))
    if transient != "none":
        passing = replace(listed[lasting], name=TRANSIENT_SD)
        found.insert(lasting + 1, (passing, priors[TRANSIENT_SD]))
    return found


def _apart(priors: Mapping[str, Prior], shared: SharedTerms) -> list[tuple[Parameter, Prior]]:
    """Give the sds of all classes but the first, and those of levels, with their priors."""
    classes = [(class_sd(), f"{CLASS_SD}[{k}]") for k in range(1, shared.class_count)]
    levels = [(level_sd(), f"{LEVEL_SD}[{k}]") for k in range(len(shared.group_counts))]
    return [(replace(one, name=name), priors[one.name]) for one, name in classes + levels]


def _correlations(priors: Mapping[str, Prior], transient: str) -> list[Hyperparameter]:
    """Give transient_rho where there is one; psi holds it."""
    if not TRANSIENTS[transient]:
        return []
    stated = priors.get(TRANSIENT_RHO)
    law = _RHO if stated is None else dict(stated.parameters)
    return [correlation(TRANSIENT_RHO, a=law["alpha"], b=law["beta"], gridded=False)]


def _read_transient(frame: xr.Dataset, transient: str, calendar: Index | None) -> Transient:
    places = np.arange(frame.sizes["period"]) if calendar is None else calendar
    period = frame["period_index"].to_numpy().astype(np.int64)
    return Transient(period, np.asarray(places, dtype=np.int64), TRANSIENTS[transient])


def pooled_figures(family: Family, cells: Cells, *, mean: float) -> Pooled:
    """Give the national rate and the residual sd about it, providers included; 1 for counts."""
    residual = family.residual
    if residual is None or cells.spread is None:
        return Pooled(mean=mean, sd=1.0)
    level = np.full_like(cells.size, _level(family, cells))
    scatter = cells.spread + residual.deviation(cells, level)
    return Pooled(
        mean=mean, sd=float(residual.estimate(np.asarray(scatter.sum() / cells.size.sum())))
    )


def _level(family: Family, cells: Cells) -> float:
    counted = family.residual is None and cells.error is None
    total = cells.response if counted else cells.response * cells.size
    return float(family.scale.forward(np.asarray(total.sum() / cells.size.sum())))
