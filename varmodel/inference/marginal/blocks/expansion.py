"""What third and fourth derivatives add to the log likelihood of u, v integrated out.

Given u the block's units are normal: of mean a_t = step + h_t d and covariance V. By cumulants, to
the fourth order, with k3 and k4 the derivatives of a unit and c3 the cubic terms,

``q(d) = E[c3] + E[c4] + Var(c3) / 2``,

polynomials in d. ``Q0`` and on are the coefficients of q, ``SHIFT0`` and on those of E[c3].
"""

from varmodel.inference.marginal.blocks.conditional import OTHER, Q0, SHIFT0, Room
from varmodel.inference.marginal.elementary import FUSED
from varmodel.inference.marginal.loops import loop


@loop(fastmath=FUSED)
def expand_in_u(units: int, width: int, room: Room) -> None:
    """Fill the coefficients of q and of E[c3]."""
    rows = room.rows
    for k in range(width):
        for power in range(4):
            rows[SHIFT0 + power, k] = rows[Q0 + power, k] = 0.0
        rows[Q0 + 4, k] = 0.0
    for t in range(units):
        for k in range(width):
            _add_own(room, t, k)
            rows[OTHER, k] = room.v[t, k]
        for s in range(t - 1, -1, -1):
            for k in range(width):
                rows[OTHER, k] *= room.j[s + 1, k]
                _add_pair(room, t, s, k, rows[OTHER, k], 1.0)
    for k in range(width):
        for power in range(4):
            rows[Q0 + power, k] += rows[SHIFT0 + power, k]


@loop(fastmath=FUSED, inline="always")
def _add_own(room: Room, t: int, k: int) -> None:
    """Add the means of one unit's terms, and half the variance of its cubic term."""
    rows, v, h, step = room.rows, room.v[t, k], 1.0 - room.n[t, k], room.step[t, k]
    k3, k4, excess = room.third[t, k], room.fourth[t, k], room.excess[t, k]
    rows[SHIFT0, k] += 0.5 * k3 * step * v
    rows[SHIFT0 + 1, k] += 0.5 * k3 * h * v
    rows[SHIFT0 + 2, k] += 0.5 * k3 * h * h * step
    rows[SHIFT0 + 3, k] += k3 * h * h * h / 6.0
    rows[Q0, k] += 0.125 * k4 * v * v + 0.5 * excess * v
    rows[Q0 + 1, k] += excess * h * step
    rows[Q0 + 2, k] += 0.25 * k4 * h * h * v + 0.5 * excess * h * h
    rows[Q0 + 4, k] += k4 * h * h * h * h / 24.0
    _add_pair(room, t, t, k, v, 0.5)


@loop(fastmath=FUSED, inline="always")
def _add_pair(room: Room, t: int, s: int, k: int, shared: float, often: float) -> None:
    """Add the covariance of two units' cubic terms; ``shared`` is that of the units."""
    rows, both = room.rows, often * room.third[t, k] * room.third[s, k]
    one, other = room.v[t, k], room.v[s, k]
    h, g = 1.0 - room.n[t, k], 1.0 - room.n[s, k]
    rows[Q0, k] += both * shared * (0.25 * one * other + shared * shared / 6.0)
    squares = 0.25 * (h * h * other + g * g * one) + 0.5 * h * g * shared
    rows[Q0 + 2, k] += both * shared * squares
    rows[Q0 + 4, k] += 0.25 * both * shared * h * h * g * g
