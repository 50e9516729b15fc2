"""One way in for every engine: the distinct combinations of the named columns of a table."""

import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial

from varmodel.errors import fail
from varmodel.frame.reading.distinct import Distinct
from varmodel.frame.reading.where import Only, read_where
from varmodel.spec.files import check_regular_file

_ALLOWED = "pandas, polars (also lazy) and pyarrow tables, a DuckDB relation, a CSV or Parquet path"
_PARQUET = frozenset({".parquet", ".pq"})


def read_table(
    table: object, columns: Sequence[str], *, where: Mapping[str, str] | None = None
) -> Distinct:
    """Read the distinct combinations of some columns of a table.

    Parameters
    ----------
    table : pandas, polars or pyarrow table, DuckDB relation, or path of a CSV or Parquet file
        Never changed. A file named .parquet or .pq is Parquet, any other is CSV with commas.
    columns : sequence of str
        The columns to read; the others are ignored, but a file must parse as a whole.
    where : mapping of str to str, optional
        Column -> text: only rows that hold it are read; an integer is its decimal text.

    Returns
    -------
    Distinct
        The same for the same content, whatever the engine and the order of rows: texts stay
        texts exactly as given.

    Raises
    ------
    InputError
        INPUT, SCHEMA codes; INPUT.EMPTY where no row holds the texts of ``where``.
    SpecError
        CONFIG.VALUE for any other type of table.
    """
    return read_where(partial(_read, table), list(dict.fromkeys(columns)), where=where or {})


def _read(table: object, columns: Sequence[str], *, only: Only) -> Distinct:
    if isinstance(table, str | os.PathLike):
        return _read_file(table, columns, only)
    duckdb = sys.modules.get("duckdb")
    if duckdb is not None and isinstance(table, duckdb.DuckDBPyRelation):
        from varmodel.frame.reading.engine import read_relation

        return read_relation(table, columns, only=only)
    from varmodel.frame.reading.frames import is_supported, read_frame

    if not is_supported(table):
        kind = f"{type(table).__module__}.{type(table).__qualname__}"
        fail("CONFIG.VALUE", f"a table of type {kind}", fix=f"give one of: {_ALLOWED}")
    return read_frame(table, columns, only=only)


def _read_file(table: str | os.PathLike[str], columns: Sequence[str], only: Only) -> Distinct:
    path = check_regular_file(table)
    from varmodel.frame.reading.engine import read_csv, read_parquet

    reader = read_parquet if path.suffix.lower() in _PARQUET else read_csv
    return reader(path, columns, file=os.fspath(table), only=only)
