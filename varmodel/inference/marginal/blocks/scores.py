"""Expected scores of the cells and expected effects at some points, for the search of psi's mode.

======== ==================================================================
mean     of b_t given all units: the mode and S k / 2, k_s = k3_s S_ss
score    E[dl/deta] of a cell: three nodes about that mean, exact to the third derivative
slopes   E[d log p(u, v)] by log tau_u, log tau_v and atanh rho, p(v) the product over t of
         N(v_t; c v_(t-1), q), c = carried, q = tau_v^2 renewed; ``by_x`` (lag, member):
         dc / d atanh rho
======== ==================================================================
"""

import math
from typing import NamedTuple

from varmodel.inference.marginal.blocks.conditional import (
    FARTHEST,
    HEIGHT,
    MEAN_OWN,
    MEAN_U,
    OTHER,
    PULL,
    SUM,
    TAU_U,
    TAU_V,
    VAR_OWN,
    VAR_U,
    Room,
    condition,
)
from varmodel.inference.marginal.blocks.laplace import NEAR, approximate
from varmodel.inference.marginal.blocks.lasting import keep_nodes
from varmodel.inference.marginal.blocks.modes import (
    Layout,
    Variances,
    take_batch,
    take_provider,
)
from varmodel.inference.marginal.elementary import FUSED
from varmodel.inference.marginal.likelihood.batch import B
from varmodel.inference.marginal.likelihood.operations import Likelihood, add_scores
from varmodel.inference.marginal.loops import loop
from varmodel.values import Array

#: Gauss-Hermite nodes: 0 and +-sqrt 3.
_OUTER, _OUTER_SHARE, _MIDDLE = math.sqrt(3.0), 1.0 / 6.0, 2.0 / 3.0
#: Rows of ``Scored.slopes``: log evidence, slopes by log tau_u, log tau_v and atanh rho.
LOG_EVIDENCE, BY_LASTING, BY_TRANSIENT, BY_RHO = range(4)


class Scored(NamedTuple):
    """What is known of some points, one batch of them; an array without rows is not filled.

    ``effect`` (point, unit): where to look, then the expected effects; ``score`` (cell, member);
    ``pattern`` (pattern, member): sums of the scores; ``slopes`` (row, member); ``shared`` (point,
    provider, unit, unit): S; ``nodes`` (point, provider, 2, node): u where it is not normal.
    """

    effect: Array
    score: Array
    pattern: Array
    slopes: Array
    shared: Array
    nodes: Array


@loop(fastmath=FUSED)
def scores_of_blocks(
    model: Likelihood,
    layout: Layout,
    predictor: Array,
    parameter: Array,
    variances: Variances,
    by_x: Array,
    room: Room,
    scored: Scored,
) -> None:
    """Fill what is known of the points of one batch.

    ``predictor`` (pattern, member), ``parameter`` (1, member).
    """
    width = len(scored.effect)
    take_batch(variances, parameter, 0, width, room)
    scored.score[:] = scored.pattern[:] = scored.slopes[:] = 0.0
    for j in range(len(layout.starts) - 1):
        units = take_provider(layout, variances, 0, j, width, room)
        first = layout.starts[j]
        for t in range(units):
            for k in range(width):
                room.b[t, k] = scored.effect[k, first + t]
        approximate(variances.law, model, 0, first, units, predictor, width, NEAR, room)
        _take_moments(variances, j, units, width, room, scored)
        _add_slopes(layout, first, units, width, by_x, room, scored.slopes)
        for t in range(units):
            for k in range(width):
                scored.effect[k, first + t] = room.x[t, k]
            _score_cells(model, first + t, t, predictor, width, room, scored)


@loop(fastmath=FUSED, inline="always")
def _take_moments(
    variances: Variances, j: int, units: int, width: int, room: Room, scored: Scored
) -> None:
    """Fill means and variances of one provider's effects, and what is asked for beside them."""
    law, rows = variances.law, room.rows
    if law.nodes > 0:
        for k in range(width):
            rows[VAR_U, k] = rows[VAR_OWN, k]
    if len(scored.shared) > 0:
        for k in range(width):
            _share(units, k, room, scored.shared[k, j])
    if law.nodes > 0:
        if len(scored.nodes) > 0:
            for k in range(width):
                keep_nodes(law, k, room, scored.nodes[k, j])
        _move_to_own_means(units, width, room)
    else:
        _move_to_means(units, width, room)


@loop(fastmath=FUSED, inline="always")
def _share(units: int, k: int, room: Room, shared: Array) -> None:
    """Fill S of one provider at one point."""
    for t in range(units):
        left = room.v[t, k]
        for q in range(t, -1, -1):
            both = (1.0 - room.n[q, k]) * (1.0 - room.n[t, k])
            shared[t, q] = shared[q, t] = left + both * room.rows[VAR_U, k]
            left *= room.j[q, k]


