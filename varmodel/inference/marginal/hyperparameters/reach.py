"""How far the first grid reaches along each hyperparameter, before anything is known of it."""

import numpy as np

from varmodel.families import Prior
from varmodel.families.parameters import EFFECT, SCALE
from varmodel.inference.marginal.hyperparameters.coordinates import Hyperparameter
from varmodel.inference.marginal.problem import Problem
from varmodel.values import Array

#: Below the smallest standard error, or the prior's median, by this factor nothing matters.
_SMALLEST = 1e-5
#: Logs by which a residual sd may lie below that of all measurements together, and above it.
_RESIDUAL_REACH = np.array([-3.0, 0.5])
#: A dispersion may be so many times what its prior thought of.
_BEYOND_PRIOR = 10.0


def first_ends(problem: Problem) -> list[Array]:
    """Give the ends of the first axis of each hyperparameter on the grid, no shape among them."""
    eta = np.full(len(problem.provider), problem.level)
    information = problem.family.information(problem.cells, eta, problem.typical)
    smallest = float(1 / np.sqrt(np.add.reduceat(information, problem.starts[:-1]).max()))
    return [_ends(one, smallest) for one in problem.hyperparameters.gridded]


def _ends(one: Hyperparameter, smallest: float) -> Array:
    """Give the ends of one; ``smallest`` is the least standard error of a provider.

    An sd of effects: from far below that, or below its prior, far into the prior's tail. The scale
    of measurements: about its likely value. A dispersion: from next to none.
    """
    if one.role == SCALE:
        return one.start[0] + _RESIDUAL_REACH
    middle, tail = _quantiles(one.prior)
    if one.role == EFFECT:
        return np.log([_SMALLEST * min(smallest, middle), max(tail, 10 * smallest)])
    return np.log([_SMALLEST, _BEYOND_PRIOR]) + np.log([middle, tail])


def _quantiles(prior: Prior | None) -> Array:
    """Give the median and the upper hundredth of a positive prior."""
    if prior is None:
        raise TypeError("the grid takes hyperparameters with a positive prior")
    return np.quantile(prior.draw(np.random.default_rng(0), 999), [0.5, 0.99])
