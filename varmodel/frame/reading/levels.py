"""A column as levels, different by type and value, and codes into them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import pandas as pd

from varmodel.errors import Where, fail
from varmodel.values import Index

type Raw = tuple[object, ...]

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
    categorical : bool
        Whether the table's own type says that the levels are categories.
    """

    levels: Raw
    codes: Index
    categorical: bool = False


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
) -> tuple[list[object], Index]:
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
    keys = levels if len(kinds) == 1 else [(type(level).__name__, level) for level in levels]
    return sorted(range(len(levels)), key=keys.__getitem__)


def _used(levels: Raw, codes: Index) -> Column:
    """Leave the missing level out where nothing is missing."""
    if levels[:1] == (None,) and not (codes == 0).any():
        return Column(levels[1:], codes - 1)
    return Column(levels, codes)
