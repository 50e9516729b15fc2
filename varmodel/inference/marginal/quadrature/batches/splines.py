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
    REACH,
    RISE,
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
from varmodel.inference.marginal.quadrature.batches.normals import (
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
from varmodel.inference.marginal.quadrature.batches.pieces import (
    DENSITY,
    FROM,
    HIGHEST,
    LOWEST,
    MIDDLE_PART,
    OFFSET,
    PART_COUNT,
    PART_WIDTH,
    PER,
    PIECE_ROWS,
    X,
    divide_ranges,
    fill_density,
    pieces_of,
)
from varmodel.inference.marginal.quadrature.distributions import (
    TINY,
    Distribution,
    ends,
    normal_like,
)
from varmodel.inference.marginal.quadrature.grid import NEGLIGIBLE, ROOM, Rule
from varmodel.values import Array

#: Whether the member goes on, and its best height; the top of its heights, the log of their sum.
_OPEN, _BEST, _TOP, LOG_SUM = (PIECE_ROWS + BATCH * k for k in range(4))
#: Three rows for those who draw.
SPARE_ROWS = PIECE_ROWS + BATCH * 4
_MORE = 18


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
    s = room.s
    _find_mass(model, cells, count, distribution, first, s)
    for k in range(BATCH):
        s[STEP + k] = s[MODE + k]
    slopes_batch(model, s)
    divide_ranges(distribution, pieces, first, len(rule.points), s)
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
        s[LOWEST + k], s[HIGHEST + k] = ends(distribution, n)
        s[OFFSET + k], s[PER + k] = distribution.offset[n], 1.0 / distribution.stretch[n]
    for _ in range(STEPS):
        expand_batch(model, cells, count, s)
        climb_together(model, s)
        far = 0
        for k in range(BATCH):
            held = min(max(s[B + k] + s[MODE + k], s[LOWEST + k]), s[HIGHEST + k])
            s[MODE + k] = held - s[B + k]
            far += 1 if abs(s[MODE + k]) > WITHIN * s[REACH + k] else 0
        if far == 0:
            break
        for k in range(BATCH):
            s[B + k] += s[MODE + k] if abs(s[MODE + k]) > WITHIN * s[REACH + k] else 0.0


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
            within = min(max(part, 0.0), s[PART_COUNT + k] - 1.0)
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
