"""Expected scores at one point under mixtures of normals, providers side by side."""

from varmodel.inference.marginal.elementary import FUSED
from varmodel.inference.marginal.likelihood.batch import (
    BATCH,
    EXPECTED_EFFECT,
    EXPECTED_GROWTH,
    LINEAR,
    PARAMETER,
    Cells,
)
from varmodel.inference.marginal.likelihood.operations import (
    Likelihood,
    growth,
    linear,
    score_batch,
)
from varmodel.inference.marginal.loops import loop
from varmodel.inference.marginal.quadrature.batches.normals import (
    START,
    SUM,
    WHOLE,
    Room,
    integrate,
)
from varmodel.inference.marginal.quadrature.distributions import Distribution
from varmodel.inference.marginal.quadrature.grid import Rule
from varmodel.values import Array


@loop(fastmath=FUSED)
def scores_of_normals(
    model: Likelihood,
    predictor: Array,
    parameter: float,
    distribution: Distribution,
    rule: Rule,
    effect: Array,
    room: Room,
    score: Array,
) -> float:
    """Return the log evidence at one point, and fill each cell's expected score by eta.

    ``predictor`` (pattern,); ``effect`` holds where to look for the modes, and then the expected
    effects.
    """
    total, s, many = 0.0, room.s, len(model.data.linear)
    for first in range(0, many, BATCH):
        count = take_point(model, predictor, parameter, first, effect, room.cells, s)
        integrate(model, room.cells, count, distribution, 0, 0, rule, room)
        _expect(model, room)
        score_batch(model, room.cells, count, room.height, room.effect, room.s)
        for k in range(min(BATCH, many - first)):
            total += s[SUM + k]
        keep_scores(model, first, room.cells, s, effect, score)
    return total


@loop()
def keep_scores(
    model: Likelihood, first: int, cells: Cells, s: Array, effect: Array, score: Array
) -> None:
    """Put expected effects and scores of a block of providers where they belong."""
    for k in range(min(BATCH, len(model.data.order) - first)):
        j = model.data.order[first + k]
        effect[j] = s[EXPECTED_EFFECT + k]
        for i in range(model.data.starts[j], model.data.starts[j + 1]):
            score[i] = cells.response[i - model.data.starts[j], k]


@loop()
def take_point(
    model: Likelihood,
    predictor: Array,
    parameter: float,
    first: int,
    effect: Array,
    cells: Cells,
    s: Array,
) -> int:
    """Read a block of providers at one point; return the largest number of cells, made even."""
    most = 0
    for k in range(BATCH):
        j = model.data.order[min(first + k, len(model.data.order) - 1)]
        most = max(most, model.data.starts[j + 1] - model.data.starts[j])
        s[START + k], s[PARAMETER + k], s[LINEAR + k] = (
            effect[j],
            parameter,
            linear(model, j, parameter),
        )
    most += most % 2
    for i in range(most):
        for k in range(BATCH):
            j = model.data.order[min(first + k, len(model.data.order) - 1)]
            cell = model.data.starts[j] + i
            cells.predictor[i, k], cells.size[i, k] = 1.0, 0.0
            if cell < model.data.starts[j + 1]:
                cells.predictor[i, k], cells.size[i, k] = (
                    predictor[model.data.pattern[cell]],
                    model.data.size[cell],
                )
                cells.response[i, k] = model.data.response[cell]
    return most


@loop(fastmath=FUSED)
def _expect(model: Likelihood, room: Room) -> None:
    """Fill the expected effect and its expected growth; leave each node's growth."""
    s, weight = room.s, room.height
    for k in range(BATCH):
        s[EXPECTED_EFFECT + k] = s[EXPECTED_GROWTH + k] = 0.0
    for row in range(len(weight)):
        for k in range(BATCH):
            weight[row, k] /= s[WHOLE + k]
            s[EXPECTED_EFFECT + k] += weight[row, k] * room.effect[row, k]
            room.effect[row, k] = growth(model, room.effect[row, k])
            s[EXPECTED_GROWTH + k] += weight[row, k] * room.effect[row, k]
