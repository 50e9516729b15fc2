"""Derivatives of sums of w log(1 + x e^b): what the binomial and NB2 share.

With p = x e^b / (1 + x e^b), v = p (1 - p) and u = 1 - 2 p, every derivative of log(1 + x e^b) by b
is a polynomial in v, those of odd order times u: the cumulants of a Bernoulli variable. So sums
over the cells of w v^k and w u v^k, k = 1 to 7, give fifteen derivatives in one pass.
"""

import math

import numpy as np

from varmodel.inference.marginal.elementary import FUSED, REORDERED, log
from varmodel.inference.marginal.likelihood.batch import (
    BATCH,
    FAR,
    INFORMATION,
    LINEAR,
    REACH,
    RISE,
    SERIES,
    SLOPE,
    STEP,
    SUMS,
)
from varmodel.inference.marginal.likelihood.series import BEYOND, ERROR, ORDER, SHORT, STEEP
from varmodel.inference.marginal.loops import loop
from varmodel.values import Array

#: Powers of v, and rows of their sums over the cells: of w p; of w v, w v^2, ...; of w u v, ...
POWERS = ORDER // 2
MEANS, EVEN, ODD = SUMS, SUMS + BATCH, SUMS + (1 + POWERS) * BATCH
#: Rows that a kind sets to 0 before it sums.
SUMMED = 1 + 2 * POWERS
#: An effect beyond this has a probability of nought or one.
LARGEST_EFFECT = 300.0
#: No provider says less than this; it keeps the reach finite.
_LEAST = 1e-3


def _bernoulli_cumulants() -> Array:
    """Give cumulant k of a Bernoulli, over k!, as a polynomial in v = p(1 - p).

    Those of odd order carry a factor 1 - 2p: kappa_(k+1) = v d kappa_k / dp. Shape
    (order + 1, power of v).
    """
    powers = ORDER // 2 + 2
    table, row = np.zeros((ORDER + 1, powers)), np.zeros(powers)
    row[1] = 1.0  # kappa_2 = v
    rise = np.arange(powers)
    for order in range(2, ORDER + 1):
        table[order] = row / math.factorial(order)
        slope = row * rise  # v times the derivative by v
        even = order % 2 == 0
        row = slope if even else slope - np.roll(4 * slope + 2 * row, 1)
    return table


CUMULANTS = _bernoulli_cumulants()

type Seven = tuple[float, float, float, float, float, float, float]


@loop(fastmath=REORDERED)
def derive(linear: float, mean: float, even: Seven, odd: Seven, series: Array) -> float:
    """Fill the series of ``linear b`` less the sum; return its reach.

    ``mean``: sum of w p; ``even``: sums of w v^k; ``odd``: of w u v^k.
    """
    series[0], series[1] = 0.0, linear - mean
    for order in range(2, ORDER + 1):
        total = 0.0
        for power in range(order // 2):
            total += CUMULANTS[order, power + 1] * (odd if order % 2 else even)[power]
        series[order] = -total
    return math.pi * (2 * ERROR / max(even[0], _LEAST)) ** 0.0625


@loop(fastmath=FUSED)
def log_rise(x: float, step: float, fall: float) -> float:
    """Give log(1 + x e^step) - log(1 + x) with ``fall`` = e^-|step|: nothing overflows."""
    q = 1.0 / (1.0 + x)
    return max(step, 0.0) + log(x * q + q * fall if step > 0.0 else q + x * q * fall)


@loop(fastmath=FUSED)
def derive_batch(s: Array) -> None:
    """Fill series and reach from the sums over the cells."""
    for k in range(BATCH):
        s[SERIES + BATCH + k] = s[LINEAR + k] - s[MEANS + k]
        least = max(s[EVEN + k], _LEAST)
        s[REACH + k] = math.pi * math.sqrt(math.sqrt(math.sqrt(math.sqrt(2 * ERROR / least))))
    for half in range(POWERS):
        row = SERIES + (2 * half + 2) * BATCH
        for k in range(BATCH):
            even, odd = 0.0, 0.0
            for power in range(POWERS):
                even -= CUMULANTS[2 * half + 2, power + 1] * s[EVEN + power * BATCH + k]
                odd -= CUMULANTS[2 * half + 3, power + 1] * s[ODD + power * BATCH + k]
            s[row + k], s[row + BATCH + k] = even, odd
    for k in range(BATCH):
        fall = -s[SERIES + 2 * BATCH + k] * s[REACH + k] * s[REACH + k]
        s[FAR + k] = s[REACH + k] * (BEYOND if fall > STEEP else 1.0)


@loop(fastmath=FUSED)
def slopes_by_series(s: Array) -> None:
    """Fill slope and information at ``STEP`` from a short series."""
    for k in range(BATCH):
        step, slope, information = s[STEP + k], 0.0, 0.0
        for order in range(SHORT, 1, -1):
            c = order * s[SERIES + order * BATCH + k]
            slope = slope * step + c
            information = information * step + (order - 1) * c
        s[SLOPE + k] = slope * step + s[SERIES + BATCH + k]
        s[INFORMATION + k] = -information


@loop(fastmath=FUSED)
def rise_by_series(s: Array) -> int:
    """Fill the rise over ``STEP`` from the series; return how many members are beyond it."""
    beyond = 0
    for k in range(BATCH):
        step, total = s[STEP + k], s[SERIES + ORDER * BATCH + k]
        for order in range(ORDER - 1, 0, -1):
            total = total * step + s[SERIES + order * BATCH + k]
        s[RISE + k] = total * step
        beyond += 1 if abs(step) > s[FAR + k] else 0
    return beyond
