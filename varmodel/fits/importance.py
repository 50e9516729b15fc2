"""The gate of independent draws: importance weights instead of chains (methods 13)."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from varmodel.fits.fit import WEIGHT
from varmodel.numerics.blocks import blocks
from varmodel.numerics.threads import share_out
from varmodel.values import Array

PARETO_K = 0.7
LARGEST_WEIGHT = 0.02
EDGE_MASS = 1e-4
NODE_CHANGE = 0.02


def importance_reasons(stats: xr.Dataset) -> list[str]:
    """Say what is wrong with importance weights, their quadrature and their grid."""
    limit = largest_k(float(stats["evaluations"]))
    rules = {
        "pareto_k": ("Pareto k of the weights", limit),
        "pareto_k_sd": ("Pareto k of the weights times an sd of effects", limit),
        "largest_weight": ("largest weight", LARGEST_WEIGHT),
        "edge_mass": ("mass at the ends of the grid", EDGE_MASS),
        "node_change": ("error of the quadrature", NODE_CHANGE),
    }
    if "block_k" in stats:
        most = largest_k(float(stats["block_points"]))
        rules["block_k"] = ("Pareto k of the weights that draw a provider's effects", most)
    return [
        f"{words} {float(stats[name]):.2g}, at most {most:.2g} is allowed"
        for name, (words, most) in rules.items()
        if not float(stats[name]) <= most
    ]


def largest_k(size: float) -> float:
    """Give the largest k-hat that a sample of that size bears (Vehtari et al. 2024)."""
    return float(min(1 - 1 / np.log10(size), PARETO_K))


def tail_reasons(figures: Mapping[str, xr.DataArray]) -> list[str]:
    """Say which weighted figures (chain, draw) have a tail that their draws do not bear."""
    weighted = {name: draws for name, draws in figures.items() if WEIGHT in draws.coords}
    if not weighted:
        return []
    found = {name: (_tail_of(draws), largest_k(draws.size)) for name, draws in weighted.items()}
    return [
        f"Pareto k of the weights times {name} {k:.2g}, at most {most:.2g} is allowed"
        for name, (k, most) in found.items()
        if not k <= most
    ]


def _tail_of(draws: xr.DataArray) -> float:
    from varmodel.numerics.pareto import tail_shape

    weight = draws[WEIGHT].variable.transpose(*draws.dims)
    return tail_shape(draws.to_numpy().ravel(), weight.to_numpy().ravel())


def ess_weighted(x: Array, weight: Array) -> Array:
    """Effective sample size of equally weighted draws that were resampled by importance.

    Parameters
    ----------
    x : ndarray, shape (chain, draw, ...)
        Draws of one or more quantities.
    weight : ndarray, shape (chain, draw)
        Importance weight of each draw's ancestor, normalised to sum to one over all proposals.

    Returns
    -------
    ndarray, shape (...)
        var(h) / mean(weight (h - mean h)^2): the size of an independent sample with the same
        Monte Carlo error of the mean, at most the number of draws; NaN where h is constant.
    """
    flat, share = x.reshape(weight.size, -1), weight.ravel() / weight.size
    mean = flat.mean(axis=0)

    def work(draws: slice) -> tuple[Array, Array]:
        square = flat[draws] - mean
        np.square(square, out=square)
        return square.sum(axis=0), share[draws] @ square

    found = share_out(work, blocks(*flat.shape))
    total, weighted = (np.sum(part, axis=0) for part in zip(*found, strict=True))
    with np.errstate(divide="ignore", invalid="ignore"):
        size = total / weight.size / weighted
    return np.asarray(np.minimum(size, float(weight.size)).reshape(x.shape[2:]))
