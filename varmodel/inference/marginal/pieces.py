"""Laws of effects on an evenly divided coordinate: their density, and nodes over their range.

The coordinate x of an effect b is one of two:

- pieces: ``x = offset + stretch b``, on which the log density is a cubic in each piece;
- Student-t: ``b = sinh(x) / stretch`` with 1 / stretch the root of nu - 2 times the sd: the density
  of x is proportional to cosh(x)^(-nu), without a pole nearer to the line than pi/2.

Sums over evenly spaced nodes are spectrally exact for both. The densities are of x: the Jacobian
is part of them.
"""

import math
from typing import NamedTuple

import numpy as np

from varmodel.families.links import Array
from varmodel.inference.marginal.expansion import (
    MATHS,
    Index,
    Likelihood,
    Place,
    eight,
    farthest,
    height,
    slopes,
)
from varmodel.inference.marginal.loops import loop

NORMALS, PIECES, STUDENT_T = 0, 1, 2
#: Room for the nodes of one provider, and divisions of a law's range into 2, 3, 4, 6, ... parts,
#: the last of them for a division that no other provider has.
ROOM, LEVELS = 4096, 22
_OWN = LEVELS - 1
#: Nodes go on until likelihood times the greatest density that the law has beyond is this far (in
#: logs) below the best: the likelihood is log-concave, so that nothing is left there.
_NEGLIGIBLE = 20.0
#: Spacing of seven nodes in sds of likelihood and law together.
_SPACING = 4.9
#: At an end of the law's range that the likelihood is beyond, in units of its fall.
_EDGE, _ROUNDING = 0.25, 1e-9
#: Sds of likelihood and law together that the range of a Student-t holds about their middle.
_MARGIN = 8.0
TINY = -1e300


class Rule(NamedTuple):
    """Gauss-Hermite points for the standard normal, their log weights over its density."""

    points: Array
    log_weights: Array


class Law(NamedTuple):
    """The law of effects at each point of a block; what its kind does not have is empty.

    Normals, of ``kind`` NORMALS: ``log_weight``, ``mean``, ``precision`` (point, component). On
    an evenly divided coordinate: ``knots`` (point, piece + 1), the first and last its range;
    ``pieces`` (point, piece, 4), log density as a cubic in x less the knot; ``stretch``,
    ``offset``; ``top``, the greatest log density, and ``bend``, its largest curvature, which of a
    Student-t is nu; (point,) each.
    """

    kind: int
    log_weight: Array
    mean: Array
    precision: Array
    knots: Array
    pieces: Array
    stretch: Array
    offset: Array
    top: Array
    bend: Array


class Scratch(NamedTuple):
    """Memory that the loops use again.

    ``series`` (order + 1,); ``step``, ``height``, ``value`` (room,). Of an evenly divided law at
    one point, worked out once for all providers: ``table`` (level, room, 2), log density and
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
def coordinate(law: Law, n: int, b: float) -> float:
    """Give the coordinate of an effect."""
    if law.kind == STUDENT_T:
        return math.asinh(law.stretch[n] * b)
    return law.offset[n] + law.stretch[n] * b


@loop()
def effect_at(law: Law, n: int, x: float) -> float:
    """Give the effect at a coordinate."""
    if law.kind == STUDENT_T:
        return math.sinh(x) / law.stretch[n]
    return (x - law.offset[n]) / law.stretch[n]


@loop()
def log_density(law: Law, n: int, x: float) -> float:
    """Give the log density of the coordinate."""
    if law.kind == STUDENT_T:
        return law.top[n] - law.bend[n] * math.log(math.cosh(x))
    if x < law.knots[n, 0] or x > law.knots[n, -1]:
        return TINY
    d, piece = locate(law, n, x)
    cubic = law.pieces[n, piece]
    return cubic[0] + d * (cubic[1] + d * (cubic[2] + d * cubic[3]))


@loop()
def ends(law: Law, n: int) -> tuple[float, float]:
    """Give the range of the effect."""
    if law.kind == STUDENT_T:
        return -np.inf, np.inf
    return effect_at(law, n, law.knots[n, 0]), effect_at(law, n, law.knots[n, -1])


@loop()
def normal_like(law: Law, n: int) -> tuple[float, float]:
    """Give mean and precision of a normal of the law's spread."""
    if law.kind == STUDENT_T:
        return 0.0, (law.bend[n] - 2.0) * law.stretch[n] ** 2
    return -law.offset[n] / law.stretch[n], law.stretch[n] ** 2


@loop()
def locate(law: Law, n: int, x: float) -> tuple[float, int]:
    """Give the distance from the knot before x, and the number of the piece."""
    piece, last = 0, law.pieces.shape[1] - 1
    while piece < last and x > law.knots[n, piece + 1]:
        piece += 1
    return x - law.knots[n, piece], piece


@loop()
def _rises(law: Law, n: int, x: float) -> tuple[float, float]:
    """Differentiate the log density and the effect by the coordinate."""
    if law.kind == STUDENT_T:
        return -law.bend[n] * math.tanh(x), math.cosh(x) / law.stretch[n]
    d, piece = locate(law, n, x)
    cubic = law.pieces[n, piece]
    return cubic[1] + d * (2.0 * cubic[2] + d * 3.0 * cubic[3]), 1.0 / law.stretch[n]


