"""The distribution of effects as the loops read it: its density on an evenly divided coordinate.

The coordinate x of an effect b is one of three:

- normals and pieces: ``x = offset + stretch b``; on it the log density is that of a mixture of
  normals, or a cubic in each piece;
- Student-t: ``b = sinh(x) / stretch`` with 1 / stretch the root of nu - 2 times the sd: the density
  of x is proportional to cosh(x)^(-nu), without a pole nearer to the line than pi/2.

Sums over evenly spaced nodes are spectrally exact for all. The densities are of x: the Jacobian
is part of them.
"""

import math
from typing import NamedTuple

import numba as nb
import numpy as np

from varmodel.families.links import Array
from varmodel.inference.marginal.elementary import LOOP

NORMALS, PIECES, STUDENT_T = 0, 1, 2
TINY = -1e300


class Law(NamedTuple):
    """The law of effects at each point of a block; what its kind does not have is empty.

    Normals, of ``kind`` NORMALS: ``log_weight``, ``mean``, ``precision`` (point, component).
    All: ``knots`` (point, piece + 1), the first and last the range of the coordinate, which only
    pieces end at; ``pieces`` (point, piece, 4), log density as a cubic in x less the knot;
    ``stretch``, ``offset``; ``top``, the greatest log density, or a bound on it, and ``bend``, its
    largest curvature, which of a Student-t is nu; (point,) each.
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


@nb.njit(**LOOP)
def coordinate(law: Law, n: int, b: float) -> float:
    """Give the coordinate of an effect."""
    if law.kind == STUDENT_T:
        return math.asinh(law.stretch[n] * b)
    return law.offset[n] + law.stretch[n] * b


@nb.njit(**LOOP)
def effect_at(law: Law, n: int, x: float) -> float:
    """Give the effect at a coordinate."""
    if law.kind == STUDENT_T:
        return math.sinh(x) / law.stretch[n]
    return (x - law.offset[n]) / law.stretch[n]


@nb.njit(**LOOP)
def log_density(law: Law, n: int, x: float) -> float:
    """Give the log density of the coordinate."""
    if law.kind == STUDENT_T:
        return law.top[n] - law.bend[n] * math.log(math.cosh(x))
    if law.kind == NORMALS:
        return _of_normals(law, n, effect_at(law, n, x))[0] - math.log(law.stretch[n])
    if x < law.knots[n, 0] or x > law.knots[n, -1]:
        return TINY
    d, piece = locate(law, n, x)
    cubic = law.pieces[n, piece]
    return cubic[0] + d * (cubic[1] + d * (cubic[2] + d * cubic[3]))


@nb.njit(**LOOP)
def _of_normals(law: Law, n: int, b: float) -> tuple[float, float]:
    """Give the log density of an effect under a mixture, and its slope."""
    top = TINY
    for m in range(law.mean.shape[1]):
        top = max(top, _of_component(law, n, m, b))
    total, slope = 0.0, 0.0
    for m in range(law.mean.shape[1]):
        share = math.exp(_of_component(law, n, m, b) - top)
        total += share
        slope -= share * law.precision[n, m] * (b - law.mean[n, m])
    return top + math.log(total), slope / total


@nb.njit(**LOOP)
def _of_component(law: Law, n: int, m: int, b: float) -> float:
    fall = 0.5 * law.precision[n, m] * (b - law.mean[n, m]) ** 2
    return law.log_weight[n, m] + 0.5 * math.log(law.precision[n, m] / (2.0 * math.pi)) - fall


@nb.njit(**LOOP)
def falls_outward(law: Law, n: int, b: float, side: int) -> bool:
    """Say whether the density falls from an effect on outwards."""
    if law.kind == STUDENT_T:
        return side * b > 0
    for m in range(law.mean.shape[1]):
        if side * (b - law.mean[n, m]) <= 0:
            return False
    return law.kind == NORMALS


@nb.njit(**LOOP)
def ends(law: Law, n: int) -> tuple[float, float]:
    """Give the range of the effect."""
    if law.kind != PIECES:
        return -np.inf, np.inf
    return effect_at(law, n, law.knots[n, 0]), effect_at(law, n, law.knots[n, -1])


@nb.njit(**LOOP)
def normal_like(law: Law, n: int) -> tuple[float, float]:
    """Give mean and precision of a normal of the law's spread."""
    if law.kind == STUDENT_T:
        return 0.0, (law.bend[n] - 2.0) * law.stretch[n] ** 2
    return -law.offset[n] / law.stretch[n], law.stretch[n] ** 2


@nb.njit(**LOOP)
def locate(law: Law, n: int, x: float) -> tuple[float, int]:
    """Give the distance from the knot before x, and the number of the piece."""
    piece, last = 0, law.pieces.shape[1] - 1
    while piece < last and x > law.knots[n, piece + 1]:
        piece += 1
    return x - law.knots[n, piece], piece


@nb.njit(**LOOP)
def rises(law: Law, n: int, x: float) -> tuple[float, float]:
    """Differentiate the log density and the effect by the coordinate."""
    if law.kind == STUDENT_T:
        return -law.bend[n] * math.tanh(x), math.cosh(x) / law.stretch[n]
    if law.kind == NORMALS:
        return _of_normals(law, n, effect_at(law, n, x))[1] / law.stretch[n], 1.0 / law.stretch[n]
    d, piece = locate(law, n, x)
    cubic = law.pieces[n, piece]
    return cubic[1] + d * (2.0 * cubic[2] + d * 3.0 * cubic[3]), 1.0 / law.stretch[n]
