"""Likelihoods with exp(+-eta): Poisson counts (sign 1) and gamma measurements (sign -1).

With x = exp(sign eta) and theta 1 or the gamma's shape kappa:
``l(b) = theta (t b - sum size x e^(sign b))``, t the sum of responses or minus that of sizes.
"""

import math
from typing import NamedTuple

from varmodel.inference.marginal.elementary import FUSED, REORDERED, exp
from varmodel.inference.marginal.likelihood.batch import (
    BASE,
    BATCH,
    EXPECTED_GROWTH,
    FOURTH,
    INFORMATION,
    LINEAR,
    OWN,
    PARAMETER,
    REACH,
    RISE,
    SERIES,
    SLOPE,
    STEP,
    THIRD,
    B,
    Cells,
)
from varmodel.inference.marginal.likelihood.operations import (
    Data,
    Place,
    add_score,
    add_scores,
    base_batch,
    curvatures,
    derivatives,
    expand,
    expand_batch,
    growth,
    implements,
    kind,
    linear,
    log_likelihoods,
    normal_share,
    rise_batch,
    rise_by_cells,
    score_batch,
    slopes_batch,
    slopes_by_cells,
)
from varmodel.inference.marginal.likelihood.series import ERROR, FACTORIALS, ORDER
from varmodel.inference.marginal.loops import loop
from varmodel.values import Array

#: The row of what is expected at ``B``.
_EXPECTED = SERIES + 2 * BATCH
#: How far the batched form, which has no series, steps at most.
_LONG = 4.0
_FARTHEST = 700.0
_LARGEST_EFFECT = 300.0


@kind(log_concave=True)
class Exponential(NamedTuple):
    """Sums of size exp(sign (eta + b))."""

    data: Data
    sign: float


@implements(linear, Exponential)
def _linear(model: Exponential, j: int, parameter: float) -> float:
    return parameter * model.data.linear[j]


@implements(expand, Exponential, fastmath=REORDERED)
def _expand(
    model: Exponential, at: Place, b: float, series: Array, ones: Array
) -> tuple[float, float]:
    data, total = model.data, 0.0
    for i in range(data.starts[at.j], data.starts[at.j + 1]):
        total += data.size[i] * at.predictor[data.pattern[i]]
    expected = at.parameter * total * math.exp(model.sign * b)
    linear = at.parameter * data.linear[at.j]
    term = -expected
    for order in range(ORDER + 1):
        series[order] = term * FACTORIALS[order]
        term *= model.sign
    series[0] = 0.0
    series[1] += linear
    reach = (ERROR / FACTORIALS[ORDER] * (ORDER + 1) / max(expected, 1e-3)) ** 0.0625
    return linear * b - expected, reach


@implements(rise_by_cells, Exponential, fastmath=REORDERED)
def _rise_by_cells(model: Exponential, at: Place, b: float, series: Array, step: float) -> float:
    far = max(-_FARTHEST, min(_FARTHEST, step))
    linear = at.parameter * model.data.linear[at.j]
    rise = (series[1] - linear) * -model.sign * math.expm1(model.sign * far)
    return linear * step - rise


@implements(slopes_by_cells, Exponential, fastmath=REORDERED)
def _slopes_by_cells(
    model: Exponential, at: Place, b: float, series: Array, step: float
) -> tuple[float, float]:
    linear = at.parameter * model.data.linear[at.j]
    growth = math.exp(model.sign * max(-_FARTHEST, min(_FARTHEST, step)))
    slope = (series[1] - linear) * growth
    return linear + slope, -model.sign * slope


@implements(add_score, Exponential, fastmath=REORDERED)
def _add_score(model: Exponential, at: Place, b: float, weight: float, score: Array) -> None:
    data, effect = model.data, min(model.sign * b, _LARGEST_EFFECT)
    growth = -model.sign * weight * at.parameter * math.exp(effect)
    for i in range(data.starts[at.j], data.starts[at.j + 1]):
        score[i] += growth * data.size[i] * at.predictor[data.pattern[i]]


@implements(expand_batch, Exponential, fastmath=FUSED)
def _expand_batch(model: Exponential, cells: Cells, count: int, s: Array) -> None:
    for k in range(BATCH):
        s[_EXPECTED + k], s[REACH + k] = 0.0, _LONG
    for i in range(count):
        at = cells.row[i]
        for k in range(BATCH):
            s[_EXPECTED + k] += cells.size[i, k] * cells.predictor[at, k]
    for k in range(BATCH):
        s[_EXPECTED + k] *= s[PARAMETER + k] * exp(model.sign * s[B + k])
        s[BASE + k] = s[LINEAR + k] * s[B + k] - s[_EXPECTED + k]


