"""Sums of the cells' information, and of its products with the terms, by provider and pattern."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from varmodel.estimands.rates.standardise import Own
from varmodel.estimands.variation.within_periods import Columns, UnitSums, unit_sums
from varmodel.numerics.blocks import blocks
from varmodel.numerics.sums import first_of_each
from varmodel.values import Array, Index

#: Elements of the largest arrays: many draws at a time make matrix products quick, and the
#: products of terms are made anew for each block of draws.
ELEMENTS = 2**22
#: The same where compiled loops pass once over what a core's cache should hold.
LOOPED = 2**17
#: |eta| beyond this is no share; it keeps the product of odds inside float64.
_STEEP = 340.0

#: w and C (draws, provider, 1 + term), X'WX (draws, term, term), level (draws, term).
type InformationSums = tuple[Array, Array, Array]


@dataclass(frozen=True, slots=True, eq=False)
class CellSums:
    """How the cells of a fit are added up.

    Attributes
    ----------
    own : Own
    design : ndarray, shape (pattern, term)
    alike : list of ndarray of int
        Cells of the providers that have equally many, (provider, cell) each.
    by_pattern, first : ndarray of int
        Cells sorted by pattern, and where each pattern begins.
    """

    own: Own
    design: Array
    alike: list[Index]
    by_pattern: Index
    first: Index

    @staticmethod
    def of(own: Own, design: Array) -> "CellSums":
        """Lay out the cells of a population on the patterns of a design."""
        by_pattern = np.argsort(own.pattern, kind="stable")
        alike = list(_alike(own.provider, design.shape[1]))
        return CellSums(own, design, alike, by_pattern, first_of_each(own.pattern[by_pattern]))

    def sums(self, information: Array) -> InformationSums:
        """Add the information (draws, cell) up."""
        w = self.own.total(information)
        if not self.design.shape[1]:
            nothing = np.empty(0)
            return w[:, :, np.newaxis], nothing, nothing
        held = np.add.reduceat(information[:, self.by_pattern], self.first, axis=1)
        patterns = self.own.pattern[self.by_pattern[self.first]]
        return self._cross(information, w), *_among(held, self.design[patterns])

    def sums_of_shares(self, eta: Array, effect: Array, *, size: Array) -> InformationSums:
        """Add size x p (1 - p) up, p = expit(eta + effect), each cell's as it is made.

        ``eta`` (draws, pattern), ``effect`` (draws, provider).
        """
        rows = self.own.pattern, size, self.own.ends
        sums, held = _share_variances(eta, effect, rows, design=self.design)
        return sums, *_among(held, self.design)

    def unit_sums_of_shares(
        self, eta: Array, effect: Array, *, size: Array, columns: Columns
    ) -> UnitSums:
        """Add the same up within periods: ``effect`` (draws, unit) has what passes in it."""
        cells, first = columns.units.cells, columns.units.first
        rows = self.own.pattern[cells], size[cells], np.append(first, len(cells))
        design = self.design[:, columns.varying]
        sums, held = _share_variances(eta, effect, rows, design=design)
        return UnitSums(sums[:, :, 0], sums[:, :, 1:], _among(held, design)[0])

    def unit_sums(self, information: Array, columns: Columns, *, by_loops: bool) -> UnitSums:
        """Add the information (draws, cell) up within periods."""
        if not by_loops:
            return unit_sums(information, columns)
        from varmodel.numerics.loops.sums import sum_rows

        cells, first = columns.units.cells, columns.units.first
        design = np.ascontiguousarray(self.design[:, columns.varying])
        shape = len(information), len(first), 1 + design.shape[1]
        sums, held = np.empty(shape), np.empty((len(information), len(design)))
        pattern, ends = self.own.pattern[cells].astype(np.int64), np.append(first, len(cells))
        sum_rows(information, cells, pattern, ends.astype(np.int64), design, sums, held)
        return UnitSums(sums[:, :, 0], sums[:, :, 1:], _among(held, design)[0])

    def _cross(self, information: Array, w: Array) -> Array:
        """Put w and the sums of information times design over each provider's cells together."""
        own, design = self.own, self.design
        result = np.empty((*w.shape, 1 + design.shape[1]))
        result[:, :, 0] = w
        for cells in self.alike:
            weights = information[:, cells].transpose(1, 0, 2)
            sums = weights @ design[own.pattern[cells]]
            result[:, own.provider[cells[:, 0]], 1:] = sums.transpose(1, 0, 2)
        return result


def _share_variances(
    eta: Array, effect: Array, rows: tuple[Index, Array, Index], *, design: Array
) -> tuple[Array, Array]:
    """Sum over groups (draws, group, 1 + term), and over patterns (draws, pattern), by loops."""
    from varmodel.numerics.loops.sums import room_for_variances, sum_share_variances

    odds = np.exp(-np.clip(eta, -_STEEP, _STEEP), order="C")  # loops are made for one order
    decay = np.exp(-np.clip(effect, -_STEEP, _STEEP), order="C")
    pattern, size, ends = rows
    whole = pattern.astype(np.int64), np.asarray(size, dtype=np.float64), ends.astype(np.int64)
    sums, held = np.empty((*decay.shape, 1 + design.shape[1])), np.empty(odds.shape)
    room = room_for_variances(len(odds), columns=design.shape[0], terms=design.shape[1])
    sum_share_variances(odds, decay, whole, np.ascontiguousarray(design), sums, held, room)
    return sums, held


def _alike(provider: Index, terms: int) -> Iterator[Index]:
    """Put providers of equally many cells together, so many that their design is no large array."""
    starts = first_of_each(provider)
    counts = np.diff(starts, append=len(provider))
    for count in np.unique(counts).tolist():
        cells = starts[counts == count][:, np.newaxis] + np.arange(count)
        step = max(1, ELEMENTS // (count * max(1, terms)))
        yield from (cells[start : start + step] for start in range(0, len(cells), step))


def _among(held: Array, design: Array) -> tuple[Array, Array]:
    """Sum what patterns hold (draws, pattern) times products of terms, and times terms."""
    one, other = np.triu_indices(design.shape[1])
    upper = np.zeros((len(held), len(one)))
    for patterns in blocks(len(design), len(one), largest=ELEMENTS):
        rows = design[patterns]
        upper += held[:, patterns] @ (rows[:, one] * rows[:, other])
    result = np.empty((len(held), *[design.shape[1]] * 2))
    result[:, one, other] = result[:, other, one] = upper
    return result, held @ design
