"""Rising factorials, of which over-dispersed counts are made, without cancellation.

======== ==================================================================
E(a, m)  sum over k < m of log(1 + k/a) = log Gamma(a + m) - log Gamma(a) - m log a
T(a, m)  sum over k < m of a / (a + k) = a {digamma(a + m) - digamma(a)}
======== ==================================================================

Both tend to their limits 0 and m as a grows; from ``_LARGE`` on they are differences of
Stirling's series, term by term.
"""

import numpy as np

from varmodel.numerics import special
from varmodel.values import Array

_LARGE = 16.0


def log_rising(a: Array, m: Array) -> Array:
    """Give E(a, m), for a above 0."""
    first, last, growth = _ends(a, m)
    series = (last - 0.5) * growth - m + _stirling(last) - _stirling(first)
    small = np.minimum(a, _LARGE)
    directly = special.gammaln(small + m) - special.gammaln(small) - m * np.log(small)
    return np.asarray(np.where(a > _LARGE, series, directly))


def falling_shares(a: Array, m: Array) -> Array:
    """Give T(a, m), for a above 0."""
    first, last, growth = _ends(a, m)
    halves = 0.5 * m / (first * last)
    series = first * (growth + halves + _of_digamma(first) - _of_digamma(last))
    small = np.minimum(a, _LARGE)
    directly = small * (special.digamma(small + m) - special.digamma(small))
    return np.asarray(np.where(a > _LARGE, series, directly))


def _ends(a: Array, m: Array) -> tuple[Array, Array, Array]:
    """Give a (where the series holds), a + m and log(1 + m/a)."""
    first = np.maximum(a, _LARGE)
    return first, first + m, np.log1p(m / first)


def _stirling(x: Array) -> Array:
    """Give log Gamma(x) less (x - 1/2) log x - x and a constant."""
    y = 1.0 / x**2
    return np.asarray((1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y / 1188)))) / x)


def _of_digamma(x: Array) -> Array:
    """Give log x - 1/(2x) less the digamma function."""
    y = 1.0 / x**2
    return np.asarray(y * (1 / 12 - y * (1 / 120 - y * (1 / 252 - y * (1 / 240 - y / 132)))))
