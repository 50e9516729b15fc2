"""Transient effects of the periods that a provider lacks, given those that it has.

AR(1) given its neighbours: v_p, d periods after v_q and e before the next known value v_n, has

``mean {rho^d (1 - rho^(2e)) v_q + rho^e (1 - rho^(2d)) v_n} / (1 - rho^(2(d + e)))`` and
``variance tau_v^2 (1 - rho^(2d)) (1 - rho^(2e)) / (1 - rho^(2(d + e)))``.

Before the first and after the last it is the autoregression itself, which looks the same both ways.
"""

import math

import numpy as np

from varmodel.inference.marginal.blocks.scheme import fill_normals
from varmodel.inference.marginal.likelihood.operations import Index
from varmodel.inference.marginal.loops import loop
from varmodel.values import Array


@loop()
def fill_missing(
    path: Array,
    known: Index,
    calendar: Index,
    tau: Array,
    carried: Array,
    renewed: Array,
    state: Index,
    room: Array,
) -> None:
    """Fill what is not ``known`` (provider, period) of paths (point, provider, period).

    ``calendar`` (period,); ``carried``, ``renewed`` (point, lag); ``state`` (point,): streams;
    ``room`` (period + 2, 1).
    """
    periods = known.shape[1]
    for n in range(len(path)):
        for j in range(len(known)):
            first, last = _ends(known[j])
            if known[j].sum() == periods:
                continue
            fill_normals(state, n, 1, periods, room)
            v = path[n, j]
            for p in range(first - 1, -1, -1):
                d = calendar[p + 1] - calendar[p]
                v[p] = _step(v[p + 1], d, tau[n], carried[n], renewed[n], room[p, 0])
            for p in range(first + 1, periods):
                if known[j, p] != 0:
                    continue
                d, after = calendar[p] - calendar[p - 1], p
                while after <= last and known[j, after] == 0:
                    after += 1
                if after > last:
                    v[p] = _step(v[p - 1], d, tau[n], carried[n], renewed[n], room[p, 0])
                else:
                    e, beside = calendar[after] - calendar[p], (v[p - 1], v[after])
                    v[p] = _between(beside, d, e, tau[n], carried[n], renewed[n], room[p, 0])


@loop()
def _ends(known: Index) -> tuple[int, int]:
    """Give the first and the last period that is known."""
    first, last = len(known), -1
    for p in range(len(known)):
        if known[p] != 0:
            first, last = min(first, p), p
    return first, last


@loop()
def _step(beside: float, d: int, tau: float, carried: Array, renewed: Array, z: float) -> float:
    return carried[d] * beside + tau * math.sqrt(renewed[d]) * z


@loop()
def _between(
    beside: tuple[float, float],
    d: int,
    e: int,
    tau: float,
    carried: Array,
    renewed: Array,
    z: float,
) -> float:
    """Draw one period from its distribution between the one before and the next known."""
    whole = renewed[d + e]
    mean = carried[d] * renewed[e] * beside[0] + carried[e] * renewed[d] * beside[1]
    return mean / whole + tau * math.sqrt(renewed[d] * renewed[e] / whole) * z


def known_periods(provider: Index, period: Index, *, shape: tuple[int, int]) -> Index:
    """Mark the periods (provider, period) that have a unit."""
    known = np.zeros(shape, dtype=np.int64)
    known[provider, period] = 1
    return known
