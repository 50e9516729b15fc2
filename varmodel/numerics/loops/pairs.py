"""Counting over all pairs of rows, many numbers to an instruction."""

from pathlib import Path

import numpy as np

from varmodel.numerics.loops.compiling import compiler
from varmodel.values import Index

_loop = compiler(Path(__file__).parent)

#: What 16 bits can count: half of it is kept free for the sign.
_PIECE = 16_384


@_loop()
def count_less(rows: Index, signs: Index, first: int, last: int) -> None:
    """Count in how many places one row is less than a later one, less those where it is greater.

    Parameters
    ----------
    rows : ndarray of int16, shape (row, place)
    signs : ndarray of int64, shape (row, row)
        Receives the counts of each pair whose first row is among those asked for.
    first, last : int
        The first rows of the pairs.
    """
    for one in range(first, last):
        for other in range(one + 1, len(rows)):
            total = 0
            for start in range(0, rows.shape[1], _PIECE):
                a, b = rows[one, start : start + _PIECE], rows[other, start : start + _PIECE]
                sign = np.int16(0)  # kept narrow: as many places to an instruction as it holds
                for s in range(len(a)):
                    sign = np.int16(sign + np.int16(a[s] < b[s]) - np.int16(b[s] < a[s]))
                total += int(sign)
            signs[one, other] = total
