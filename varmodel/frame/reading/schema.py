"""The header: the named columns must be there, once, under a clean name."""

import unicodedata
from collections.abc import Sequence

from varmodel.errors import Problem, Where, nearest, refuse
from varmodel.texts import has_unsafe

_DELIMITERS = {";": "';'", "\t": "tabs", "|": "'|'"}
_BREAKS = "\t\r\n"  # spreadsheets put them into headers; harmless in a column that is not read
_SHOWN = 8


def positions(
    header: Sequence[object],
    wanted: Sequence[str],
    *,
    where: Where,
    index: Sequence[object] = (),
) -> list[int]:
    """Find the named columns in a header.

    Parameters
    ----------
    header : sequence
        The names of the table's columns; only texts can be named.
    wanted : sequence of str
        The columns that the model names.
    where : Where
        The place of the header.
    index : sequence
        Names of what stands beside the columns, as the index of a pandas table.

    Returns
    -------
    list of int
        Position of each wanted column.

    Raises
    ------
    InputError
        SCHEMA.NAME, SCHEMA.MISSING, SCHEMA.DUPLICATE, all of them at once.
    """
    names = [name for name in header if isinstance(name, str)]
    problems = [_unclean(name, where) for name in names if _controls(name)]
    found = {name: [at for at, other in enumerate(header) if _same(name, other)] for name in wanted}
    for name, places in found.items():
        if not places:
            problems.extend(_absent(name, names, where) if name not in index else [_index(name)])
        elif len(places) > 1:
            problems.append(_twice(name, len(places), where))
    refuse(problems)
    return [found[name][0] for name in wanted]


def _index(name: str) -> Problem:
    message = f"{name!r} is no column but the index of the table"
    fix = "call .reset_index() on the table: it makes columns of the index"
    return Problem("SCHEMA.MISSING", message, where=Where(column=name), fix=fix)


def _same(name: str, other: object) -> bool:
    return isinstance(other, str) and other == name


def _controls(name: str) -> bool:
    return has_unsafe(name, allowed=_BREAKS)


def _unclean(name: str, where: Where) -> Problem:
    return Problem(
        "SCHEMA.NAME",
        "a column name holds control characters",
        where=where,
        fix="take them out of the header",
        value=name,
    )


def _bare(name: str) -> str:
    """Take away what cannot be seen."""
    hidden = {"Cc", "Cf", "Zs", "Zl", "Zp"}
    return "".join(letter for letter in name if unicodedata.category(letter) not in hidden)


def _absent(name: str, names: Sequence[str], where: Where) -> list[Problem]:
    """Tell a name with invisible characters from one that is not there."""
    here = Where(file=where.file, column=name, lines=where.lines)
    twins = [other for other in names if _bare(other) == _bare(name)]
    if any(_controls(twin) for twin in twins):
        return []  # reported already
    if any(letter in twin for twin in twins for letter in _BREAKS):
        return [_unclean(twins[0], here)]
    delimiter = _delimiter(names)
    if delimiter:
        fix = f"save the table with commas: its fields seem to be separated by {delimiter}"
    else:
        shown = ", ".join(repr(other) for other in names[:_SHOWN])
        more = ", ..." if len(names) > _SHOWN else ""
        fix = f"name a column of the table ({shown}{more}) in the model, or rename it"
    message = f"no column {name!r}{nearest(name, names)}"
    return [Problem("SCHEMA.MISSING", message, where=here, fix=fix)]


def _delimiter(names: Sequence[str]) -> str | None:
    """Guess what separates the fields of a header that came out as one name."""
    if len(names) != 1:
        return None
    counts = {words: names[0].count(mark) for mark, words in _DELIMITERS.items()}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else None


def _twice(name: str, times: int, where: Where) -> Problem:
    return Problem(
        "SCHEMA.DUPLICATE",
        f"the column {name!r} stands {times} times in the table",
        where=Where(file=where.file, column=name, lines=where.lines),
        count=times,
        fix="keep one of them, or rename the others",
    )
