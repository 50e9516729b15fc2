"""Numba loops of the kernels: cells within providers, nothing allocated per provider.

The conditionals are log-concave. With W the likelihood's curvature at the mode, both families
keep ``h(mode) - h(mode + d) >= precision d^2 / 2 + W (exp(-|d|) - 1 + |d|)``: the curvature of
log(1 + e^x) and of e^x changes by at most a factor e^|d| over a distance d. This bounds the
ratio to the envelope, so that rejection is exact.
"""

import math

import numba as nb
import numpy as np
import numpy.typing as npt

from varmodel.families.links import Array

type Index = npt.NDArray[np.integer]
#: Pattern and size of each cell; first cell of each provider and one past the last; events.
type Cells = tuple[Index, Array, Index, Array]
#: Points and log weights.
type Nodes = tuple[Array, Array]

_STEPS = 60
_CONVERGED = 1e-3
_LARGEST_STEP = 2.0
#: Slack on the log of the envelope's height: what a grid of points can miss of its maximum.
_SLACK = 0.05
_GRID = 28
_MATHS = {"reassoc", "contract", "arcp", "nsz"}


@nb.njit(cache=True, nogil=True, fastmath=_MATHS)
def binomial_evidence(
    cells: Cells, odds: Array, precision: float, nodes: Nodes, start: Array, out: Array
) -> None:
    """Fill the log evidence of every provider."""
    points, log_weights = nodes
    events = cells[3]
    height = np.empty(len(points))
    for j in range(len(events)):
        b, c = _binomial_mode(cells, odds, precision, j, start[j])
        sd = 1.0 / math.sqrt(c)
        for q in range(len(points)):
            at = b + sd * points[q]
            cumulant = _binomial_cumulant(cells, odds, j, at)
            height[q] = events[j] * at - cumulant - 0.5 * precision * at * at + log_weights[q]
        out[j] = _log_sum(height) + 0.5 * math.log(precision / c)


@nb.njit(cache=True, nogil=True, fastmath=_MATHS)
def binomial_draw(
    cells: Cells, odds: Array, precision: float, start: Array, seed: int, out: Array
) -> None:
    """Draw every provider's effect from its conditional."""
    np.random.seed(seed)
    events = cells[3]
    for j in range(len(events)):
        b, c = _binomial_mode(cells, odds, precision, j, start[j])
        sd = 1.0 / math.sqrt(c)
        top = _log_envelope(precision, c - precision, sd)
        peak = events[j] * b - _binomial_cumulant(cells, odds, j, b)
        peak -= 0.5 * precision * b * b
        while True:
            u = _t4()
            at = b + sd * u
            height = events[j] * at - _binomial_cumulant(cells, odds, j, at)
            height -= 0.5 * precision * at * at + peak
            if math.log(np.random.random()) < height + 2.5 * math.log(1.0 + u * u / 4) - top:
                out[j] = at
                break


@nb.njit(cache=True, nogil=True, fastmath=_MATHS)
def poisson_evidence(
    events: Array, expected: Array, precision: float, nodes: Nodes, start: Array, out: Array
) -> None:
    """Fill the log evidence of every provider."""
    points, log_weights = nodes
    height = np.empty(len(points))
    for j in range(len(events)):
        b, c = _poisson_mode(expected[j], events[j], precision, start[j])
        sd = 1.0 / math.sqrt(c)
        for q in range(len(points)):
            at = b + sd * points[q]
            height[q] = events[j] * at - expected[j] * math.exp(at) - 0.5 * precision * at * at
            height[q] += log_weights[q]
        out[j] = _log_sum(height) + 0.5 * math.log(precision / c)


@nb.njit(cache=True, nogil=True, fastmath=_MATHS)
def poisson_draw(
    events: Array, expected: Array, precision: float, start: Array, seed: int, out: Array
) -> None:
    """Draw every provider's effect from its conditional."""
    np.random.seed(seed)
    for j in range(len(events)):
        b, c = _poisson_mode(expected[j], events[j], precision, start[j])
        sd = 1.0 / math.sqrt(c)
        top = _log_envelope(precision, c - precision, sd)
        peak = events[j] * b - expected[j] * math.exp(b) - 0.5 * precision * b * b
        while True:
            u = _t4()
            at = b + sd * u
            height = events[j] * at - expected[j] * math.exp(at) - 0.5 * precision * at * at
            height -= peak
            if math.log(np.random.random()) < height + 2.5 * math.log(1.0 + u * u / 4) - top:
                out[j] = at
                break


@nb.njit(cache=True, nogil=True, fastmath=_MATHS)
def _binomial_mode(
    cells: Cells, odds: Array, precision: float, j: int, b: float
) -> tuple[float, float]:
    """Climb to the mode; the curvature is that of the last step, a hair beside it."""
    pattern, size, starts, events = cells
    c = precision
    for _ in range(_STEPS):
        scale, mean, spread = math.exp(b), 0.0, 0.0
        for i in range(starts[j], starts[j + 1]):
            o = odds[pattern[i]] * scale
            r = 1.0 / (1.0 + o)
            mean += size[i] * o * r
            spread += size[i] * o * r * r
        c = spread + precision
        step = (events[j] - mean - b * precision) / c
        b += min(max(step, -_LARGEST_STEP), _LARGEST_STEP)
        if abs(step) * math.sqrt(c) < _CONVERGED:
            break
    return b, c


@nb.njit(cache=True, nogil=True, fastmath=_MATHS)
def _poisson_mode(
    expected: float, events: float, precision: float, b: float
) -> tuple[float, float]:
    """Climb to the mode; the curvature is that of the last step, a hair beside it."""
    c = precision
    for _ in range(_STEPS):
        mean = expected * math.exp(b)
        c = mean + precision
        step = (events - mean - b * precision) / c
        b += min(max(step, -_LARGEST_STEP), _LARGEST_STEP)
        if abs(step) * math.sqrt(c) < _CONVERGED:
            break
    return b, c


@nb.njit(cache=True, nogil=True, fastmath=_MATHS)
def _binomial_cumulant(cells: Cells, odds: Array, j: int, at: float) -> float:
    pattern, size, starts, _ = cells
    scale, total = math.exp(at), 0.0
    for i in range(starts[j], starts[j + 1]):
        total += size[i] * math.log(1.0 + odds[pattern[i]] * scale)
    return total


@nb.njit(cache=True, nogil=True)
def _log_sum(values: Array) -> float:
    top, total = values.max(), 0.0
    for value in values:
        total += math.exp(value - top)
    return top + math.log(total)


@nb.njit(cache=True, nogil=True)
def _log_envelope(precision: float, information: float, sd: float) -> float:
    """Bound log of conditional over t_4, both 0 at the mode, over the whole line."""
    best, u = 0.0, 0.2
    for _ in range(_GRID):
        d = u * sd
        fall = 0.5 * precision * d * d + information * (math.exp(-d) - 1.0 + d)
        best = max(best, 2.5 * math.log(1.0 + u * u / 4) - fall)
        u *= 1.22
    return best + _SLACK


@nb.njit(cache=True, nogil=True)
def _t4() -> float:
    """Draw from a standard Student-t with four degrees of freedom."""
    square = -2.0 * math.log(np.random.random() * np.random.random())
    return np.random.standard_normal() / math.sqrt(square / 4)
