"""The integral over one provider's effect: where its nodes lie and how high they stand.

A law of effects is a mixture of normals, each with Gauss-Hermite nodes at the mode of its
product with the likelihood (the product is log-concave), or a density in cubic pieces on a
bounded range, with evenly spaced nodes (spectrally exact for a smooth density).
"""

import math

import numba as nb
import numpy as np

from varmodel.families.links import Array
from varmodel.inference.marginal.expansion import (
    LOOP,
    MATHS,
    QUADRATIC,
    Likelihood,
    Place,
    eight,
    expand,
    farthest,
    height,
    slopes,
)
from varmodel.inference.marginal.pieces import Law, Rule, Scratch, ends, even

_STEPS = 60
_CONVERGED = 1e-3
_LONGEST = 2.0
#: Where the series is made anew: a mode farther off than this share of its reach.
_NEAR = 0.4


@nb.njit(**LOOP, fastmath=MATHS)
def settle(
    model: Likelihood, at: Place, b: float, law: Law, n: int, ones: Array, series: Array
) -> tuple[float, float, float, float]:
    """Expand where the mass lies; return that effect, height, reach, and the step to its middle."""
    lead = 0 if law.mean.shape[1] < 2 else np.argmax(law.log_weight[n])
    for _ in range(_STEPS):
        base, reach = expand(model, at, b, series, ones)
        if law.mean.shape[1] == 0:
            step = _middle(model, at, b, series, reach, law, n)
        else:
            mean, precision = law.mean[n, lead], law.precision[n, lead]
            step, _ = find_mode(model, at, b, series, reach, mean, precision, 0.0)
        if abs(step) <= _NEAR * reach:
            break
        b += step
    return b, base, reach, step


@nb.njit(**LOOP, fastmath=MATHS)
def lay_nodes(
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
    """Fill the steps from ``b`` and the log heights over that at ``b``; return their count."""
    if law.mean.shape[1] == 0:
        return even(model, at, b, reach, middle, law, n, rule, room)
    return _hermite(model, at, b, reach, middle, law, n, rule, room)


@nb.njit(**LOOP, fastmath=MATHS)
def find_mode(
    model: Likelihood,
    at: Place,
    b: float,
    series: Array,
    reach: float,
    mean: float,
    precision: float,
    step: float,
) -> tuple[float, float]:
    """Climb from ``b + step`` to the mode of likelihood times normal; return step and curvature."""
    curvature = precision
    for _ in range(_STEPS):
        slope, bend = slopes(model, at, b, series, reach, step)
        curvature = bend + precision
        move = (slope - precision * (b + step - mean)) / curvature
        if model.kind != QUADRATIC:
            move = max(-_LONGEST, min(_LONGEST, move))
        step += move
        if abs(move) * math.sqrt(curvature) < _CONVERGED:
            break
    return step, curvature


@nb.njit(**LOOP, fastmath=MATHS)
def _hermite(
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
    """Lay each component's nodes; node q of component m is number m Q + q."""
    many, count, mode = len(rule.points), 0, middle
    for m in range(law.mean.shape[1]):
        mean, precision = law.mean[n, m], law.precision[n, m]
        mode, curvature = find_mode(model, at, b, room.series, reach, mean, precision, mode)
        sd = 1.0 / math.sqrt(curvature)
        top = law.log_weight[n, m] + 0.5 * math.log(precision / curvature)
        for q in range(many):
            step = mode + sd * rule.points[q]
            gap = b + step - mean
            room.step[count] = step
            room.height[count] = top + rule.log_weights[q] - 0.5 * precision * gap * gap
            count += 1
    _add_heights(model, at, b, reach, room, count)
    return count


@nb.njit(**LOOP, fastmath=MATHS)
def _add_heights(
    model: Likelihood, at: Place, b: float, reach: float, room: Scratch, count: int
) -> None:
    """Add the log likelihood at every node, from the cells where the series does not reach."""
    far = farthest(room.series, reach)
    for k in range(0, count, 8):
        eight(room.series, room.step, k, room.value)
    for k in range(count):
        if abs(room.step[k]) <= far:
            room.height[k] += room.value[k]
        else:
            room.height[k] += height(model, at, b, room.series, reach, room.step[k])


@nb.njit(**LOOP, fastmath=MATHS)
def _middle(
    model: Likelihood, at: Place, b: float, series: Array, reach: float, law: Law, n: int
) -> float:
    """Find where likelihood and a normal of the law's spread meet, inside the law's range."""
    mean = -law.offset[n] / law.stretch[n]
    step, _ = find_mode(model, at, b, series, reach, mean, law.stretch[n] ** 2, 0.0)
    low, high = ends(law, n)
    return min(max(b + step, low), high) - b
