"""The block's Gaussian conditional where the log likelihood is quadratic: filter and smoother.

Work and memory grow with the number of units alone. All is in terms of variances, never of the
precision of v, so that nothing cancels as tau_v or tau_u tends to 0, rho to +-1, or w to 0.

========= =================================================================
t         a unit of a provider, the cells of one period; t = 0, ..., T - 1
u, v_t    lasting effect, transient effect: N(0, tau_u^2), AR(1) of sd tau_v
b_t       u + v_t
carried   rho^lag from the unit before; 0 for the first
renewed   1 - rho^(2 lag); 1 for the first
g_t, w_t  slope and information of the unit's log likelihood at b_t
P_t       variance of v_t given the units before, u known
F_t       1 + w_t P_t; the product of all is |I + tau_v^2 R W|, R the correlation matrix of v
C_t       variance of v_t given the units up to t, u known: P_t / F_t
J_t       what a change of v_t moves v_(t-1) by: carried_t C_(t-1) / P_t
V_t       variance of v_t given all units, u known
m_t, n_t  means of v_t by the same steps: of the target w b + g, and of w itself; then smoothed
h_t       1 - n_t: what a change of u moves the conditional mode of b_t by
S         covariance of b given all units: V_t J_t ... J_(s+1) + h_s h_t Var(u), s <= t
========= =================================================================
"""

from typing import NamedTuple

import numpy as np

from varmodel.inference.marginal.elementary import FUSED, log
from varmodel.inference.marginal.likelihood.batch import BATCH, room_for_rows
from varmodel.inference.marginal.loops import loop
from varmodel.values import Array

#: Rows of ``Room.rows``: variances of u and v at the point, Var(u | y), mean of u; the log
#: determinant; information and slope at 0 of the likelihood of u; three for those who call.
(TAU_U, TAU_V, VAR_U, MEAN_U, LOG_DET, KNOWN, SLOPE_U) = range(7)
HEIGHT, FARTHEST, NEAREST, SUM, OTHER = range(7, 12)
#: Where u is not normal (``lasting``): its variance; slope at 0 of the normal in its place; what
#: a finer rule knows beyond the quadratic; first node, distance of nodes, largest log, what the
#: series multiplies the integral by; mean and variance; coefficients.
PRIOR_U, PULL, ADDED, LOW, GAP, TALLEST, ABOVE, MEAN_OWN, VAR_OWN = range(12, 21)
Q0, SHIFT0 = 21, 26
#: The information of u as it is, how fast it changes with u, and its mean over v (``skewed``).
BENT_U, STEEP_U, GROWN_U = 30, 31, 32
_ROWS = 33
#: Nodes over u where it is not normal.
NODES = 40


class Room(NamedTuple):
    """Memory that the loops use again: one provider, many points.

    ``s``: the rows of ``likelihood/batch``; ``rows`` (row, member); all others (unit, member), by
    the letters of the table: ``b``, ``base`` (log likelihood there), ``g``, ``w``, ``third``,
    ``fourth``, ``excess``, ``carried``, ``renewed``, ``p`` (P), ``c`` (C), ``j`` (J), ``v`` (V),
    ``m``, ``n``, ``step`` (from b to the quadratic's mode), ``spread`` (S_tt), ``x``, ``kept``, and
    those of ``skewed``: ``z``, ``taken``, ``bent``, ``steep`` (c), ``grown``; but for ``f``,
    ``before`` and ``away`` (member, node): what ``lasting`` knows of u at its nodes.
    """

    s: Array
    rows: Array
    b: Array
    base: Array
    g: Array
    w: Array
    third: Array
    fourth: Array
    excess: Array
    carried: Array
    renewed: Array
    p: Array
    c: Array
    j: Array
    v: Array
    m: Array
    n: Array
    step: Array
    spread: Array
    x: Array
    kept: Array
    z: Array
    taken: Array
    bent: Array
    steep: Array
    grown: Array
    f: Array
    before: Array
    away: Array


def room_for_units(most: int) -> Room:
    """Set memory aside for the provider of most units."""
    by_unit, by_node = np.zeros((24, most + 4, BATCH)), np.zeros((3, BATCH, NODES))
    return Room(room_for_rows(), np.zeros((_ROWS, BATCH)), *by_unit, *by_node)


