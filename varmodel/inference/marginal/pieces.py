"""A law of effects in cubic pieces: its density, and nodes evenly spaced over its range."""

import math
from typing import NamedTuple

import numba as nb
import numpy as np

from varmodel.families.links import Array
from varmodel.inference.marginal.expansion import (
    LOOP,
    MATHS,
    Likelihood,
    Place,
    eight,
    farthest,
    height,
    slopes,
)

#: Room for the nodes of one provider, and divisions of a law's range into 2, 3, 4, 6, ... parts.
ROOM, LEVELS = 2048, 20
#: Nodes go on until the likelihood is this far (in logs) below its best.
_NEGLIGIBLE = 32.0
#: Spacing of seven nodes in sds of likelihood and law together.
_SPACING = 4.9
#: At an end of the law's range that the likelihood is beyond, in units of its fall.
_EDGE = 0.25
TINY = -1e300


class Rule(NamedTuple):
    """Gauss-Hermite points for the standard normal, their log weights over its density."""

    points: Array
    log_weights: Array


class Law(NamedTuple):
    """The law of effects at each point of a block; one of the two forms is empty.

    Mixture: ``log_weight``, ``mean``, ``precision`` (point, component). Pieces: z = offset +
    stretch b; ``knots`` (point, piece + 1) and ``pieces`` (point, piece, 4): log density of z
    as a cubic in z less the knot; ``stretch``, ``offset``, ``bend`` (point,), the last the
    largest curvature of the log density of z.
    """

    log_weight: Array
    mean: Array
    precision: Array
    knots: Array
    pieces: Array
    stretch: Array
    offset: Array
    bend: Array


class Scratch(NamedTuple):
    """Memory that the loops use again.

    ``series`` (order + 1,); ``step``, ``height``, ``value`` (room,). Of a law in pieces at one
    point: its log density at the nodes of each division of its range, ``table`` (level, room),
    filled as it is needed, and whether a level was begun, ``begun`` (level,).
    """

    series: Array
    step: Array
    height: Array
    value: Array
    table: Array
    begun: Array


@nb.njit(**LOOP)
def ends(law: Law, n: int) -> tuple[float, float]:
    """Give the range of the effect under a law in pieces."""
    low, high = law.knots[n, 0], law.knots[n, -1]
    return (low - law.offset[n]) / law.stretch[n], (high - law.offset[n]) / law.stretch[n]


@nb.njit(**LOOP)
def log_pieces(law: Law, n: int, b: float) -> float:
    """Give the log density of z where the effect is ``b``."""
    z = law.offset[n] + law.stretch[n] * b
    if z < law.knots[n, 0] or z > law.knots[n, -1]:
        return TINY
    x, piece = locate(law, n, z)
    cubic = law.pieces[n, piece]
    return cubic[0] + x * (cubic[1] + x * (cubic[2] + x * cubic[3]))


@nb.njit(**LOOP)
def locate(law: Law, n: int, z: float) -> tuple[float, int]:
    """Give the distance from the knot before z, and the number of the piece."""
    piece, last = 0, law.pieces.shape[1] - 1
    while piece < last and z > law.knots[n, piece + 1]:
        piece += 1
    return z - law.knots[n, piece], piece


@nb.njit(**LOOP)
def _width(law: Law, n: int, middle: float, slope: float, curvature: float) -> float:
    """Give the sd of likelihood and law together, less at an end that the likelihood is beyond."""
    width = 1.0 / math.sqrt(max(curvature, 0.0) + law.bend[n] * law.stretch[n] ** 2)
    low, high = ends(law, n)
    x, piece = locate(law, n, law.offset[n] + law.stretch[n] * middle)
    cubic = law.pieces[n, piece]
    slope += law.stretch[n] * (cubic[1] + x * (2.0 * cubic[2] + x * 3.0 * cubic[3]))
    if (middle <= low and slope < 0) or (middle >= high and slope > 0):
        width = min(width, _EDGE / abs(slope))
    return width


@nb.njit(**LOOP)
def _divide(law: Law, n: int, middle: float, fine: float) -> tuple[float, int, float, int]:
    """Divide the law's range, or where a likelihood far narrower than it lies.

    Returns the start, the number of parts, their width, and the level: -1 for a division that
    no other provider has.
    """
    low, high = ends(law, n)
    parts, level, most = 2, 0, ROOM // 2
    if high - low > most * fine:
        low, high = max(low, middle - most * fine), min(high, middle + most * fine)
        parts = int((high - low) / fine)
        return low, parts, (high - low) / parts, -1
    while high - low > parts * fine:
        parts = parts * 3 // 2 if level % 2 == 0 else parts * 4 // 3
        level += 1
    return low, parts, (high - low) / parts, level


@nb.njit(**LOOP)
def _log_law(law: Law, n: int, b: float, room: Scratch, level: int, part: int) -> float:
    """Read the log density of z at a node, worked out once for all providers."""
    if level < 0:
        return log_pieces(law, n, b)
    if not room.begun[level]:
        room.table[level, :] = np.nan
        room.begun[level] = 1.0
    if math.isnan(room.table[level, part]):
        room.table[level, part] = log_pieces(law, n, b)
    return room.table[level, part]


@nb.njit(**LOOP, fastmath=MATHS)
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
    fine = _SPACING / len(rule.points) * _width(law, n, b + middle, slope, curvature)
    low, parts, spacing, level = _divide(law, n, b + middle, fine)
    start = min(max(int((b + middle - low) / spacing), 0), parts - 1)
    first = _walk(model, at, b, reach, low - b, spacing, start, -1, parts, room)
    last = _walk(model, at, b, reach, low - b, spacing, start + 1, 1, parts, room)
    constant = math.log(spacing * law.stretch[n])
    for k in range(last - first - 1):
        part = first + 1 + k
        room.step[k] = low - b + (part + 0.5) * spacing
        room.height[k] = room.value[part] + constant
        room.height[k] += _log_law(law, n, b + room.step[k], room, level, part)
    return last - first - 1


@nb.njit(**LOOP, fastmath=MATHS)
def _walk(
    model: Likelihood,
    at: Place,
    b: float,
    reach: float,
    low: float,
    spacing: float,
    start: int,
    side: int,
    parts: int,
    room: Scratch,
) -> int:
    """Read the likelihood at the nodes of one side, eight at a time; return the first left out."""
    best, part, far = TINY, start, farthest(room.series, reach)
    while 0 <= part < parts:
        lowest = max(part - 7, 0) if side < 0 else min(part, parts - 8) if parts > 8 else 0
        for q in range(lowest, lowest + 8):
            room.step[q] = low + (q + 0.5) * spacing
        if max(abs(room.step[lowest]), abs(room.step[lowest + 7])) <= far:
            eight(room.series, room.step, lowest, room.value)
        else:
            for q in range(lowest, min(lowest + 8, parts)):
                room.value[q] = height(model, at, b, room.series, reach, room.step[q])
        for _ in range(8):
            if not 0 <= part < parts:
                break
            best = max(best, room.value[part])
            if room.value[part] < best - _NEGLIGIBLE:
                return part
            part += side
            if part < lowest or part > lowest + 7:
                break
    return part
