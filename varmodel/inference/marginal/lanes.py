"""The log likelihood of many providers or points at once, as `expansion` has that of one.

A lane is one provider at one point. ``LANES`` of them lie side by side in memory, so that a
processor works on several at a time: a tenth of the time that one after another takes, which is
the one reason for a second way. Laws in pieces take the first.

All rows stand in one array at distances known when the loops are compiled: row R of lane k is
``s[R + k]``. No lane's figures depend on its neighbours.
"""

import math
from typing import NamedTuple

import numpy as np

from varmodel.families.links import Array
from varmodel.inference.marginal.elementary import exp, log
from varmodel.inference.marginal.expansion import (
    BEYOND,
    BINOMIAL,
    CUMULANTS,
    ERROR,
    EXPONENTIAL,
    FUSED,
    ORDER,
    QUADRATIC,
    SHORT,
    STEEP,
    Index,
    Likelihood,
)
from varmodel.inference.marginal.loops import loop

LANES = 32
#: Where the series stands, the log likelihood there, how far it reaches.
B, BASE, REACH = (LANES * k for k in range(3))
#: The scale, and scale times pull.
SCALE, PULL = LANES * 3, LANES * 4
#: A step from B, and slope, curvature and rise of the log likelihood over it.
STEP, SLOPE, BEND, RISE = (LANES * k for k in range(5, 9))
#: Sixteen rows for those who call.
FREE = LANES * 9
_GROWTH, _FAR = LANES * 25, LANES * 26
#: Coefficient k of the series is row k; of an exponential, the second is what is expected.
_SERIES = LANES * 27
_SLOPE, _EXPECTED = _SERIES + LANES, _SERIES + 2 * LANES
#: Sums over the cells: of p; of v, v^2, ..., v^7; of these times 1 - 2p.
_MEANS, _EVEN, _ODD, _ROWS = LANES * 43, LANES * 44, LANES * 51, 58
_POWERS = ORDER // 2
#: How far to step at most where there is no series.
_LONG, _ENDLESS = 4.0, 1e300


class Cells(NamedTuple):
    """The cells of each lane; where a lane has fewer than others, of size 0.

    ``odds`` (row, lane), and the row of each cell, ``row`` (cell,); ``size``, ``response`` (cell,
    lane).
    """

    odds: Array
    row: Index
    size: Array
    response: Array


def room_for_cells(model: Likelihood) -> Cells:
    """Set memory aside for the provider of most cells, and one more."""
    most = int(np.diff(model.starts).max()) + 1
    odds, size, response = np.zeros((3, most, LANES))
    return Cells(odds, np.arange(most), size, response)


def room_for_lanes() -> Array:
    """Set memory aside for the rows."""
    return np.zeros(_ROWS * LANES)


@loop(fastmath=FUSED)
def expand(model: Likelihood, cells: Cells, count: int, s: Array) -> None:
    """Read the first ``count`` cells for the derivatives at ``B`` and their reach."""
    if model.kind == BINOMIAL:
        _sum_binomial(cells, count, s)
        _derive_binomial(s)
    elif model.kind == EXPONENTIAL:
        _expand_exponential(model.sign, cells, count, s)
    else:
        _expand_quadratic(cells, count, s)


@loop(fastmath=FUSED)
def _sum_binomial(cells: Cells, count: int, s: Array) -> None:
    """Sum over the cells, two at a time: the sums in memory cost as much as what is added."""
    for k in range(15 * LANES):
        s[_MEANS + k] = 0.0
    for k in range(LANES):
        s[_GROWTH + k] = exp(s[B + k])
    for i in range(0, count, 2):
        at, other = cells.row[i], cells.row[i + 1]
        for k in range(LANES):
            o, oo = cells.odds[at, k] * s[_GROWTH + k], cells.odds[other, k] * s[_GROWTH + k]
            q, qq = 1.0 / (1.0 + o), 1.0 / (1.0 + oo)
            w, ww = cells.size[i, k] * (o * q), cells.size[i + 1, k] * (oo * qq)
            v, vv, u, uu = (o * q) * q, (oo * qq) * qq, q - o * q, qq - oo * qq
            s[_MEANS + k] += w + ww
            w, ww = w * q, ww * qq
            for power in range(_POWERS):
                s[_EVEN + power * LANES + k] += w + ww
                s[_ODD + power * LANES + k] += w * u + ww * uu
                w, ww = w * v, ww * vv


@loop(fastmath=FUSED)
def _derive_binomial(s: Array) -> None:
    for k in range(LANES):
        s[_SLOPE + k] = s[PULL + k] - s[_MEANS + k]
        least = max(s[_EVEN + k], 1e-3)
        s[REACH + k] = math.pi * math.sqrt(math.sqrt(math.sqrt(math.sqrt(2 * ERROR / least))))
    for half in range(_POWERS):
        row = _SERIES + (2 * half + 2) * LANES
        for k in range(LANES):
            even, odd = 0.0, 0.0
            for power in range(_POWERS):
                even -= CUMULANTS[2 * half + 2, power + 1] * s[_EVEN + power * LANES + k]
                odd -= CUMULANTS[2 * half + 3, power + 1] * s[_ODD + power * LANES + k]
            s[row + k], s[row + LANES + k] = even, odd
    for k in range(LANES):
        fall = -s[_SERIES + 2 * LANES + k] * s[REACH + k] * s[REACH + k]
        s[_FAR + k] = s[REACH + k] * (BEYOND if fall > STEEP else 1.0)


