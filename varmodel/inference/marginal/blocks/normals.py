"""Standard normal and t numbers for many members at once, each with a stream of its own."""

import math

import numpy as np

from varmodel.inference.marginal.elementary import FUSED, advance, log, uniform
from varmodel.inference.marginal.likelihood.operations import Index
from varmodel.inference.marginal.loops import loop
from varmodel.values import Array

#: Terms of sine and cosine on a quarter turn to either side: right to 1e-14.
_TERMS = 10
_SINE = np.array([(-1) ** k / math.factorial(2 * k + 1) for k in range(_TERMS)])
_COSINE = np.array([(-1) ** k / math.factorial(2 * k) for k in range(_TERMS)])
#: Degrees of freedom of the heavy-tailed points, an even number.
NU = 8.0


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
