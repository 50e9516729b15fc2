"""The memory of the batched form: one provider at one point is a member, ``BATCH`` stand together.

They lie side by side in memory, so that a processor works on several at a time: a tenth to a third
of the time that one after another takes, which is the one reason for a second form. Student-t
effects take the first, and so do likelihoods that are not log-concave.

All rows stand in one array at distances known when the loops are compiled: row R of member k is
``s[R + k]``. No member's figures depend on its neighbours.
"""

import threading
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from varmodel.values import Array, Index

BATCH = 32
#: Where the series stands, the log likelihood there, how far it reaches.
B, BASE, REACH = (BATCH * k for k in range(3))
#: The likelihood's parameter, and what multiplies the effect.
PARAMETER, LINEAR = BATCH * 3, BATCH * 4
#: A step from B, and slope, information (-l'') and rise of the log likelihood over it.
STEP, SLOPE, INFORMATION, RISE = (BATCH * k for k in range(5, 9))
#: Sixteen rows for the loops of `quadrature/`; when scores are worked out, three of them are the
#: expected effect, its expected growth, and a sum.
FREE = BATCH * 9
EXPECTED_EFFECT, EXPECTED_GROWTH, EXPECTED_SHARE = (FREE + BATCH * k for k in range(10, 13))
#: Coefficient k of the series is row k.
SERIES = BATCH * 27
#: Where effects come in blocks no series is used, and in its place stand the third and the fourth
#: derivative, and how much the information is above -l''.
THIRD, FOURTH, EXCESS = (SERIES + BATCH * k for k in range(3))
#: For a kind's own use: one row, another, and fifteen.
OWN, FAR, SUMS = BATCH * 25, BATCH * 26, BATCH * 43
ROWS = 58
_held = threading.local()


class Cells(NamedTuple):
    """The cells of each member; where one has fewer than others, of size 0.

    ``predictor`` (row, member), and the row of each cell, ``row`` (cell,); ``size``, ``response``
    (cell, member).
    """

    predictor: Array
    row: npt.NDArray[np.integer]
    size: Array
    response: Array


def room_for_cells(starts: npt.NDArray[np.integer]) -> Cells:
    """Set memory aside for the provider of most cells, and one more."""
    most = int(np.diff(starts).max()) + 1
    predictor, size, response = np.zeros((3, most, BATCH))
    return Cells(predictor, np.arange(most), size, response)


def room_for_rows(more: int = 0) -> Array:
    """Set memory aside for the rows, and for so many more behind them."""
    return np.zeros((ROWS + more) * BATCH)


def whole_batches(points: int) -> Index:
    """Number points in whole batches, the last one again and again."""
    return np.arange(-(-points // BATCH) * BATCH).clip(max=points - 1)


def held_array(rows: int, columns: int) -> Array:
    """Give memory that the thread holds on to: fresh pages would cost more than the work."""
    held = getattr(_held, "array", np.empty(0))
    if held.size < rows * columns:
        held = _held.array = np.empty(rows * columns)
    return np.asarray(held[: rows * columns].reshape(rows, columns))
