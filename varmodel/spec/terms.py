"""Terms: the closed vocabulary of case mix and demography. No formula is ever evaluated."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from varmodel.errors import Problem, Where, fail, nearest, refuse, show

TERM_LIMIT = 50
_KEYS = ("column", "factor")
_PLANNED = {"spline": "splines", "interaction": "interactions"}
_FORMULA = re.compile(r"\w\s*([*:~^|]|\s\+\s|%in%)\s*\w|^\s*[~+]|\w\(|__\w+__|`")


@dataclass(frozen=True, slots=True)
class Factor:
    """A column whose texts are levels, even where they look like numbers.

    Parameters
    ----------
    column : str
        The column's name. The first level by code point is the reference.

    Raises
    ------
    SpecError
        CONFIG.VALUE for what is no column name, FORMULA.UNSAFE for a formula.
    """

    column: str

    def __post_init__(self) -> None:
        refuse(_term_problems(self.column, "term"))


type Term = str | Factor


def term_column(term: Term) -> str:
    """Name the column of a term."""
    return term if isinstance(term, str) else term.column


def as_term(place: str, raw: object) -> Term:
    """Read a term as Python or TOML gives it; refuse what is outside the vocabulary."""
    if isinstance(raw, Factor):
        return raw
    if isinstance(raw, str):
        refuse(_term_problems(raw, place))
        return raw
    if not isinstance(raw, Mapping):
        message = f"a term is a column name or a table, not {show(raw)}"
        fail("FORMULA.UNSAFE", message, where=Where(column=place), fix="name a column")
    refuse(_table_problems(raw, place))
    return Factor(raw["column"]) if raw.get("factor", False) else str(raw["column"])


def term_to_toml(term: Term) -> object:
    """Write a term as it stands in a model file."""
    return term if isinstance(term, str) else {"column": term.column, "factor": True}


def column_problems(name: object, place: str) -> list[Problem]:
    """Say what is wrong with a column name."""
    where = Where(column=place)
    shown = name if isinstance(name, str) else show(name)
    if not isinstance(name, str) or not name.strip():
        message = f"{place} must name a column"
    elif any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in name):
        message = f"{place} holds a control character"
    else:
        return []
    return [Problem("CONFIG.VALUE", message, where, fix="name one column", value=shown)]


def _term_problems(name: object, place: str) -> list[Problem]:
    if problems := column_problems(name, place):
        return problems
    if not _FORMULA.search(str(name)):
        return []
    fix = "name plain columns; formulas are never evaluated"
    message = "a term looks like a formula"
    return [Problem("FORMULA.UNSAFE", message, Where(column=place), fix=fix, value=str(name))]


def _table_problems(raw: Mapping[str, object], place: str) -> list[Problem]:
    where = Where(column=place)
    for key, name in _PLANNED.items():
        if key in raw:
            fix = "use a factor of bands, or numbers as they are"
            message = f"{name} cannot be fitted"
            return [Problem("FORMULA.UNSAFE", message, where, fix=fix, value=show(raw))]
    fix = 'write { column = "age_band", factor = true }'
    found = [
        Problem("CONFIG.KEY", f"a term has no key {show(key)}{nearest(key, _KEYS)}", where, fix=fix)
        for key in raw
        if key not in _KEYS
    ]
    if not isinstance(raw.get("factor", False), bool):
        found.append(Problem("CONFIG.VALUE", "factor must be true or false", where, fix=fix))
    if "column" not in raw:
        return [*found, Problem("CONFIG.KEY", "a term needs a column", where, fix=fix)]
    return found + _term_problems(raw["column"], place)
