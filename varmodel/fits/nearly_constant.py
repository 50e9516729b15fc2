"""Figures that take one value in nearly all draws, such as the rank of a provider far ahead.

Their effective sample size says nothing: with a rank of 1 in 3,998 of 4,000 draws it is that of
two draws. What counts is whether the Monte Carlo error can change what is published.
"""

import numpy as np
import numpy.typing as npt
import xarray as xr

from varmodel.fits.fit import WEIGHT
from varmodel.fits.importance import ess_weighted
from varmodel.numerics.convergence import ess_mean
from varmodel.values import Array

#: Share of draws beyond each end of a 95 % interval.
TAIL = 0.025
#: Standard errors by which the share of draws at other values must stay below the tail.
STANDARD_ERRORS = 2.0
#: Largest Monte Carlo standard error of the mean: half a tenth of a place in the ranks.
LARGEST_MCSE = 0.05


def hardly_moves(x: Array, draws: xr.DataArray) -> npt.NDArray[np.bool_]:
    """Say which quantities have one value whose hold no Monte Carlo error can shake.

    Parameters
    ----------
    x : ndarray, (chain, draw, quantity)
        Whole or half numbers, such as ranks; a continuous figure is never constant.
    draws : xarray.DataArray
        What they were read of: the weights of independent draws are its coordinate.

    Returns
    -------
    ndarray of bool, (quantity,)
        The share of draws at other values, with two of its standard errors, stays below 2.5 %, so
        that both ends of the 95 % interval are that value; and the standard error of the mean is
        at most .05.
    """
    away = (x != np.median(x, axis=(0, 1))).astype(np.float64)
    share = away.mean(axis=(0, 1))
    beyond = share + STANDARD_ERRORS * np.sqrt(share * (1 - share) / _size(away, draws))
    mcse = x.std(axis=(0, 1)) / np.sqrt(_size(x, draws))
    return np.asarray((beyond <= TAIL) & (mcse <= LARGEST_MCSE))


def _size(x: Array, draws: xr.DataArray) -> Array:
    """Give the effective sample size of the mean."""
    if WEIGHT not in draws.coords:
        return ess_mean(x)
    return ess_weighted(x, draws[WEIGHT].variable.transpose("chain", "draw").to_numpy())
