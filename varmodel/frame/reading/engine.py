"""Files and relations by DuckDB: nothing detected, no outside name in its text, one query."""

import glob
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from varmodel.errors import Problem, Where, fail, refuse
from varmodel.frame.reading import parquet, records
from varmodel.frame.reading.distinct import Distinct, combinations_of
from varmodel.frame.reading.levels import Column, encode, not_a_value, objects
from varmodel.frame.reading.scan import scan
from varmodel.frame.reading.schema import positions
from varmodel.frame.reading.where import Only
from varmodel.spec.files import utf8_path

THREADS = 2
MEMORY_LIMIT = "512MB"

_CSV = (
    "auto_detect=false, header=true, delim=',', quote='\"', escape='\"', comment='', "
    "nullstr=$null, strict_mode=true, null_padding=false, compression='none', "
    f"hive_partitioning=false, max_line_size={records.RECORD_LIMIT}"
)
_DIRECT = {"VARCHAR", "BOOLEAN", "FLOAT", "DOUBLE"}
_DIRECT |= {"TINYINT", "SMALLINT", "INTEGER", "BIGINT"}
_DIRECT |= {"UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
_DIRECT |= {"DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}
_BY_TEXT: dict[str, Callable[[str], object]] = {
    "DECIMAL": Decimal,
    "ENUM": str,
    "HUGEINT": int,
    "UHUGEINT": int,
    "UUID": str,
}


def read_csv(path: Path, columns: Sequence[str], *, file: str, only: Only) -> Distinct:
    """Read a CSV file: bytes, header, rows, and whether the parser saw what the bytes say.

    Parameters
    ----------
    path : Path
        A regular file.
    columns : sequence of str
        The columns to read.
    file : str
        Its name for messages.
    only : mapping of str to collection
        Raw values of some of the columns: other rows may be counted together, as empty ones.

    Returns
    -------
    Distinct
        All levels are texts.

    Raises
    ------
    InputError
        INPUT and SCHEMA codes.
    """
    seen = scan(path, file)
    names = records.header(path, file, wanted=columns)
    places = positions(names, columns, where=Where(file=file, lines=(1,)))
    types = ", ".join(f"'c{at}': 'VARCHAR'" for at in range(len(names)))
    source = f"read_csv($path, columns={{{types}}}, {_CSV})"
    finder = partial(_locate, path, dict(zip(columns, places, strict=True)))
    try:
        with _connect(path) as connection:
            parts, wanted = _only([f"c{at}" for at in places], columns, only)
            arguments = _argument(path, null="\0", **wanted)
            levels, count = _distinct(connection, parts, source, arguments)
    except duckdb.Error as error:
        refuse([_damage(error, path, names, file)])
    rows = int(count.sum()) + 1
    if (rows, rows * (len(names) - 1)) != (seen.records, seen.commas):
        refuse([_damage(None, path, names, file)])
    held = dict(zip(columns, levels, strict=True))
    return combinations_of(held, count, file=file, finder=finder, header=names)


def read_parquet(path: Path, columns: Sequence[str], *, file: str, only: Only) -> Distinct:
    """Read a Parquet file; arguments, result and errors as :func:`read_csv`, but without lines."""
    where = Where(file=file)
    parquet.check_bytes(path, where)
    try:
        with _connect(path) as connection:
            argument = _argument(path)
            names, types = parquet.names_and_types(connection, argument)
            categories = parquet.categories(connection, argument)
            places = positions(names, columns, where=where)
            kinds = [
                _kind(name, types[at], where) for name, at in zip(columns, places, strict=True)
            ]
            parts = [_part(f"c{at}", kind) for at, kind in zip(places, kinds, strict=True)]
            parts, wanted = _only(parts, columns, only)
            aliases = ", ".join(f"c{at}" for at in range(len(types)))
            source = f"read_parquet($path, hive_partitioning=false) AS t({aliases})"
            found, count = _distinct(connection, parts, source, _argument(path, **wanted))
    except duckdb.Error as error:
        refuse([_failure(error, where)])
    levels = [_convert(column, kind) for column, kind in zip(found, kinds, strict=True)]
    held = {
        name: replace(column, categorical=name in categories)
        for name, column in zip(columns, levels, strict=True)
    }
    return combinations_of(held, count, file=file, header=_readable(names, types))


def read_relation(
    relation: duckdb.DuckDBPyRelation, columns: Sequence[str], *, only: Only
) -> Distinct:
    """Read a DuckDB relation on the caller's own connection, which is left as it is.

    Parameters
    ----------
    relation : duckdb.DuckDBPyRelation
        Any query.
    columns : sequence of str
        The columns to read.
    only : mapping of str to collection
        Raw values of some of the columns: other rows may be left out.

    Returns
    -------
    Distinct
        Levels of the relation's own types.

    Raises
    ------
    InputError
        SCHEMA codes; VALUE.NUMBER for nested types; INPUT.PARSE where the query fails.
    """
    where = Where()
    places = positions(relation.columns, columns, where=where)
    types = [str(kind) for kind in relation.types]
    kinds = [_kind(name, types[at], where) for name, at in zip(columns, places, strict=True)]
    keys = ", ".join(f"c{at}" for at in range(len(columns)))
    parts = [_part(f"#{at + 1}", kind) for at, kind in zip(places, kinds, strict=True)]
    try:
        chosen = relation.project(", ".join(f"{part} AS c{at}" for at, part in enumerate(parts)))
        for name, values in _texts(only).items():
            chosen = chosen.filter(_among(f"c{columns.index(name)}", values))
        grouped = chosen.aggregate(f"{keys}, count(*) AS n", keys)
        result: dict[str, Any] = grouped.fetchnumpy()
    except duckdb.Error as error:
        refuse([_failure(error, where)])
    levels = [_convert(encode(result[f"c{at}"]), kind) for at, kind in enumerate(kinds)]
    held = dict(zip(columns, levels, strict=True))
    return combinations_of(held, result["n"], header=_readable(relation.columns, types))


@contextmanager
def _connect(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a connection that can read this one file and nothing else, and close it."""
    with _folder() as folder:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "threads": THREADS,
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": folder,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        with duckdb.connect(":memory:", config=settings) as connection:
            full = utf8_path(path.absolute())
            allowed = {"plain": full, "escaped": glob.escape(full)}
            connection.execute("SET allowed_paths = [$plain, $escaped]", allowed)
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            yield connection


def _folder() -> tempfile.TemporaryDirectory[str]:
    """Make the folder for what does not fit into memory."""
    try:
        return tempfile.TemporaryDirectory(prefix="varmodel-")
    except OSError as error:
        message = f"no temporary folder can be made: {error.strerror or error}"
        fail("OUTPUT.DENIED", message, fix="set TMPDIR to a folder that can be written")


def _argument(path: Path, **others: str | list[str]) -> dict[str, str | list[str]]:
    """Hand the path over as it is: DuckDB would expand ``*``."""
    return {"path": glob.escape(utf8_path(path.absolute())), **others}


def _distinct(
    connection: duckdb.DuckDBPyConnection,
    parts: Sequence[str],
    source: str,
    arguments: Mapping[str, str | list[str]],
) -> tuple[list[Column], Any]:
    """Group the rows of a source; fetch column by column, so that one at a time is text."""
    named = ", ".join(f"{part} AS k{at}" for at, part in enumerate(parts))
    text = f"SELECT {named}, count(*) AS n FROM {source} GROUP BY ALL"  # noqa: S608
    connection.execute(f"CREATE TEMP TABLE grouped AS {text}", arguments)

    def fetch(name: str) -> Any:
        return connection.execute(f"SELECT {name} FROM grouped").fetchnumpy()[name]  # noqa: S608

    return [encode(fetch(f"k{at}")) for at in range(len(parts))], fetch("n")


def _texts(only: Only) -> dict[str, list[str]]:
    """Keep the columns of which texts or integers are wanted: a filter could miss others."""
    plain = {str, int}
    wanted = {name: [str(x) for x in xs if type(x) in plain] for name, xs in only.items()}
    return {name: texts for name, texts in wanted.items() if len(texts) == len(only[name])}


def _only(
    parts: Sequence[str], columns: Sequence[str], only: Only
) -> tuple[list[str], dict[str, list[str]]]:
    """Read nothing of the rows that are not wanted; they stay, for all rows are counted."""
    texts = _texts(only)
    wanted = {f"w{columns.index(name)}": values for name, values in texts.items()}
    tests = [f"list_contains(${name}, CAST({parts[int(name[1:])]} AS VARCHAR))" for name in wanted]
    if not tests:
        return list(parts), {}
    return [f"CASE WHEN {' AND '.join(tests)} THEN {part} END" for part in parts], wanted


def _among(name: str, values: Sequence[str]) -> duckdb.Expression:
    constants = [duckdb.ConstantExpression(value) for value in values]
    return duckdb.ColumnExpression(name).isin(*constants)


def _locate(path: Path, places: Mapping[str, int], columns: Sequence[str], wanted: Any) -> Any:
    return records.locate_records(path, [places[name] for name in columns], wanted=wanted)


def _damage(error: duckdb.Error | None, path: Path, names: Sequence[str], file: str) -> Problem:
    """Say why a CSV file cannot be read, by the lines that Python's reader finds."""
    if isinstance(error, duckdb.OutOfMemoryException):
        return _failure(error, Where(file=file))
    found = records.damage(path, len(names), file=file)
    if found is not None:
        return found
    if any("\n" in name or "\r" in name for name in names):
        where, fix = Where(file=file, lines=(1,)), "take the line breaks out of the header"
        return Problem("INPUT.PARSE", "line breaks in the header", where=where, fix=fix)
    line = re.search(r"CSV Error on Line: (\d+)", str(error))
    where = Where(file=file, lines=(int(line[1]),) if line else ())
    if "Maximum line size" in str(error):
        message = f"a row above {records.RECORD_LIMIT} bytes"
        return Problem("INPUT.LIMIT", message, where=where, fix="shorten it; is a quote open?")
    fix = "export the table again with commas and double quotes"
    return Problem("INPUT.PARSE", "a row that is not CSV", where=where, fix=fix)


def _failure(error: duckdb.Error, where: Where) -> Problem:
    if isinstance(error, duckdb.OutOfMemoryException):
        message = f"the distinct rows need more than {MEMORY_LIMIT}"
        return Problem("INPUT.LIMIT", message, where=where, fix="aggregate the table first")
    reason = str(error).partition("\n")[0][:200]
    fix = "write the table again, or hand over a data frame"
    return Problem("INPUT.PARSE", f"DuckDB cannot read it: {reason}", where=where, fix=fix)


def _kind(name: str, declared: str, where: Where) -> str:
    """Give the type's name without its parameters; refuse what is no text, number or date."""
    kind = declared.partition("(")[0]
    if not _is_value(declared):
        not_a_value(name, declared[:60], where=Where(file=where.file, column=name))
    return kind


def _readable(names: Sequence[str], types: Sequence[str]) -> list[str]:
    """Leave out what could not be read: nested values and the like."""
    pairs = zip(names, types, strict=True)
    return [name for name, declared in pairs if _is_value(declared)]


def _is_value(declared: str) -> bool:
    kind = declared.partition("(")[0]
    return not declared.endswith("]") and (kind in _DIRECT or kind in _BY_TEXT)


def _part(name: str, kind: str) -> str:
    return f"CAST({name} AS VARCHAR)" if kind in _BY_TEXT else name


def _convert(column: Column, kind: str) -> Column:
    """Turn levels that came as text into what they stand for."""
    if kind not in _BY_TEXT:
        return column
    read = _BY_TEXT[kind]
    levels = [None if text is None else read(str(text)) for text in column.levels]
    inner = encode(objects(levels))
    return Column(inner.levels, inner.codes[column.codes], categorical=kind == "ENUM")
