"""A lasting effect that is not normal: nodes over u, the transient effects integrated out.

A normal distribution of u stands in for its own while modes are looked for, with mean and variance
so that posteriors agree in both. Only where the series is made depends on it.

========= =================================================================
x         coordinate of u on which its density is laid out (``quadrature.distributions``)
known     information of the quadratic about u, v integrated out
d         u less the mean of the normal posterior, ``MEAN_U``
q(d)      log of what third and fourth derivatives add, as a polynomial (``laplace``)
f         density of x times likelihood at a node, over the largest of the quadratic's
before    integral of f up to a node, along straight lines: nodes and draws are of one density
pull      slope at 0 of the log of the stand-in
========= =================================================================
"""

import math
from typing import NamedTuple

import numpy as np

from varmodel.inference.marginal.blocks.conditional import (
    ABOVE,
    ADDED,
    GAP,
    HEIGHT,
    KNOWN,
    LOW,
    MEAN_OWN,
    MEAN_U,
    NODES,
    PRIOR_U,
    PULL,
    Q0,
    SHIFT0,
    SLOPE_U,
    SUM,
    TALLEST,
    TAU_U,
    VAR_OWN,
    VAR_U,
    Room,
)
from varmodel.inference.marginal.elementary import FUSED, exp, log, log1p
from varmodel.inference.marginal.loops import loop
from varmodel.inference.marginal.quadrature.distributions import (
    NORMALS,
    SPLINE,
    TINY,
    Distribution,
    coordinate,
    effect_at,
    fill_of_spline,
    log_density,
)
from varmodel.values import Array

#: Sds of normal, and of the likelihood alone, that nodes reach.
_REACH = 7.0
#: The stand-in's precision at least, as a share of what is known and of the prior's.
_LEAST = 1e-3
_SMALLEST = 1e-300
#: How far the series may go: so many logs, and this share of the quadratic's fall.
_LOGS, _SHARE = 2.0, 0.5


class Lasting(NamedTuple):
    """The distribution of u where it is not normal, at each point, and the nodes over it.

    ``nodes`` is 0 where u is normal; the distribution is empty then.
    """

    distribution: Distribution
    nodes: int


class NormalLasting(NamedTuple):
    """The same where u is normal: a type of its own, so that the loops leave the nodes out."""

    distribution: Distribution
    nodes: int


def law_of(distribution: Distribution | None = None) -> Lasting | NormalLasting:
    """Lay a distribution out as the loops of blocks read it; without one, u is normal."""
    if distribution is not None:
        kind, *held = distribution
        return Lasting(Distribution(kind, *map(np.ascontiguousarray, held)), NODES)
    flat, table, line = np.empty((0, 0)), np.empty((0, 0, 4)), np.empty(0)
    return NormalLasting(Distribution(NORMALS, flat, flat, flat, flat, table, *[line] * 4), 0)


@loop(fastmath=FUSED)
def stand_in(law: Lasting, at: int, width: int, room: Room) -> None:
    """Set the normal that stands in for each member's distribution of u."""
    rows, tiny = room.rows, _SMALLEST
    for k in range(width):
        _lay(law, at + k, k, room)
        tallest = rows[TALLEST, k]
        for i in range(law.nodes):  # apart from the sums, whose order is kept
            room.f[k, i] = exp(room.f[k, i] - tallest)
        total = mean = square = 0.0
        for i in range(law.nodes):
            f, d = room.f[k, i], room.away[k, i]
            total += f
            mean += f * d
            square += f * d * d
        mean /= total
        variance = max(square / total - mean * mean, tiny)
        least = _LEAST * (rows[KNOWN, k] + 1.0 / rows[PRIOR_U, k])
        precision = max(1.0 / variance - rows[KNOWN, k], least)
        rows[TAU_U, k] = 1.0 / precision
        middle = rows[MEAN_U, k] + mean
        rows[PULL, k] = middle * (rows[KNOWN, k] + precision) - rows[SLOPE_U, k]


