"""Cells put together: by pattern, which share a predictor, and by group.

    sum over a group of y - n g(eta) = Y_g - sum over patterns N_pg g(eta_p)

holds of counts: their scores and information are linear in response and size, so that cells of
one pattern need no predictor each.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from varmodel.families.family import Family
from varmodel.families.forms import Cells
from varmodel.families.parameters import Values
from varmodel.numerics.blocks import blocks
from varmodel.values import Array, Index

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, slots=True, eq=False)
class GroupedCounts:
    """Cells of counts, put together by group.

    Attributes
    ----------
    family : Family
    size : scipy.sparse.csr_array, shape (pattern, group)
    """

    family: Family
    size: "csr_array"

    def sums(self, total: Array, eta: Array, *, own: Values) -> tuple[Array, Array]:
        """Give score and information of each group, (table, group) each.

        Parameters
        ----------
        total : ndarray, shape (table, group)
            Responses.
        eta : ndarray, shape (table, pattern)
        own : mapping
            What the family's functions read of its own parameters.
        """
        nothing, one = np.zeros(eta.shape[1]), np.ones(eta.shape[1])
        cells = Cells(nothing, one)
        score = total + self.family.score(cells, eta, own) @ self.size
        return score, np.asarray(self.family.information(cells, eta, own) @ self.size)


def group_counts(
    family: Family, cells: Cells, *, pattern: Index, group: Index, patterns: int
) -> GroupedCounts | None:
    """Put cells together; None where they are no counts, or not linear in them."""
    if not family.adds_up or cells.spread is not None or cells.error is not None:
        return None
    from scipy.sparse import csr_array

    shape = (patterns, int(group.max(initial=-1)) + 1)
    return GroupedCounts(family, csr_array((cells.size, (pattern, group)), shape=shape))


def by_pattern(
    cells: Cells, response: Array, *, pattern: Index, patterns: int, weight: Array | None = None
) -> Cells:
    """Put each pattern's cells together, for responses (table, cell) and weights of cells."""
    from scipy.sparse import csr_array

    rows = np.arange(len(pattern))
    member = csr_array((np.ones(len(rows)), (rows, pattern)), shape=(len(rows), patterns))
    counted = 1.0 if weight is None else weight
    size = (cells.size * counted) @ member
    if cells.spread is None and cells.error is None:  # counts add up
        return Cells((response if weight is None else response * weight) @ member, size)
    held = cells.weight * counted
    total = held @ member
    error = None if cells.error is None else total**-0.5
    return Cells(((response * held) @ member) / total, size, error=error)


def information_of_design(information: Array, design: Array) -> Array:
    """Sum information (table, pattern) times design times design: (table, term, term)."""
    width = design.shape[1]
    total = np.zeros((len(information), width**2))
    for part in blocks(len(design), width**2):
        rows = design[part]
        squares = rows[:, :, np.newaxis] * rows[:, np.newaxis, :]
        total += information[:, part] @ squares.reshape(len(rows), -1)
    return total.reshape(-1, width, width)
