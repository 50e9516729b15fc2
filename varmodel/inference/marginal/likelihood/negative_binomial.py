"""NB2 counts, mean mu = E exp(eta + b) and variance mu + mu^2 / phi, x = exp(eta), theta = phi.

``l(b) = y b - sum (y_i + phi) log(1 + o_i e^b)`` with o_i = E_i x_i / phi: the binomial's form with
sizes y_i + phi, which differ by point. It is log-concave in b whatever phi, and its curvature is
that of log(1 + e^b): exact draws rest on the binomial's bound. A cell with E = 0 adds nothing.
"""

import math
from typing import NamedTuple

from varmodel.inference.marginal.elementary import FUSED, REORDERED, exp, log1p
from varmodel.inference.marginal.likelihood.batch import (
    BASE,
    BATCH,
    EXPECTED_SHARE,
    FAR,
    FOURTH,
    INFORMATION,
    LINEAR,
    OWN,
    PARAMETER,
    RISE,
    SLOPE,
    STEP,
    THIRD,
    B,
    Cells,
)
from varmodel.inference.marginal.likelihood.bernoulli import (
    EVEN,
    LARGEST_EFFECT,
    MEANS,
    ODD,
    POWERS,
    SUMMED,
    derive,
    derive_batch,
    log_rise,
    rise_by_series,
    slopes_by_series,
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
from varmodel.inference.marginal.loops import loop
from varmodel.values import Array

_GROWTH = OWN  # the row of e^b / phi


@kind(log_concave=True)
class NegativeBinomial(NamedTuple):
    """Counts against an expected number or exposure ``size``."""

    data: Data


@implements(linear, NegativeBinomial)
def _linear(model: NegativeBinomial, j: int, parameter: float) -> float:
    return model.data.linear[j]


@implements(expand, NegativeBinomial, fastmath=REORDERED)
def _expand(
    model: NegativeBinomial, at: Place, b: float, series: Array, ones: Array
) -> tuple[float, float]:
    data, phi, growth = model.data, at.parameter, math.exp(b) / at.parameter
    mean = height = 0.0
    a1 = a2 = a3 = a4 = a5 = a6 = a7 = 0.0
    u1 = u2 = u3 = u4 = u5 = u6 = u7 = 0.0
    for i in range(data.starts[at.j], data.starts[at.j + 1]):
        o = data.size[i] * at.predictor[data.pattern[i]] * growth
        q = 1.0 / (1.0 + o)
        p, w = o * q, data.response[i] + phi
        v, u = p * q, q - p
        height += w * math.log1p(o)
        mean += w * p
        v2, w = v * v, w * v
        v3, v4 = v2 * v, v2 * v2
        v5, v6 = v3 * v2, v3 * v3
        a1, u1 = a1 + w, u1 + w * u
        a2, u2 = a2 + w * v, u2 + w * v * u
        a3, u3 = a3 + w * v2, u3 + w * v2 * u
        a4, u4 = a4 + w * v3, u4 + w * v3 * u
        a5, u5 = a5 + w * v4, u5 + w * v4 * u
        a6, u6 = a6 + w * v5, u6 + w * v5 * u
        a7, u7 = a7 + w * v6, u7 + w * v6 * u
    even, odd = (a1, a2, a3, a4, a5, a6, a7), (u1, u2, u3, u4, u5, u6, u7)
    reach = derive(data.linear[at.j], mean, even, odd, series)
    return data.linear[at.j] * b - height, reach


@implements(rise_by_cells, NegativeBinomial, fastmath=REORDERED)
def _rise_by_cells(
    model: NegativeBinomial, at: Place, b: float, series: Array, step: float
) -> float:
    data, phi, growth = model.data, at.parameter, math.exp(b) / at.parameter
    fall, total = math.exp(-abs(step)), 0.0
    for i in range(data.starts[at.j], data.starts[at.j + 1]):
        if data.size[i] > 0.0:
            o = data.size[i] * at.predictor[data.pattern[i]] * growth
            total += (data.response[i] + phi) * log_rise(o, step, fall)
    return data.linear[at.j] * step - total


@implements(slopes_by_cells, NegativeBinomial, fastmath=REORDERED)
def _slopes_by_cells(
    model: NegativeBinomial, at: Place, b: float, series: Array, step: float
) -> tuple[float, float]:
    data, phi, growth = model.data, at.parameter, math.exp(b + step) / at.parameter
    mean = spread = 0.0
    for i in range(data.starts[at.j], data.starts[at.j + 1]):
        o = data.size[i] * at.predictor[data.pattern[i]] * growth
        q = 1.0 / (1.0 + o)
        w = (data.response[i] + phi) * (o * q)
        mean += w
        spread += w * q
    return data.linear[at.j] - mean, spread


@implements(add_score, NegativeBinomial, fastmath=REORDERED)
def _add_score(model: NegativeBinomial, at: Place, b: float, weight: float, score: Array) -> None:
    data, phi = model.data, at.parameter
    growth = math.exp(min(b, LARGEST_EFFECT)) / phi
    for i in range(data.starts[at.j], data.starts[at.j + 1]):
        o = data.size[i] * at.predictor[data.pattern[i]] * growth
        score[i] -= weight * (data.response[i] + phi) * (o / (1.0 + o))


@implements(expand_batch, NegativeBinomial, fastmath=FUSED)
def _expand_batch(model: NegativeBinomial, cells: Cells, count: int, s: Array) -> None:
    _sum(cells, count, s)
    derive_batch(s)


@loop(fastmath=FUSED)
def _sum(cells: Cells, count: int, s: Array) -> None:
    for k in range(SUMMED * BATCH):
        s[MEANS + k] = 0.0
    for k in range(BATCH):
        s[_GROWTH + k] = exp(s[B + k]) / s[PARAMETER + k]
    for i in range(count):
        at = cells.row[i]
        for k in range(BATCH):
            o = cells.size[i, k] * cells.predictor[at, k] * s[_GROWTH + k]
            q = 1.0 / (1.0 + o)
            w = (cells.response[i, k] + s[PARAMETER + k]) * (o * q)
            v, u = (o * q) * q, q - o * q
            s[MEANS + k] += w
            w *= q
            for power in range(POWERS):
                s[EVEN + power * BATCH + k] += w
                s[ODD + power * BATCH + k] += w * u
                w *= v


@implements(slopes_batch, NegativeBinomial, fastmath=FUSED)
def _slopes_batch(model: NegativeBinomial, s: Array) -> None:
    slopes_by_series(s)


@implements(rise_batch, NegativeBinomial, fastmath=FUSED)
def _rise_batch(model: NegativeBinomial, cells: Cells, count: int, s: Array) -> None:
    if rise_by_series(s) > 0:
        for k in range(BATCH):
            if abs(s[STEP + k]) > s[FAR + k]:
                s[RISE + k] = _rise_of_cells(cells, count, s, k)


@loop(fastmath=FUSED)
def _rise_of_cells(cells: Cells, count: int, s: Array, k: int) -> float:
    step, growth, phi, total = s[STEP + k], s[_GROWTH + k], s[PARAMETER + k], 0.0
    fall = math.exp(-abs(step))
    for i in range(count):
        if cells.size[i, k] > 0.0:
            o = cells.size[i, k] * cells.predictor[cells.row[i], k] * growth
            total += (cells.response[i, k] + phi) * log_rise(o, step, fall)
    return s[LINEAR + k] * step - total


@implements(base_batch, NegativeBinomial, fastmath=FUSED)
def _base_batch(model: NegativeBinomial, cells: Cells, count: int, s: Array) -> None:
    for k in range(BATCH):
        s[BASE + k] = s[LINEAR + k] * s[B + k]
    for i in range(count):
        at = cells.row[i]
        for k in range(BATCH):
            o = cells.size[i, k] * cells.predictor[at, k] * s[_GROWTH + k]
            s[BASE + k] -= (cells.response[i, k] + s[PARAMETER + k]) * log1p(o)


@implements(growth, NegativeBinomial, fastmath=FUSED)
def _growth(model: NegativeBinomial, b: float) -> float:
    return exp(min(b, LARGEST_EFFECT))


@implements(score_batch, NegativeBinomial, fastmath=FUSED)
def _score_batch(
    model: NegativeBinomial, cells: Cells, count: int, weight: Array, grown: Array, s: Array
) -> None:
    for i in range(count):
        for k in range(BATCH):
            s[EXPECTED_SHARE + k] = 0.0
        for row in range(len(weight)):
            for k in range(BATCH):
                o = cells.size[i, k] * cells.predictor[i, k] * grown[row, k] / s[PARAMETER + k]
                s[EXPECTED_SHARE + k] += weight[row, k] * (o / (1.0 + o))
        for k in range(BATCH):
            size = cells.response[i, k] + s[PARAMETER + k]
            cells.response[i, k] = -size * s[EXPECTED_SHARE + k]


@implements(normal_share, NegativeBinomial, fastmath=FUSED)
def _normal_share(model: NegativeBinomial, share: float) -> float:
    return min(share, 1.0)


@implements(curvatures, NegativeBinomial, fastmath=FUSED)
def _curvatures(model: NegativeBinomial, j: int, predictor: Array, width: int, s: Array) -> None:
    data = model.data
    for k in range(width):
        s[_GROWTH + k] = exp(s[B + k]) / s[PARAMETER + k]
        s[SLOPE + k], s[INFORMATION + k] = data.linear[j], 0.0
    for i in range(data.starts[j], data.starts[j + 1]):
        size, response, row = data.size[i], data.response[i], predictor[data.pattern[i]]
        for k in range(width):
            o = size * row[k] * s[_GROWTH + k]
            q = 1.0 / (1.0 + o)
            mean = (response + s[PARAMETER + k]) * (o * q)
            s[SLOPE + k] -= mean
            s[INFORMATION + k] += mean * q


@implements(derivatives, NegativeBinomial, fastmath=FUSED)
def _derivatives(model: NegativeBinomial, j: int, predictor: Array, width: int, s: Array) -> None:
    data = model.data
    for k in range(width):
        s[_GROWTH + k] = exp(s[B + k]) / s[PARAMETER + k]
        s[BASE + k], s[SLOPE + k] = data.linear[j] * s[B + k], data.linear[j]
        s[INFORMATION + k] = s[THIRD + k] = s[FOURTH + k] = 0.0
    for i in range(data.starts[j], data.starts[j + 1]):
        size, response, row = data.size[i], data.response[i], predictor[data.pattern[i]]
        for k in range(width):
            o = size * row[k] * s[_GROWTH + k]
            q = 1.0 / (1.0 + o)
            p, weight = o * q, response + s[PARAMETER + k]
            spread = weight * p * q
            s[BASE + k] -= weight * log1p(o)
            s[SLOPE + k] -= weight * p
            s[INFORMATION + k] += spread
            s[THIRD + k] -= spread * (q - p)
            s[FOURTH + k] -= spread * (1.0 - 6.0 * p * q)


@implements(log_likelihoods, NegativeBinomial, fastmath=FUSED)
def _log_likelihoods(
    model: NegativeBinomial, j: int, predictor: Array, width: int, s: Array
) -> None:
    data = model.data
    for k in range(width):
        s[_GROWTH + k] = exp(s[B + k]) / s[PARAMETER + k]
        s[BASE + k] = data.linear[j] * s[B + k]
    for i in range(data.starts[j], data.starts[j + 1]):
        size, response, row = data.size[i], data.response[i], predictor[data.pattern[i]]
        for k in range(width):
            o = size * row[k] * s[_GROWTH + k]
            s[BASE + k] -= (response + s[PARAMETER + k]) * log1p(o)


@implements(add_scores, NegativeBinomial, fastmath=FUSED)
def _add_scores(
    model: NegativeBinomial, j: int, predictor: Array, share: float, s: Array, score: Array
) -> None:
    data, width = model.data, score.shape[1]
    for k in range(width):
        s[_GROWTH + k] = exp(min(s[B + k], LARGEST_EFFECT)) / s[PARAMETER + k]
    for i in range(data.starts[j], data.starts[j + 1]):
        row, size = predictor[data.pattern[i]], data.size[i]
        for k in range(width):
            o = size * row[k] * s[_GROWTH + k]
            score[i, k] -= share * (data.response[i] + s[PARAMETER + k]) * (o / (1.0 + o))
