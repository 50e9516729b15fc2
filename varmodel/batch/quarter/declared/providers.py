"""The list of providers of a quarter: code, name, class, and figures that describe them."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator

from varmodel.errors import Problem, refuse
from varmodel.frame.reading import Distinct, read_table
from varmodel.frame.reading.numbers import is_missing_mark, parse_numbers, refusals
from varmodel.spec.files import NamedFile
from varmodel.texts import has_unsafe

_COLUMNS = ("code", "name", "class")


def read_register(file: NamedFile) -> tuple[dict[str, str], dict[str, str]]:
    """Read names and classes by code, each as given.

    Parameters
    ----------
    file : NamedFile
        A CSV or Parquet file with the columns code, name, class; a name or a class may be empty.

    Returns
    -------
    tuple of dict
        Names, classes; without those that are empty.

    Raises
    ------
    InputError
        As of any table; VALUE.MISSING for a row without a code, KEY.DUPLICATE for a code that
        stands twice, KEY.NAME for a text with control characters.
    """
    read = read_table(file, _COLUMNS)
    refuse(_problems(read))
    rows = list(_rows(read))
    names, classes = ({row[0]: row[k] for row in rows if row[k].strip()} for k in (1, 2))
    return names, classes


def read_list_figures(file: NamedFile, columns: Iterable[str]) -> dict[str, dict[str, float]]:
    """Read figures of providers: column -> code -> figure.

    Parameters
    ----------
    file : NamedFile
        The list, which :func:`read_register` has read.
    columns : iterable of str
        Those that are wanted; one that the list has not, and an empty cell, tell nothing.

    Returns
    -------
    dict of str to dict of str to float

    Raises
    ------
    InputError
        VALUE codes for a figure that is no number.
    """
    named = [name for name in columns if name in read_table(file, _COLUMNS).unread]
    if not named:
        return {}
    read = read_table(file, [*_COLUMNS, *named])
    codes = [row[0] for row in _rows(read)]
    found, problems = {}, []
    for name in named:
        values, wrong = parse_numbers(read.columns[name], integer=False)
        told = {k: x for k, x in wrong.items() if not is_missing_mark(read.columns[name].levels[k])}
        problems += refusals(read, name, refused=told)
        figures = values[read.columns[name].codes].tolist()
        pairs = zip(codes, figures, strict=True)
        found[name] = {code: x for code, x in pairs if not math.isnan(x)}
    refuse(problems)
    return found


def _rows(read: Distinct) -> Iterator[tuple[str, str, str]]:
    columns = [read.columns[name] for name in _COLUMNS]
    for codes in zip(*(column.codes.tolist() for column in columns), strict=True):
        values = (column.levels[code] for column, code in zip(columns, codes, strict=True))
        code, name, kind = ("" if value is None else str(value) for value in values)
        yield code, name, kind


def _problems(read: Distinct) -> Iterator[Problem]:
    rows = list(_rows(read))
    missing = [(row[0],) for row in rows if not row[0].strip()]
    twice = [(code,) for code, count in Counter(row[0] for row in rows).items() if count > 1]
    unsafe = {(row[k],): _COLUMNS[k] for row in rows for k in range(3) if has_unsafe(row[k])}
    if missing:
        fix = "give each provider its code"
        yield read.problem(
            "VALUE.MISSING", "a provider without a code", columns=["code"], wanted=missing, fix=fix
        )
    if twice:
        message, fix = "a provider stands twice with other names or classes", "keep one row"
        yield read.problem("KEY.DUPLICATE", message, columns=["code"], wanted=twice, fix=fix)
    for value, column in unsafe.items():
        message, fix = f"a {column} with control characters", "write plain letters"
        yield read.problem("KEY.NAME", message, columns=[column], wanted=[value], fix=fix)
