"""The distribution of effects as the loops read it: its density on an evenly divided coordinate.

The coordinate x of an effect b is one of three:

- normals and spline: ``x = offset + stretch b``; on it the log density is that of a mixture of
  normals, or a cubic in each piece;
- Student-t: ``b = sinh(x) / stretch`` with 1 / stretch the root of nu - 2 times the sd: the density
  of x is proportional to cosh(x)^(-nu), without a pole nearer to the line than pi/2.

Sums over evenly spaced nodes are spectrally exact for all. The densities are of x: the Jacobian
is part of them.
"""

import math
from typing import NamedTuple

import numpy as np

from varmodel.inference.marginal.loops import loop
from varmodel.values import Array

NORMALS, SPLINE, STUDENT_T = 0, 1, 2
TINY = -1e300


class Distribution(NamedTuple):
    """The distribution of effects at each point of a block; what its kind does not have is empty.

    Normals, of ``kind`` NORMALS: ``log_weight``, ``mean``, ``precision`` (point, component).
    All: ``knots`` (point, piece + 1), the first and last the range of the coordinate, which only a
    spline ends at; ``cubics`` (point, piece, 4), log density as a cubic in x less the knot;
    ``stretch``, ``offset``; ``top``, the greatest log density, or a bound on it, and
    ``curvature``, the largest, which of a Student-t is nu; (point,) each.
    """

    kind: int
    log_weight: Array
    mean: Array
    precision: Array
    knots: Array
    cubics: Array
    stretch: Array
    offset: Array
    top: Array
    curvature: Array


@loop()
def coordinate(distribution: Distribution, n: int, b: float) -> float:
    """Give the coordinate of an effect."""
    if distribution.kind == STUDENT_T:
        return math.asinh(distribution.stretch[n] * b)
    return distribution.offset[n] + distribution.stretch[n] * b


@loop()
def effect_at(distribution: Distribution, n: int, x: float) -> float:
    """Give the effect at a coordinate."""
    if distribution.kind == STUDENT_T:
        return math.sinh(x) / distribution.stretch[n]
    return (x - distribution.offset[n]) / distribution.stretch[n]


@loop()
def log_density(distribution: Distribution, n: int, x: float) -> float:
    """Give the log density of the coordinate."""
    if distribution.kind == STUDENT_T:
        return distribution.top[n] - distribution.curvature[n] * math.log(math.cosh(x))
    if distribution.kind == NORMALS:
        return _of_normals(distribution, n, effect_at(distribution, n, x))[0] - math.log(
            distribution.stretch[n]
        )
    if x < distribution.knots[n, 0] or x > distribution.knots[n, -1]:
        return TINY
    d, piece = locate(distribution, n, x)
    cubic = distribution.cubics[n, piece]
    return cubic[0] + d * (cubic[1] + d * (cubic[2] + d * cubic[3]))


@loop()
def fill_of_spline(distribution: Distribution, n: int, x: Array) -> None:
    """Put in the place of rising coordinates what ``log_density`` gives of a spline.

    Piece by piece, so that the coordinates of one are worked out side by side.
    """
    knots, cubics, start = distribution.knots[n], distribution.cubics[n], 0
    while start < len(x) and x[start] < knots[0]:
        x[start] = TINY
        start += 1
    for piece in range(len(cubics)):
        end = start
        while end < len(x) and x[end] <= knots[piece + 1]:
            end += 1
        knot, cubic = knots[piece], cubics[piece]
        for i in range(start, end):
            d = x[i] - knot
            x[i] = cubic[0] + d * (cubic[1] + d * (cubic[2] + d * cubic[3]))
        start = end
    for i in range(start, len(x)):
        x[i] = TINY


@loop()
def _of_normals(distribution: Distribution, n: int, b: float) -> tuple[float, float]:
    """Give the log density of an effect under a mixture, and its slope."""
    top = TINY
    for m in range(distribution.mean.shape[1]):
        top = max(top, _of_component(distribution, n, m, b))
    total, slope = 0.0, 0.0
    for m in range(distribution.mean.shape[1]):
        share = math.exp(_of_component(distribution, n, m, b) - top)
        total += share
        slope -= share * distribution.precision[n, m] * (b - distribution.mean[n, m])
    return top + math.log(total), slope / total


@loop()
def _of_component(distribution: Distribution, n: int, m: int, b: float) -> float:
    fall = 0.5 * distribution.precision[n, m] * (b - distribution.mean[n, m]) ** 2
    return (
        distribution.log_weight[n, m]
        + 0.5 * math.log(distribution.precision[n, m] / (2.0 * math.pi))
        - fall
    )


@loop()
def falls_outward(distribution: Distribution, n: int, b: float, side: int) -> bool:
    """Say whether the density falls from an effect on outwards."""
    if distribution.kind == STUDENT_T:
        return side * b > 0
    for m in range(distribution.mean.shape[1]):
        if side * (b - distribution.mean[n, m]) <= 0:
            return False
    return distribution.kind == NORMALS


@loop()
def ends(distribution: Distribution, n: int) -> tuple[float, float]:
    """Give the range of the effect."""
    if distribution.kind != SPLINE:
        return -np.inf, np.inf
    return effect_at(distribution, n, distribution.knots[n, 0]), effect_at(
        distribution, n, distribution.knots[n, -1]
    )


@loop()
def normal_like(distribution: Distribution, n: int) -> tuple[float, float]:
    """Give mean and precision of a normal of the distribution's spread."""
    if distribution.kind == STUDENT_T:
        return 0.0, (distribution.curvature[n] - 2.0) * distribution.stretch[n] ** 2
    return -distribution.offset[n] / distribution.stretch[n], distribution.stretch[n] ** 2


@loop()
def locate(distribution: Distribution, n: int, x: float) -> tuple[float, int]:
    """Give the distance from the knot before x, and the number of the piece."""
    piece, last = 0, distribution.cubics.shape[1] - 1
    while piece < last and x > distribution.knots[n, piece + 1]:
        piece += 1
    return x - distribution.knots[n, piece], piece


@loop()
def rises(distribution: Distribution, n: int, x: float) -> tuple[float, float]:
    """Differentiate the log density and the effect by the coordinate."""
    if distribution.kind == STUDENT_T:
        return -distribution.curvature[n] * math.tanh(x), math.cosh(x) / distribution.stretch[n]
    if distribution.kind == NORMALS:
        return _of_normals(distribution, n, effect_at(distribution, n, x))[
            1
        ] / distribution.stretch[n], 1.0 / distribution.stretch[n]
    d, piece = locate(distribution, n, x)
    cubic = distribution.cubics[n, piece]
    return cubic[1] + d * (2.0 * cubic[2] + d * 3.0 * cubic[3]), 1.0 / distribution.stretch[n]
