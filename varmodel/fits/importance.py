"""The gate of independent draws: importance weights instead of chains (methods 13)."""

import numpy as np
import xarray as xr

from varmodel.families.links import Array

#: Coordinate of independent draws: the importance weight of a draw's ancestor.
WEIGHT = "weight"
PARETO_K = 0.7
LARGEST_WEIGHT = 0.02
EDGE_MASS = 1e-4
NODE_CHANGE = 0.02


def importance_reasons(stats: xr.Dataset) -> list[str]:
    """Say what is wrong with importance weights, their quadrature and their grid."""
    limit = min(1 - 1 / np.log10(float(stats["evaluations"])), PARETO_K)
    rules = {
        "pareto_k": ("Pareto k of the weights", limit),
        "pareto_k_sd": ("Pareto k of the weights times provider_sd", limit),
        "largest_weight": ("largest weight", LARGEST_WEIGHT),
        "edge_mass": ("mass at the ends of the grid", EDGE_MASS),
        "node_change": ("error of the quadrature", NODE_CHANGE),
    }
    return [
        f"{words} {float(stats[name]):.2g}, at most {most:.2g} is allowed"
        for name, (words, most) in rules.items()
        if not float(stats[name]) <= most
    ]


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
    square = np.square(x - x.mean(axis=(0, 1)))
    spread = np.einsum("cd,cd...->...", weight, square) / weight.size
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.minimum(square.mean(axis=(0, 1)) / spread, float(weight.size)))
