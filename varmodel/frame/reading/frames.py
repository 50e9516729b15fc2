"""Tables in memory: pandas, polars and pyarrow, grouped through narwhals."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt

from varmodel.errors import Where
from varmodel.frame.reading.distinct import Distinct, combinations_of, search
from varmodel.frame.reading.levels import Column, Raw, encode, exact, not_a_value, objects
from varmodel.frame.reading.schema import positions
from varmodel.values import Index

_BLOCK = 65_536
_COUNT = "count"
_UNLIKE = 0.9  # share of some rows that is unlike the others of them
_STRANGE = (nw.Object, nw.Unknown, nw.Float16)

type Frame = nw.DataFrame[Any]


def is_supported(table: object) -> bool:
    """Say whether a table is a pandas, polars or pyarrow one."""
    kinds = (
        nw.dependencies.is_pandas_dataframe,
        nw.dependencies.is_polars_dataframe,
        nw.dependencies.is_polars_lazyframe,
        nw.dependencies.is_pyarrow_table,
    )
    return any(kind(table) for kind in kinds)


def read_frame(
    table: Any, columns: Sequence[str], *, only: Mapping[str, Collection[object]]
) -> Distinct:
    """Read a table in memory, which is left as it is.

    Parameters
    ----------
    table : pandas.DataFrame, polars.DataFrame, polars.LazyFrame or pyarrow.Table
        Any table.
    columns : sequence of str
        The columns to read.
    only : mapping of str to collection
        Raw values of some of the columns: other rows may be left out.

    Returns
    -------
    Distinct
        Levels of the table's own types.

    Raises
    ------
    InputError
        SCHEMA codes; INPUT.EMPTY; VALUE.NUMBER for columns of lists or mappings.
    """
    header = _header(table)
    index = list(table.index.names) if nw.dependencies.is_pandas_dataframe(table) else []
    places = positions(header, columns, where=Where(), index=index)
    keys = [f"c{at}" for at in range(len(columns))]
    chosen = _choose(table, places, keys)
    names = dict(zip(keys, columns, strict=True))
    for key, dtype in chosen.collect_schema().items():
        _check_type(names[key], dtype, pandas=nw.dependencies.is_pandas_dataframe(table))
    frame, coded = _code_objects(_only(chosen, names, only), names)
    grouped, count = _counted(frame, keys)
    levels = {name: _column(grouped[key], coded.get(key)) for key, name in names.items()}
    for key, dtype in chosen.collect_schema().items():
        if dtype == nw.Categorical or dtype == nw.Enum:  # noqa: PLR1714 - hashes differ
            levels[names[key]] = replace(levels[names[key]], categorical=True)
    finder = partial(_locate, chosen, dict(zip(columns, keys, strict=True)))
    return combinations_of(levels, count, finder=finder, header=header)


def _counted(frame: Frame | nw.LazyFrame[Any], keys: Sequence[str]) -> tuple[Frame, Index]:
    """Count equal rows; where pandas would find next to none, later, by the codes of columns."""
    if isinstance(frame, nw.DataFrame) and frame.implementation.is_pandas():
        some = frame[:: len(frame) // _BLOCK + 1]
        if len(some.unique()) > _UNLIKE * len(some):
            return frame, np.ones(len(frame), dtype=np.int64)
    grouped = frame.lazy().group_by(keys).agg(nw.len().alias(_COUNT)).collect()
    return grouped, grouped[_COUNT].to_numpy()


def _only(
    chosen: Frame | nw.LazyFrame[Any], names: Mapping[str, str], only: Mapping[str, Any]
) -> Frame | nw.LazyFrame[Any]:
    """Leave rows out by texts and integers; other values are compared when all is read."""
    schema = chosen.collect_schema()
    for key, name in names.items():
        dtype = schema[key]
        kind = str if dtype == nw.String else int if dtype.is_integer() else None
        if name in only and kind is not None:
            wanted = [value for value in only[name] if type(value) is kind]
            chosen = chosen.filter(nw.col(key).is_in(wanted))
    return chosen


def _header(table: Any) -> Sequence[object]:
    if nw.dependencies.is_polars_lazyframe(table):
        return list(table.collect_schema().names())
    return list(table.column_names if nw.dependencies.is_pyarrow_table(table) else table.columns)


def _choose(table: Any, places: Sequence[int], keys: Sequence[str]) -> Frame | nw.LazyFrame[Any]:
    """Take the named columns by position under safe names."""
    if nw.dependencies.is_pandas_dataframe(table):
        chosen = table.iloc[:, list(places)].set_axis(list(keys), axis=1)
        return nw.from_native(chosen.reset_index(drop=True))
    if nw.dependencies.is_pyarrow_table(table):
        return nw.from_native(table.select(list(places)).rename_columns(list(keys)))
    frame = nw.from_native(table)
    names = frame.collect_schema().names()
    return frame.select(nw.col(names[at]).alias(key) for at, key in zip(places, keys, strict=True))


def _check_type(name: str, dtype: nw.dtypes.DType, *, pandas: bool) -> None:
    """Refuse nested columns, and objects that only pandas can be asked about."""
    if dtype.is_nested() or dtype == nw.Binary or (dtype == nw.Object and not pandas):
        not_a_value(name, str(dtype), where=Where(column=name))


def _code_objects(
    frame: Frame | nw.LazyFrame[Any], names: Mapping[str, str]
) -> tuple[Frame | nw.LazyFrame[Any], dict[str, Column]]:
    """Code by Python's own values what no engine groups: halves, periods, extensions of Arrow.

    pandas' mixed columns too: grouped as they are, True would count as 1.
    """
    if isinstance(frame, nw.LazyFrame):
        return frame, {}
    strange = [key for key, dtype in frame.schema.items() if _is_strange(frame, key, dtype)]
    if not strange:
        return frame, {}
    coded = {key: encode(objects(frame[key].to_list()), name=names[key]) for key in strange}
    codes = [
        nw.new_series(key, column.codes, nw.Int64, backend=frame.implementation)
        for key, column in coded.items()
    ]
    return frame.with_columns(*codes), coded


def _is_strange(frame: Frame, key: str, dtype: nw.dtypes.DType) -> bool:
    """Tell values of Python's own, and types that pandas cannot take or narwhals not name."""
    native = str(getattr(frame[key].to_native(), "dtype", ""))
    return dtype in _STRANGE or native == "object" or "_view" in native


