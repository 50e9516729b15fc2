"""Expected scores of the cells and expected effects at one point, for the search of psi's mode.

======== ==================================================================
mean     of b_t given all units: the mode and S k / 2, k_s = k3_s S_ss
score    E[dl/deta] of a cell: three nodes about that mean, exact to the third derivative
slopes   E[d log p(u, v)] by log tau_u, log tau_v and atanh rho, p(v) the product over t of
         N(v_t; c v_(t-1), q), c = carried, q = tau_v^2 renewed; ``by_x`` (lag,): dc / d atanh rho
======== ==================================================================
"""

import math

from varmodel.inference.marginal.blocks.conditional import (
    HEIGHT,
    MEAN_OWN,
    MEAN_U,
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
from varmodel.inference.marginal.likelihood.operations import (
    Likelihood,
    Place,
    add_score,
)
from varmodel.inference.marginal.loops import loop
from varmodel.values import Array

#: Gauss-Hermite nodes: 0 and +-sqrt 3.
_OUTER, _WEIGHT, _MIDDLE = math.sqrt(3.0), 1.0 / 6.0, 2.0 / 3.0


@loop(fastmath=FUSED)
def scores_of_blocks(
    model: Likelihood,
    layout: Layout,
    predictor: Array,
    member: Array,
    parameter: Array,
    variances: Variances,
    by_x: Array,
    effect: Array,
    room: Room,
    score: Array,
    shared: Array,
    nodes: Array,
) -> tuple[float, float, float, float]:
    """Return log evidence and slopes at one point; fill score (cell,), effect (unit,), shared.

    ``predictor`` (pattern,), and the same as that of one ``member``; ``effect`` holds where to look
    on entry. ``nodes`` (provider, 2, node) takes those of u where it is not normal.
    """
    height, by_u, by_v, bending = 0.0, 0.0, 0.0, 0.0
    take_batch(variances, parameter, 0, 1, room)
    score[:] = 0.0
    for j in range(len(layout.starts) - 1):
        units = take_provider(layout, variances, 0, j, 1, room)
        first = layout.starts[j]
        for t in range(units):
            room.b[t, 0] = effect[first + t]
        approximate(variances.law, model, 0, first, units, member, 1, NEAR, room)
        height += room.rows[HEIGHT, 0] + room.rows[SUM, 0]
        if variances.law.nodes > 0:
            room.rows[VAR_U, 0] = room.rows[VAR_OWN, 0]
        if len(shared) > 0:
            _share(units, room, shared[j])
        if variances.law.nodes > 0:
            if len(nodes) > 0:
                keep_nodes(variances.law, 0, room, nodes[j])
            _move_to_own_means(units, room)
        else:
            _move_to_means(units, room)
        u = room.rows[MEAN_U, 0]
        by_u += (u * u + room.rows[VAR_U, 0]) / room.rows[TAU_U, 0] - 1.0
        narrow, bent = _bend(layout, first, units, by_x, room)
        by_v, bending = by_v + narrow, bending + bent
        for t in range(units):
            mean, away = room.x[t, 0], _OUTER * math.sqrt(room.kept[t, 0])
            at = Place(first + t, predictor, parameter[0, 0])
            effect[first + t] = mean
            add_score(model, at, mean, _MIDDLE, score)
            add_score(model, at, mean - away, _WEIGHT, score)
            add_score(model, at, mean + away, _WEIGHT, score)
    return height, by_u, by_v, bending


@loop(fastmath=FUSED, inline="always")
def _share(units: int, room: Room, shared: Array) -> None:
    """Fill S of one provider."""
    for t in range(units):
        left = room.v[t, 0]
        for q in range(t, -1, -1):
            both = (1.0 - room.n[q, 0]) * (1.0 - room.n[t, 0])
            shared[t, q] = shared[q, t] = left + both * room.rows[VAR_U, 0]
            left *= room.j[q, 0]


@loop(fastmath=FUSED, inline="always")
def _move_to_means(units: int, room: Room) -> None:
    """Fill the expected effects, ``x``, and their variances, ``kept``."""
    for t in range(units):
        spread = room.spread[t, 0]
        room.x[t, 0], room.kept[t, 0] = room.b[t, 0] + room.step[t, 0], spread
        room.b[t, 0], room.g[t, 0] = 0.0, 0.5 * room.third[t, 0] * spread
    lasting = room.rows[MEAN_U, 0]
    condition(units, 1, room)
    room.rows[MEAN_U, 0] += lasting
    for t in range(units):
        room.x[t, 0] += room.step[t, 0]


@loop(fastmath=FUSED, inline="always")
def _move_to_own_means(units: int, room: Room) -> None:
    """Fill them where u is not normal: its own moments, and the shift of v given it."""
    rows, variance, mean = room.rows, room.rows[VAR_OWN, 0], room.rows[MEAN_OWN, 0]
    away = mean - rows[MEAN_U, 0]
    for t in range(units):
        h = 1.0 - room.n[t, 0]
        spread = room.v[t, 0] + h * h * variance
        room.x[t, 0], room.kept[t, 0] = room.b[t, 0] + room.step[t, 0] + h * away, spread
        room.b[t, 0], room.g[t, 0] = 0.0, 0.5 * room.third[t, 0] * spread
    pulled, wide = rows[PULL, 0], rows[TAU_U, 0]
    rows[PULL, 0] = rows[TAU_U, 0] = 0.0
    condition(units, 1, room)
    rows[PULL, 0], rows[TAU_U, 0] = pulled, wide
    rows[MEAN_U, 0], rows[VAR_U, 0] = mean, variance
    for t in range(units):
        room.x[t, 0] += room.step[t, 0]


@loop(fastmath=FUSED, inline="always")
def _bend(layout: Layout, first: int, units: int, by_x: Array, room: Room) -> tuple[float, float]:
    """Give one provider's slopes by log tau_v and atanh rho, from moments of v side by side.

    A deviation of v_t is one of its own, of variance V_t, less n_t times that of u.
    """
    rows, n = room.rows, room.n
    own = (room.x[0, 0] - rows[MEAN_U, 0]) ** 2 + room.v[0, 0] + n[0, 0] ** 2 * rows[VAR_U, 0]
    narrow, bent = own / rows[TAU_V, 0] - 1.0, 0.0
    for t in range(1, units):
        c, moved = room.carried[t, 0], by_x[layout.lag[first + t]]
        q = rows[TAU_V, 0] * room.renewed[t, 0]
        now, before = room.x[t, 0] - rows[MEAN_U, 0], room.x[t - 1, 0] - rows[MEAN_U, 0]
        square = before * before + room.v[t - 1, 0] + n[t - 1, 0] ** 2 * rows[VAR_U, 0]
        cross = now * before + room.v[t, 0] * room.j[t, 0]
        cross += n[t, 0] * n[t - 1, 0] * rows[VAR_U, 0]
        own = now * now + room.v[t, 0] + n[t, 0] ** 2 * rows[VAR_U, 0]
        rest = own - 2.0 * c * cross + c * c * square
        widened = -2.0 * c / room.renewed[t, 0] * moved  # d log q
        narrow += rest / q - 1.0
        bent += 0.5 * widened * (rest / q - 1.0) + (cross - c * square) * moved / q
    return narrow, bent