@implements(slopes_batch, Exponential, fastmath=FUSED)
def _slopes_batch(model: Exponential, s: Array) -> None:
    for k in range(BATCH):
        s[INFORMATION + k] = s[_EXPECTED + k] * exp(model.sign * s[STEP + k])
        s[SLOPE + k] = s[LINEAR + k] - model.sign * s[INFORMATION + k]


@implements(rise_batch, Exponential, fastmath=FUSED)
def _rise_batch(model: Exponential, cells: Cells, count: int, s: Array) -> None:
    for k in range(BATCH):
        growth = exp(model.sign * s[STEP + k]) - 1.0
        s[RISE + k] = s[LINEAR + k] * s[STEP + k] - s[_EXPECTED + k] * growth


@implements(base_batch, Exponential)
def _base_batch(model: Exponential, cells: Cells, count: int, s: Array) -> None:
    pass  # expand_batch knows it


@implements(growth, Exponential, fastmath=FUSED)
def _growth(model: Exponential, b: float) -> float:
    return exp(min(model.sign * b, _LARGEST_EFFECT))


@implements(score_batch, Exponential, fastmath=FUSED)
def _score_batch(
    model: Exponential, cells: Cells, count: int, weight: Array, grown: Array, s: Array
) -> None:
    for i in range(count):
        for k in range(BATCH):
            size = -model.sign * s[PARAMETER + k] * cells.size[i, k]
            cells.response[i, k] = size * cells.predictor[i, k] * s[EXPECTED_GROWTH + k]


@implements(normal_share, Exponential, fastmath=FUSED)
def _normal_share(model: Exponential, share: float) -> float:
    return min(share, 1.0)


@loop(fastmath=FUSED)
def _expect(model: Exponential, j: int, predictor: Array, width: int, s: Array) -> None:
    """Fill the number of events expected of a unit, or its sum in units of the shape."""
    data = model.data
    for k in range(width):
        s[OWN + k] = 0.0
    for i in range(data.starts[j], data.starts[j + 1]):
        size, row = data.size[i], predictor[data.pattern[i]]
        for k in range(width):
            s[OWN + k] += size * row[k]
    for k in range(width):
        s[OWN + k] *= s[PARAMETER + k] * exp(model.sign * s[B + k])


@implements(curvatures, Exponential, fastmath=FUSED)
def _curvatures(model: Exponential, j: int, predictor: Array, width: int, s: Array) -> None:
    _expect(model, j, predictor, width, s)
    total = model.data.linear[j]
    for k in range(width):
        s[SLOPE + k] = s[PARAMETER + k] * total - model.sign * s[OWN + k]
        s[INFORMATION + k] = s[OWN + k]


@implements(derivatives, Exponential, fastmath=FUSED)
def _derivatives(model: Exponential, j: int, predictor: Array, width: int, s: Array) -> None:
    _expect(model, j, predictor, width, s)
    total = model.data.linear[j]
    for k in range(width):
        linear, expected = s[PARAMETER + k] * total, s[OWN + k]
        s[BASE + k] = linear * s[B + k] - expected
        s[SLOPE + k], s[INFORMATION + k] = linear - model.sign * expected, expected
        s[THIRD + k], s[FOURTH + k] = -model.sign * expected, -expected


@implements(log_likelihoods, Exponential, fastmath=FUSED)
def _log_likelihoods(model: Exponential, j: int, predictor: Array, width: int, s: Array) -> None:
    _expect(model, j, predictor, width, s)
    total = model.data.linear[j]
    for k in range(width):
        s[BASE + k] = s[PARAMETER + k] * total * s[B + k] - s[OWN + k]


@implements(add_scores, Exponential, fastmath=FUSED)
def _add_scores(
    model: Exponential, j: int, predictor: Array, share: float, s: Array, score: Array
) -> None:
    data, width = model.data, score.shape[1]
    for k in range(width):
        growth = exp(min(model.sign * s[B + k], _LARGEST_EFFECT))
        s[_EXPECTED + k] = -model.sign * share * s[PARAMETER + k] * growth
    for i in range(data.starts[j], data.starts[j + 1]):
        size, row = data.size[i], predictor[data.pattern[i]]
        for k in range(width):
            score[i, k] += s[_EXPECTED + k] * size * row[k]