@loop(fastmath=FUSED)
def _expand_exponential(sign: float, cells: Cells, count: int, s: Array) -> None:
    for k in range(LANES):
        s[_EXPECTED + k], s[REACH + k] = 0.0, _LONG
    for i in range(count):
        at = cells.row[i]
        for k in range(LANES):
            s[_EXPECTED + k] += cells.size[i, k] * cells.odds[at, k]
    for k in range(LANES):
        s[_EXPECTED + k] *= s[SCALE + k] * exp(sign * s[B + k])
        s[BASE + k] = s[PULL + k] * s[B + k] - s[_EXPECTED + k]


@loop(fastmath=FUSED)
def _expand_quadratic(cells: Cells, count: int, s: Array) -> None:
    for k in range(LANES):
        s[_SLOPE + k] = s[_SERIES + 2 * LANES + k] = s[BASE + k] = 0.0
        s[REACH + k] = _ENDLESS
    for i in range(count):
        at = cells.row[i]
        for k in range(LANES):
            gap = cells.response[i, k] - cells.odds[at, k] - s[B + k]
            size = s[SCALE + k] * cells.size[i, k]
            s[_SLOPE + k] += size * gap
            s[_SERIES + 2 * LANES + k] -= 0.5 * size
            s[BASE + k] -= 0.5 * size * gap * gap


@loop(fastmath=FUSED)
def slopes(model: Likelihood, s: Array) -> None:
    """Fill slope and curvature at ``STEP``, within half the reach."""
    if model.kind == EXPONENTIAL:
        for k in range(LANES):
            s[BEND + k] = s[_EXPECTED + k] * exp(model.sign * s[STEP + k])
            s[SLOPE + k] = s[PULL + k] - model.sign * s[BEND + k]
    elif model.kind == QUADRATIC:
        for k in range(LANES):
            s[BEND + k] = -2.0 * s[_SERIES + 2 * LANES + k]
            s[SLOPE + k] = s[_SLOPE + k] - s[BEND + k] * s[STEP + k]
    else:
        for k in range(LANES):
            step, slope, bend = s[STEP + k], 0.0, 0.0
            for order in range(SHORT, 1, -1):
                c = order * s[_SERIES + order * LANES + k]
                slope = slope * step + c
                bend = bend * step + (order - 1) * c
            s[SLOPE + k], s[BEND + k] = slope * step + s[_SLOPE + k], -bend


@loop(fastmath=FUSED)
def rise(model: Likelihood, cells: Cells, count: int, s: Array) -> None:
    """Fill the rise of the log likelihood over ``STEP``, from the cells beyond the reach."""
    if model.kind == EXPONENTIAL:
        for k in range(LANES):
            growth = exp(model.sign * s[STEP + k]) - 1.0
            s[RISE + k] = s[PULL + k] * s[STEP + k] - s[_EXPECTED + k] * growth
    elif model.kind == QUADRATIC:
        for k in range(LANES):
            slope = s[_SLOPE + k] + s[_SERIES + 2 * LANES + k] * s[STEP + k]
            s[RISE + k] = slope * s[STEP + k]
    else:
        beyond = 0
        for k in range(LANES):
            step, total = s[STEP + k], s[_SERIES + ORDER * LANES + k]
            for order in range(ORDER - 1, 0, -1):
                total = total * step + s[_SERIES + order * LANES + k]
            s[RISE + k] = total * step
            beyond += 1 if abs(step) > s[_FAR + k] else 0
        if beyond > 0:
            for k in range(LANES):
                if abs(s[STEP + k]) > s[_FAR + k]:
                    s[RISE + k] = _rise_by_cells(cells, count, s, k)


@loop()
def _rise_by_cells(cells: Cells, count: int, s: Array, k: int) -> float:
    step, growth, total = s[STEP + k], s[_GROWTH + k], 0.0
    fall = math.exp(-abs(step))
    for i in range(count):
        o = cells.odds[cells.row[i], k] * growth
        q = 1.0 / (1.0 + o)
        up = step + math.log(o * q + q * fall) if step > 0 else math.log(q + o * q * fall)
        total += cells.size[i, k] * up
    return s[PULL + k] * step - total


@loop(fastmath=FUSED)
def base(model: Likelihood, cells: Cells, count: int, s: Array) -> None:
    """Fill the log likelihood where the binomial's series stands: all others know it."""
    if model.kind != BINOMIAL:
        return
    for k in range(LANES):
        s[BASE + k] = s[PULL + k] * s[B + k]
    for i in range(count):
        at = cells.row[i]
        for k in range(LANES):
            s[BASE + k] -= cells.size[i, k] * log(1.0 + cells.odds[at, k] * s[_GROWTH + k])
