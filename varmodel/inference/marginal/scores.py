"""Expected scores at one point where the law is a mixture of normals, providers side by side."""

from varmodel.families.links import Array
from varmodel.inference.marginal.elementary import exp
from varmodel.inference.marginal.expansion import BINOMIAL, EXPONENTIAL, FUSED, Likelihood
from varmodel.inference.marginal.lanes import LANES, PULL, SCALE
from varmodel.inference.marginal.loops import loop
from varmodel.inference.marginal.normals import SPARE, START, SUM, WHOLE, Room, integrate
from varmodel.inference.marginal.pieces import Law, Rule

_MIDDLE, _GROWTH, _SHARE = (SPARE + LANES * k for k in range(3))
#: An effect beyond this has odds of nought or one.
_STEEP = 300.0


@loop(fastmath=FUSED)
def scores_of_normals(
    model: Likelihood,
    odds: Array,
    scale: float,
    law: Law,
    rule: Rule,
    effect: Array,
    room: Room,
    score: Array,
) -> float:
    """Return the log evidence at one point, and fill each cell's expected score by eta.

    ``odds`` (pattern,); ``effect`` holds where to look for the modes, and then the expected
    effects.
    """
    total, s, many = 0.0, room.s, len(model.pull)
    for first in range(0, many, LANES):
        count = _take_point(model, odds, scale, first, effect, room)
        integrate(model, room.cells, count, law, 0, 0, rule, room)
        _expect(model.sign, room)
        _score(model, count, room)
        for k in range(min(LANES, many - first)):
            j = model.order[first + k]
            total += s[SUM + k]
            effect[j] = s[_MIDDLE + k]
            for i in range(model.starts[j], model.starts[j + 1]):
                score[i] = room.cells.response[i - model.starts[j], k]
    return total


@loop()
def _take_point(
    model: Likelihood, odds: Array, scale: float, first: int, effect: Array, room: Room
) -> int:
    """Read a block of providers at one point; return the largest number of cells, made even."""
    cells, most, s = room.cells, 0, room.s
    for k in range(LANES):
        j = model.order[min(first + k, len(model.order) - 1)]
        most = max(most, model.starts[j + 1] - model.starts[j])
        s[START + k], s[SCALE + k], s[PULL + k] = effect[j], scale, scale * model.pull[j]
    most += most % 2
    for i in range(most):
        for k in range(LANES):
            j = model.order[min(first + k, len(model.order) - 1)]
            cell = model.starts[j] + i
            cells.odds[i, k], cells.size[i, k] = 1.0, 0.0
            if cell < model.starts[j + 1]:
                cells.odds[i, k], cells.size[i, k] = odds[model.pattern[cell]], model.size[cell]
                cells.response[i, k] = model.response[cell]
    return most


@loop(fastmath=FUSED)
def _expect(sign: float, room: Room) -> None:
    """Fill the expected effect and its expected growth; leave each node's growth."""
    s, weight = room.s, room.height
    for k in range(LANES):
        s[_MIDDLE + k] = s[_GROWTH + k] = 0.0
    for row in range(len(weight)):
        for k in range(LANES):
            weight[row, k] /= s[WHOLE + k]
            s[_MIDDLE + k] += weight[row, k] * room.effect[row, k]
            room.effect[row, k] = exp(min(sign * room.effect[row, k], _STEEP))
            s[_GROWTH + k] += weight[row, k] * room.effect[row, k]


@loop(fastmath=FUSED)
def _score(model: Likelihood, count: int, room: Room) -> None:
    """Put each cell's expected score in its response's place, as far as effects change it."""
    s, cells = room.s, room.cells
    for i in range(count):
        if model.kind == BINOMIAL:
            for k in range(LANES):
                s[_SHARE + k] = 0.0
            for row in range(len(room.height)):
                for k in range(LANES):
                    o = cells.odds[i, k] * room.effect[row, k]
                    s[_SHARE + k] += room.height[row, k] * (o / (1.0 + o))
            for k in range(LANES):
                cells.response[i, k] = -cells.size[i, k] * s[_SHARE + k]
        elif model.kind == EXPONENTIAL:
            for k in range(LANES):
                size = -model.sign * s[SCALE + k] * cells.size[i, k]
                cells.response[i, k] = size * cells.odds[i, k] * s[_GROWTH + k]
        else:
            for k in range(LANES):
                gap = cells.response[i, k] - cells.odds[i, k] - s[_MIDDLE + k]
                cells.response[i, k] = s[SCALE + k] * cells.size[i, k] * gap
