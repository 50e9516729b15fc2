"""What the marginal sampler works on: plain arrays of one frame, and its priors."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr

from varmodel.families import FAMILIES, Cells, Family, Pooled, Prior, Values
from varmodel.families.effects import EFFECTS, EffectDistribution
from varmodel.frame import cells_of
from varmodel.values import Array

type Index = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A frame as the marginal sampler reads it.

    chi is put on a grid: log provider_sd, the gridded coordinates of the law of effects, the logs
    of the family's own parameters. psi is sampled given chi: the intercept, the
    coefficients, the coordinates of a law that are not gridded.

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
    own : tuple of str
        Names of the family's own parameters.
    sds : tuple of Prior
        Priors of provider_sd and of those.
    pooled_mean : float
        National rate, by which some of them are measured.
    prior_mean, prior_precision : ndarray, shape (1 + term,)
    """

    family: Family
    form: str
    law: EffectDistribution
    cells: Cells
    provider: Index
    pattern: Index
    starts: Index
    design: Array
    own: tuple[str, ...]
    sds: tuple[Prior, ...]
    pooled_mean: float
    prior_mean: Array
    prior_precision: Array

    @property
    def providers(self) -> int:
        """Number of providers."""
        return len(self.starts) - 1

    @property
    def gridded(self) -> int:
        """Number of coordinates of the law that chi holds."""
        return len(self.law.ranges)

    @property
    def terms(self) -> int:
        """Number of linear terms in psi, the intercept counted."""
        return self.design.shape[1]

    @property
    def size(self) -> int:
        """Length of psi."""
        return self.terms + self.law.size - self.gridded

    @property
    def level(self) -> float:
        """National level on the scale of the linear predictor."""
        cells = self.cells
        counted = self.family.residual is None and cells.error is None
        total = cells.response if counted else cells.response * cells.size
        return float(self.family.scale.forward(np.asarray(total.sum() / cells.size.sum())))

    @property
    def pooled_sd(self) -> float:
        """Residual sd about the national level, providers included; 1 where there is none."""
        cells, residual = self.cells, self.family.residual
        if residual is None or cells.spread is None:
            return 1.0
        scatter = cells.spread + residual.deviation(cells, np.full_like(cells.size, self.level))
        return float(residual.estimate(np.asarray(scatter.sum() / cells.size.sum())))

    def eta(self, psi: Array) -> Array:
        """Give the linear predictor by pattern, psi (..., size) to (..., pattern)."""
        return np.asarray(psi[..., : self.terms] @ self.design.T)

    @property
    def typical(self) -> Values:
        """Likely values of the family's own parameters, from which searches start."""
        pooled = Pooled(mean=self.pooled_mean, sd=self.pooled_sd)
        return self.family.typical(self.form, pooled)

    def named(self, chi: Array) -> dict[str, Array]:
        """Read the family's own parameters of chi (..., chi), by name."""
        first = chi.shape[-1] - len(self.own)
        return {name: np.exp(chi[..., first + k]) for k, name in enumerate(self.own)}

    def values(self, chi: Array) -> Values:
        """Give what the family's functions read at chi (..., chi)."""
        return self.family.values(self.named(chi), self.pooled_mean)

    def coordinates(self, chi: Array, psi: Array) -> Array:
        """Read the law's coordinates u (..., law.size)."""
        return chi[..., 1 : 1 + self.gridded] if self.gridded else psi[..., self.terms :]

    @property
    def prior_scale(self) -> Array:
        """Prior sd of each coordinate of psi."""
        u = np.eye(self.law.size)[self.gridded :]
        fall = self.law.log_prior(np.zeros_like(u)) - self.law.log_prior(u)  # normal: 1/2 sd^-2
        return np.concatenate([self.prior_precision, 2 * fall]) ** -0.5

    def log_prior(self, chi: Array, psi: Array) -> Array:
        """Give the log prior density of (chi, psi), shape (...), Jacobians included."""
        places = (0, *range(-len(self.own), 0))
        logs = [chi[..., place] for place in places]
        sds = sum(p.log_density(np.exp(x)) + x for p, x in zip(self.sds, logs, strict=True))
        squares = self.prior_precision * (psi[..., : self.terms] - self.prior_mean) ** 2
        linear = 0.5 * (np.log(self.prior_precision / (2 * np.pi)) - squares).sum(axis=-1)
        return np.asarray(sds + linear + self.law.log_prior(self.coordinates(chi, psi)))


def read_problem(frame: xr.Dataset, priors: Mapping[str, Prior], *, effect: str) -> Problem:
    """Read a frame."""
    provider = frame["provider_index"].to_numpy()
    patterns = frame["design"].to_numpy()
    family = FAMILIES[frame.attrs["family"]]
    own = tuple(x.name for x in family.own(frame.attrs["form"]))
    first, others = (dict(priors[name].parameters) for name in ("intercept", "coefficients"))
    terms = patterns.shape[1]
    return Problem(
        family=family,
        form=frame.attrs["form"],
        law=EFFECTS[effect],
        cells=cells_of(frame),
        provider=provider,
        pattern=frame["pattern_index"].to_numpy(),
        starts=np.searchsorted(provider, np.arange(frame.sizes["provider"] + 1)),
        design=np.column_stack([np.ones(len(patterns)), patterns]),
        own=own,
        sds=tuple(priors[name] for name in ("provider_sd", *own)),
        pooled_mean=frame.attrs["pooled_mean"],
        prior_mean=np.array([first["mu"], *[others["mu"]] * terms]),
        prior_precision=np.array([first["sigma"], *[others["sigma"]] * terms]) ** -2.0,
    )
