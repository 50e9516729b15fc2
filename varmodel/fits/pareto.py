"""Pareto-smoothed importance weights, and how heavy the tail of a weighted figure is."""

from collections.abc import Callable

import numpy as np
import xarray as xr
from arviz_stats.base.array import array_stats

from varmodel.families.links import Array
from varmodel.fits.importance import WEIGHT

psislw: Callable[[Array], tuple[Array, float]] = array_stats.psislw


def smooth_weights(log_ratio: Array) -> tuple[Array, float]:
    """Smooth log ratios by Pareto tails; also k-hat (Vehtari et al. 2024).

    arviz-stats takes *minus* the log ratios.
    """
    smooth, pareto_k = psislw(-log_ratio)
    return np.asarray(smooth), float(pareto_k)


def tail_shape(draws: xr.DataArray) -> float:
    """Give k-hat of abs(h) times the weight, over the distinct ancestors of the draws of h."""
    h = np.abs(draws.to_numpy()).ravel()
    weight = draws[WEIGHT].transpose(*draws.dims).to_numpy().ravel()
    distinct, first = np.unique(weight, return_index=True)
    product = h[first] * distinct
    return smooth_weights(np.log(product[product > 0]))[1] if (product > 0).any() else -np.inf
