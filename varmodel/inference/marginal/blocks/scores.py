"""Expected scores of the cells and expected effects at one point, for the search of psi's mode.

======== ==================================================================
mean     of b_t given all units: the mode and S k / 2, k_s = k3_s S_ss
score    E[dl/deta] of a cell: three nodes about that mean, exact to the third derivative
shared   S, by provider (provider, unit, unit): what the effects take up of the information
======== ==================================================================
"""

import math

from varmodel.families.links import Array
from varmodel.inference.marginal.blocks.conditional import HEIGHT, SUM, VAR_U, Room, condition
from varmodel.inference.marginal.blocks.laplace import NEAR, approximate
from varmodel.inference.marginal.blocks.modes import (
    Layout,
    Variances,
    take_batch,
    take_provider,
)
from varmodel.inference.marginal.elementary import FUSED
from varmodel.inference.marginal.likelihood.operations import (
    Index,
    Likelihood,
    Place,
    add_score,
)
from varmodel.inference.marginal.loops import loop

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
    effect: Array,
    room: Room,
    score: Array,
    shared: Array,
) -> float:
    """Return the log evidence at one point; fill score (cell,) and effect (unit,), shared if any.

    ``predictor`` (pattern,) and the same as that of one ``member``; ``effect`` holds where to look on entry.
    """
    height = 0.0
    take_batch(variances, parameter, 0, 1, room)
    score[:] = 0.0
    for j in range(len(layout.starts) - 1):
        units = take_provider(layout, variances, 0, j, 1, room)
        first = layout.starts[j]
        for t in range(units):
            room.b[t, 0] = effect[first + t]
        approximate(model, first, units, member, 1, NEAR, room)
        height += room.rows[HEIGHT, 0] + room.rows[SUM, 0]
        if len(shared) > 0:
            _share(units, room, shared[j])
        _move_to_means(units, room)
        for t in range(units):
            mean, away = room.x[t, 0], _OUTER * math.sqrt(room.kept[t, 0])
            at = Place(first + t, predictor, parameter[0, 0])
            effect[first + t] = mean
            add_score(model, at, mean, _MIDDLE, score)
            add_score(model, at, mean - away, _WEIGHT, score)
            add_score(model, at, mean + away, _WEIGHT, score)
    return height


@loop(fastmath=FUSED)
def _share(units: int, room: Room, shared: Array) -> None:
    """Fill S of one provider."""
    for t in range(units):
        left = room.v[t, 0]
        for q in range(t, -1, -1):
            both = (1.0 - room.n[q, 0]) * (1.0 - room.n[t, 0])
            shared[t, q] = shared[q, t] = left + both * room.rows[VAR_U, 0]
            left *= room.j[q, 0]


@loop(fastmath=FUSED)
def _move_to_means(units: int, room: Room) -> None:
    """Fill the expected effects, ``x``, and their variances, ``kept``."""
    for t in range(units):
        spread = room.spread[t, 0]
        room.x[t, 0], room.kept[t, 0] = room.b[t, 0] + room.step[t, 0], spread
        room.b[t, 0], room.g[t, 0] = 0.0, 0.5 * room.third[t, 0] * spread
    condition(units, 1, room)
    for t in range(units):
        room.x[t, 0] += room.step[t, 0]
