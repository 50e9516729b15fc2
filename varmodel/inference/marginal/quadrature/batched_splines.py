"""Integrals over effects whose distribution is a spline, in batches: ``by_point``'s own nodes.

Points stand side by side for one provider after another. Each member divides the range by itself;
on either side of its mass all go outwards together, a node at a time, until the last has nothing
left.
"""

from typing import NamedTuple

import numpy as np

from varmodel.inference.marginal.elementary import FUSED, exp, log
from varmodel.inference.marginal.likelihood.batch import (
    BASE,
    BATCH,
    INFORMATION,
    REACH,
    RISE,
    ROWS,
    SLOPE,
    STEP,
    B,
    Cells,
    room_for_cells,
    room_for_rows,
)
from varmodel.inference.marginal.likelihood.operations import (
    Index,
    Likelihood,
    base_batch,
    expand_batch,
    rise_batch,
    slopes_batch,
)
from varmodel.inference.marginal.loops import loop
from varmodel.inference.marginal.quadrature.batched import (
    MEAN,
    MODE,
    PRECISION,
    START,
    STEPS,
    WITHIN,
    at_block,
    climb_together,
    take_provider,
)
from varmodel.inference.marginal.quadrature.distributions import (
    TINY,
    Distribution,
    ends,
    normal_like,
)
from varmodel.inference.marginal.quadrature.grid import (
    NEGLIGIBLE,
    ROOM,
    SPACING,
    Rule,
    divide,
    width_at,
)
from varmodel.values import Array

#: Ends of the effect's range; the division of the coordinate's: where it starts, the width and the
#: number of its parts, the part in which the mass lies.
(_LOW, _HIGH, FROM, PART_WIDTH, _PARTS, MIDDLE_PART) = (BATCH * (ROWS + k) for k in range(6))
#: A node's coordinate and log density; whether the member goes on, and its best height.
(X, DENSITY, _OPEN, _BEST) = (BATCH * (ROWS + k) for k in range(6, 10))
_TOP, LOG_SUM = (BATCH * (ROWS + k) for k in range(10, 12))
#: The effect is coordinate less offset, times what stands here.
OFFSET, PER = (BATCH * (ROWS + k) for k in range(12, 14))
#: Three rows for those who draw.
SPARE_ROWS = BATCH * (ROWS + 14)
_MORE = 17


class Room(NamedTuple):
    """Memory that the loops use again: rows of members, cells, log heights (node, member)."""

    s: Array
    cells: Cells
    height: Array


def fill_evidence(
    model: Likelihood,
    laid: tuple[Array, Array, Distribution],
    *,
    rule: Rule,
    near: tuple[Array, Index],
    out: Array,
) -> None:
    """Fill the log evidence of all providers together at each point.

    ``laid``: predictor, parameter and distribution; ``near``: start and nearest.
    """
    room = room_for_nodes(model)
    _fill_evidence(model, *laid, pieces_of(laid[-1]), rule, *near, room, out)


def room_for_nodes(model: Likelihood) -> Room:
    """Set memory aside; one member may go all to the left, and another all to the right."""
    height = np.empty((2 * ROOM + 1, BATCH))
    return Room(room_for_rows(_MORE), room_for_cells(model.data.starts), height)


def pieces_of(distribution: Distribution) -> Array:
    """Lay the pieces of whole blocks of points out: (block, piece, knot and cubic, member)."""
    knots = distribution.knots[:, :-1, np.newaxis]
    rows = np.concatenate([knots, distribution.cubics], axis=2)
    blocks = rows.reshape(-1, BATCH, *rows.shape[1:])
    return np.ascontiguousarray(blocks.transpose(0, 2, 3, 1))


@loop(fastmath=FUSED)
def _fill_evidence(
    model: Likelihood,
    predictor: Array,
    parameter: Array,
    distribution: Distribution,
    pieces: Array,
    rule: Rule,
    start: Array,
    nearest: Index,
    room: Room,
    out: Array,
) -> None:
    """Fill the log evidence of all providers together at each point of some blocks.

    ``predictor`` (block, pattern, member), ``pieces`` as :func:`pieces_of` lays them out,
    ``start`` (peak, provider); all others by point, the last block filled up.
    """
    out[:] = 0.0
    s = room.s
    for j in range(len(model.data.linear)):
        count = take_provider(model, j, room.cells)
        for block in range(len(predictor)):
            first = block * BATCH
            cells = at_block(model, j, predictor[block], parameter, start, nearest, first, room)
            _, rows = lay_nodes(model, cells, count, distribution, pieces[block], first, rule, room)
            base_batch(model, cells, count, s)
            sum_heights(rows, room)
            for k in range(BATCH):
                out[first + k] += s[BASE + k] + s[LOG_SUM + k] + log(s[PART_WIDTH + k])


@loop(fastmath=FUSED)
def lay_nodes(
    model: Likelihood,
    cells: Cells,
    count: int,
    distribution: Distribution,
    pieces: Array,
    first: int,
    rule: Rule,
    room: Room,
) -> tuple[int, int]:
    """Fill the members' log heights at their nodes, from the middle to the left, then to the right.

    Returns how many rows are of the left side, the middle among them, and how many there are.
    """
    _find_mass(model, cells, count, distribution, first, room.s)
    _divide_range(model, distribution, first, len(rule.points), room.s)
    top = distribution.top[first : first + BATCH]
    left = _walk(model, cells, count, pieces, top, -1.0, 0, room)
    return left, _walk(model, cells, count, pieces, top, 1.0, left, room)


