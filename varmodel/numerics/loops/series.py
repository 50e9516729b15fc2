"""Chebyshev series of many draws, each at many numbers: what NumPy gives, to the last bit."""

from pathlib import Path

import numpy as np

from varmodel.numerics.loops.compiling import compiler
from varmodel.values import Array

_loop = compiler(Path(__file__).parent)


@_loop()
def sum_series(
    series: Array, x: Array, out: Array, twice: Array, last: Array, before: Array
) -> None:
    """Sum each draw's series at its numbers, by Clenshaw's recurrence.

    Parameters
    ----------
    series : ndarray, shape (draw, coefficient)
        Three coefficients or more.
    x, out : ndarray, shape (draw, number)
        Within +-1; receives the sums.
    twice, last, before : ndarray, shape (number,)
        Room.
    """
    for draw in range(len(series)):
        own, at, found = series[draw], x[draw], out[draw]
        for k in range(len(at)):
            twice[k] = 2.0 * at[k]
            before[k] = own[-3] - own[-1]
        for k in range(len(at)):
            last[k] = own[-2] + own[-1] * twice[k]
        for term in range(len(own) - 4, -1, -1):
            for k in range(len(at)):
                found[k] = before[k] + last[k] * twice[k]
            for k in range(len(at)):
                before[k] = own[term] - last[k]
            for k in range(len(at)):
                last[k] = found[k]
        for k in range(len(at)):
            found[k] = before[k] + last[k] * at[k]


def compile_series() -> None:
    """Call the loop once with arrays of the kinds that it is called with."""
    one = np.zeros((1, 1))
    sum_series(np.zeros((1, 3)), one, one.copy(), *np.empty((3, 1)))
