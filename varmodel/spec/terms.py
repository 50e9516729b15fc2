"""Terms: the closed vocabulary of case mix and demography. No formula is ever evaluated."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from varmodel.errors import Problem, Where, fail, nearest, refuse, show
from varmodel.texts import has_unsafe

TERM_LIMIT = 50
#: Columns that a spline may make, and columns that may be multiplied with each other.
SPLINE_LIMIT = 10
DEPTH_LIMIT = 3
_KEYS = ("column", "factor", "spline", "interaction")
_FORMULA = re.compile(r"\w\s*([*:~^|]|\s\+\s|%in%)\s*\w|^\s*[~+]|\w\(|__\w+__|`")
_CODE = re.compile(
    r"__\w+__|`|\blambda\b|\.\w+\("
    r"|\b(?:exec|eval|compile|open|getattr|I|C|Q|bs|cr|cc|ns|te|s|poly|log|exp|sqrt|scale)\("
)
_FIX = 'write "age", { column = "imd", factor = true }, { column = "age", spline = 4 } or '
_FIX += '{ interaction = ["age", "sex"] }'


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


@dataclass(frozen=True, slots=True)
class Spline:
    """A numeric column that enters as a smooth curve, a natural cubic spline.

    Parameters
    ----------
    column : str
        The column's name; every text of it must be a number.
    df : int
        Columns of the design that the curve takes, 2 to 10: its first is the straight line, the
        others bend it. Between the least and the largest number it has ``df - 1`` knots, at
        quantiles weighted by size; outside these two the curve is held at its ends.

    Raises
    ------
    SpecError
        CONFIG.VALUE for what is no column name or no number of at least 2, FORMULA.UNSAFE for a
        formula, FORMULA.LIMIT above 10.
    """

    column: str
    df: int

    def __post_init__(self) -> None:
        refuse(_term_problems(self.column, "term") + _df_problems(self.df, "term"))


@dataclass(frozen=True, slots=True)
class Interaction:
    """Columns whose terms are multiplied: what one does may depend on the other.

    Parameters
    ----------
    columns : sequence of str
        Two or three columns. Each is a term of the model by itself too, and so is each pair of
        three: the products alone would depend on which level is the reference.

    Raises
    ------
    SpecError
        CONFIG.VALUE for what is no list of different column names, FORMULA.UNSAFE for a formula,
        FORMULA.LIMIT for more than three columns.
    """

    columns: tuple[str, ...]

    def __post_init__(self) -> None:
        refuse(_product_problems(self.columns, "term"))
        object.__setattr__(self, "columns", tuple(self.columns))


class ColumnName(str):
    """The name of a column that looks like a formula, stated as ``{ column = "a*b" }``."""

    __slots__ = ()


type MainTerm = str | Factor | Spline
type Term = MainTerm | Interaction


def term_column(term: MainTerm) -> str:
    """Name the column of a term."""
    return term if isinstance(term, str) else term.column


def term_label(term: Term) -> str:
    """Name a term as its part of a frame is named: its column, or its columns joined."""
    return ":".join(term.columns) if isinstance(term, Interaction) else term_column(term)


def main_terms(terms: Iterable[Term]) -> tuple[MainTerm, ...]:
    """Give the terms that read a column of their own."""
    return tuple(term for term in terms if not isinstance(term, Interaction))


def as_term(place: str, raw: object) -> Term:
    """Read a term as Python or TOML gives it; refuse what is outside the vocabulary."""
    if isinstance(raw, Factor | Spline | Interaction | ColumnName):
        return raw
    if isinstance(raw, str):
        refuse(_term_problems(raw, place, stated=False))
        return raw
    if not isinstance(raw, Mapping):
        message = f"a term is a column name or a table, not {show(raw)}"
        fail("FORMULA.UNSAFE", message, where=Where(column=place), fix=_FIX)
    refuse(_table_problems(raw, place))
    if "interaction" in raw:
        return Interaction(raw["interaction"])
    if "spline" in raw:
        return Spline(raw["column"], raw["spline"])
    column = str(raw["column"])
    if raw.get("factor", False):
        return Factor(column)
    return ColumnName(column) if _FORMULA.search(column) else column


def term_to_toml(term: Term) -> object:
    """Write a term as it stands in a model file."""
    if isinstance(term, str):
        return {"column": term} if _FORMULA.search(term) else term
    if isinstance(term, Interaction):
        return {"interaction": list(term.columns)}
    if isinstance(term, Spline):
        return {"column": term.column, "spline": term.df}
    return {"column": term.column, "factor": True}


def absent_factors(terms: Iterable[Term]) -> dict[Interaction, list[str]]:
    """Find the interactions whose parts are no terms of the model, with the parts that lack."""
    listed = tuple(terms)
    held = {frozenset(term.columns) for term in listed if isinstance(term, Interaction)}
    held |= {frozenset([term_column(term)]) for term in main_terms(listed)}
    found: dict[Interaction, list[str]] = {}
    for term in listed:
        if isinstance(term, Interaction):
            sizes = range(1, len(term.columns))
            parts = [part for size in sizes for part in combinations(term.columns, size)]
            lacking = [":".join(part) for part in parts if frozenset(part) not in held]
            found |= {term: lacking} if lacking else {}
    return found


def column_problems(name: object, place: str) -> list[Problem]:
    """Say what is wrong with a column name."""
    where = Where(column=place)
    shown = name if isinstance(name, str) else show(name)
    if not isinstance(name, str) or not name.strip():
        message = f"{place} must name a column"
    elif has_unsafe(name):
        message = f"{place} holds a control character"
    else:
        return []
    return [Problem("CONFIG.VALUE", message, where, fix="name one column", value=shown)]


def _term_problems(name: object, place: str, *, stated: bool = True) -> list[Problem]:
    """Refuse what is no column name, or looks like a formula where none is stated to be one."""
    if problems := column_problems(name, place):
        return problems
    code = _CODE.search(str(name))
    if not code and (stated or not _FORMULA.search(str(name))):
        return []
    fix = "name plain columns; formulas are never evaluated"
    if not code:
        fix += f"; a column of this name is {{ column = {json.dumps(name, ensure_ascii=False)} }}"
    message = "a term looks like a formula"
    return [Problem("FORMULA.UNSAFE", message, Where(column=place), fix=fix, value=str(name))]


def _table_problems(raw: Mapping[str, object], place: str) -> list[Problem]:
    where = Where(column=place)
    found = [
        Problem(
            "CONFIG.KEY", f"a term has no key {show(key)}{nearest(key, _KEYS)}", where, fix=_FIX
        )
        for key in raw
        if key not in _KEYS
    ]
    kinds = [key for key in ("factor", "spline", "interaction") if raw.get(key, False) is not False]
    if len(kinds) > 1 or ("interaction" in raw and len(raw) > 1 and not found):
        message = "a term is one of a column, a factor, a spline, an interaction"
        return [*found, Problem("CONFIG.KEY", message, where, fix=_FIX, value=show(raw))]
    if not isinstance(raw.get("factor", False), bool):
        found.append(Problem("CONFIG.VALUE", "factor must be true or false", where, fix=_FIX))
    if "interaction" in raw:
        return found + _product_problems(raw["interaction"], place)
    if "column" not in raw:
        return [*found, Problem("CONFIG.KEY", "a term needs a column", where, fix=_FIX)]
    found += _df_problems(raw["spline"], place) if "spline" in raw else []
    return found + _term_problems(raw["column"], place)


def _df_problems(df: object, place: str) -> list[Problem]:
    where = Where(column=place)
    if isinstance(df, bool) or not isinstance(df, int) or df < 2:
        message = "a spline needs a whole number of columns, at least 2"
        fix = "name the column alone for a straight line"
        return [Problem("CONFIG.VALUE", message, where, fix=fix, value=show(df))]
    if df > SPLINE_LIMIT:
        message = f"a spline of {show(df)} columns, at most {SPLINE_LIMIT}"
        return [Problem("FORMULA.LIMIT", message, where, fix="take fewer, 3 to 5 mostly do")]
    return []


def _product_problems(columns: object, place: str) -> list[Problem]:
    where = Where(column=place)
    if not isinstance(columns, list | tuple) or len(columns) < 2:
        message = "an interaction needs a list of at least two columns"
        return [Problem("CONFIG.VALUE", message, where, fix=_FIX, value=show(columns))]
    if found := [problem for name in columns for problem in _term_problems(name, place)]:
        return found
    if len(set(columns)) < len(columns):
        message = "an interaction names a column twice"
        fix = "for a curve, take a spline"
        return [Problem("CONFIG.VALUE", message, where, fix=fix, value=show(columns))]
    if len(columns) > DEPTH_LIMIT:
        message = f"an interaction of {len(columns)} columns, at most {DEPTH_LIMIT}"
        return [Problem("FORMULA.LIMIT", message, where, fix="take products of fewer columns")]
    return []