def _column(values: nw.Series[Any], coded: Column | None) -> Column:
    codes = _encode(values)
    if coded is None:
        return codes
    return Column(coded.levels, objects(codes.levels).astype("int64")[codes.codes])


def _encode(values: nw.Series[Any]) -> Column:
    """Code a column; of a pandas one each value of Python's own is made once."""
    if not values.implementation.is_pandas() or _is_plain(values):
        return encode(_array(values))
    codes, held = values.to_native().factorize(use_na_sentinel=False)
    found = encode(_array(nw.from_native(held.to_series(), series_only=True)))
    return Column(found.levels, found.codes[codes])


def _array(values: nw.Series[Any]) -> npt.NDArray[Any]:
    """Take numbers of the machine as they are, all else as Python's own values."""
    return values.to_numpy() if _is_plain(values) else objects(values.to_list())


def _is_plain(values: nw.Series[Any]) -> bool:
    numeric = values.dtype.is_float() or values.dtype.is_integer()
    return numeric and not values.null_count()


def _locate(
    chosen: Frame | nw.LazyFrame[Any], keys: Mapping[str, str], columns: Sequence[str], wanted: Any
) -> list[tuple[int, Raw]]:
    frame = chosen.collect() if isinstance(chosen, nw.LazyFrame) else chosen
    return search(_rows(frame, [keys[name] for name in columns]), wanted)


def _rows(frame: Frame, keys: Sequence[str]) -> Iterator[tuple[int, Raw]]:
    """Give the raw values row by row, a block at a time."""
    for start in range(0, len(frame), _BLOCK):
        block = frame[start : start + _BLOCK]
        parts = [[exact(value) for value in block[key].to_list()] for key in keys]
        yield from enumerate(zip(*parts, strict=True), start=start)
