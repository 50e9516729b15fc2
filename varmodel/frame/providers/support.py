"""Providers: who has no case at all, and on whose patients a provider is compared.

``support`` of provider j is the share of the reference population's weight in patterns where j
has a case (methods 3). Periods are no part of a pattern here: a provider that lacks a period
does not lack patients of a kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from varmodel.errors import Problem, Where, some
from varmodel.frame.coded import Coded, group
from varmodel.numerics.sorting import number_keys, stable_order
from varmodel.values import Array, Index

#: Why a provider without a case is not ranked.
NO_ACTIVITY = "no activity"
#: A provider with less support is compared on patients it does not have, and never named.
LEAST_SUPPORT = 0.5
#: Few cases are no range of ages: three random ones span half of it.
_TOO_FEW_FOR_A_RANGE = 10


def idle_problem(names: Sequence[str], *, column: str) -> list[Problem]:
    """Name the providers that are not ranked for want of a case."""
    if not names:
        return []
    message = f"no case at all of {some(names)}: listed below the ranking, outside every figure"
    fix = "none where nobody was treated; otherwise fill in the figures"
    where = Where(column=column)
    return [Problem("DESIGN.NO_INFORMATION", message, where, len(names), fix, names[0])]


def support_problem(names: Sequence[str], *, column: str) -> list[Problem]:
    """Name the providers whose patients are not those of the nation."""
    if not names:
        return []
    message = (
        f"compared on patients it does not have: {some(names)} (no case in patterns of case mix "
        "that hold more than half of all cases)"
    )
    fix = (
        "exclude them with a reason, join levels, or leave out a column that describes providers, "
        "not patients; they are never named for a saving"
    )
    where = Where(column=column)
    return [Problem("DESIGN.SUPPORT", message, where, len(names), fix, names[0])]


def find_support(
    terms: Sequence[Coded],
    *,
    weight: Array,
    provider: Index,
    pattern: Index,
    cases: Array,
) -> Array:
    """Give the share of the reference population in patterns where each provider has a case.

    A number is seldom met twice: it is supported from the lowest to the highest of the
    provider's own cases, or everywhere where it has fewer than ten; of several numbers the least
    supported counts. Two things are no
    patients that a provider lacks. A column that holds one value in every provider, or of which
    the median provider has less than half, tells providers apart: it is left out. Where the
    median provider would still fall below a half, patterns are finer than providers have cases:
    then each column is looked at alone, and the least supported counts.

    Parameters
    ----------
    terms : sequence of Coded
        Columns of case mix and demography by pattern, periods left out.
    weight : ndarray
        Weight of each pattern, summing to 1, shape (pattern,).
    provider, pattern : ndarray of int64
        Of each cell that holds a case.
    cases : ndarray
        Size of each provider, above 0, shape (provider,).

    Returns
    -------
    ndarray, shape (provider,)
        Between 0 and 1; 1 where there are no terms.
    """
    cells = _Cells(provider, pattern, weight, cases)
    alone = [(column, cells.support([column])) for column in terms if cells.varies(column)]
    alone = [(column, held) for column, held in alone if np.median(held) >= LEAST_SUPPORT]
    each = [held for _, held in alone]
    combined = len(alone) > 1 and any(column.is_text for column, _ in alone)
    found = cells.support([column for column, _ in alone]) if combined or not each else _least(each)
    if np.median(found) < LEAST_SUPPORT:
        found = _least(each)
    return np.minimum(found, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Who has cases in which pattern, and what each pattern weighs."""

    provider: Index
    pattern: Index
    weight: Array
    cases: Array

    def varies(self, column: Coded) -> bool:
        """Tell whether any provider has more than one value of a column."""
        low, high = self._range(column)
        return bool(np.any(low < high))

    def support(self, columns: Sequence[Coded]) -> Array:
        """Add the weight of the combinations of factors and the ranges of numbers held."""
        factors = [column for column in columns if column.is_text]
        combined = group(factors, len(self.weight)).codes
        numbers = [column for column in columns if not column.is_text]
        one = Coded(np.arange(1), np.zeros(len(self.weight), dtype=np.int64))
        return _least([self._covered(combined, number) for number in (*numbers, one)])

    def _range(self, column: Coded) -> tuple[Index, Index]:
        """Give the lowest and the highest level of each provider."""
        codes = column.codes[self.pattern]
        low = np.full(len(self.cases), len(column.levels) - 1)
        high = np.zeros(len(self.cases), dtype=np.int64)
        np.minimum.at(low, self.provider, codes)
        np.maximum.at(high, self.provider, codes)
        return low, high

    def _covered(self, combined: Index, number: Coded) -> Array:
        """Add the weight in each provider's combinations, within its range of a number."""
        levels, combinations = len(number.levels), int(combined.max()) + 1
        key = combined * levels + number.codes
        order = stable_order(key, combinations * levels)
        ordered, below = key[order], np.concatenate([[0.0], np.cumsum(self.weight[order])])
        owners = self.provider * combinations + combined[self.pattern]
        pairs = owners[number_keys(owners, len(self.cases) * combinations)[0]]
        whose, which = pairs // combinations, pairs % combinations
        few = self.cases < _TOO_FEW_FOR_A_RANGE
        least, most = self._range(number)
        low = which * levels + np.where(few, 0, least)[whose]
        high = which * levels + np.where(few, levels - 1, most)[whose]
        inside = below[np.searchsorted(ordered, high, side="right")]
        inside -= below[np.searchsorted(ordered, low, side="left")]
        return np.bincount(whose, weights=inside, minlength=len(self.cases))


def _least(found: Sequence[Array]) -> Array:
    """Take the least of some arrays, place by place."""
    return np.asarray(np.stack(found).min(axis=0), dtype=np.float64)
