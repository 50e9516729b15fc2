"""Tables in: any engine, one result, the distinct combinations of the named columns."""

import os
import sys
from collections.abc import Sequence

from varmodel.errors import fail
from varmodel.frame.reading.distinct import Distinct
from varmodel.frame.reading.levels import Column
from varmodel.frame.reading.numbers import (
    Finding,
    is_missing_mark,
    is_suppression,
    label,
    number,
    parse_labels,
    parse_numbers,
    refusals,
)
from varmodel.spec.files import check_regular_file

__all__ = [
    "Column",
    "Distinct",
    "Finding",
    "is_missing_mark",
    "is_suppression",
    "label",
    "number",
    "parse_labels",
    "parse_numbers",
    "read",
    "refusals",
]

_ALLOWED = "pandas, polars (also lazy) and pyarrow tables, a DuckDB relation, a CSV or Parquet path"
_PARQUET = frozenset({".parquet", ".pq"})


def read(table: object, columns: Sequence[str]) -> Distinct:
    """Read the distinct combinations of some columns of a table.

    Parameters
    ----------
    table : pandas, polars or pyarrow table, DuckDB relation, or path of a CSV or Parquet file
        Never changed. A file named .parquet or .pq is Parquet, any other is CSV with commas.
    columns : sequence of str
        The columns to read; the others are ignored, but a file must parse as a whole.

    Returns
    -------
    Distinct
        The same for the same content, whatever the engine and the order of rows: texts stay
        texts exactly as given.

    Raises
    ------
    InputError
        INPUT, SCHEMA codes.
    SpecError
        CONFIG.VALUE for any other type of table.
    """
    columns = list(dict.fromkeys(columns))
    if isinstance(table, str | os.PathLike):
        return _read_file(table, columns)
    duckdb = sys.modules.get("duckdb")
    if duckdb is not None and isinstance(table, duckdb.DuckDBPyRelation):
        from varmodel.frame.reading.engine import read_relation

        return read_relation(table, columns)
    from varmodel.frame.reading.frames import read_frame, supported

    if not supported(table):
        kind = f"{type(table).__module__}.{type(table).__qualname__}"
        fail("CONFIG.VALUE", f"a table of type {kind}", fix=f"give one of: {_ALLOWED}")
    return read_frame(table, columns)


def _read_file(table: str | os.PathLike[str], columns: Sequence[str]) -> Distinct:
    path = check_regular_file(table)
    from varmodel.frame.reading.engine import read_csv, read_parquet

    reader = read_parquet if path.suffix.lower() in _PARQUET else read_csv
    return reader(path, columns, file=os.fspath(table))