@loop(fastmath=FUSED)
def take_prior(width: int, room: Room) -> None:
    """Begin with a normal distribution of the same sd."""
    for k in range(width):
        room.rows[TAU_U, k], room.rows[PULL, k] = room.rows[PRIOR_U, k], 0.0


@loop(fastmath=FUSED)
def _lay(law: Lasting, n: int, k: int, room: Room) -> None:
    """Lay nodes where density and likelihood have mass; fill log f of the quadratic."""
    rows, distribution = room.rows, law.distribution
    known, mean = max(rows[KNOWN, k], _SMALLEST), rows[MEAN_U, k]
    wide, far = math.sqrt(rows[VAR_U, k]), min(1.0 / math.sqrt(known), 1e100)
    steep = rows[SLOPE_U, k] - rows[KNOWN, k] * mean
    middle = mean + steep / known
    low, high = _span(distribution, n)
    sd = math.sqrt(rows[PRIOR_U, k])
    first = min(mean - _REACH * wide, middle - _REACH * far, high - sd)
    last = max(mean + _REACH * wide, middle + _REACH * far, low + sd)
    x = coordinate(distribution, n, max(first, low))
    rows[LOW, k] = x
    gap = (coordinate(distribution, n, min(last, high)) - x) / (law.nodes - 1)
    rows[GAP, k] = gap
    for i in range(law.nodes):
        room.away[k, i] = effect_at(distribution, n, x + i * gap) - mean
    _fill_densities(law, n, k, room)
    half, tallest = 0.5 * rows[KNOWN, k], TINY
    for i in range(law.nodes):
        d = room.away[k, i]
        room.f[k, i] += d * (steep - half * d)
    for i in range(law.nodes):
        tallest = max(tallest, room.f[k, i])
    rows[TALLEST, k] = tallest


@loop(fastmath=FUSED)
def _fill_densities(law: Lasting, n: int, k: int, room: Room) -> None:
    """Fill the log density of x at the nodes; of splines and of normals at all nodes at once."""
    distribution, rows = law.distribution, room.rows
    if distribution.kind == SPLINE:
        for i in range(law.nodes):
            room.f[k, i] = rows[LOW, k] + i * rows[GAP, k]
        fill_of_spline(distribution, n, room.f[k])
        return
    if distribution.kind != NORMALS:
        for i in range(law.nodes):
            x = rows[LOW, k] + i * rows[GAP, k]
            room.f[k, i] = log_density(distribution, n, x)
        return
    for m in range(distribution.mean.shape[1]):
        precision, mean = distribution.precision[n, m], distribution.mean[n, m]
        scale = 0.5 * math.log(precision / (2.0 * math.pi)) - math.log(distribution.stretch[n])
        top = distribution.log_weight[n, m] + scale
        shift, half = rows[MEAN_U, k] - mean, 0.5 * precision
        if m == 0:
            for i in range(law.nodes):
                d = shift + room.away[k, i]
                room.f[k, i] = top - half * d * d
            continue
        for i in range(law.nodes):
            d = shift + room.away[k, i]
            own, others = top - half * d * d, room.f[k, i]
            room.f[k, i] = max(own, others) + log1p(exp(-abs(own - others)))


@loop()
def _span(distribution: Distribution, n: int) -> tuple[float, float]:
    """Give the effects between which a distribution has its mass."""
    if distribution.kind != NORMALS:
        return effect_at(distribution, n, distribution.knots[n, 0]), effect_at(
            distribution, n, distribution.knots[n, -1]
        )
    low, high = np.inf, -np.inf
    for m in range(distribution.mean.shape[1]):
        reach = _REACH / math.sqrt(distribution.precision[n, m])
        low = min(low, distribution.mean[n, m] - reach)
        high = max(high, distribution.mean[n, m] + reach)
    return low, high


