"""Where the mass of one provider's effect lies, for nodes on an evenly divided coordinate."""

import math

from varmodel.inference.marginal.elementary import REORDERED
from varmodel.inference.marginal.likelihood.operations import (
    Likelihood,
    Place,
    expand,
    log_concave,
    longest_step,
)
from varmodel.inference.marginal.likelihood.series import slopes
from varmodel.inference.marginal.loops import loop
from varmodel.inference.marginal.quadrature.distributions import (
    STUDENT_T,
    Distribution,
    ends,
    normal_like,
)
from varmodel.values import Array

_STEPS = 60
_CONVERGED = 1e-3
#: Where no series is made at the mode, nodes alone are laid about it.
_NEARLY = 0.05
#: Where the series is made anew: a mode farther off than this share of its reach.
_NEAR = 0.4
#: The search for a Student-t's mode ends where its hold grows by no more.
_FIRMER = 1.05


@loop(fastmath=REORDERED)
def find_mass(
    model: Likelihood,
    at: Place,
    b: float,
    distribution: Distribution,
    n: int,
    ones: Array,
    series: Array,
) -> tuple[float, float, float, float]:
    """Expand where the mass lies; return that effect, height, reach, and the step to its middle."""
    for _ in range(_STEPS):
        base, reach = expand(model, at, b, series, ones)
        step = _middle(model, at, b, series, reach, distribution, n)
        if abs(step) <= _NEAR * reach or reach == 0.0:
            break
        b += step
    return b, base, reach, step


@loop(fastmath=REORDERED)
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
        slope, information = slopes(model, at, b, series, reach, step)
        curvature = information + precision
        move = (slope - precision * (b + step - mean)) / curvature
        longest = longest_step(model)
        move = max(-longest, min(longest, move))
        step += move
        if abs(move) * math.sqrt(curvature) < (_CONVERGED if log_concave(model) else _NEARLY):
            break
    return step, curvature


@loop(fastmath=REORDERED)
def _middle(
    model: Likelihood,
    at: Place,
    b: float,
    series: Array,
    reach: float,
    distribution: Distribution,
    n: int,
) -> float:
    """Find where likelihood and a normal of the distribution's spread meet, inside its range."""
    mean, precision = normal_like(distribution, n)
    step, _ = find_mode(model, at, b, series, reach, mean, precision, 0.0)
    if distribution.kind == STUDENT_T:
        return _outer(model, at, b, series, reach, distribution, n, step)
    low, high = ends(distribution, n)
    return min(max(b + step, low), high) - b


@loop(fastmath=REORDERED)
def _outer(
    model: Likelihood,
    at: Place,
    b: float,
    series: Array,
    reach: float,
    distribution: Distribution,
    n: int,
    step: float,
) -> float:
    """Find the mode on the likelihood's side where a Student-t leaves room for two.

    With a likelihood of normal shape, mode m and sd w, there is one unless m^2 > 4 nu w^2. From
    there inwards, by normals that bound the distribution's density from below.
    """
    slope, information = slopes(model, at, b, series, reach, -b)
    if slope * slope <= 4.0 * distribution.curvature[n] * information:
        return step
    effect, last = slope / information, 0.0
    for _ in range(_STEPS):
        hold = distribution.curvature[n] / (distribution.stretch[n] ** -2.0 + effect * effect)
        if hold < _FIRMER * last:
            break
        step, _ = find_mode(model, at, b, series, reach, 0.0, hold, step)
        effect, last = b + step, hold
    return step
