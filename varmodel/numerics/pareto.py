"""Pareto-smoothed importance weights, and how heavy the tail of a weighted figure is.

The numbers are those of arviz-stats, which takes a second to load.
"""

import math

import numpy as np

from varmodel.numerics import special
from varmodel.values import Array

#: Fewer values than this are no tail.
_LEAST_TAIL = 5
#: The shape is drawn towards .5 as if by so many more values.
_PRIOR_SHAPE, _PRIOR_SIZE = 0.5, 10


def smooth_weights(log_ratio: Array) -> tuple[Array, float]:
    """Smooth importance ratios by a Pareto tail.

    Parameters
    ----------
    log_ratio : ndarray, (draw,)
        Logs of the ratios, up to a constant.

    Returns
    -------
    tuple of ndarray (draw,) and float
        Logs of the weights, which sum to one; and k-hat: the larger, the heavier the tail. NaN
        where too few ratios or too few that differ tell nothing; -inf where the largest are equal.

    Notes
    -----
    Vehtari, Simpson, Gelman, Yao & Gabry (2024), Pareto smoothed importance sampling, JMLR
    25(72): the largest min(N / 5, 3 sqrt(N)) ratios are replaced by the quantiles of a
    generalised Pareto distribution fitted to them, none above the largest.
    """
    logs = log_ratio - log_ratio.max()
    size = int(min(len(logs) / 5, 3 * math.sqrt(len(logs))))
    shape = math.nan
    if size >= _LEAST_TAIL:
        order = np.argsort(logs)
        largest, cutoff = order[-size:], np.exp(logs[order[-size - 1]])
        tail = np.exp(logs[largest])
        shape, scale = fit_tail(tail - cutoff) if tail[0] < tail[-1] else (-math.inf, math.nan)
        if math.isfinite(shape):
            upper = 1 - (np.arange(size) + 0.5) / size
            quantiles = cutoff - scale * special.boxcox(upper, -shape)
            logs[largest] = np.minimum(np.log(quantiles), 0.0)
    return logs - np.log(np.exp(logs).sum()), shape


def fit_tail(excess: Array) -> tuple[float, float]:
    """Fit a generalised Pareto distribution to sorted excesses of a threshold: shape and scale.

    Zhang & Stephens (2009), A new and efficient estimation method for the generalized Pareto
    distribution, Technometrics 51(3): the posterior mean of theta = -shape / scale over a grid,
    under a prior that the data place; the shape is then drawn towards .5 (Vehtari et al. 2024).
    NaN where the lower quarter does not differ.
    """
    size = len(excess)
    quarter = excess[int(size / 4 + 0.5) - 1]
    if not quarter > excess[0]:
        return math.nan, math.nan
    points = 30 + int(math.sqrt(size))
    spread = 1 - np.sqrt(points / (np.arange(points) + 0.5))
    grid = 1 / excess[-1] + spread / (3 * quarter)
    shapes = np.log1p(-grid[:, np.newaxis] * excess).mean(axis=1)
    theta = float(special.softmax(size * (np.log(-grid / shapes) - shapes - 1)) @ grid)
    shape = float(np.log1p(-theta * excess).mean())
    drawn = (size * shape + _PRIOR_SIZE * _PRIOR_SHAPE) / (size + _PRIOR_SIZE)
    return drawn, -shape / theta


def tail_shape(h: Array, weight: Array) -> float:
    """Give k-hat of abs(h) times the weight, over the distinct ancestors of the draws of h."""
    distinct, first = np.unique(weight, return_index=True)
    product = np.abs(h[first]) * distinct
    return smooth_weights(np.log(product[product > 0]))[1] if (product > 0).any() else -np.inf