@loop()
def _width(law: Law, n: int, x: float, slope: float, curvature: float) -> float:
    """Give the sd of likelihood and law together, less at an end that the likelihood is beyond.

    ``slope`` and ``curvature`` are those of the log likelihood by the effect.
    """
    fall, growth = _rises(law, n, x)
    width = 1.0 / math.sqrt(max(curvature, 0.0) * growth**2 + law.bend[n])
    slope = slope * growth + fall
    low, high = law.knots[n, 0] + _ROUNDING, law.knots[n, -1] - _ROUNDING
    if law.kind == PIECES and ((x < low and slope < 0) or (x > high and slope > 0)):
        width = min(width, _EDGE / abs(slope))
    return width


@loop()
def _divide(law: Law, n: int, x: float, width: float, fine: float) -> Division:
    """Divide the law's range, or where a likelihood lies that is far narrower or beyond."""
    low, high = law.knots[n, 0], law.knots[n, -1]
    parts, level, most = 2, 0, ROOM // 2
    margin = max(_MARGIN * width, _NEGLIGIBLE / law.bend[n])
    beyond = law.kind == STUDENT_T and abs(x) + margin > high
    if beyond:
        low, high = min(low, x - margin), max(high, x + margin)
    if beyond or high - low > most * fine:
        low, high = max(low, x - most * fine), min(high, x + most * fine)
        parts = int((high - low) / fine)
        return Division(low, (high - low) / parts, parts, _OWN)
    while high - low > parts * fine:
        parts = parts * 3 // 2 if level % 2 == 0 else parts * 4 // 3
        level += 1
    return Division(low, (high - low) / parts, parts, level)


@loop()
def _fill(law: Law, n: int, cut: Division, first: int, last: int, room: Scratch) -> None:
    """Work out the nodes from ``first`` to before ``last`` that the table does not hold."""
    held = room.filled[cut.level]
    if held[0] == held[1]:
        held[0] = held[1] = first
    for part in range(min(first, held[0]), max(last, held[1])):
        if not held[0] <= part < held[1]:
            x = cut.low + (part + 0.5) * cut.spacing
            room.table[cut.level, part, 0] = log_density(law, n, x)
            room.table[cut.level, part, 1] = effect_at(law, n, x)
    held[0], held[1] = min(first, held[0]), max(last, held[1])


@loop(fastmath=MATHS)
def even(
    model: Likelihood,
    at: Place,
    b: float,
    reach: float,
    middle: float,
    law: Law,
    n: int,
    rule: Rule,
    room: Scratch,
) -> int:
    """Lay nodes at the middles of equal parts of the law's range where the likelihood counts.

    A number of parts that hardly ever changes keeps the sum smooth in the parameters.
    """
    slope, curvature = slopes(model, at, b, room.series, reach, middle)
    x = coordinate(law, n, b + middle)
    width = _width(law, n, x, slope, curvature)
    cut = _divide(law, n, x, width, _SPACING / len(rule.points) * width)
    if cut.level == _OWN:
        room.filled[_OWN] = 0
    start = min(max(int((x - cut.low) / cut.spacing), 0), cut.parts - 1)
    first = _walk(model, at, b, reach, law, n, cut, start, -1, room) + 1
    last = _walk(model, at, b, reach, law, n, cut, start + 1, 1, room)
    log_spacing, table = math.log(cut.spacing), room.table[cut.level]
    for k in range(last - first):
        room.step[k] = table[first + k, 1] - b
        room.height[k] = room.value[first + k] + table[first + k, 0] + log_spacing
    return last - first


@loop(fastmath=MATHS)
def _walk(
    model: Likelihood,
    at: Place,
    b: float,
    reach: float,
    law: Law,
    n: int,
    cut: Division,
    start: int,
    side: int,
    room: Scratch,
) -> int:
    """Read the likelihood at the nodes of one side, eight at a time; return the first left out."""
    best, part, far = TINY, start, farthest(room.series, reach)
    table, parts, top = room.table[cut.level], cut.parts, law.top[n]
    while 0 <= part < parts:
        lowest = max(part - 7, 0) if side < 0 else min(part, parts - 8) if parts > 8 else 0
        _fill(law, n, cut, lowest, lowest + 8, room)
        for q in range(lowest, lowest + 8):
            room.step[q] = table[q, 1] - b
        eight(room.series, room.step, lowest, room.height)
        while lowest <= part < min(lowest + 8, parts):
            room.value[part] = room.height[part]
            if abs(room.step[part]) > far:
                room.value[part] = height(model, at, b, room.series, reach, room.step[part])
            best = max(best, room.value[part] + table[part, 0])
            outward = law.kind == STUDENT_T and side * table[part, 1] > 0
            if room.value[part] + (table[part, 0] if outward else top) < best - _NEGLIGIBLE:
                return part
            part += side
    return part
