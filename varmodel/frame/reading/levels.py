"""A column as levels, different by type and value, and codes into them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NoReturn
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pandas as pd

from varmodel.errors import Where, fail
from varmodel.texts import spell
from varmodel.values import Array, Index

type Raw = tuple[object, ...]

_LETTERS = 2**26  # of 4 bytes, for sorting
_PLAIN = frozenset({str, int, bool, bytes, type(None)})
_HASHED = _PLAIN | {float, Decimal}  # and NaN, which is masked before
_ORDERED = _HASHED | {date, datetime, time, timedelta}


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
    categorical : bool
        Whether the table's own type says that the levels are categories.
    numbers : ndarray or None
        The levels as doubles, where it is known that all are numbers of the machine.
    """

    levels: Raw
    codes: Index
    categorical: bool = False
    numbers: Array | None = None

    @property
    def is_truth(self) -> bool:
        """Whether it holds true, false and nothing else, though some may be missing."""
        if self.numbers is not None:
            return False
        kinds = set(map(type, self.levels))
        return bool in kinds and kinds <= {bool, type(None)}


def typed(values: Sequence[object]) -> tuple[tuple[type, object], ...]:
    """Key raw values by type, for 1, 1.0 and True are equal to Python."""
    return tuple((type(value), value) for value in values)


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
    elif isinstance(value, pd.Period):
        value = _period_text(value)
    elif isinstance(value, np.floating):  # a long double is no float of Python's
        value = float(value)
    elif isinstance(value, np.generic):
        value = value.item()
    elif isinstance(value, UUID):
        value = str(value)
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
    if Decimal in set(map(type, data.tolist())):  # a signalling NaN cannot even be compared
        data = objects([_quiet(value) for value in data.tolist()])
    missing = np.ma.getmaskarray(values) | np.asarray(pd.isna(data), dtype=np.bool_)
    kinds = set(map(type, data[~missing].tolist()))
    if not kinds <= _HASHED:
        data = objects([exact(value) for value in data.tolist()])
        kinds = set(map(type, data[~missing].tolist()))
    for kind in kinds:
        if kind.__hash__ is None:
            not_a_value(name, f"values of type {kind.__name__}", where=Where(column=name))
    return _sorted(*_by_kind(data, missing, kinds))


def not_a_value(name: str | None, what: str, *, where: Where) -> NoReturn:
    """Refuse a column of lists, mappings, bytes and the like."""
    message = f"the column {name!r} holds {what}: neither text, number nor date"
    fail("VALUE.NUMBER", message, where=where, fix="cast the column to text")


def objects(values: Sequence[object]) -> npt.NDArray[Any]:
    """Hold any values as they are in an array of objects."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _quiet(value: object) -> object:
    return None if isinstance(value, Decimal) and value.is_nan() else value


def _period_text(period: pd.Period) -> str:
    """Write a span of time in the calendar's terms, also a quarter or a year that ends in March."""
    start, end = period.start_time, period.end_time
    months = 12 * (end.year - start.year) + end.month - start.month + 1
    kind = period.freqstr.partition("-")[0][0]
    if kind == "Q" and start.month % 3 == 1:
        return f"{start.year}Q{(start.month + 2) // 3}"
    if kind in "YA" and start.month == 4:
        return f"{start.year}/{end.year % 100:02}"
    if kind in "QYA" and end.month != 12:
        return f"{start:%Y-%m} and {months - 1} months"
    return str(period)


def _midnight(value: datetime) -> datetime:
    return value.replace(hour=0, minute=0, second=0, microsecond=0)


def _encode_plain(data: npt.NDArray[Any], missing: npt.NDArray[np.bool_]) -> Column:
    """Factorise an array of one machine type, then code its levels as Python's own."""
    if data.dtype.kind == "M":
        data = data.astype("datetime64[us]")
    elif data.dtype.kind == "f":
        data = data.astype(np.float64)  # there is no index of halves
    codes = np.full(len(data), -1, dtype=np.int64)
    codes[~missing], found = pd.factorize(data[~missing])
    if data.dtype.kind in "fiu" and not missing.any() and not pd.isna(found).any():
        return _of_numbers(found, codes)
    inner = encode(objects([*np.asarray(found).tolist(), None]))
    return _used(inner.levels, inner.codes[codes])


def _of_numbers(found: npt.NDArray[Any], codes: Index) -> Column:
    """Order the distinct numbers of a column without a missing one."""
    levels, ranks = np.unique(found, return_inverse=True)
    levels = levels + levels.dtype.type(0)  # of 0.0 and -0.0 the first in the table is found
    return Column(tuple(levels.tolist()), ranks[codes], numbers=levels.astype(np.float64))


def _by_kind(
    data: npt.NDArray[Any], missing: npt.NDArray[np.bool_], kinds: set[type]
) -> tuple[list[object], Index]:
    """Factorise each type alone: equal values of different types stay apart."""
    codes = np.full(len(data), -1, dtype=np.int64)
    levels: list[object] = []
    for kind in sorted(kinds, key=lambda kind: kind.__name__):
        here = ~missing
        if len(kinds) > 1:
            here &= np.fromiter((type(value) is kind for value in data), np.bool_, len(data))
        found, uniques = _factorize(data[here])
        codes[here] = found + len(levels)
        levels.extend(uniques)
    return levels, codes


def _factorize(values: npt.NDArray[Any]) -> tuple[Index, list[object]]:
    """Number the distinct values in the order in which they come."""
    try:
        found, uniques = pd.factorize(values)
        return np.asarray(found, dtype=np.int64), list(uniques)
    except UnicodeEncodeError:  # lone surrogates, which its texts cannot hold
        codes: dict[object, int] = {}
        numbered = [codes.setdefault(value, len(codes)) for value in values.tolist()]
        return np.array(numbered, dtype=np.int64), list(codes)


def _sorted(levels: list[object], codes: Index) -> Column:
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
    if len(kinds) == 1 and kinds <= _ORDERED:
        return sorted(range(len(levels)), key=levels.__getitem__)
    keys = [(type(level).__name__, _comparable(level)) for level in levels]
    return sorted(range(len(levels)), key=keys.__getitem__)


def _comparable(level: Any) -> Any:
    """Give what orders a level among those of its type: its text where they have no order."""
    return level if type(level) in _ORDERED else spell(level)


def _used(levels: Raw, codes: Index) -> Column:
    """Leave the missing level out where nothing is missing."""
    if levels[:1] == (None,) and not (codes == 0).any():
        return Column(levels[1:], codes - 1)
    return Column(levels, codes)
