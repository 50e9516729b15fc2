"""A table as its distinct combinations: what every engine hands over, in one order."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import pandas as pd

from varmodel.errors import SHOWN_POSITIONS, Problem, Where, fail

type Codes = npt.NDArray[np.int64]
type Raw = tuple[object, ...]
type Found = list[tuple[int, Raw]]
type Finder = Callable[[Sequence[str], Collection[Raw]], Found]

_LETTERS = 2**26  # of 4 bytes, for sorting
_PLAIN = frozenset({str, int, bool, bytes, type(None)})
_HASHED = _PLAIN | {float, Decimal}  # and NaN, which is masked before


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One column of the distinct combinations.

    Attributes
    ----------
    levels : tuple
        The distinct raw values (str, int, float, bool, date, datetime, Decimal), different by
        type and value; missing (None, NaN, NA) is one level, None, and stands first; the others
        are sorted within their type, texts by code point.
    codes : ndarray of int64
        The level of each combination, shape (combination,).
    """

    levels: Raw
    codes: Codes


def _nowhere(_columns: Sequence[str], _wanted: Collection[Raw]) -> Found:
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
    """

    columns: Mapping[str, Column]
    count: Codes
    rows_in: int
    file: str | None = None
    finder: Finder = field(default=_nowhere, repr=False)

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
        first = found[0][1] if found else min(wanted, key=str)
        return Problem(
            code,
            message,
            where=self._place(columns, found),
            count=self.rows(columns, wanted),
            fix=fix,
            value=", ".join("" if value is None else str(value) for value in first),
        )

    def _place(self, columns: Sequence[str], found: Found) -> Where:
        places = tuple(place for place, _ in found)
        lines, rows = (places, ()) if self.file is not None else ((), places)
        return Where(file=self.file, column=", ".join(columns), lines=lines, rows=rows)

    def _keys(self, name: str) -> list[tuple[type, object]]:
        column = self.columns[name]
        keys = typed(column.levels)
        return [keys[code] for code in column.codes.tolist()]


def typed(values: Sequence[object]) -> tuple[tuple[type, object], ...]:
    """Key raw values by type, for 1, 1.0 and True are equal to Python."""
    return tuple((type(value), value) for value in values)


def search(rows: Any, wanted: Collection[Raw]) -> Found:
    """Find the first rows that are wanted in an iterable of (place, raw values)."""
    near, keys = set(wanted), {typed(values) for values in wanted}
    found: Found = []
    for place, values in rows:
        if values in near and typed(values) in keys:
            found.append((place, values))
            if len(found) == SHOWN_POSITIONS:
                break
    return found


def exact(value: Any) -> object:
    """Turn a value of NumPy or pandas into Python's own; a date at midnight is a date."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Decimal):
        return None if value.is_nan() else value
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        value = value.to_pydatetime(warn=False)
    elif isinstance(value, np.generic):
        value = value.item()
    elif isinstance(value, str):
        value = str.__str__(value)
    if isinstance(value, datetime) and value.tzinfo is None and value == _midnight(value):
        return value.date()
    return value


def encode(values: npt.NDArray[Any], *, name: str | None = None) -> Column:
    """Code an array of raw values, masked or not, into sorted levels.

    Parameters
    ----------
    values : ndarray, shape (combination,)
        Texts, numbers, dates, or objects of mixed type.
    name : str, optional
        The column, for messages.

    Returns
    -------
    Column
        Levels different by type and value.

    Raises
    ------
    InputError
        VALUE.NUMBER for values that are neither texts nor numbers nor dates (lists, mappings).
    """
    data = np.ma.getdata(values)
    if data.dtype != object:
        return _encode_plain(data, np.ma.getmaskarray(values))
    missing = np.ma.getmaskarray(values) | np.asarray(pd.isna(data), dtype=np.bool_)
    kinds = set(map(type, data[~missing].tolist()))
    if not kinds <= _HASHED:
        data = objects([exact(value) for value in data.tolist()])
        kinds = set(map(type, data[~missing].tolist()))
    for kind in kinds:
        if kind.__hash__ is None:
            not_a_value(name, f"values of type {kind.__name__}", Where(column=name))
    return _sorted(*_by_kind(data, missing, kinds))


