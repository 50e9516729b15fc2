"""Splines in batches: log density, its slope, and the division of each member's range.

What ``distributions`` and ``grid`` do for one member at a time. Loops over the members have a
length that the compiler does not know: a short loop of known length it would write out number by
number.
"""

import math

import numpy as np

from varmodel.inference.marginal.elementary import FUSED
from varmodel.inference.marginal.likelihood.batch import BATCH, INFORMATION, ROWS, SLOPE, STEP, B
from varmodel.inference.marginal.loops import loop
from varmodel.inference.marginal.quadrature.distributions import Distribution
from varmodel.inference.marginal.quadrature.grid import (
    DIVISIONS,
    EDGE,
    MOST_PARTS,
    ROUNDING,
    SPACING,
)
from varmodel.values import Array

#: Ends of the effect's range; the division of the coordinate's: where it starts, the width and the
#: number of its parts, the part in which the mass lies.
LOWEST, HIGHEST, FROM, PART_WIDTH, PART_COUNT, MIDDLE_PART = (BATCH * (ROWS + k) for k in range(6))
#: A node's coordinate, and the log density there or its slope.
X, DENSITY = (BATCH * (ROWS + k) for k in range(6, 8))
#: The effect is coordinate less offset, times what stands here.
OFFSET, PER = (BATCH * (ROWS + k) for k in range(8, 10))
#: How wide a member's parts may be.
_FINE = BATCH * (ROWS + 10)
#: Rows for those who call.
PIECE_ROWS = BATCH * (ROWS + 11)


def pieces_of(distribution: Distribution) -> Array:
    """Lay the pieces of whole blocks of points out: (block, piece, knot and cubic, member)."""
    knots = distribution.knots[:, :-1, np.newaxis]
    rows = np.concatenate([knots, distribution.cubics], axis=2)
    blocks = rows.reshape(-1, BATCH, *rows.shape[1:])
    return np.ascontiguousarray(blocks.transpose(0, 2, 3, 1))


@loop(fastmath=FUSED)
def fill_density(pieces: Array, s: Array) -> None:
    """Fill the log density at each member's coordinate."""
    _fill(pieces, s, 0)


@loop(fastmath=FUSED)
def _fill_slope(pieces: Array, s: Array) -> None:
    """Fill its slope by the coordinate, in the same row."""
    _fill(pieces, s, 1)


@loop(fastmath=FUSED, inline="always")
def _fill(pieces: Array, s: Array, derivative: int) -> None:
    """Read the cubic of the last piece before each coordinate, or its first derivative.

    Of all pieces that hold members: to look for each one's own takes longer.
    """
    before, last = 0, len(pieces) - 1
    for piece in range(len(pieces)):
        beyond = 0
        if piece < last:
            for k in range(pieces.shape[2]):
                beyond += 1 if s[X + k] > pieces[piece + 1, 0, k] else 0
        if beyond == BATCH:
            continue
        for k in range(pieces.shape[2]):
            d, rise = s[X + k] - pieces[piece, 0, k], pieces[piece, 2, k]
            square, cube = pieces[piece, 3, k], pieces[piece, 4, k]
            if derivative == 1:
                found = rise + d * (2.0 * square + d * 3.0 * cube)
            else:
                found = pieces[piece, 1, k] + d * (rise + d * (square + d * cube))
            s[DENSITY + k] = found if d > 0.0 or before == 0 else s[DENSITY + k]
        before += 1
        if beyond == 0:
            break


@loop(fastmath=FUSED)
def divide_ranges(
    distribution: Distribution, pieces: Array, first: int, nodes: int, s: Array
) -> None:
    """Divide each member's range by how wide its mass is; slope and information are at ``STEP``."""
    members = slice(first, first + BATCH)
    offset, stretch = distribution.offset[members], distribution.stretch[members]
    low, high = distribution.knots[members, 0], distribution.knots[members, -1]
    for k in range(len(low)):
        s[X + k] = offset[k] + stretch[k] * (s[B + k] + s[STEP + k])
    _fill_slope(pieces, s)
    for k in range(len(low)):
        growth, x = 1.0 / stretch[k], s[X + k]
        curvature = max(s[INFORMATION + k], 0.0) * growth * growth
        width = 1.0 / math.sqrt(curvature + distribution.curvature[first + k])
        slope = s[SLOPE + k] * growth + s[DENSITY + k]
        below = x < low[k] + ROUNDING and slope < 0.0
        above = x > high[k] - ROUNDING and slope > 0.0
        width = min(width, EDGE / abs(slope)) if below or above else width
        s[_FINE + k] = SPACING / nodes * width
    _count_parts(low, high, s)
    for k in range(len(low)):
        s[FROM + k], s[PART_WIDTH + k] = low[k], (high[k] - low[k]) / s[PART_COUNT + k]
        if high[k] - low[k] > MOST_PARTS * s[_FINE + k]:
            _divide_about(low[k], high[k], s, k)
    for k in range(len(low)):
        part = float(math.floor((s[X + k] - s[FROM + k]) / s[PART_WIDTH + k]))
        s[MIDDLE_PART + k] = min(max(part, 0.0), s[PART_COUNT + k] - 1.0)


@loop(fastmath=FUSED)
def _count_parts(low: Array, high: Array, s: Array) -> None:
    """Fill the number of parts: the first division that is as fine as it has to be."""
    for k in range(len(low)):
        s[PART_COUNT + k] = DIVISIONS[0]
    for level in range(1, len(DIVISIONS)):
        wide = 0
        for k in range(len(low)):
            is_wide = high[k] - low[k] > s[PART_COUNT + k] * s[_FINE + k]
            s[PART_COUNT + k] = float(DIVISIONS[level]) if is_wide else s[PART_COUNT + k]
            wide += 1 if is_wide else 0
        if wide == 0:
            break


@loop(fastmath=FUSED)
def _divide_about(low: float, high: float, s: Array, k: int) -> None:
    """Divide what lies about a member's mass: it is far narrower than the range."""
    reach = MOST_PARTS * s[_FINE + k]
    low, high = max(low, s[X + k] - reach), min(high, s[X + k] + reach)
    s[PART_COUNT + k] = float(int((high - low) / s[_FINE + k]))
    s[FROM + k], s[PART_WIDTH + k] = low, (high - low) / s[PART_COUNT + k]
