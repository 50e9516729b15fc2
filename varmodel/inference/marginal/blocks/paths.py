"""Transient effects of the periods that a provider lacks, given those that it has.

AR(1) given its neighbours: with rho the correlation of two periods that follow each other, v_p
between v_(p-1) and the next known value v_n, m = n - p periods on, has

``mean {rho (1 - rho^(2m)) v_(p-1) + rho^m (1 - rho^2) v_n} / (1 - rho^(2(m + 1)))`` and
``variance tau_v^2 (1 - rho^2) (1 - rho^(2m)) / (1 - rho^(2(m + 1)))``.

Before the first and after the last it is the autoregression itself, which looks the same both ways.
"""

import math

import numpy as np

from varmodel.families.links import Array
from varmodel.inference.marginal.blocks.normals import fill_normals
from varmodel.inference.marginal.likelihood.operations import Index
from varmodel.inference.marginal.loops import loop


@loop()
def fill_missing(
    path: Array, known: Index, tau: Array, carried: Array, renewed: Array, state: Index, room: Array
) -> None:
    """Fill what is not ``known`` (provider, period) of paths (point, provider, period).

    ``carried``, ``renewed`` (point, lag); ``state`` (point,): streams; ``room`` (period + 2, 1).
    """
    periods = known.shape[1]
    for n in range(len(path)):
        for j in range(len(known)):
            first, last = _ends(known[j])
            if first == 0 and last == periods - 1 and known[j].sum() == periods:
                continue
            fill_normals(state, n, 1, periods, room)
            v = path[n, j]
            for p in range(first - 1, -1, -1):
                v[p] = _step(v[p + 1], tau[n], carried[n], renewed[n], room[p, 0])
            for p in range(first + 1, periods):
                if p > last:
                    v[p] = _step(v[p - 1], tau[n], carried[n], renewed[n], room[p, 0])
                elif known[j, p] == 0:
                    v[p] = _between(v, known[j], p, tau[n], carried[n], renewed[n], room[p, 0])


@loop()
def _ends(known: Index) -> tuple[int, int]:
    """Give the first and the last period that is known."""
    first, last = len(known), -1
    for p in range(len(known)):
        if known[p] != 0:
            first, last = min(first, p), p
    return first, last


@loop()
def _step(beside: float, tau: float, carried: Array, renewed: Array, z: float) -> float:
    return carried[1] * beside + tau * math.sqrt(renewed[1]) * z


@loop()
def _between(
    v: Array, known: Index, p: int, tau: float, carried: Array, renewed: Array, z: float
) -> float:
    """Draw one period from its distribution between the one before and the next known."""
    ahead = 1
    while known[p + ahead] == 0:
        ahead += 1
    whole = renewed[ahead + 1]
    mean = carried[1] * renewed[ahead] * v[p - 1] + carried[ahead] * renewed[1] * v[p + ahead]
    return mean / whole + tau * math.sqrt(renewed[1] * renewed[ahead] / whole) * z


def known_periods(provider: Index, period: Index, *, shape: tuple[int, int]) -> Index:
    """Mark the periods (provider, period) that have a unit."""
    known = np.zeros(shape, dtype=np.int64)
    known[provider, period] = 1
    return known
