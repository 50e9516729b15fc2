"""How points of a block are drawn: the scheme, and standard normal and t numbers for it.

Numbers come for many members at once, each with a stream of its own.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy import special

from varmodel.inference.marginal.elementary import FUSED, advance, log, uniform
from varmodel.inference.marginal.likelihood.batch import BATCH
from varmodel.inference.marginal.likelihood.operations import Index
from varmodel.inference.marginal.loops import loop
from varmodel.values import Array

#: Terms of sine and cosine on a quarter turn to either side: right to 1e-14.
_TERMS = 10
_SINE = np.array([(-1) ** k / math.factorial(2 * k + 1) for k in range(_TERMS)])
_COSINE = np.array([(-1) ** k / math.factorial(2 * k) for k in range(_TERMS)])
#: Degrees of freedom of the heavy-tailed points, an even number.
NU = 8.0
#: How much wider than the conditional points are drawn, normal and skewed ones, for blocks up to so
#: many units; for larger ones less, so that the width costs no more; share of t numbers.
_WIDER, _SKEWED_WIDER, _UNITS, _HEAVY = 0.05, 0.03, 8, 0.1
#: Rows of ``Points.rows``.
_ROWS = 16


class Scheme(NamedTuple):
    """What is asked for: so many pairs of points, centred so close to the mode, in sds.

    ``skewed``: drawn as ``skewed`` says, not as normals and t numbers; ``chained``: one is kept by
    the steps of a chain, of one point a pair, not by its share of the weights; ``again``: further
    steps to each further one.
    """

    pairs: int
    near: float
    skewed: bool = True
    chained: bool = False
    again: int = 0


class Points(NamedTuple):
    """The same as the loops read it, and memory for them.

    Of the pairs so many are ``heavy``: from the t; ``wider`` by the number of units, ``log_t`` by
    that of coordinates; ``rows`` (row, member).
    """

    pairs: int
    near: float
    skewed: bool
    chained: bool
    again: int
    heavy: int
    wider: Array
    log_t: Array
    rows: Array


class Drawn(NamedTuple):
    """What may be kept of the points; an array without rows is not filled.

    ``lasting`` (draw, provider), ``transient`` (draw, period of a provider): u and v of one point
    by its weight; ``row`` (copy, point): the draws of a point, those of most first, -1 where it has
    no more; ``place`` (unit,): the column of ``transient``; ``log_weight`` (provider, weight,
    point).
    """

    lasting: Array
    transient: Array
    row: Index
    place: Index
    log_weight: Array


def weights_alone(log_weight: Array) -> Drawn:
    """Keep the weights of the points, or without rows nothing."""
    lasting, transient = np.empty((2, 0, 0))
    return Drawn(lasting, transient, np.empty((0, 0), np.int64), np.empty(0, np.int64), log_weight)


def points_of(scheme: Scheme, most: int) -> Points:
    """Lay a scheme out for blocks of at most so many units."""
    more = _SKEWED_WIDER if scheme.skewed else _WIDER
    wider = 1.0 + more * np.sqrt(np.minimum(_UNITS / np.arange(1, most + 1), 1.0))
    size = np.arange(most + 2.0)
    log_t = special.gammaln((NU + size) / 2) - special.gammaln(NU / 2) - size * np.log(NU / 2) / 2
    heavy = max(1, round(_HEAVY * scheme.pairs))
    return Points(*scheme, heavy, wider, log_t, np.zeros((_ROWS, BATCH)))


@loop(fastmath=FUSED)
def fill_normals(state: Index, at: int, width: int, count: int, x: Array) -> None:
    """Fill the first ``count`` rows of x (row, member), by Box and Muller; one more if odd.

    The last two rows of x are used up. Each loop writes one row: two might be the same for all
    that the compiler knows, and it would take one number after the other.
    """
    across, along = len(x) - 2, len(x) - 1
    for row in range(0, count, 2):
        for k in range(width):
            state[at + k] = advance(state[at + k])
            x[row, k] = uniform(state[at + k])
        for k in range(width):
            state[at + k] = advance(state[at + k])
            x[row + 1, k] = math.pi * (uniform(state[at + k]) - 0.5)  # half the angle
        for k in range(width):
            x[row, k] = math.sqrt(-2.0 * log(x[row, k]))
        _fill_series(x, row + 1, width, _COSINE, along)
        _fill_series(x, row + 1, width, _SINE, across)
        for k in range(width):
            x[across, k] *= x[row + 1, k]
        for k in range(width):
            x[row + 1, k] = x[row, k] * (2.0 * x[across, k] * x[along, k])
        for k in range(width):
            x[row, k] *= x[along, k] * x[along, k] - x[across, k] * x[across, k]


@loop(fastmath=FUSED, inline="always")
def _fill_series(x: Array, of: int, width: int, term: Array, to: int) -> None:
    """Fill row ``to`` with a series in the square of row ``of``."""
    for k in range(width):
        square, total = x[of, k] * x[of, k], 0.0
        for power in range(_TERMS - 1, -1, -1):
            total = total * square + term[power]
        x[to, k] = total


@loop(fastmath=FUSED)
def fill_heavy(state: Index, at: int, width: int, scale: Array) -> None:
    """Fill what makes normals t numbers: sqrt(nu / chi^2)."""
    for k in range(width):
        total = 0.0
        for _ in range(int(NU) // 2):
            state[at + k] = advance(state[at + k])
            total -= 2.0 * log(uniform(state[at + k]))
        scale[k] = math.sqrt(NU / total)