def not_a_value(name: str | None, what: str, where: Where) -> NoReturn:
    """Refuse a column of lists, mappings, bytes and the like."""
    message = f"the column {name!r} holds {what}: neither text, number nor date"
    fail("VALUE.NUMBER", message, where=where, fix="cast the column to text")


def objects(values: Sequence[object]) -> npt.NDArray[Any]:
    """Hold any values as they are in an array of objects."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def combine(
    columns: Mapping[str, Column],
    count: npt.NDArray[Any],
    *,
    file: str | None = None,
    finder: Finder = _nowhere,
) -> Distinct:
    """Sort the combinations by their codes, add up those that are equal.

    Raises
    ------
    InputError
        INPUT.EMPTY where there is no row.
    """
    if not len(count):
        fail("INPUT.EMPTY", "no rows of data", where=Where(file), fix="give a table with rows")
    small = [c.codes.astype(np.min_scalar_type(len(c.levels))) for c in columns.values()]
    order = np.lexsort(small[::-1])
    codes = np.stack([column.codes[order] for column in columns.values()])
    starts = np.flatnonzero(np.r_[True, (codes[:, 1:] != codes[:, :-1]).any(axis=0)])
    total = np.add.reduceat(np.asarray(count, dtype=np.int64)[order], starts)
    coded = {
        name: Column(column.levels, codes[place, starts])
        for place, (name, column) in enumerate(columns.items())
    }
    return Distinct(coded, total, int(total.sum()), file, finder)


def _midnight(value: datetime) -> datetime:
    return value.replace(hour=0, minute=0, second=0, microsecond=0)


def _encode_plain(data: npt.NDArray[Any], missing: npt.NDArray[np.bool_]) -> Column:
    """Factorise an array of one machine type, then code its few levels as Python's own."""
    if data.dtype.kind == "M":
        data = data.astype("datetime64[us]")
    codes = np.full(len(data), -1, dtype=np.int64)
    codes[~missing], found = pd.factorize(data[~missing])
    inner = encode(objects([*np.asarray(found).tolist(), None]))
    return _used(inner.levels, inner.codes[codes])


def _by_kind(
    data: npt.NDArray[Any], missing: npt.NDArray[np.bool_], kinds: set[type]
) -> tuple[list[object], Codes]:
    """Factorise each type alone: equal values of different types stay apart."""
    codes = np.full(len(data), -1, dtype=np.int64)
    levels: list[object] = []
    for kind in sorted(kinds, key=lambda kind: kind.__name__):
        here = ~missing
        if len(kinds) > 1:
            here &= np.fromiter((type(value) is kind for value in data), np.bool_, len(data))
        found, uniques = pd.factorize(data[here])
        codes[here] = found + len(levels)
        levels.extend(uniques)
    return levels, codes


def _sorted(levels: list[object], codes: Codes) -> Column:
    """Order levels by type, then value; missing first."""
    order = _order(levels)
    ranks = np.empty(len(levels) + 1, dtype=np.int64)
    ranks[order] = np.arange(1, len(levels) + 1)
    ranks[-1] = 0  # the code of missing is -1
    return _used((None, *objects(levels)[order].tolist()), ranks[codes])


def _order(levels: list[Any]) -> list[int] | npt.NDArray[np.intp]:
    """Sort by type, then value; NumPy is thrice as fast where the levels take little room."""
    kinds = set(map(type, levels))
    if kinds == {float} or (kinds == {str} and len(levels) * max(map(len, levels)) <= _LETTERS):
        return np.argsort(np.array(levels), kind="stable")
    keys = levels if len(kinds) == 1 else [(type(level).__name__, level) for level in levels]
    return sorted(range(len(levels)), key=keys.__getitem__)


def _used(levels: Raw, codes: Codes) -> Column:
    """Leave the missing level out where nothing is missing."""
    if levels[:1] == (None,) and not (codes == 0).any():
        return Column(levels[1:], codes - 1)
    return Column(levels, codes)
