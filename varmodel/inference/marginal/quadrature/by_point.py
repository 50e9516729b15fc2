"""Evidence and expected scores by nodes on an evenly divided coordinate, point by point."""

import math

import numpy as np

from varmodel.inference.marginal.elementary import REORDERED
from varmodel.inference.marginal.likelihood.batch import held_array
from varmodel.inference.marginal.likelihood.operations import (
    Index,
    Likelihood,
    Place,
    add_score,
    traits_of,
)
from varmodel.inference.marginal.likelihood.series import ORDER
from varmodel.inference.marginal.loops import loop
from varmodel.inference.marginal.quadrature.distributions import Distribution, coordinate, locate
from varmodel.inference.marginal.quadrature.grid import LEVELS, ROOM, Rule, Scratch, even
from varmodel.inference.marginal.quadrature.modes import find_mass
from varmodel.values import Array

#: Nodes whose weight is below this tell nothing of a score.
_IDLE = 1e-7


def scratch() -> Scratch:
    """Set memory aside for the nodes of one provider."""
    table, filled = np.empty((LEVELS, ROOM, 2)), np.zeros((LEVELS, 2), dtype=np.int64)
    step, height, value = np.empty((3, ROOM + 8))
    return Scratch(np.empty(ORDER + 1), step, height, value, table, filled)


def logs_left(model: Likelihood) -> int:
    """Count the logs at a point that NumPy takes for the loops."""
    return len(model.data.pattern) if traits_of(model).leaves_logs else 0


def room_for_logs(model: Likelihood, points: int) -> Array:
    """Set memory aside for what they are of, (point, cell)."""
    return held_array(points, logs_left(model))


def sum_logs(model: Likelihood, ones: Array) -> Array:
    """Sum these logs, shape (point,)."""
    if not logs_left(model):
        return np.zeros(len(ones))
    return np.asarray(np.log(ones, out=ones) @ model.data.size)


@loop()
def normalise(height: Array, count: int) -> float:
    """Turn log heights into weights that sum to one; return the log of their sum."""
    top = -np.inf
    for k in range(count):
        top = max(top, height[k])
    total = 0.0
    for k in range(count):
        height[k] = math.exp(height[k] - top)
        total += height[k]
    for k in range(count):
        height[k] /= total
    return top + math.log(total)


@loop(fastmath=REORDERED)
def evidence(
    model: Likelihood,
    predictor: Array,
    parameter: Array,
    distribution: Distribution,
    rule: Rule,
    start: Array,
    nearest: Index,
    ones: Array,
    room: Scratch,
    out: Array,
) -> None:
    """Fill the log evidence of all providers together at each point of a block.

    ``predictor`` (point, pattern), ``parameter``, ``nearest``, ``out`` (point,), ``start`` (peak,
    provider), ``ones`` (point, cell): the binomial's sum of logs is left to the caller.
    """
    for n in range(len(out)):
        total = 0.0
        room.filled[:] = 0
        for j in range(len(model.data.linear)):
            at = Place(j, predictor[n], parameter[n])
            b = start[nearest[n], j]
            b, base, reach, middle = find_mass(model, at, b, distribution, n, ones[n], room.series)
            count = even(model, at, b, reach, middle, distribution, n, len(rule.points), room)
            total += base + _log_sum(room.height, count)
        out[n] = total


@loop(fastmath=REORDERED)
def expected_scores(
    model: Likelihood,
    predictor: Array,
    parameter: float,
    distribution: Distribution,
    rule: Rule,
    effect: Array,
    ones: Array,
    room: Scratch,
    score: Array,
    powers: Array,
) -> float:
    """Return the log evidence at one point, and fill each cell's expected score by eta.

    ``effect`` holds where to look for the modes, and then the expected effects; ``powers``
    (piece, 4) the expected sums over providers of the powers of z in its piece.
    """
    total = 0.0
    for j in range(len(model.data.linear)):
        at = Place(j, predictor, parameter)
        b, base, reach, middle = find_mass(model, at, effect[j], distribution, 0, ones, room.series)
        count = even(model, at, b, reach, middle, distribution, 0, len(rule.points), room)
        total += base + normalise(room.height, count)
        first, last = model.data.starts[j], model.data.starts[j + 1]
        score[first:last] = 0.0
        mean, kept = 0.0, _kept(room.height, count)
        for k in range(count):
            if room.height[k] > _IDLE:
                weight = room.height[k] / kept
                mean += weight * (b + room.step[k])
                add_score(model, at, b + room.step[k], weight, score)
                _add_powers(distribution, b + room.step[k], weight, powers)
        effect[j] = mean
    return total


@loop()
def _kept(weight: Array, count: int) -> float:
    """Sum the weights that count: a rest of 1e-7 would be a hundred of 1e9 cases."""
    total = 0.0
    for k in range(count):
        if weight[k] > _IDLE:
            total += weight[k]
    return total


@loop()
def _add_powers(distribution: Distribution, b: float, weight: float, powers: Array) -> None:
    if len(powers):
        x, piece = locate(distribution, 0, coordinate(distribution, 0, b))
        for power in range(4):
            powers[piece, power] += weight
            weight *= x


@loop()
def _log_sum(height: Array, count: int) -> float:
    top = -np.inf
    for k in range(count):
        top = max(top, height[k])
    total = 0.0
    for k in range(count):
        total += math.exp(height[k] - top)
    return top + math.log(total)
