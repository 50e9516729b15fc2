"""The records of a CSV file as Python's own reader sees them: header, damage, places.

Slow and exact: one pass for the header of every file, a whole one only where something is
refused.
"""

import csv
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from varmodel.errors import SHOWN_POSITIONS, Problem, Where, fail, refuse
from varmodel.frame.reading.distinct import FoundRows, search
from varmodel.frame.reading.levels import Raw

COLUMNS_LIMIT = 10_000
NAME_LIMIT = 1_000
RECORD_LIMIT = 131_072  # bytes; the reader's own limit of a field


def read_records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Give each record with the physical line on which it starts (1-based, header included)."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream, strict=True)
        line = 1
        try:
            for record in reader:
                yield line, record
                line = reader.line_num + 1
        except csv.Error as error:
            raise csv.Error(line, str(error)) from error


def header(path: Path, file: str) -> list[str]:
    """Read the names of the columns.

    Raises
    ------
    InputError
        INPUT.EMPTY where the first line is blank, INPUT.LIMIT for too many columns or too long a
        name, INPUT.PARSE where it is not CSV.
    """
    where = Where(file=file, lines=(1,))
    try:
        names = next((record for _, record in read_records(path)), [])
    except csv.Error as error:
        refuse([_unreadable(file, *error.args)])
    if not any(name.strip() for name in names):
        fail("INPUT.EMPTY", "the header is empty", where=where, fix="put the names in line 1")
    if len(names) > COLUMNS_LIMIT:
        message = f"{len(names)} columns; at most {COLUMNS_LIMIT}"
        fail("INPUT.LIMIT", message, where=where, fix="keep the columns that the model names")
    if max(map(len, names)) > NAME_LIMIT:
        message = f"a column name above {NAME_LIMIT} letters"
        fail("INPUT.LIMIT", message, where=where, fix="shorten it; is line 1 the header?")
    return names


def damage(path: Path, width: int, *, file: str) -> Problem | None:
    """Find the records that are not as wide as the header, or cannot be read."""
    lines: list[int] = []
    blank: list[int] = []
    shown = ""
    try:
        for line, record in read_records(path):
            if not record:
                blank.append(line)
            elif blank or len(record) != width:
                shown = shown or _describe(record, width, blank=bool(blank))
                lines += [*blank, *([line] if len(record) != width else [])]
                blank = []
    except csv.Error as error:
        return _unreadable(file, *error.args)
    if not lines:
        return None
    fix = "give every row as many fields as the header; quote fields that hold commas"
    return Problem("INPUT.PARSE", shown, where=_at(file, lines), count=len(lines), fix=fix)


def locate_records(path: Path, places: Sequence[int], *, wanted: Collection[Raw]) -> FoundRows:
    """Find the first records whose fields at ``places`` are among ``wanted``."""
    rows = read_records(path)
    next(rows)
    values = ((line, tuple(record[at] for at in places)) for line, record in rows if record)
    return search(values, wanted)


def foreign_newlines(path: Path) -> tuple[int, ...]:
    """Give the first lines that end unlike line 1, quoted newlines aside (line 1: all alike)."""
    first, inside, found = "", False, list[int]()
    with path.open(encoding="utf-8", errors="replace", newline="") as stream:
        for number, line in enumerate(stream, start=1):
            inside ^= line.count('"') % 2 == 1
            ending = line[len(line.rstrip("\r\n")) :]
            if inside:
                continue
            first = first or ending
            if ending not in {"", first}:
                found.append(number)
                if len(found) == SHOWN_POSITIONS:
                    break
    return tuple(found) or (1,)


def open_quote(path: Path) -> int:
    """Give the line on which a quote opens that is never closed."""
    inside, opened = False, 1
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for number, line in enumerate(stream, start=1):
            if line.count('"') % 2:
                inside = not inside
                opened = number if inside else opened
    return opened


def _describe(record: Sequence[str], width: int, *, blank: bool) -> str:
    if blank:
        return "a blank line between the rows"
    return f"a row of {len(record)} fields under a header of {width}"


def _unreadable(file: str, line: int, error: str) -> Problem:
    where = Where(file=file, lines=(line,))
    if "field limit" in error:
        message, fix = f"a field above {RECORD_LIMIT} letters", "shorten it; is a quote open?"
        return Problem("INPUT.LIMIT", message, where=where, fix=fix)
    fix = "quote the whole field and double the quotes inside"
    return Problem("INPUT.PARSE", f"not CSV: {error}", where=where, fix=fix)


def _at(file: str, lines: Sequence[int]) -> Where:
    return Where(file=file, lines=tuple(lines[:SHOWN_POSITIONS]))
