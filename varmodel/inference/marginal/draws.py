"""Exact draws of the effects given the rest: rejection from envelopes.

Under a component of a mixture the conditional is log-concave. With W the likelihood's curvature
at the mode and P the component's precision, ``h(mode) - h(mode + d) >= P d^2 / 2 +
W (exp(-|d|) - 1 + |d|)``: the curvature of log(1 + e^x) and of e^x changes by at most a factor
e^|d| over a distance d. This bounds the ratio to a Student-t envelope. Under a law in pieces the
nodes are so close that straight lines between them bound the density.
"""

import math

import numba as nb
import numpy as np

from varmodel.families.links import Array
from varmodel.inference.marginal.expansion import (
    LOOP,
    MATHS,
    QUADRATIC,
    Index,
    Likelihood,
    Place,
    height,
)
from varmodel.inference.marginal.integrals import normalise
from varmodel.inference.marginal.nodes import find_mode, lay_nodes, settle
from varmodel.inference.marginal.pieces import Law, Rule, Scratch, log_pieces

#: Slack on the log of the envelope's height: what a grid of points can miss of its maximum.
_SLACK = 0.05
_GRID = 28
#: How far a log density may rise above the line between two nodes.
_ARCH = 0.15


@nb.njit(**LOOP, fastmath=MATHS)
def draw_effects(
    model: Likelihood,
    odds: Array,
    scale: Array,
    law: Law,
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
        room.begun[:] = 0.0
        for j in range(len(model.pull)):
            at = Place(j, odds[n], scale[n])
            b = start[nearest[n], j]
            b, _, reach, middle = settle(model, at, b, law, n, ones, room.series)
            if law.mean.shape[1] == 1:
                out[n, j] = _from_component(model, at, b, reach, middle, law, n, 0, room.series)
                continue
            count = lay_nodes(model, at, b, reach, middle, law, n, rule, room)
            normalise(room.height, count)
            if law.mean.shape[1] == 0:
                out[n, j] = _from_pieces(model, at, b, reach, law, n, room, count)
            else:
                m = _choose(room.height, count) // len(rule.points)
                out[n, j] = _from_component(model, at, b, reach, middle, law, n, m, room.series)


@nb.njit(**LOOP, fastmath=MATHS)
def _from_component(
    model: Likelihood,
    at: Place,
    b: float,
    reach: float,
    middle: float,
    law: Law,
    n: int,
    m: int,
    series: Array,
) -> float:
    """Reject from a t_4 envelope at the mode; a normal conditional needs none."""
    mean, precision = law.mean[n, m], law.precision[n, m]
    mode, curvature = find_mode(model, at, b, series, reach, mean, precision, middle)
    sd = 1.0 / math.sqrt(curvature)
    if model.kind == QUADRATIC:
        return b + mode + sd * np.random.standard_normal()
    top = _log_envelope(precision, curvature - precision, sd)
    gap = b + mode - mean
    peak = height(model, at, b, series, reach, mode) - 0.5 * precision * gap * gap
    while True:
        u = _t4()
        step = mode + sd * u
        gap = b + step - mean
        rise = height(model, at, b, series, reach, step) - 0.5 * precision * gap * gap - peak
        if math.log(np.random.random()) < rise + 2.5 * math.log(1.0 + u * u / 4) - top:
            return b + step


@nb.njit(**LOOP, fastmath=MATHS)
def _from_pieces(
    model: Likelihood,
    at: Place,
    b: float,
    reach: float,
    law: Law,
    n: int,
    room: Scratch,
    count: int,
) -> float:
    """Reject from straight lines between the nodes, whose weights sum to one."""
    weight, step = room.height, room.step
    spacing = (step[count - 1] - step[0]) / max(count - 1, 1)
    best = int(np.argmax(weight[:count]))
    top = height(model, at, b, room.series, reach, step[best]) - math.log(weight[best])
    top += log_pieces(law, n, b + step[best])
    while True:
        k = _choose(weight, count)
        tent = np.random.random() + np.random.random() - 1.0
        other = k + (1 if tent > 0 else -1)
        within = 0 <= other < count
        if not within and abs(tent) > 0.5:  # the nodes are middles: the range ends here
            tent = (1.0 if tent > 0 else -1.0) - tent
        beside = weight[other] if within else weight[k]
        line = (1.0 - abs(tent)) * weight[k] + abs(tent) * beside
        x = step[k] + tent * spacing
        rise = height(model, at, b, room.series, reach, x) + log_pieces(law, n, b + x) - top
        if math.log(np.random.random()) < rise - math.log(line) - _ARCH:
            return b + x


@nb.njit(**LOOP)
def _choose(weight: Array, count: int) -> int:
    """Pick an index by its weight."""
    left = np.random.random()
    for k in range(count):
        left -= weight[k]
        if left < 0:
            return k
    return int(np.argmax(weight[:count]))


@nb.njit(**LOOP)
def _log_envelope(precision: float, information: float, sd: float) -> float:
    """Bound log of conditional over t_4, both 0 at the mode, over the whole line."""
    for k in range(len(_NARROW)):
        if sd <= _NARROW[k]:
            return _TOPS[k]
    return _search_envelope(precision, information, sd)


def _envelope(precision: float, information: float, sd: float) -> float:
    best, u = 0.0, 0.2
    for _ in range(_GRID):
        d = u * sd
        fall = 0.5 * precision * d * d + information * (math.exp(-d) - 1.0 + d)
        best = max(best, 2.5 * math.log(1.0 + u * u / 4) - fall)
        u *= 1.22
    return best + _SLACK


_search_envelope = nb.njit(**LOOP)(_envelope)
#: Conditional sds, and a bound that holds for all that are narrower: without any prior.
_NARROW = np.array([0.05, 0.1, 0.2, 0.3, 0.4])
_TOPS = np.array([_envelope(0.0, sd**-2.0, sd) for sd in _NARROW])


@nb.njit(**LOOP)
def _t4() -> float:
    """Draw from a standard Student-t with four degrees of freedom."""
    square = -2.0 * math.log(np.random.random() * np.random.random())
    return np.random.standard_normal() / math.sqrt(square / 4)
