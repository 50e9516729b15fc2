"""What the marginal sampler works on: plain arrays of one frame, and its priors."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr

from varmodel.families import FAMILIES, Cells, Family, Prior
from varmodel.families.links import Array
from varmodel.frame import cells_of

type Index = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A frame as the marginal sampler reads it.

    psi holds the intercept and the coefficients, chi the logs of the sds (provider_sd, and
    residual_sd for measurements).

    Attributes
    ----------
    family : Family
    cells : Cells
        Sorted by provider; size-0 cells add nothing.
    provider, pattern : ndarray of int64, shape (cell,)
    starts : ndarray of int64, shape (provider + 1,)
        First cell of each provider, and the number of cells.
    design : ndarray, shape (pattern, psi)
        The intercept's ones first.
    sds : tuple of Prior
        Priors of the sds in chi.
    prior_mean, prior_precision : ndarray, shape (psi,)
    """

    family: Family
    cells: Cells
    provider: Index
    pattern: Index
    starts: Index
    design: Array
    sds: tuple[Prior, ...]
    prior_mean: Array
    prior_precision: Array

    @property
    def providers(self) -> int:
        """Number of providers."""
        return len(self.starts) - 1

    def eta(self, psi: Array) -> Array:
        """Give the linear predictor without effects by cell; psi (..., psi) to (..., cell)."""
        return np.asarray((psi @ self.design.T)[..., self.pattern])

    def residual_sd(self, chi: Array) -> float:
        """Read the residual sd; 1 where there is none."""
        return float(np.exp(chi[1])) if len(self.sds) > 1 else 1.0

    def log_prior(self, chi: Array, psi: Array) -> float:
        """Give the log prior density of (chi, psi), the Jacobian of the logs included."""
        sds = np.exp(chi)
        parts = [prior.log_density(sd) for prior, sd in zip(self.sds, sds, strict=True)]
        squares = self.prior_precision * (psi - self.prior_mean) ** 2
        normal = 0.5 * (np.log(self.prior_precision / (2 * np.pi)) - squares).sum()
        return float(np.sum(parts) + chi.sum() + normal)


def read_problem(frame: xr.Dataset, priors: Mapping[str, Prior]) -> Problem:
    """Read a frame."""
    provider = frame["provider_index"].to_numpy()
    patterns = frame["design"].to_numpy()
    first, others = (dict(priors[name].parameters) for name in ("intercept", "coefficients"))
    terms = patterns.shape[1]
    return Problem(
        family=FAMILIES[frame.attrs["family"]],
        cells=cells_of(frame),
        provider=provider,
        pattern=frame["pattern_index"].to_numpy(),
        starts=np.searchsorted(provider, np.arange(frame.sizes["provider"] + 1)),
        design=np.column_stack([np.ones(len(patterns)), patterns]),
        sds=tuple(priors[name] for name in ("provider_sd", "residual_sd") if name in priors),
        prior_mean=np.array([first["mu"], *[others["mu"]] * terms]),
        prior_precision=np.array([first["sigma"], *[others["sigma"]] * terms]) ** -2.0,
    )
