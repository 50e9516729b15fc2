"""Exact draws of the effects whose distribution has an evenly divided coordinate, point by point.

The quadrature's nodes are so close that straight lines between them bound the density.
"""

import math

import numpy as np

from varmodel.inference.marginal.elementary import REORDERED
from varmodel.inference.marginal.likelihood.operations import Index, Likelihood, Place, log_concave
from varmodel.inference.marginal.likelihood.series import height
from varmodel.inference.marginal.loops import loop
from varmodel.inference.marginal.quadrature.by_point import normalise
from varmodel.inference.marginal.quadrature.distributions import (
    Distribution,
    coordinate,
    effect_at,
    log_density,
)
from varmodel.inference.marginal.quadrature.grid import Rule, Scratch, even
from varmodel.inference.marginal.quadrature.modes import find_mass
from varmodel.values import Array

#: How far a log density may rise above the line between two nodes.
ARCH = 0.15
#: Where that is checked: how often nodes are doubled at most.
_FINER = 6


@loop(fastmath=REORDERED)
def draw_effects(
    model: Likelihood,
    predictor: Array,
    parameter: Array,
    distribution: Distribution,
    rule: Rule,
    start: Array,
    nearest: Index,
    seeds: Index,
    ones: Array,
    room: Scratch,
    out: Array,
) -> None:
    """Fill one draw of every provider's effect at each point; shapes as in ``evidence``."""
    for n in range(len(out)):
        np.random.seed(seeds[n])
        room.filled[:] = 0
        for j in range(len(model.data.linear)):
            at = Place(j, predictor[n], parameter[n])
            b = start[nearest[n], j]
            b, _, reach, middle = find_mass(model, at, b, distribution, n, ones, room.series)
            count = _lay(model, at, b, reach, middle, distribution, n, len(rule.points), room)
            normalise(room.height, count)
            out[n, j] = _from_lines(model, at, b, reach, distribution, n, room, count)


@loop(fastmath=REORDERED)
def _lay(
    model: Likelihood,
    at: Place,
    b: float,
    reach: float,
    middle: float,
    distribution: Distribution,
    n: int,
    nodes: int,
    room: Scratch,
) -> int:
    """Lay the nodes; closer where lines between them might not bound the density.

    A log-concave likelihood needs no check: tests hold it to the bound. Of others the second
    differences say how far the log density rises above the lines.
    """
    count = even(model, at, b, reach, middle, distribution, n, nodes, room)
    if log_concave(model):
        return count
    for _ in range(_FINER):
        if _largest_arch(room.height, room.step, count) <= ARCH:
            break
        nodes *= 2
        count = even(model, at, b, reach, middle, distribution, n, nodes, room)
    return count


@loop()
def _largest_arch(height: Array, step: Array, count: int) -> float:
    """Give the rise above the line between two nodes, by parabolas through three.

    Between them the curvature may be larger by a factor e^(2 h), h their distance: 2 at most, for
    where nodes are far apart the distribution alone is left.
    """
    arch = 0.0
    for k in range(1, count - 1):
        larger = min(math.exp(2.0 * (step[k + 1] - step[k])), 2.0)
        arch = max(arch, larger * (2.0 * height[k] - height[k - 1] - height[k + 1]) / 8.0)
    return arch


@loop(fastmath=REORDERED)
def _from_lines(
    model: Likelihood,
    at: Place,
    b: float,
    reach: float,
    distribution: Distribution,
    n: int,
    room: Scratch,
    count: int,
) -> float:
    """Reject from straight lines between the nodes, whose weights sum to one."""
    weight, step = room.height, room.step
    low = coordinate(distribution, n, b + step[0])
    spacing = (coordinate(distribution, n, b + step[count - 1]) - low) / max(count - 1, 1)
    best = int(np.argmax(weight[:count]))
    top = height(model, at, b, room.series, reach, step[best]) - math.log(weight[best])
    top += log_density(distribution, n, low + best * spacing)
    while True:
        k = _choose(weight, count)
        tent = np.random.random() + np.random.random() - 1.0
        other = k + (1 if tent > 0 else -1)
        within = 0 <= other < count
        if not within and abs(tent) > 0.5:  # the nodes are middles: the range ends here
            tent = (1.0 if tent > 0 else -1.0) - tent
        beside = weight[other] if within else weight[k]
        line = (1.0 - abs(tent)) * weight[k] + abs(tent) * beside
        x = low + (k + tent) * spacing
        found = effect_at(distribution, n, x)
        rise = (
            height(model, at, b, room.series, reach, found - b)
            + log_density(distribution, n, x)
            - top
        )
        if math.log(np.random.random()) < rise - math.log(line) - ARCH:
            return found


@loop()
def _choose(weight: Array, count: int) -> int:
    """Pick an index by its weight."""
    left = np.random.random()
    for k in range(count):
        left -= weight[k]
        if left < 0:
            return k
    return int(np.argmax(weight[:count]))
