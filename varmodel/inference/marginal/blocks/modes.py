"""The conditional mode of a block, by damped Newton's steps for all its units at once.

A step d is taken by log(1 + c |d|) / (c |d|) of its length, c the kind's ``steepening`` and |d|
the largest change of a unit: where the information changes by a factor e^(c |d|) at most, every
such step climbs (Sun and Tran-Dinh 2019, Generalized self-concordant functions, Mathematical
Programming 178). A quadratic has c = 0 and one step.
"""

from typing import NamedTuple

from varmodel.inference.marginal.blocks.conditional import (
    FARTHEST,
    NEAREST,
    OTHER,
    PRIOR_U,
    TAU_U,
    TAU_V,
    Room,
    condition,
)
from varmodel.inference.marginal.blocks.lasting import Lasting, NormalLasting, law_of
from varmodel.inference.marginal.elementary import FUSED, log1p
from varmodel.inference.marginal.likelihood.batch import (
    BASE,
    EXCESS,
    FOURTH,
    INFORMATION,
    PARAMETER,
    SLOPE,
    THIRD,
    B,
)
from varmodel.inference.marginal.likelihood.operations import (
    Index,
    Likelihood,
    curvatures,
    derivatives,
    steepening,
)
from varmodel.inference.marginal.loops import loop
from varmodel.values import Array

_STEPS = 100
_SMALLEST = 1e-12


class Layout(NamedTuple):
    """Which units a provider has.

    ``starts`` (provider + 1,): the first unit of each; ``lag`` (unit,): how many periods after the
    one before, 0 for the first; ``most``: units of the provider that has most.
    """

    starts: Index
    lag: Index
    most: int


class Variances(NamedTuple):
    """The distribution of blocks at points, in batches of them.

    ``lasting``, ``transient`` (batch, member): tau_u^2, tau_v^2; ``carried``, ``renewed``
    (batch, lag, member); ``law``: the distribution of u where it is not normal.
    """

    lasting: Array
    transient: Array
    carried: Array
    renewed: Array
    law: Lasting | NormalLasting = law_of()


@loop(inline="always")
def take_batch(variances: Variances, parameter: Array, batch: int, width: int, room: Room) -> None:
    """Read what is the same for all providers."""
    for k in range(width):
        room.rows[TAU_U, k] = room.rows[PRIOR_U, k] = variances.lasting[batch, k]
        room.rows[TAU_V, k] = variances.transient[batch, k]
        room.s[PARAMETER + k] = parameter[batch, k]


@loop(inline="always")
def take_provider(
    layout: Layout, variances: Variances, batch: int, provider: int, width: int, room: Room
) -> int:
    """Read the distribution of a provider's block; return the number of its units."""
    first = layout.starts[provider]
    units = layout.starts[provider + 1] - first
    for t in range(units):
        lag = layout.lag[first + t]
        for k in range(width):
            room.carried[t, k] = variances.carried[batch, lag, k]
            room.renewed[t, k] = variances.renewed[batch, lag, k]
    return units


@loop(fastmath=FUSED, inline="always")
def climb(
    model: Likelihood, first: int, units: int, predictor: Array, width: int, near: float, room: Room
) -> None:
    """Move ``b`` to the mode, so close that the next step would be ``near`` sds or less.

    A member that is there stays: it does not know its neighbours.
    """
    steep, rows = steepening(model), room.rows
    for k in range(width):
        rows[OTHER, k] = 1.0
    for _ in range(_STEPS):
        bend(model, first, units, predictor, width, room)
        condition(units, width, room)
        _measure(units, width, room)
        for k in range(width):
            away = steep * rows[FARTHEST, k]
            left = away * away * rows[NEAREST, k]
            away = max(away, _SMALLEST)
            rows[FARTHEST, k] = rows[OTHER, k] * log1p(away) / away
            rows[OTHER, k] = rows[OTHER, k] if left > near * near else 0.0  # stays from now on
        for t in range(units):
            for k in range(width):
                room.b[t, k] += rows[FARTHEST, k] * room.step[t, k]
        moving = 0.0
        for k in range(width):
            moving += rows[OTHER, k]
        if moving == 0.0:
            break


@loop(fastmath=FUSED)
def climb_apart(
    model: Likelihood, first: int, units: int, predictor: Array, width: int, near: float, room: Room
) -> None:
    """Do the same, compiled once for those who climb twice."""
    climb(model, first, units, predictor, width, near, room)


@loop(fastmath=FUSED, inline="always")
def bend(
    model: Likelihood, first: int, units: int, predictor: Array, width: int, room: Room
) -> None:
    """Fill slope and information of each unit at ``b``."""
    s = room.s
    for t in range(units):
        for k in range(width):
            s[B + k] = room.b[t, k]
        curvatures(model, first + t, predictor, width, s)
        for k in range(width):
            room.g[t, k], room.w[t, k] = s[SLOPE + k], s[INFORMATION + k]


@loop(fastmath=FUSED, inline="always")
def _measure(units: int, width: int, room: Room) -> None:
    """Fill the largest change of a unit, and the largest square of one in sds."""
    rows = room.rows
    for k in range(width):
        rows[FARTHEST, k] = rows[NEAREST, k] = 0.0
    for t in range(units):
        for k in range(width):
            step = room.step[t, k]
            rows[FARTHEST, k] = max(rows[FARTHEST, k], abs(step))
            rows[NEAREST, k] = max(rows[NEAREST, k], step * step / room.spread[t, k])


@loop(fastmath=FUSED, inline="always")
def expand_units(
    model: Likelihood, first: int, units: int, predictor: Array, width: int, room: Room, at: int
) -> None:
    """Fill all derivatives of each unit at ``b``, and add the log likelihoods to row ``at``."""
    s = room.s
    for t in range(units):
        for k in range(width):
            s[B + k], s[EXCESS + k] = room.b[t, k], 0.0
        derivatives(model, first + t, predictor, width, s)
        for k in range(width):
            room.rows[at, k] += s[BASE + k]
            room.base[t, k] = s[BASE + k]
            room.g[t, k], room.w[t, k] = s[SLOPE + k], s[INFORMATION + k]
            room.third[t, k], room.fourth[t, k] = s[THIRD + k], s[FOURTH + k]
            room.excess[t, k] = s[EXCESS + k]
