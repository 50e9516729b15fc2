"""Normal measurements and published values, x = eta, theta their precision or 1.

``l(b) = -theta/2 sum size (response - x - b)^2``.
"""

from typing import NamedTuple

import numpy as np

from varmodel.inference.marginal.elementary import FUSED, REORDERED
from varmodel.inference.marginal.likelihood.batch import (
    BASE,
    BATCH,
    EXPECTED_EFFECT,
    FOURTH,
    INFORMATION,
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
from varmodel.values import Array

#: Rows of the slope at ``B``, and of half the second derivative.
_SLOPE, _HALF = SERIES + BATCH, SERIES + 2 * BATCH
_ENDLESS = 1e300


@kind(log_concave=True, longest_step=1e300, steepening=0.0)
class Quadratic(NamedTuple):
    """Values with a normal error."""

    data: Data


@implements(linear, Quadratic)
def _linear(model: Quadratic, j: int, parameter: float) -> float:
    return parameter * model.data.linear[j]


@implements(expand, Quadratic, fastmath=REORDERED)
def _expand(
    model: Quadratic, at: Place, b: float, series: Array, ones: Array
) -> tuple[float, float]:
    data = model.data
    total, slope, height = 0.0, 0.0, 0.0
    for i in range(data.starts[at.j], data.starts[at.j + 1]):
        gap = data.response[i] - at.predictor[data.pattern[i]] - b
        total += data.size[i]
        slope += data.size[i] * gap
        height -= 0.5 * data.size[i] * gap * gap
    series[:] = 0.0
    series[1], series[2] = at.parameter * slope, -0.5 * at.parameter * total
    return at.parameter * height, np.inf


@implements(rise_by_cells, Quadratic, fastmath=REORDERED)
def _rise_by_cells(model: Quadratic, at: Place, b: float, series: Array, step: float) -> float:
    return (series[2] * step + series[1]) * step


@implements(slopes_by_cells, Quadratic, fastmath=REORDERED)
def _slopes_by_cells(
    model: Quadratic, at: Place, b: float, series: Array, step: float
) -> tuple[float, float]:
    return 2.0 * series[2] * step + series[1], -2.0 * series[2]


@implements(add_score, Quadratic, fastmath=REORDERED)
def _add_score(model: Quadratic, at: Place, b: float, weight: float, score: Array) -> None:
    data = model.data
    for i in range(data.starts[at.j], data.starts[at.j + 1]):
        gap = data.response[i] - at.predictor[data.pattern[i]] - b
        score[i] += weight * at.parameter * data.size[i] * gap


@implements(expand_batch, Quadratic, fastmath=FUSED)
def _expand_batch(model: Quadratic, cells: Cells, count: int, s: Array) -> None:
    for k in range(BATCH):
        s[_SLOPE + k] = s[_HALF + k] = s[BASE + k] = 0.0
        s[REACH + k] = _ENDLESS
    for i in range(count):
        at = cells.row[i]
        for k in range(BATCH):
            gap = cells.response[i, k] - cells.predictor[at, k] - s[B + k]
            size = s[PARAMETER + k] * cells.size[i, k]
            s[_SLOPE + k] += size * gap
            s[_HALF + k] -= 0.5 * size
            s[BASE + k] -= 0.5 * size * gap * gap


@implements(slopes_batch, Quadratic, fastmath=FUSED)
def _slopes_batch(model: Quadratic, s: Array) -> None:
    for k in range(BATCH):
        s[INFORMATION + k] = -2.0 * s[_HALF + k]
        s[SLOPE + k] = s[_SLOPE + k] - s[INFORMATION + k] * s[STEP + k]


@implements(rise_batch, Quadratic, fastmath=FUSED)
def _rise_batch(model: Quadratic, cells: Cells, count: int, s: Array) -> None:
    for k in range(BATCH):
        slope = s[_SLOPE + k] + s[_HALF + k] * s[STEP + k]
        s[RISE + k] = slope * s[STEP + k]


@implements(base_batch, Quadratic)
def _base_batch(model: Quadratic, cells: Cells, count: int, s: Array) -> None:
    pass  # expand_batch knows it


@implements(growth, Quadratic)
def _growth(model: Quadratic, b: float) -> float:
    return b  # the effect is added


@implements(score_batch, Quadratic, fastmath=FUSED)
def _score_batch(
    model: Quadratic, cells: Cells, count: int, weight: Array, grown: Array, s: Array
) -> None:
    for i in range(count):
        for k in range(BATCH):
            gap = cells.response[i, k] - cells.predictor[i, k] - s[EXPECTED_EFFECT + k]
            cells.response[i, k] = s[PARAMETER + k] * cells.size[i, k] * gap


@implements(normal_share, Quadratic)
def _normal_share(model: Quadratic, share: float) -> float:
    return 1.0  # all of it


@implements(curvatures, Quadratic, fastmath=FUSED)
def _curvatures(model: Quadratic, j: int, predictor: Array, width: int, s: Array) -> None:
    _derivatives(model, j, predictor, width, s)


@implements(derivatives, Quadratic, fastmath=FUSED)
def _derivatives(model: Quadratic, j: int, predictor: Array, width: int, s: Array) -> None:
    data = model.data
    for k in range(width):
        s[BASE + k] = s[SLOPE + k] = s[INFORMATION + k] = 0.0
        s[THIRD + k] = s[FOURTH + k] = 0.0
    for i in range(data.starts[j], data.starts[j + 1]):
        size, response, row = data.size[i], data.response[i], predictor[data.pattern[i]]
        for k in range(width):
            gap, precision = response - row[k] - s[B + k], s[PARAMETER + k] * size
            s[BASE + k] -= 0.5 * precision * gap * gap
            s[SLOPE + k] += precision * gap
            s[INFORMATION + k] += precision


@implements(log_likelihoods, Quadratic, fastmath=FUSED)
def _log_likelihoods(model: Quadratic, j: int, predictor: Array, width: int, s: Array) -> None:
    _derivatives(model, j, predictor, width, s)


@implements(add_scores, Quadratic, fastmath=FUSED)
def _add_scores(
    model: Quadratic, j: int, predictor: Array, share: float, s: Array, score: Array
) -> None:
    data, width = model.data, score.shape[1]
    for i in range(data.starts[j], data.starts[j + 1]):
        size, response, row = share * data.size[i], data.response[i], predictor[data.pattern[i]]
        for k in range(width):
            score[i, k] += s[PARAMETER + k] * size * (response - row[k] - s[B + k])
