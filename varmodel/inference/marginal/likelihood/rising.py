"""Sums over k = 0, ..., m - 1 that the over-dispersed likelihoods are made of.

======== ==================================================================
E(a, m)  sum of log(1 + k/a) = log Gamma(a + m) - log Gamma(a) - m log a
T(a, m)  sum of a / (a + k): the derivative of E by log a is m - T
V(a, m)  sum of (a / (a + k))^2
R_i      sum of (a / (a + k))^i: T and V are R_1 and R_2
======== ==================================================================

Few terms are summed one by one; of more, the first until a + k is large, and the rest by the
differences of Stirling's series. All tend to their limits 0, m and m as a grows, without the
cancellation that differences of log Gamma have there.
"""

import math

import numpy as np

from varmodel.inference.marginal.loops import loop
from varmodel.values import Array

#: So many terms are summed one by one; Stirling's series begins no lower than the second number.
_FEW, _LARGE = 12.0, 8.0
#: A product of so many factors 1 + k/a stays inside float64.
_SMALLEST = 1e-18


@loop()
def rising(a: float, m: float) -> tuple[float, float, float]:
    """Give E, T and V; ``m`` is a whole number."""
    own = a
    product, logs, ones, squares, k = 1.0, 0.0, 0.0, 0.0, 0.0
    while k < m and (m <= _FEW or a + k < _LARGE):
        share = own / (own + k)
        ones += share
        squares += share * share
        if own > _SMALLEST:
            product *= 1.0 + k / own
        elif k > 0.0:
            product, logs = product * k, logs - math.log(own)
        k += 1.0
    logs += math.log(product)
    if k < m:
        rest, first = m - k, own + k
        last = first + rest
        growth = math.log1p(rest / first)
        logs += (last - 0.5) * growth - rest + _stirling(last) - _stirling(first)
        logs += rest * math.log1p(k / own)
        gap = rest / (first * last)
        ones += own * (growth + 0.5 * gap - _of_digamma(last) + _of_digamma(first))
        squares += own * own * (gap + _of_trigamma(first) - _of_trigamma(last))
    return logs, ones, squares


@loop()
def shares(a: float, m: float) -> tuple[float, float, float, float]:
    """Give R_1, R_2, R_3 and R_4."""
    one, two, three, four, k = 0.0, 0.0, 0.0, 0.0, 0.0
    while k < m and (m <= _FEW or a + k < _LARGE):
        share = a / (a + k)
        square = share * share
        one, two = one + share, two + square
        three, four = three + square * share, four + square * square
        k += 1.0
    if k < m:
        first, last = a + k, a + m
        gap = (m - k) / (first * last)
        one += a * (math.log1p((m - k) / first) + 0.5 * gap)
        one += a * (_of_digamma(first) - _of_digamma(last))
        two += a * a * (gap + _of_trigamma(first) - _of_trigamma(last))
        x, y = a / first, a / last
        three += 0.5 * a * a * gap * (x + y) + a**3 * (_of_cubes(first) - _of_cubes(last))
        four += a * a * gap * (x * x + x * y + y * y) / 3.0
        four += a**4 * (_of_fourths(first) - _of_fourths(last))
    return one, two, three, four


@loop()
def log_rising(a: float, m: float) -> float:
    """Give E alone, for which no term needs a division."""
    if a < _SMALLEST:
        return rising(a, m)[0]
    inverse, product, k = 1.0 / a, 1.0, 0.0
    while k < m and (m <= _FEW or a + k < _LARGE):
        product *= 1.0 + k * inverse
        k += 1.0
    logs = math.log(product) if k > 1.0 else 0.0
    if k < m:
        rest, first = m - k, a + k
        last = first + rest
        logs += (last - 0.5) * math.log1p(rest / first) - rest + _stirling(last) - _stirling(first)
        logs += rest * math.log1p(k * inverse) if k > 0.0 else 0.0
    return logs


@loop()
def _stirling(x: float) -> float:
    """Give the rest of log Gamma(x) beyond (x - 1/2) log x - x and a constant."""
    y = 1.0 / (x * x)
    return (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y / 1188)))) / x


@loop()
def _of_digamma(x: float) -> float:
    """Give log x - 1/(2x) less the digamma function."""
    y = 1.0 / (x * x)
    return y * (1 / 12 - y * (1 / 120 - y * (1 / 252 - y * (1 / 240 - y / 132))))


@loop()
def _of_trigamma(x: float) -> float:
    """Give the trigamma function less 1/x."""
    y = 1.0 / (x * x)
    return y * (0.5 + (1 / 6 - y * (1 / 30 - y * (1 / 42 - y * (1 / 30 - y * 5 / 66)))) / x)


@loop()
def _sum(a: Array, m: Array, many: Array, out: Array) -> None:
    for n in range(len(a)):
        total = 0.0
        for i in range(len(m)):
            total += many[i] * log_rising(a[n], m[i])
        out[n] = total


@loop()
def _of_cubes(x: float) -> float:
    """Give the sum of (x + k)^-3 over k >= 0 less 1/(2 x^2), by Euler and Maclaurin."""
    y = 1.0 / (x * x)
    return y * (0.5 + (0.25 - y * (1 / 12 - y * (1 / 12 - y * (0.15 - y * 5 / 12)))) / x) / x


@loop()
def _of_fourths(x: float) -> float:
    """Give the sum of (x + k)^-4 over k >= 0 less 1/(3 x^3)."""
    y = 1.0 / (x * x)
    return y * y * (0.5 + (1 / 3 - y * (1 / 6 - y * (2 / 9 - y * (0.5 - y * 5 / 3)))) / x)


def total_log_rising(a: Array, counts: Array) -> Array:
    """Sum E(a, m) over counts m, for each a."""
    values, many = np.unique(counts, return_counts=True)
    out = np.empty(len(a))
    _sum(np.asarray(a, float), values.astype(float), many.astype(float), out)
    return out