@loop(fastmath=FUSED)
def integrate_lasting(law: Lasting, at: int, width: int, room: Room) -> None:
    """Add the integral over u to the height, and what the series adds to it; fill its moments."""
    rows = room.rows
    for k in range(width):
        _lay(law, at + k, k, room)
        plain = total = beyond = mean = square = 0.0
        mine = before = 0.0
        tallest = rows[TALLEST, k]
        for i in range(law.nodes):  # apart from the sums, whose order is kept
            room.f[k, i] = exp(room.f[k, i] - tallest)
        for i in range(law.nodes):
            room.before[k, i] = exp(_series(rows, room.away[k, i], k)[0])
        for i in range(law.nodes):
            d, f, rise = room.away[k, i], room.f[k, i], room.before[k, i]
            _, plus = _series(rows, d, k)
            end = 0.5 if i in (0, law.nodes - 1) else 1.0
            plain += end * f
            beyond += end * f * plus
            f *= rise
            before, mine = (before + 0.5 * (mine + f) if i else 0.0), f
            room.f[k, i], room.before[k, i] = f, before
            total += end * f
            mean += end * f * d
            square += end * f * d * d
        mean /= total
        rows[MEAN_OWN, k] = rows[MEAN_U, k] + mean
        rows[VAR_OWN, k] = max(square / total - mean * mean, _SMALLEST)
        rows[ABOVE, k] = total / plain
        # the quadratic at MEAN_U, which the nodes are measured from
        middle = rows[MEAN_U, k] * (rows[SLOPE_U, k] - 0.5 * rows[KNOWN, k] * rows[MEAN_U, k])
        rows[HEIGHT, k] += middle + rows[TALLEST, k] + log(plain * rows[GAP, k])
        rows[SUM, k], rows[ADDED, k] = log(total / plain), beyond / plain


@loop(fastmath=FUSED, inline="always")
def _series(rows: Array, d: float, k: int) -> tuple[float, float]:
    """Give q(d), held within bounds, and the same to the fourth order, not exponentiated."""
    own = rows[Q0 + 4, k]
    for power in range(3, -1, -1):
        own = own * d + rows[Q0 + power, k]
    shift = rows[SHIFT0 + 3, k]
    for power in range(2, -1, -1):
        shift = shift * d + rows[SHIFT0 + power, k]
    most = _LOGS + _SHARE * 0.5 * rows[KNOWN, k] * d * d
    return max(min(own, most), -most), own + 0.5 * shift * shift


@loop(fastmath=FUSED)
def draw_lasting(law: Lasting, n: int, k: int, share: float, room: Room) -> tuple[float, float]:
    """Give d where f has this share of its integral below, and the log of its weight.

    The weight is that of the quadratic: what the series adds is a part of the points' own.
    """
    rows, i = room.rows, 0
    below = share * room.before[k, law.nodes - 1]
    while i < law.nodes - 2 and room.before[k, i + 1] <= below:
        i += 1
    rest, here, rise = below - room.before[k, i], room.f[k, i], room.f[k, i + 1] - room.f[k, i]
    root = math.sqrt(max(here * here + 2.0 * rise * rest, 0.0))
    part = min(2.0 * rest / max(here + root, _SMALLEST), 1.0)
    x = rows[LOW, k] + (i + part) * rows[GAP, k]
    d = effect_at(law.distribution, n, x) - rows[MEAN_U, k]
    steep = rows[SLOPE_U, k] - rows[KNOWN, k] * rows[MEAN_U, k]
    logs = log_density(law.distribution, n, x) + d * (steep - 0.5 * rows[KNOWN, k] * d)
    taken = max(here + rise * part, _SMALLEST)
    return d, logs - rows[TALLEST, k] + log(rows[ABOVE, k]) - log(taken)


@loop(fastmath=FUSED)
def keep_nodes(law: Lasting, k: int, room: Room, kept: Array) -> None:
    """Write a provider's nodes down, (2, node): u, and the share of f that each stands for."""
    total = room.before[k, law.nodes - 1]
    for i in range(law.nodes):
        end = 0.5 if i in (0, law.nodes - 1) else 1.0
        kept[0, i] = room.rows[MEAN_U, k] + room.away[k, i]
        kept[1, i] = end * room.f[k, i] / total