@loop(fastmath=FUSED)
def condition(units: int, width: int, room: Room) -> None:
    """Fill the conditional of the quadratic with slope g and information w at b."""
    filter_forward(units, width, room)
    smooth_backward(units, width, room)


@loop(fastmath=FUSED)
def filter_forward(units: int, width: int, room: Room) -> None:
    """Fill P, C, J, m and n from the first unit to the last, and what they tell of u."""
    rows, p, c, m, n = room.rows, room.p, room.c, room.m, room.n
    for k in range(width):
        rows[KNOWN, k] = rows[SLOPE_U, k] = c[0, k] = m[0, k] = n[0, k] = 0.0
    for t in range(units):
        before = max(t - 1, 0)  # carried is 0 where there is none
        for k in range(width):
            carried, w = room.carried[t, k], room.w[t, k]
            variance = carried * carried * c[before, k] + rows[TAU_V, k] * room.renewed[t, k]
            room.j[t, k] = carried * c[before, k] / variance
            share = 1.0 / (1.0 + w * variance)
            p[t, k], kept = variance, variance * share
            mean, one = carried * m[before, k], carried * n[before, k]
            gap, left = w * (room.b[t, k] - mean) + room.g[t, k], 1.0 - one
            rows[KNOWN, k] += w * left * left * share
            rows[SLOPE_U, k] += left * gap * share
            c[t, k], m[t, k], n[t, k] = kept, mean + kept * gap, one + kept * w * left
    for k in range(width):
        # 1 / (1 / tau_u^2 + known), as it stands where tau_u is 0
        rows[VAR_U, k] = rows[TAU_U, k] / (1.0 + rows[TAU_U, k] * rows[KNOWN, k])
        rows[MEAN_U, k] = rows[VAR_U, k] * (rows[SLOPE_U, k] + rows[PULL, k])


@loop(fastmath=FUSED)
def smooth_backward(units: int, width: int, room: Room) -> None:
    """Fill V, S_tt and the step from the last unit to the first; smooth m and n."""
    rows, m, n, v = room.rows, room.m, room.n, room.v
    for t in range(units - 1, -1, -1):
        if t == units - 1:
            for k in range(width):
                v[t, k] = room.c[t, k]
        else:
            for k in range(width):
                j, carried = room.j[t + 1, k], room.carried[t + 1, k]
                m[t, k] += j * (m[t + 1, k] - carried * m[t, k])
                n[t, k] += j * (n[t + 1, k] - carried * n[t, k])
                v[t, k] = left_over(room, t, k) + j * j * v[t + 1, k]
        for k in range(width):
            h = 1.0 - n[t, k]
            room.step[t, k] = m[t, k] + rows[MEAN_U, k] * h - room.b[t, k]
            room.spread[t, k] = v[t, k] + rows[VAR_U, k] * h * h


@loop(fastmath=FUSED)
def left_over(room: Room, t: int, k: int) -> float:
    """Give the variance of v_t given v_(t+1) and the units up to t, u known."""
    fresh = room.rows[TAU_V, k] * room.renewed[t + 1, k]
    return room.c[t, k] * fresh / room.p[t + 1, k]


@loop(fastmath=FUSED)
def determine(units: int, width: int, room: Room) -> None:
    """Fill log |I + K W|, K the prior covariance of b."""
    rows = room.rows
    for k in range(width):
        rows[LOG_DET, k] = log(1.0 + rows[TAU_U, k] * rows[KNOWN, k])
    for t in range(units):
        for k in range(width):
            rows[LOG_DET, k] += log(1.0 + room.w[t, k] * room.p[t, k])


@loop(fastmath=FUSED)
def spread_out(units: int, width: int, room: Room) -> None:
    """Turn standard normal ``x`` (units + 1, member) into a draw about the mode.

    The last row, of u, comes back as the deviation of u, the others as those of b.
    """
    rows, x, last = room.rows, room.x, units - 1
    for k in range(width):
        x[units, k] *= np.sqrt(rows[VAR_U, k])
        x[last, k] *= np.sqrt(room.c[last, k])
    for t in range(last - 1, -1, -1):
        for k in range(width):
            own = x[t, k] * np.sqrt(left_over(room, t, k))
            x[t, k] = room.j[t + 1, k] * x[t + 1, k] + own
    for t in range(units):
        for k in range(width):
            x[t, k] += (1.0 - room.n[t, k]) * x[units, k]
