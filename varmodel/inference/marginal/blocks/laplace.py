"""Laplace's approximation of a block's evidence with the term of fourth order (methods 14).

With S the covariance of the conditional and k3, k4 third and fourth derivatives of the units' log
likelihoods at the mode, the log of the integral is that of Laplace, log L(b) - b'K^-1 b / 2 -
log |I + K W| / 2, and

``sum_t k4_t S_tt^2 / 8 + sum_{t,s} k3_t k3_s (S_tt S_ts S_ss / 8 + S_ts^3 / 12)``.

The series stands at ``b``, a ``step`` short of the mode. The integral of the quadratic there is
exact, whatever b; the determinant moves by k3 S step.

Where u is not normal the same is done given u: the block's units are normal then, of mean
a_t = step + h_t d and covariance V. By cumulants, to the fourth order, with c3 and c4 the terms of
the series, what they add to the log likelihood of u is ``q(d) = E[c3] + E[c4] + Var(c3) / 2``,
polynomials in d. ``Q0`` and on are the coefficients of q, ``SHIFT0`` and on those of E[c3].
"""

from varmodel.inference.marginal.blocks.conditional import (
    ADDED,
    HEIGHT,
    LOG_DET,
    OTHER,
    Q0,
    SHIFT0,
    SUM,
    VAR_U,
    Room,
    condition,
    determine,
)
from varmodel.inference.marginal.blocks.lasting import (
    Lasting,
    NormalLasting,
    integrate_lasting,
    stand_in,
    take_prior,
)
from varmodel.inference.marginal.blocks.modes import (
    Layout,
    Variances,
    climb,
    climb_apart,
    expand_units,
    take_batch,
    take_provider,
)
from varmodel.inference.marginal.elementary import FUSED, log
from varmodel.inference.marginal.likelihood.batch import BATCH
from varmodel.inference.marginal.likelihood.operations import (
    Index,
    Likelihood,
    implements,
    operation,
)
from varmodel.inference.marginal.loops import loop
from varmodel.values import Array

#: Sds that a step from where the series stands would go at most.
NEAR = 0.02
#: Sds from the mode of normal effects, which others begin at.
_ROUGH = 0.3


@loop(fastmath=FUSED)
def evidence_of_blocks(
    model: Likelihood,
    layout: Layout,
    predictor: Array,
    parameter: Array,
    variances: Variances,
    start: Array,
    nearest: Index,
    room: Room,
    out: Array,
) -> None:
    """Fill the approximate log evidence of all providers together at each point.

    ``predictor`` (batch, pattern, member), ``parameter`` (batch, member), ``start`` (mode, unit),
    ``nearest`` (point,).
    """
    for batch in range(len(predictor)):
        at = batch * BATCH
        width = min(BATCH, len(out) - at)
        take_batch(variances, parameter, batch, width, room)
        out[at : at + width] = 0.0
        for j in range(len(layout.starts) - 1):
            units = take_provider(layout, variances, batch, j, width, room)
            first = layout.starts[j]
            begin(start, nearest, at, first, units, width, room)
            law = variances.law
            approximate(law, model, at, first, units, predictor[batch], width, NEAR, room)
            for k in range(width):
                out[at + k] += room.rows[HEIGHT, k] + room.rows[SUM, k]


@loop(inline="always")
def begin(
    start: Array, nearest: Index, at: int, first: int, units: int, width: int, room: Room
) -> None:
    """Put each member's block where it is looked for."""
    for t in range(units):
        for k in range(width):
            room.b[t, k] = start[nearest[at + k], first + t]


@operation
def approximate(
    law: Lasting | NormalLasting,
    model: Likelihood,
    at: int,
    first: int,
    units: int,
    predictor: Array,
    width: int,
    near: float,
    room: Room,
) -> None:
    """Find a provider's modes; fill the log integral of the quadratic, and the terms beyond it.

    ``at``: the first of the members' points, by which ``law`` is read.
    """


@implements(approximate, Lasting, fastmath=FUSED)
def _approximate_other(
    law: Lasting,
    model: Likelihood,
    at: int,
    first: int,
    units: int,
    predictor: Array,
    width: int,
    near: float,
    room: Room,
) -> None:
    """Do so where u is not normal: v by Laplace's approximation given u, u by nodes."""
    rows = room.rows
    take_prior(width, room)
    climb_apart(model, first, units, predictor, width, max(near, _ROUGH), room)
    stand_in(law, at, width, room)
    climb_apart(model, first, units, predictor, width, near, room)
    for k in range(width):
        rows[HEIGHT, k] = 0.0
    expand_units(model, first, units, predictor, width, room, HEIGHT)
    condition(units, width, room)
    for t in range(units):
        for k in range(width):
            b, g, w = room.b[t, k], room.g[t, k], room.w[t, k]
            # that of v at u = 0: m is smoothed, and knows nothing of u
            fits = 0.5 * (g + w * b) * room.m[t, k] - b * (g + 0.5 * w * b)
            rows[HEIGHT, k] += fits - 0.5 * log(1.0 + w * room.p[t, k])
    expand_in_u(units, width, room)
    integrate_lasting(law, at, width, room)


@implements(approximate, NormalLasting, fastmath=FUSED)
def _approximate_normal(
    law: NormalLasting,
    model: Likelihood,
    at: int,
    first: int,
    units: int,
    predictor: Array,
    width: int,
    near: float,
    room: Room,
) -> None:
    rows = room.rows
    climb(model, first, units, predictor, width, near, room)
    for k in range(width):
        rows[HEIGHT, k] = 0.0
    expand_units(model, first, units, predictor, width, room, HEIGHT)
    condition(units, width, room)
    determine(units, width, room)
    for k in range(width):
        rows[HEIGHT, k] -= 0.5 * rows[LOG_DET, k]
        rows[SUM, k] = 0.0
    for t in range(units):
        for k in range(width):
            b, g, step = room.b[t, k], room.g[t, k], room.step[t, k]
            rows[HEIGHT, k] += 0.5 * (g * (step - b) + room.w[t, k] * b * step)
    _correct(units, width, room)
    for k in range(width):
        rows[ADDED, k] = rows[SUM, k]


@loop(fastmath=FUSED, inline="always")
def _correct(units: int, width: int, room: Room) -> None:
    """Fill the term of fourth order and what the determinant moves by."""
    rows, third = room.rows, room.third
    for t in range(units):
        for k in range(width):
            spread, k3 = room.spread[t, k], third[t, k]
            square = spread * spread
            own = 0.125 * room.fourth[t, k] * square + 5.0 / 24.0 * k3 * k3 * square * spread
            shift = 0.5 * spread * (k3 * room.step[t, k] + room.excess[t, k])
            rows[SUM, k] += own + shift
            rows[OTHER, k] = room.v[t, k]
        for q in range(t - 1, -1, -1):
            for k in range(width):
                rows[OTHER, k] *= room.j[q + 1, k]
                both = (1.0 - room.n[q, k]) * (1.0 - room.n[t, k])
                shared = rows[OTHER, k] + both * rows[VAR_U, k]
                cross = 0.25 * room.spread[t, k] * room.spread[q, k] + shared * shared / 6.0
                rows[SUM, k] += third[t, k] * third[q, k] * shared * cross


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
