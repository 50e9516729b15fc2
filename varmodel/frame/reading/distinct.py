"""A table as its distinct combinations: what every engine hands over, in one order."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from varmodel.errors import SHOWN_POSITIONS, Problem, Where, fail
from varmodel.frame.coded import group
from varmodel.frame.reading.levels import Column, Raw, typed
from varmodel.texts import spell
from varmodel.values import Index

type FoundRows = list[tuple[int, Raw]]
type Finder = Callable[[Sequence[str], Collection[Raw]], FoundRows]


type Reader = Callable[[Sequence[str], Mapping[str, Collection[object]]], "Distinct"]


def _nowhere(_columns: Sequence[str], _wanted: Collection[Raw]) -> FoundRows:
    """Rows have no order: nothing can be pointed at."""
    return []


@dataclass(frozen=True, slots=True, eq=False)
class Distinct:
    """The distinct combinations of the named columns, sorted by the levels' codes.

    Attributes
    ----------
    columns : mapping of str to Column
        In the order in which they were named.
    count : ndarray of int64
        How many rows of the table hold each combination, shape (combination,).
    rows_in : int
        Rows of the table.
    file : str or None
        The file as the caller named it.
    finder : callable
        Looks the first matching rows up again; see :meth:`where`.
    unread : tuple of str
        The table's other columns that could be read.
    again : callable
        Reads other columns of the table, in the rows with some raw values of others.
    """

    columns: Mapping[str, Column]
    count: Index
    rows_in: int
    file: str | None = None
    finder: Finder = field(default=_nowhere, repr=False)
    unread: tuple[str, ...] = ()
    again: Reader | None = field(default=None, repr=False)

    def where(self, columns: Sequence[str], wanted: Collection[Raw]) -> Where:
        """Point at the first rows whose raw values on ``columns`` are among ``wanted``.

        Parameters
        ----------
        columns : sequence of str
            Named columns.
        wanted : collection of tuple
            Raw values, one for each column; 1, 1.0, True and "1" are different.

        Returns
        -------
        Where
            At most five physical lines of a CSV file (1-based, the line on which the record
            starts), at most five 0-based rows of a table in memory; none for Parquet and DuckDB.
        """
        return self._place(columns, self.finder(columns, wanted))

    def rows(self, columns: Sequence[str], wanted: Collection[Raw]) -> int:
        """Count the rows of the table whose raw values on ``columns`` are among ``wanted``."""
        keys = {typed(values) for values in wanted}
        parts = [self._keys(name) for name in columns]
        match = np.fromiter((key in keys for key in zip(*parts, strict=True)), np.bool_)
        return int(self.count[match].sum())

    def problem(
        self, code: str, message: str, *, columns: Sequence[str], wanted: Collection[Raw], fix: str
    ) -> Problem:
        """Say what is wrong with some combinations: place, number of rows and first value.

        Parameters
        ----------
        code, message, fix : str
            As in :class:`varmodel.errors.Problem`.
        columns : sequence of str
            The columns concerned.
        wanted : collection of tuple
            The offending raw values, one for each column.

        Returns
        -------
        Problem
            Its ``value`` is that of the first row; of the first in order where rows have none.
        """
        found = self.finder(columns, wanted)
        first = found[0][1] if found else min(wanted, key=spell)
        return Problem(
            code,
            message,
            where=self._place(columns, found),
            count=self.rows(columns, wanted),
            fix=fix,
            value=", ".join("" if value is None else spell(value) for value in first),
        )

    def _place(self, columns: Sequence[str], found: FoundRows) -> Where:
        places = tuple(place for place, _ in found)
        lines, rows = (places, ()) if self.file is not None else ((), places)
        return Where(file=self.file, column=", ".join(columns), lines=lines, rows=rows)

    def _keys(self, name: str) -> list[tuple[type, object]]:
        column = self.columns[name]
        keys = typed(column.levels)
        return [keys[code] for code in column.codes.tolist()]


def search(rows: Iterable[tuple[int, Raw]], wanted: Collection[Raw]) -> FoundRows:
    """Find the first rows that are wanted in an iterable of (place, raw values)."""
    near, keys = set(wanted), {typed(values) for values in wanted}
    found: FoundRows = []
    for place, values in rows:
        if values in near and typed(values) in keys:
            found.append((place, values))
            if len(found) == SHOWN_POSITIONS:
                break
    return found


def combinations_of(
    columns: Mapping[str, Column],
    count: npt.NDArray[Any],
    *,
    file: str | None = None,
    finder: Finder = _nowhere,
    header: Iterable[object] = (),
) -> Distinct:
    """Sort the combinations by their codes, add up those that are equal.

    ``header`` names the columns of the table that can be read.

    Raises
    ------
    InputError
        INPUT.EMPTY where there is no row.
    """
    if not len(count):
        fail("INPUT.EMPTY", "no rows of data", where=Where(file), fix="give a table with rows")
    found = group(list(columns.values()), len(count))
    total = np.bincount(found.codes, weights=count).astype(np.int64)
    coded = {
        name: replace(column, codes=column.codes[found.first]) for name, column in columns.items()
    }
    held = Counter(name for name in header if isinstance(name, str) and name.isprintable())
    unread = tuple(name for name, times in held.items() if times == 1 and name not in columns)
    return Distinct(coded, total, int(total.sum()), file, finder, unread)
