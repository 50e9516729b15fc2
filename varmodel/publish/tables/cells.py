"""Cells and tables as they are printed: text with the digits that the draws support."""

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from varmodel.publish.wording.numbers import END, probability, supported

type Row = Mapping[Hashable, Any]

#: An expected rank is printed to one decimal at most.
_RANK = 0.05


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell shows, and the number that it is sorted by."""

    text: str
    number: float | None = None


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """A table ready for any page.

    Attributes
    ----------
    name : str
        "ranking", "rates", "savings", "totals" or "diagnostics".
    caption : str
    heads : tuple of str
        Headings; the first column holds names, all others stand to the right where they are
        numbers.
    rows, apart : tuple of tuple of Cell
        Rows, and those that stand below them: who is not ranked.
    notes : tuple of str
        What must be read with it.
    codes : tuple of str
        Whose each row is, where rows are providers': of the rows, then of those apart.
    """

    name: str
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...]
    apart: tuple[tuple[Cell, ...], ...] = ()
    codes: tuple[str, ...] = ()

    def is_numeric(self, column: int) -> bool:
        """Whether a column holds numbers, of which some may be missing."""
        return any(row[column].number is not None for row in self.rows)


def interval(row: Row) -> Cell:
    """Write a mean with its interval; without a lower end where nil was said."""
    error = END * row["mcse"]
    lower, upper = (supported(float(row[name]), error) for name in ("lower", "upper"))
    mean = supported(float(row["mean"]), row["mcse"])
    ends = f" ({lower} to {upper})" if lower and upper else ""
    return Cell(f"{mean}{ends}", sort_value(row["mean"]))


def rank_cell(row: Row) -> Cell:
    """Write an expected rank with its interval in whole places."""
    mean = supported(row["mean"], max(row["mcse"], _RANK))
    return Cell(f"{mean} ({row['lower']:,} to {row['upper']:,})", float(row["mean"]))


def chance(value: float) -> Cell:
    """Write a probability."""
    return Cell(probability(float(value)), float(value))


def plain(value: float, mcse: float = 0.0) -> Cell:
    """Write a figure without an interval; an empty cell where there is none."""
    return Cell(supported(float(value), mcse), sort_value(value))


def sort_value(value: float) -> float | None:
    """Give what a cell is sorted by."""
    return float(value) if math.isfinite(value) else None
