"""Exact draws of the effects given the rest where their distribution is a spline, in batches.

Rejection from straight lines between the quadrature's nodes, as in ``draws_by_point``: under a
log-concave likelihood the log density rises above them by less than ``ARCH``.
"""

import numpy as np

from varmodel.inference.marginal.elementary import FUSED, advance, exp, log, uniform
from varmodel.inference.marginal.likelihood.batch import BATCH, RISE, STEP, B, Cells
from varmodel.inference.marginal.likelihood.operations import Index, Likelihood, rise_batch
from varmodel.inference.marginal.loops import loop
from varmodel.inference.marginal.quadrature.batches.normals import at_block, take_provider
from varmodel.inference.marginal.quadrature.batches.pieces import (
    DENSITY,
    FROM,
    MIDDLE_PART,
    OFFSET,
    PART_WIDTH,
    PER,
    X,
    fill_density,
    pieces_of,
)
from varmodel.inference.marginal.quadrature.batches.splines import (
    LOG_SUM,
    SPARE_ROWS,
    Room,
    lay_nodes,
    room_for_nodes,
    sum_heights,
)
from varmodel.inference.marginal.quadrature.distributions import Distribution
from varmodel.inference.marginal.quadrature.draws_by_point import ARCH
from varmodel.inference.marginal.quadrature.grid import Rule
from varmodel.values import Array

#: The line's log at a member's proposal, the log of its lot, and whether it is still to be drawn.
_LINE, _LOT, _OPEN = (SPARE_ROWS + BATCH * k for k in range(3))


def draw_from_splines(
    model: Likelihood,
    laid: tuple[Array, Array, Distribution],
    *,
    rule: Rule,
    near: tuple[Array, Index],
    state: Index,
    out: Array,
) -> None:
    """Fill one draw of every provider's effect at each point; shapes as in ``fill_evidence``.

    ``state`` (point,): streams of random numbers.
    """
    room = room_for_nodes(model)
    _draw_from_splines(model, *laid, pieces_of(laid[-1]), rule, *near, state, room, out)


@loop(fastmath=FUSED)
def _draw_from_splines(
    model: Likelihood,
    predictor: Array,
    parameter: Array,
    distribution: Distribution,
    pieces: Array,
    rule: Rule,
    start: Array,
    nearest: Index,
    state: Index,
    room: Room,
    out: Array,
) -> None:
    s = room.s
    for j in range(len(model.data.linear)):
        count = take_provider(model, j, room.cells)
        for block in range(len(predictor)):
            first = block * BATCH
            cells = at_block(model, j, predictor[block], parameter, start, nearest, first, room)
            own = pieces[block]
            left, rows = lay_nodes(model, cells, count, distribution, own, first, rule, room)
            _weigh_nodes(rows, room)
            _draw(model, cells, count, own, left, rows, state[first : first + BATCH], room)
            for k in range(min(BATCH, len(out) - first)):
                out[first + k, j] = s[B + k] + s[STEP + k]


@loop(fastmath=FUSED)
def _weigh_nodes(rows: int, room: Room) -> None:
    """Turn log heights into weights that sum to one; their log sums are kept."""
    s, height = room.s, room.height
    sum_heights(rows, room)
    for row in range(rows):
        for k in range(BATCH):
            height[row, k] = exp(height[row, k] - s[LOG_SUM + k])


@loop(fastmath=FUSED)
def _draw(
    model: Likelihood,
    cells: Cells,
    count: int,
    pieces: Array,
    left: int,
    rows: int,
    state: Index,
    room: Room,
) -> None:
    """Reject until every member has its draw, as the step from where its series stands."""
    s = room.s
    for k in range(BATCH):
        s[_OPEN + k] = 1.0
    going = BATCH
    while going > 0:
        for k in range(BATCH):
            if s[_OPEN + k] > 0.0:
                state[k] = _propose(k, left, rows, state[k], room)
        rise_batch(model, cells, count, s)
        fill_density(pieces, s)
        going = 0
        for k in range(BATCH):
            height = s[RISE + k] + s[DENSITY + k] - s[LOG_SUM + k]
            accepted = s[_LOT + k] < height - s[_LINE + k] - ARCH
            s[_OPEN + k] = 0.0 if accepted else s[_OPEN + k]
            going += 1 if s[_OPEN + k] > 0.0 else 0


@loop()
def _propose(k: int, left: int, rows: int, state: np.uint64, room: Room) -> np.uint64:
    """Fill a member's proposal: a node by its weight, and a place between it and one beside it.

    A node that is a neighbour to nothing is the middle of its part, in which the proposal stays.
    """
    s, weight = room.s, room.height
    state = advance(state)
    part = _choose(k, left, rows, uniform(state), weight)
    state = advance(state)
    tent = uniform(state)
    state = advance(state)
    tent += uniform(state) - 1.0
    own = weight[_row(part, left), k]
    other = part + (1 if tent > 0.0 else -1)
    within = -left < other <= rows - left and weight[_row(other, left), k] > 0.0
    if not within and abs(tent) > 0.5:
        tent = (1.0 if tent > 0.0 else -1.0) - tent
    beside = weight[_row(other, left), k] if within else own
    state = advance(state)
    s[_LOT + k] = log(uniform(state))
    s[_LINE + k] = log((1.0 - abs(tent)) * own + abs(tent) * beside)
    s[X + k] = s[FROM + k] + (s[MIDDLE_PART + k] + part + 0.5 + tent) * s[PART_WIDTH + k]
    s[STEP + k] = (s[X + k] - s[OFFSET + k]) * s[PER + k] - s[B + k]
    return state


@loop()
def _choose(k: int, left: int, rows: int, share: float, weight: Array) -> int:
    """Pick a node by its weight, counted from the middle."""
    best = 0
    for part in range(1 - left, rows - left + 1):
        own = weight[_row(part, left), k]
        share -= own
        if share < 0.0:
            return part
        best = part if own > weight[_row(best, left), k] else best
    return best


@loop()
def _row(part: int, left: int) -> int:
    """Give the row of a node: the left side's stand first, the middle before all."""
    return -part if part <= 0 else left + part - 1
