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
    the steps of a chain, of one point a pair, not by its share of the weights.
    """

    pairs: int
    near: float
    skewed: bool = True
    chained: bool = False


class Points(NamedTuple):
    """The same as the loops read it, and memory for them.

    Of the pairs so many are ``heavy``: from the t; ``wider`` by the number of units, ``log_t`` by
    that of coordinates; ``rows`` (row, member).
    """

    pairs: int
    near: float
    skewed: bool
    chained: bool
    heavy: int
    wider: Array
    log_t: Array
    rows: Array


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
    """Fill the first ``count`` rows of x (row, member), by Box and Muller; one more if odd."""
    for row in range(0, count, 2):
        for k in range(width):
            state[at + k] = advance(state[at + k])
            radius = math.sqrt(-2.0 * log(uniform(state[at + k])))
            state[at + k] = advance(state[at + k])
            half = math.pi * (uniform(state[at + k]) - 0.5)
            square, sine, cosine = half * half, 0.0, 0.0
            for term in range(_TERMS - 1, -1, -1):
                sine = sine * square + _SINE[term]
                cosine = cosine * square + _COSINE[term]
            sine *= half
            x[row, k] = radius * (cosine * cosine - sine * sine)
            x[row + 1, k] = radius * (2.0 * sine * cosine)


@loop(fastmath=FUSED)
def fill_heavy(state: Index, at: int, width: int, scale: Array) -> None:
    """Fill what makes normals t numbers: sqrt(nu / chi^2)."""
    for k in range(width):
        total = 0.0
        for _ in range(int(NU) // 2):
            state[at + k] = advance(state[at + k])
            total -= 2.0 * log(uniform(state[at + k]))
        scale[k] = math.sqrt(NU / total)
