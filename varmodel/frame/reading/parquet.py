"""What a Parquet file says of itself: its bytes, the names and types of its columns."""

from collections.abc import Mapping
from pathlib import Path

import duckdb

from varmodel.errors import Where, fail
from varmodel.frame.reading.arrow_schema import category_columns

_MAGIC = b"PAR1"


def check_bytes(path: Path, where: Where) -> None:
    """Refuse what does not begin and end as a Parquet file."""
    size = path.stat().st_size
    if not size:
        fail("INPUT.EMPTY", "the file is empty", where=where, fix="give a table with rows")
    with path.open("rb") as stream:
        start = stream.read(len(_MAGIC))
        stream.seek(max(0, size - len(_MAGIC)))
        if (start, stream.read()) != (_MAGIC, _MAGIC):
            message = "not a Parquet file, or cut short, or encrypted"
            fail("INPUT.PARSE", message, where=where, fix="write the file again")


def names_and_types(
    connection: duckdb.DuckDBPyConnection, argument: Mapping[str, object]
) -> tuple[list[str], list[str]]:
    """Read names as they are in the file (DuckDB renames the second of two) and types."""
    query = "SELECT name, coalesce(num_children, 0) FROM parquet_schema($path)"
    (_, width), *rows = connection.execute(query, argument).fetchall()
    names: list[str] = []
    inside = 0  # elements of a nested column still to come
    for name, children in rows:
        if not inside:
            names.append(name)
        inside = max(0, inside - 1) + children
    query = "SELECT * FROM read_parquet($path, hive_partitioning=false) LIMIT 0"
    described = connection.execute(query, argument).description
    return names[:width], [str(column[1]) for column in described or ()]


def categories(
    connection: duckdb.DuckDBPyConnection, argument: Mapping[str, object]
) -> frozenset[str]:
    """Name the columns that the file's writer held as categories."""
    query = "SELECT value FROM parquet_kv_metadata($path) WHERE key = 'ARROW:schema'::BLOB"
    row = connection.execute(query, argument).fetchone()
    return category_columns(row[0]) if row else frozenset()
