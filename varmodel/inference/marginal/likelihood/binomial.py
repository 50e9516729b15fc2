"""Binomial counts, x = exp(eta): l(b) = y b - sum n log(1 + x e^b), y the provider's events."""

import math
from typing import NamedTuple

from varmodel.inference.marginal.elementary import FUSED, REORDERED, exp, log
from varmodel.inference.marginal.likelihood.batch import (
    BASE,
    BATCH,
    EXPECTED_SHARE,
    FAR,
    FOURTH,
    INFORMATION,
    LINEAR,
    OWN,
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

#: The row of e^b.
_GROWTH = OWN


@kind(log_concave=True, leaves_logs=True)
class Binomial(NamedTuple):
    """Numbers of events among ``size`` cases."""

    data: Data


@implements(linear, Binomial)
def _linear(model: Binomial, j: int, parameter: float) -> float:
    return model.data.linear[j]


@implements(expand, Binomial, fastmath=REORDERED)
def _expand(
    model: Binomial, at: Place, b: float, series: Array, ones: Array
) -> tuple[float, float]:
    data, growth, mean = model.data, math.exp(b), 0.0
    a1 = a2 = a3 = a4 = a5 = a6 = a7 = 0.0
    u1 = u2 = u3 = u4 = u5 = u6 = u7 = 0.0
    for i in range(data.starts[at.j], data.starts[at.j + 1]):
        x = at.predictor[data.pattern[i]] * growth
        whole = 1.0 + x
        ones[i] = whole
        q = 1.0 / whole
        p = x * q
        v, u, w = p * q, q - p, data.size[i]
        mean += w * p
        w *= v
        a1 += w
        u1 += w * u
        w *= v
        a2 += w
        u2 += w * u
        w *= v
        a3 += w
        u3 += w * u
        w *= v
        a4 += w
        u4 += w * u
        w *= v
        a5 += w
        u5 += w * u
        w *= v
        a6 += w
        u6 += w * u
        w *= v
        a7 += w
        u7 += w * u
    even, odd = (a1, a2, a3, a4, a5, a6, a7), (u1, u2, u3, u4, u5, u6, u7)
    reach = derive(data.linear[at.j], mean, even, odd, series)
    return data.linear[at.j] * b, reach


@implements(rise_by_cells, Binomial, fastmath=REORDERED)
def _rise_by_cells(model: Binomial, at: Place, b: float, series: Array, step: float) -> float:
    data, fall, growth, total = model.data, math.exp(-abs(step)), math.exp(b), 0.0
    for i in range(data.starts[at.j], data.starts[at.j + 1]):
        x = at.predictor[data.pattern[i]] * growth
        total += data.size[i] * log_rise(x, step, fall)
    return data.linear[at.j] * step - total


@implements(slopes_by_cells, Binomial, fastmath=REORDERED)
def _slopes_by_cells(
    model: Binomial, at: Place, b: float, series: Array, step: float
) -> tuple[float, float]:
    data, growth, mean, spread = model.data, math.exp(b + step), 0.0, 0.0
    for i in range(data.starts[at.j], data.starts[at.j + 1]):
        x = at.predictor[data.pattern[i]] * growth
        q = 1.0 / (1.0 + x)
        mean += data.size[i] * x * q
        spread += data.size[i] * x * q * q
    return data.linear[at.j] - mean, spread


@implements(add_score, Binomial, fastmath=REORDERED)
def _add_score(model: Binomial, at: Place, b: float, weight: float, score: Array) -> None:
    data, growth = model.data, math.exp(min(b, LARGEST_EFFECT))
    for i in range(data.starts[at.j], data.starts[at.j + 1]):
        x = at.predictor[data.pattern[i]] * growth
        score[i] -= weight * data.size[i] * (x / (1.0 + x))


@implements(expand_batch, Binomial, fastmath=FUSED)
def _expand_batch(model: Binomial, cells: Cells, count: int, s: Array) -> None:
    _sum(cells, count, s)
    derive_batch(s)


@loop(fastmath=FUSED)
def _sum(cells: Cells, count: int, s: Array) -> None:
    """Sum over the cells, two at a time: the sums in memory cost as much as what is added."""
    for k in range(SUMMED * BATCH):
        s[MEANS + k] = 0.0
    for k in range(BATCH):
        s[_GROWTH + k] = exp(s[B + k])
    for i in range(0, count, 2):
        at, other = cells.row[i], cells.row[i + 1]
        for k in range(BATCH):
            x = cells.predictor[at, k] * s[_GROWTH + k]
            xx = cells.predictor[other, k] * s[_GROWTH + k]
            q, qq = 1.0 / (1.0 + x), 1.0 / (1.0 + xx)
            w, ww = cells.size[i, k] * (x * q), cells.size[i + 1, k] * (xx * qq)
            v, vv, u, uu = (x * q) * q, (xx * qq) * qq, q - x * q, qq - xx * qq
            s[MEANS + k] += w + ww
            w, ww = w * q, ww * qq
            for power in range(POWERS):
                s[EVEN + power * BATCH + k] += w + ww
                s[ODD + power * BATCH + k] += w * u + ww * uu
                w, ww = w * v, ww * vv


@implements(slopes_batch, Binomial, fastmath=FUSED)
def _slopes_batch(model: Binomial, s: Array) -> None:
    slopes_by_series(s)


@implements(rise_batch, Binomial, fastmath=FUSED)
def _rise_batch(model: Binomial, cells: Cells, count: int, s: Array) -> None:
    if rise_by_series(s) > 0:
        for k in range(BATCH):
            if abs(s[STEP + k]) > s[FAR + k]:
                s[RISE + k] = _rise_of_cells(cells, count, s, k)


@loop(fastmath=REORDERED)
def _rise_of_cells(cells: Cells, count: int, s: Array, k: int) -> float:
    step, growth, total = s[STEP + k], s[_GROWTH + k], 0.0
    fall = math.exp(-abs(step))
    for i in range(count):
        x = cells.predictor[cells.row[i], k] * growth
        total += cells.size[i, k] * log_rise(x, step, fall)
    return s[LINEAR + k] * step - total


@implements(base_batch, Binomial, fastmath=FUSED)
def _base_batch(model: Binomial, cells: Cells, count: int, s: Array) -> None:
    for k in range(BATCH):
        s[BASE + k] = s[LINEAR + k] * s[B + k]
    for i in range(count):
        at = cells.row[i]
        for k in range(BATCH):
            s[BASE + k] -= cells.size[i, k] * log(1.0 + cells.predictor[at, k] * s[_GROWTH + k])


@implements(growth, Binomial, fastmath=FUSED)
def _growth(model: Binomial, b: float) -> float:
    return exp(min(b, LARGEST_EFFECT))


@implements(score_batch, Binomial, fastmath=FUSED)
def _score_batch(
    model: Binomial, cells: Cells, count: int, weight: Array, grown: Array, s: Array
) -> None:
    for i in range(count):
        for k in range(BATCH):
            s[EXPECTED_SHARE + k] = 0.0
        for row in range(len(weight)):
            for k in range(BATCH):
                x = cells.predictor[i, k] * grown[row, k]
                s[EXPECTED_SHARE + k] += weight[row, k] * (x / (1.0 + x))
        for k in range(BATCH):
            cells.response[i, k] = -cells.size[i, k] * s[EXPECTED_SHARE + k]


@implements(normal_share, Binomial, fastmath=FUSED)
def _normal_share(model: Binomial, share: float) -> float:
    return min(share, 1.0)


@implements(curvatures, Binomial, fastmath=FUSED)
def _curvatures(model: Binomial, j: int, predictor: Array, width: int, s: Array) -> None:
    data = model.data
    for k in range(width):
        s[_GROWTH + k] = exp(s[B + k])
        s[SLOPE + k], s[INFORMATION + k] = data.linear[j], 0.0
    for i in range(data.starts[j], data.starts[j + 1]):
        size, row = data.size[i], predictor[data.pattern[i]]
        for k in range(width):
            x = row[k] * s[_GROWTH + k]
            q = 1.0 / (1.0 + x)
            mean = size * (x * q)
            s[SLOPE + k] -= mean
            s[INFORMATION + k] += mean * q


@implements(derivatives, Binomial, fastmath=FUSED)
def _derivatives(model: Binomial, j: int, predictor: Array, width: int, s: Array) -> None:
    data = model.data
    for k in range(width):
        s[_GROWTH + k] = exp(s[B + k])
        s[BASE + k], s[SLOPE + k] = data.linear[j] * s[B + k], data.linear[j]
        s[INFORMATION + k] = s[THIRD + k] = s[FOURTH + k] = 0.0
    for i in range(data.starts[j], data.starts[j + 1]):
        size, row = data.size[i], predictor[data.pattern[i]]
        for k in range(width):
            x = row[k] * s[_GROWTH + k]
            q = 1.0 / (1.0 + x)
            p = x * q
            spread = size * p * q
            s[BASE + k] -= size * log(1.0 + x)
            s[SLOPE + k] -= size * p
            s[INFORMATION + k] += spread
            s[THIRD + k] -= spread * (q - p)
            s[FOURTH + k] -= spread * (1.0 - 6.0 * p * q)


@implements(log_likelihoods, Binomial, fastmath=FUSED)
def _log_likelihoods(model: Binomial, j: int, predictor: Array, width: int, s: Array) -> None:
    data = model.data
    for k in range(width):
        s[_GROWTH + k], s[BASE + k] = exp(s[B + k]), data.linear[j] * s[B + k]
    for i in range(data.starts[j], data.starts[j + 1]):
        size, row = data.size[i], predictor[data.pattern[i]]
        for k in range(width):
            s[BASE + k] -= size * log(1.0 + row[k] * s[_GROWTH + k])


@implements(add_scores, Binomial, fastmath=FUSED)
def _add_scores(
    model: Binomial, j: int, predictor: Array, share: float, s: Array, score: Array
) -> None:
    data, width = model.data, score.shape[1]
    for k in range(width):
        s[_GROWTH + k] = exp(min(s[B + k], LARGEST_EFFECT))
    for i in range(data.starts[j], data.starts[j + 1]):
        size, row = share * data.size[i], predictor[data.pattern[i]]
        for k in range(width):
            x = row[k] * s[_GROWTH + k]
            score[i, k] -= size * (x / (1.0 + x))
