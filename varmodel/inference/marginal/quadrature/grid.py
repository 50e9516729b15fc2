"""Nodes over the range of the effects' distribution, evenly spaced on its coordinate."""

import math
from typing import NamedTuple

import numpy as np
from numpy.polynomial import hermite_e

from varmodel.inference.marginal.elementary import REORDERED
from varmodel.inference.marginal.likelihood.operations import (
    Index,
    Likelihood,
    Place,
    falls,
)
from varmodel.inference.marginal.likelihood.series import eight, farthest, height, slopes
from varmodel.inference.marginal.loops import loop
from varmodel.inference.marginal.quadrature.distributions import (
    SPLINE,
    STUDENT_T,
    TINY,
    Distribution,
    coordinate,
    effect_at,
    falls_outward,
    log_density,
    rises,
)
from varmodel.values import Array

#: Room for the nodes of one provider, and divisions of a distribution's range into 2, 3, 4, 6, ...
#: parts, the last of them for a division that no other provider has.
ROOM, LEVELS = 4096, 22
_OWN = LEVELS - 1
DIVISIONS = np.array([(2, 3)[level % 2] << level // 2 for level in range(_OWN)])
#: More parts than this are only those about the mass.
MOST_PARTS = ROOM // 2
#: Nodes go on until likelihood times the greatest density of an effect beyond is this far (in logs)
#: below the best, and the likelihood is sure not to rise again: nothing is left there.
NEGLIGIBLE = 20.0
#: Spacing of seven nodes in sds of the conditional.
SPACING = 4.9
#: At an end of the distribution's range that the likelihood is beyond, in units of its fall.
EDGE, ROUNDING = 0.25, 1e-9
#: Sds of the conditional that a range without ends holds about their middle.
_MARGIN = 8.0


class Rule(NamedTuple):
    """Gauss-Hermite points for the standard normal, their log weights over its density."""

    points: Array
    log_weights: Array


def hermite_rule(count: int) -> Rule:
    """Make ``count`` nodes, exact for polynomials up to degree 2 count - 1."""
    points, weights = hermite_e.hermegauss(count)
    return Rule(points, np.log(weights / np.sqrt(2 * np.pi)) + points**2 / 2)


class Scratch(NamedTuple):
    """Memory that the loops use again.

    ``series`` (order + 1,); ``step``, ``height``, ``value`` (room,). Of a distribution at one
    point, worked out once for all providers: ``table`` (level, room, 2), log density and
    effect at the nodes of each division of its range, and ``filled`` (level, 2), the first node
    that is held and the first that no more is.
    """

    series: Array
    step: Array
    height: Array
    value: Array
    table: Array
    filled: Index


class Division(NamedTuple):
    """A range in equal parts: where it starts, their width and number; the row of its table."""

    low: float
    spacing: float
    parts: int
    level: int


@loop()
def width_at(distribution: Distribution, n: int, x: float, slope: float, curvature: float) -> float:
    """Give the sd of the conditional, less at an end that the likelihood is beyond.

    ``slope`` and ``curvature`` are those of the log likelihood by the effect.
    """
    fall, growth = rises(distribution, n, x)
    width = 1.0 / math.sqrt(max(curvature, 0.0) * growth**2 + distribution.curvature[n])
    slope = slope * growth + fall
    low, high = distribution.knots[n, 0] + ROUNDING, distribution.knots[n, -1] - ROUNDING
    if distribution.kind == SPLINE and ((x < low and slope < 0) or (x > high and slope > 0)):
        width = min(width, EDGE / abs(slope))
    return width


@loop()
def divide(distribution: Distribution, n: int, x: float, width: float, fine: float) -> Division:
    """Divide the range, or where a likelihood lies that is far narrower or beyond."""
    low, high = distribution.knots[n, 0], distribution.knots[n, -1]
    level, most = 0, MOST_PARTS
    margin = _MARGIN * width
    if distribution.kind == STUDENT_T:
        margin = max(margin, NEGLIGIBLE / distribution.curvature[n])
    beyond = distribution.kind != SPLINE and abs(x) + margin > high
    if beyond:
        low, high = min(low, x - margin), max(high, x + margin)
    if beyond or high - low > most * fine:
        low, high = max(low, x - most * fine), min(high, x + most * fine)
        parts = int((high - low) / fine)
        return Division(low, (high - low) / parts, parts, _OWN)
    while high - low > DIVISIONS[level] * fine:
        level += 1
    return Division(low, (high - low) / DIVISIONS[level], DIVISIONS[level], level)


@loop()
def _fill(
    distribution: Distribution, n: int, cut: Division, first: int, last: int, room: Scratch
) -> None:
    """Work out the nodes from ``first`` to before ``last`` that the table does not hold."""
    held = room.filled[cut.level]
    if held[0] == held[1]:
        held[0] = held[1] = first
    for part in range(min(first, held[0]), max(last, held[1])):
        if not held[0] <= part < held[1]:
            x = cut.low + (part + 0.5) * cut.spacing
            room.table[cut.level, part, 0] = log_density(distribution, n, x)
            room.table[cut.level, part, 1] = effect_at(distribution, n, x)
    held[0], held[1] = min(first, held[0]), max(last, held[1])


@loop(fastmath=REORDERED)
def even(
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
    """Lay nodes at the middles of equal parts of the range where the likelihood counts.

    A number of parts that hardly ever changes keeps the sum smooth in the parameters.
    """
    slope, curvature = slopes(model, at, b, room.series, reach, middle)
    x = coordinate(distribution, n, b + middle)
    width = width_at(distribution, n, x, slope, curvature)
    cut = divide(distribution, n, x, width, SPACING / nodes * width)
    if cut.level == _OWN:
        room.filled[_OWN] = 0
    start = min(max(int((x - cut.low) / cut.spacing), 0), cut.parts - 1)
    first = _walk(model, at, b, reach, distribution, n, cut, start, -1, room) + 1
    last = _walk(model, at, b, reach, distribution, n, cut, start + 1, 1, room)
    log_spacing, table = math.log(cut.spacing), room.table[cut.level]
    for k in range(last - first):
        room.step[k] = table[first + k, 1] - b
        room.height[k] = room.value[first + k] + table[first + k, 0] + log_spacing
    return last - first


@loop(fastmath=REORDERED)
def _walk(
    model: Likelihood,
    at: Place,
    b: float,
    reach: float,
    distribution: Distribution,
    n: int,
    cut: Division,
    start: int,
    side: int,
    room: Scratch,
) -> int:
    """Read the likelihood at the nodes of one side, eight at a time; return the first left out."""
    best, part, far = TINY, start, farthest(room.series, reach)
    table, parts, top = room.table[cut.level], cut.parts, distribution.top[n]
    while 0 <= part < parts:
        lowest = max(part - 7, 0) if side < 0 else min(part, parts - 8) if parts > 8 else 0
        _fill(distribution, n, cut, lowest, lowest + 8, room)
        for q in range(lowest, lowest + 8):
            room.step[q] = table[q, 1] - b
        eight(room.series, room.step, lowest, room.height)
        while lowest <= part < min(lowest + 8, parts):
            room.value[part] = room.height[part]
            if abs(room.step[part]) > far:
                room.value[part] = height(model, at, b, room.series, reach, room.step[part])
            best = max(best, room.value[part] + table[part, 0])
            outward = falls_outward(distribution, n, table[part, 1], side)
            low = room.value[part] + (table[part, 0] if outward else top) < best - NEGLIGIBLE
            if low and falls(model, at, table[part, 1], side):
                return part
            part += side
    return part
