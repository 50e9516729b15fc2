"""Expected scores at one point under a spline of effects, providers side by side."""

import numpy as np

from varmodel.inference.marginal.elementary import FUSED, exp, log
from varmodel.inference.marginal.likelihood.batch import (
    BASE,
    BATCH,
    EXPECTED_EFFECT,
    EXPECTED_GROWTH,
)
from varmodel.inference.marginal.likelihood.operations import (
    Likelihood,
    base_batch,
    growth,
    score_batch,
)
from varmodel.inference.marginal.loops import loop
from varmodel.inference.marginal.quadrature.batches.normal_scores import keep_scores, take_point
from varmodel.inference.marginal.quadrature.batches.pieces import (
    FROM,
    MIDDLE_PART,
    OFFSET,
    PART_WIDTH,
    PER,
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
from varmodel.inference.marginal.quadrature.grid import Rule
from varmodel.values import Array

#: The sum of a member's weights.
_WHOLE = SPARE_ROWS


def scores_of_splines(
    model: Likelihood,
    laid: tuple[Array, float, Distribution],
    *,
    rule: Rule,
    effect: Array,
    score: Array,
    powers: Array,
) -> float:
    """Return the log evidence at one point, and fill what ``by_point.expected_scores`` fills.

    ``laid``: its predictor (pattern,), parameter, and distribution.
    """
    predictor, parameter, (kind, *fields) = laid
    alike = Distribution(kind, *(np.repeat(x, BATCH, axis=0) for x in fields))
    room = room_for_nodes(model)
    at, grown = (predictor, parameter, alike, pieces_of(alike)[0]), np.empty_like(room.height)
    return _scores_of_splines(model, *at, rule, effect, room, grown, score, powers)


@loop(fastmath=FUSED)
def _scores_of_splines(
    model: Likelihood,
    predictor: Array,
    parameter: float,
    distribution: Distribution,
    pieces: Array,
    rule: Rule,
    effect: Array,
    room: Room,
    grown: Array,
    score: Array,
    powers: Array,
) -> float:
    """Do so; ``grown`` is room for the growth at each node."""
    total, s, many = 0.0, room.s, len(model.data.linear)
    for first in range(0, many, BATCH):
        count = take_point(model, predictor, parameter, first, effect, room.cells, s)
        left, rows = lay_nodes(model, room.cells, count, distribution, pieces, 0, rule, room)
        base_batch(model, room.cells, count, s)
        sum_heights(rows, room)
        _weigh_evenly(rows, room)
        _expect(model, pieces, left, rows, min(BATCH, many - first), room, grown, powers)
        score_batch(model, room.cells, count, room.height[:rows], grown[:rows], s)
        keep_scores(model, first, room.cells, s, effect, score)
        for k in range(min(BATCH, many - first)):
            total += s[BASE + k] + s[LOG_SUM + k] + log(s[PART_WIDTH + k])
    return total


@loop(fastmath=FUSED)
def _weigh_evenly(rows: int, room: Room) -> None:
    """Turn log heights into weights of sum 1, to the last place: of 1e9 cases 1e-9 is one."""
    s, weight = room.s, room.height
    for k in range(BATCH):
        s[_WHOLE + k] = 0.0
    for row in range(rows):
        for k in range(weight.shape[1]):
            weight[row, k] = exp(weight[row, k] - s[LOG_SUM + k])
            s[_WHOLE + k] += weight[row, k]
    for row in range(rows):
        for k in range(weight.shape[1]):
            weight[row, k] /= s[_WHOLE + k]


@loop(fastmath=FUSED)
def _expect(
    model: Likelihood,
    pieces: Array,
    left: int,
    rows: int,
    members: int,
    room: Room,
    grown: Array,
    powers: Array,
) -> None:
    """Fill expected effects, their expected growth and that of each node; add powers up."""
    s, weight = room.s, room.height
    for k in range(BATCH):
        s[EXPECTED_EFFECT + k] = s[EXPECTED_GROWTH + k] = 0.0
    for row in range(rows):
        part = -float(row) if row < left else float(row - left + 1)
        for k in range(weight.shape[1]):
            x = s[FROM + k] + (s[MIDDLE_PART + k] + part + 0.5) * s[PART_WIDTH + k]
            b = (x - s[OFFSET + k]) * s[PER + k]
            grown[row, k] = growth(model, b)
            s[EXPECTED_EFFECT + k] += weight[row, k] * b
            s[EXPECTED_GROWTH + k] += weight[row, k] * grown[row, k]
        for k in range(members):
            x = s[FROM + k] + (s[MIDDLE_PART + k] + part + 0.5) * s[PART_WIDTH + k]
            _add_powers(pieces, k, x, weight[row, k], powers)


@loop()
def _add_powers(pieces: Array, k: int, x: float, weight: float, powers: Array) -> None:
    """Add the powers of a node's coordinate less the knot before it."""
    piece, last = 0, len(pieces) - 1
    while piece < last and x > pieces[piece + 1, 0, k]:
        piece += 1
    for power in range(4):
        powers[piece, power] += weight
        weight *= x - pieces[piece, 0, k]