@loop(fastmath=FUSED, inline="always")
def _move_to_means(units: int, width: int, room: Room) -> None:
    """Fill the expected effects, ``x``, and their variances, ``kept``."""
    for t in range(units):
        for k in range(width):
            spread = room.spread[t, k]
            room.x[t, k], room.kept[t, k] = room.b[t, k] + room.step[t, k], spread
            room.b[t, k], room.g[t, k] = 0.0, 0.5 * room.third[t, k] * spread
    for k in range(width):
        room.rows[OTHER, k] = room.rows[MEAN_U, k]
    condition(units, width, room)
    for k in range(width):
        room.rows[MEAN_U, k] += room.rows[OTHER, k]
    for t in range(units):
        for k in range(width):
            room.x[t, k] += room.step[t, k]


@loop(fastmath=FUSED, inline="always")
def _move_to_own_means(units: int, width: int, room: Room) -> None:
    """Fill them where u is not normal: its own moments, and the shift of v given it."""
    rows = room.rows
    for t in range(units):
        for k in range(width):
            h = 1.0 - room.n[t, k]
            spread = room.v[t, k] + h * h * rows[VAR_OWN, k]
            away = rows[MEAN_OWN, k] - rows[MEAN_U, k]
            room.x[t, k] = room.b[t, k] + room.step[t, k] + h * away
            room.kept[t, k], room.b[t, k] = spread, 0.0
            room.g[t, k] = 0.5 * room.third[t, k] * spread
    for k in range(width):
        rows[OTHER, k], rows[FARTHEST, k] = rows[TAU_U, k], rows[PULL, k]
        rows[PULL, k] = rows[TAU_U, k] = 0.0
    condition(units, width, room)
    for k in range(width):
        rows[TAU_U, k], rows[PULL, k] = rows[OTHER, k], rows[FARTHEST, k]
        rows[MEAN_U, k], rows[VAR_U, k] = rows[MEAN_OWN, k], rows[VAR_OWN, k]
    for t in range(units):
        for k in range(width):
            room.x[t, k] += room.step[t, k]


@loop(fastmath=FUSED, inline="always")
def _add_slopes(
    layout: Layout, first: int, units: int, width: int, by_x: Array, room: Room, slopes: Array
) -> None:
    """Add one provider's log evidence and slopes by log tau_u, log tau_v and atanh rho.

    From moments of v side by side: a deviation of v_t is one of its own, of variance V_t, less n_t
    times that of u.
    """
    rows, n = room.rows, room.n
    for k in range(width):
        u, own = rows[MEAN_U, k], room.x[0, k] - rows[MEAN_U, k]
        slopes[LOG_EVIDENCE, k] += rows[HEIGHT, k] + rows[SUM, k]
        slopes[BY_LASTING, k] += (u * u + rows[VAR_U, k]) / rows[TAU_U, k] - 1.0
        square = own * own + room.v[0, k] + n[0, k] ** 2 * rows[VAR_U, k]
        slopes[BY_TRANSIENT, k] += square / rows[TAU_V, k] - 1.0
    for t in range(1, units):
        lag = layout.lag[first + t]
        for k in range(width):
            c, moved = room.carried[t, k], by_x[lag, k]
            q = rows[TAU_V, k] * room.renewed[t, k]
            now, before = room.x[t, k] - rows[MEAN_U, k], room.x[t - 1, k] - rows[MEAN_U, k]
            square = before * before + room.v[t - 1, k] + n[t - 1, k] ** 2 * rows[VAR_U, k]
            cross = now * before + room.v[t, k] * room.j[t, k]
            cross += n[t, k] * n[t - 1, k] * rows[VAR_U, k]
            own = now * now + room.v[t, k] + n[t, k] ** 2 * rows[VAR_U, k]
            rest = (own - 2.0 * c * cross + c * c * square) / q - 1.0
            slopes[BY_TRANSIENT, k] += rest
            widened = -c / room.renewed[t, k] * moved  # half d log q
            slopes[BY_RHO, k] += widened * rest + (cross - c * square) * moved / q


@loop(fastmath=FUSED, inline="always")
def _score_cells(
    model: Likelihood, unit: int, t: int, predictor: Array, width: int, room: Room, scored: Scored
) -> None:
    """Fill the expected scores of one unit's cells, and add them up by pattern."""
    s, data = room.s, model.data
    for node in (0.0, -_OUTER, _OUTER):
        share = _MIDDLE if node == 0.0 else _OUTER_SHARE
        for k in range(width):
            s[B + k] = room.x[t, k] + node * math.sqrt(room.kept[t, k])
        add_scores(model, unit, predictor, share, s, scored.score)
    for i in range(data.starts[unit], data.starts[unit + 1]):
        for k in range(width):
            scored.pattern[data.pattern[i], k] += scored.score[i, k]
