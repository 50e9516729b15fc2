"""What the marginal sampler works on: plain arrays of one frame, and its priors."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from varmodel.families import FAMILIES, Cells, Family, Parameter, Pooled, Prior, Values
from varmodel.families.effects import EFFECTS, NORMAL_EFFECTS, EffectDistribution
from varmodel.families.parameters import EFFECT, OWN_ROLES
from varmodel.frame import cells_of
from varmodel.inference.marginal.hyperparameters.declared import (
    PROVIDER_SD,
    SHAPE,
    TRANSIENT_RHO,
    TRANSIENT_SD,
    Hyperparameter,
    Hyperparameters,
    correlation,
    declare,
)
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
        squares = self.prior_precision * (psi[..., : self.terms] - self.prior_mean) ** 2
        linear = 0.5 * (np.log(self.prior_precision / (2 * np.pi)) - squares).sum(axis=-1)
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
    patterns = frame["design"].to_numpy()
    first, others = (dict(priors[name].parameters) for name in ("intercept", "coefficients"))
    terms = patterns.shape[1]
    family, form, cells = FAMILIES[frame.attrs["family"]], frame.attrs["form"], cells_of(frame)
    pooled = pooled_figures(family, cells, mean=frame.attrs["pooled_mean"])
    return Problem(
        family=family,
        form=form,
        law=EFFECTS[effect],
        cells=cells,
        provider=provider,
        pattern=frame["pattern_index"].to_numpy(),
        starts=np.searchsorted(provider, np.arange(frame.sizes["provider"] + 1)),
        design=np.column_stack([np.ones(len(patterns)), patterns]),
        hyperparameters=declare(
            _with_priors(family, form, priors, transient),
            starts={one.name: one.typical(pooled) for one in family.own(form)},
            law=EFFECTS[effect],
            terms=1 + terms,
            correlations=_correlations(priors, transient),
        ),
        pooled_mean=pooled.mean,
        prior_mean=np.array([first["mu"], *[others["mu"]] * terms]),
        prior_precision=np.array([first["sigma"], *[others["sigma"]] * terms]) ** -2.0,
        transient=None if transient == "none" else _read_transient(frame, transient, calendar),
    )


def _with_priors(
    family: Family, form: str, priors: Mapping[str, Prior], transient: str
) -> list[tuple[Parameter, Prior]]:
    """Give the sds of effects and the family's own parameters with their priors."""
    listed = [one for one in family.parameters(form) if one.role in (EFFECT, *OWN_ROLES)]
    if transient != "none":
        lasting = next(k for k, one in enumerate(listed) if one.role == EFFECT)
        listed.insert(lasting + 1, replace(listed[lasting], name=TRANSIENT_SD))
    return [(one, priors[one.name]) for one in listed]


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