@loop(fastmath=FUSED)
def _find_mass(
    model: Likelihood, cells: Cells, count: int, distribution: Distribution, first: int, s: Array
) -> None:
    """Expand where likelihood and a normal of the distribution's spread meet, inside its range."""
    for k in range(BATCH):
        n = first + k
        s[B + k] = s[START + k]
        s[MEAN + k], s[PRECISION + k] = normal_like(distribution, n)
        s[_LOW + k], s[_HIGH + k] = ends(distribution, n)
        s[OFFSET + k], s[PER + k] = distribution.offset[n], 1.0 / distribution.stretch[n]
    for _ in range(STEPS):
        expand_batch(model, cells, count, s)
        climb_together(model, s)
        far = 0
        for k in range(BATCH):
            held = min(max(s[B + k] + s[MODE + k], s[_LOW + k]), s[_HIGH + k])
            s[MODE + k] = held - s[B + k]
            far += 1 if abs(s[MODE + k]) > WITHIN * s[REACH + k] else 0
        if far == 0:
            break
        for k in range(BATCH):
            s[B + k] += s[MODE + k] if abs(s[MODE + k]) > WITHIN * s[REACH + k] else 0.0


@loop(fastmath=FUSED)
def _divide_range(
    model: Likelihood, distribution: Distribution, first: int, nodes: int, s: Array
) -> None:
    """Divide each member's range by how wide its mass is."""
    for k in range(BATCH):
        s[STEP + k] = s[MODE + k]
    slopes_batch(model, s)
    for k in range(BATCH):
        n = first + k
        x = distribution.offset[n] + distribution.stretch[n] * (s[B + k] + s[MODE + k])
        width = width_at(distribution, n, x, s[SLOPE + k], s[INFORMATION + k])
        cut = divide(distribution, n, x, width, SPACING / nodes * width)
        s[FROM + k], s[PART_WIDTH + k], s[_PARTS + k] = cut.low, cut.spacing, float(cut.parts)
        part = min(max(int((x - cut.low) / cut.spacing), 0), cut.parts - 1)
        s[MIDDLE_PART + k], s[X + k] = float(part), x


@loop(fastmath=FUSED)
def _walk(
    model: Likelihood,
    cells: Cells,
    count: int,
    pieces: Array,
    top: Array,
    side: float,
    row: int,
    room: Room,
) -> int:
    """Fill log heights from ``row`` on, from the middle outwards; return the first row left free.

    The right side begins beside the middle, which is the left one's. A member that has ended
    stands at its series' place, and its heights are nothing.
    """
    s, away = room.s, 0.0 if side < 0.0 else 1.0
    for k in range(BATCH):
        s[_OPEN + k], s[_BEST + k] = 1.0, TINY
    while True:
        for k in range(BATCH):
            part = s[MIDDLE_PART + k] + side * away
            x = s[FROM + k] + (part + 0.5) * s[PART_WIDTH + k]
            within = min(max(part, 0.0), s[_PARTS + k] - 1.0)
            is_open = s[_OPEN + k] if part == within else 0.0
            s[_OPEN + k] = is_open
            s[X + k] = x if is_open > 0.0 else s[X + k]
            s[STEP + k] = is_open * ((x - s[OFFSET + k]) * s[PER + k] - s[B + k])
        rise_batch(model, cells, count, s)
        fill_density(pieces, s)
        if _take_heights(top, row, room) == 0:
            return row
        row, away = row + 1, away + 1.0


@loop(fastmath=FUSED)
def fill_density(pieces: Array, s: Array) -> None:
    """Fill the log density at each member's coordinate: the cubic of the last piece before it.

    Of all pieces that hold members: to look for each one's own takes longer. Members are counted
    over a length that the compiler does not know: a short loop of known length it would write out
    number by number.
    """
    before, last = 0, len(pieces) - 1
    for piece in range(len(pieces)):
        beyond = 0
        if piece < last:
            for k in range(pieces.shape[2]):
                beyond += 1 if s[X + k] > pieces[piece + 1, 0, k] else 0
        if beyond == BATCH:
            continue
        for k in range(BATCH):
            d = s[X + k] - pieces[piece, 0, k]
            slope = pieces[piece, 2, k] + d * (pieces[piece, 3, k] + d * pieces[piece, 4, k])
            found = pieces[piece, 1, k] + d * slope
            s[DENSITY + k] = found if d > 0.0 or before == 0 else s[DENSITY + k]
        before += 1
        if beyond == 0:
            break


@loop(fastmath=FUSED)
def _take_heights(top: Array, row: int, room: Room) -> int:
    """Fill a row of heights; return how many members go on."""
    s, going = room.s, 0
    for k in range(BATCH):
        height = s[RISE + k] + s[DENSITY + k]
        best = max(s[_BEST + k], height)
        more = s[RISE + k] + top[k] >= best - NEGLIGIBLE
        is_open = s[_OPEN + k] > 0.0 and more
        s[_BEST + k], s[_OPEN + k] = best, 1.0 if is_open else 0.0
        room.height[row, k] = height if is_open else TINY
        going += 1 if is_open else 0
    return going


@loop(fastmath=FUSED)
def sum_heights(rows: int, room: Room) -> None:
    """Fill the log of each member's sum of heights."""
    s, height = room.s, room.height
    for k in range(BATCH):
        s[_TOP + k], s[LOG_SUM + k] = TINY, 0.0
    for row in range(rows):
        for k in range(height.shape[1]):  # as in fill_density
            s[_TOP + k] = max(s[_TOP + k], height[row, k])
    for row in range(rows):
        for k in range(BATCH):
            s[LOG_SUM + k] += exp(height[row, k] - s[_TOP + k])
    for k in range(BATCH):
        s[LOG_SUM + k] = s[_TOP + k] + log(s[LOG_SUM + k])
