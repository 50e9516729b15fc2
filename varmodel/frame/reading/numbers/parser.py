"""The one parser of numbers and labels, and the marks that stand for none."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from varmodel.errors import Problem
from varmodel.frame.reading.distinct import Distinct
from varmodel.frame.reading.levels import Column, exact
from varmodel.frame.reading.numbers.findings import (
    MISSING,
    NONFINITE,
    NONINTEGER,
    NOT_A_HALF,
    NOT_A_LABEL,
    NOT_A_NUMBER,
    RANGE,
    SUPPRESSED,
    TRUTH,
    Finding,
)
from varmodel.frame.reading.numbers.plain import (
    HALF_COUNT,
    LARGEST_COUNT,
    plain_numbers,
    smallest_step,
)

_DIGITS = len(str(LARGEST_COUNT))
_BITS = 1_024  # a code of more than some 300 digits is none
_EXPONENT = 400  # beyond it no double is finite and above zero

_NUMBER = re.compile(r"-?([0-9]+)(?:\.([0-9]+))?([eE][+-]?[0-9]+)?")
_NONFINITE = re.compile(r"[+-]?(nan|inf|infinity|∞)|1\.#(inf|ind|qnan)|#(div/0|num|value|ref)!")
_MISSING = {"na", "n/a", "n.a.", "#n/a", "<na>", "nat", "null", "none", "."}
_MISSING |= {"missing", "not available"}
_TRUTHS = frozenset({"true", "false", "yes", "no"})
_SYMBOL = "*†‡§#~^¶•"
_SUPPRESSED = re.compile(
    rf"""[{re.escape(_SYMBOL)}:\-\u2010-\u2015\u2212\u2026]+|\.\.+|[csuxzk]|low|supp(ressed)?
    |\[[a-z0-9 ]{{1,10}}\]|\([a-z*]\)
    |[<>≤≥]=?\s*[0-9][0-9.]*%?
    |[0-9]+\s*(-|\u2010|\u2011|\u2012|\u2013|\u2014|\u2212|to)\s*[0-9]+
    |[0-9][0-9.,]*\s*([{re.escape(_SYMBOL)}]+|\[[a-z0-9]{{1,10}}\])
    |[{re.escape(_SYMBOL)}]+\s*[0-9][0-9.,]*
    |too\ (few|small)\ to\ report|number\ of\ cases\ too\ small""",
    re.VERBOSE,
)


_BROKEN = {1.0: NONINTEGER, HALF_COUNT: NOT_A_HALF}


def is_missing_mark(raw: object) -> bool:
    """Say whether a raw value stands for "no value": None, NaN, empty, NA, N/A, NULL, ``.``."""
    if not isinstance(raw, str):
        return exact(raw) is None
    text = raw.strip().casefold()
    return not text or text in _MISSING


def is_suppression(raw: object) -> bool:
    """Say whether a text is a suppression mark: ``*``, ``<5``, ``1-7``, ``[c]``, ``..``, ``5*``."""
    return isinstance(raw, str) and bool(_SUPPRESSED.fullmatch(raw.strip().casefold()))


def read_number(raw: object, *, integer: bool, halves: bool = False) -> float | Finding:
    """Read one number.

    Parameters
    ----------
    raw : object
        As the table holds it.
    integer : bool
        A count: ``12`` or ``12.0``, never ``1e3``, at most 2**53.
    halves : bool
        A count may be a multiple of .5.

    Returns
    -------
    float or Finding
        The value (never -0.0), or why it is refused: VALUE.NUMBER, SUPPRESSED, MISSING,
        NONFINITE, NONINTEGER, RANGE.

    Notes
    -----
    A text is ASCII ``-?digits[.digits][e[+-]digits]``, blanks around it aside. True and False
    are numbers only in a column of them alone. A NaN is missing, whatever the engine; the text
    ``nan`` is not finite.
    """
    unit = smallest_step(integer=integer, halves=halves)
    if type(raw) is str:
        return _count(raw, unit) if unit else _real(raw)
    raw = exact(raw)
    if raw is None:
        return MISSING
    parse = _PARSERS.get(type(raw))
    return parse(raw, unit) if parse else TRUTH if isinstance(raw, bool) else NOT_A_NUMBER


def label(raw: object) -> str | Finding:
    """Read one label exactly as given; integers in decimal, dates in ISO form.

    Parameters
    ----------
    raw : object
        As the table holds it.

    Returns
    -------
    str or Finding
        The text (007, NA, NULL, 5E1, 1-2 are texts like any other), or VALUE.MISSING for none
        and blanks, VALUE.NUMBER for fractions, true, false and anything else.
    """
    raw = exact(raw)
    if isinstance(raw, str):
        return raw if raw.strip() else MISSING
    if raw is None:
        return MISSING
    if isinstance(raw, date):
        return raw.isoformat()
    if isinstance(raw, bool):
        return TRUTH
    if type(raw) is not int:
        return NOT_A_LABEL
    return str(raw) if raw.bit_length() <= _BITS else RANGE


def parse_numbers(
    column: Column, *, integer: bool, halves: bool = False
) -> tuple[npt.NDArray[np.float64], dict[int, Finding]]:
    """Read the levels of a column as numbers.

    Parameters
    ----------
    column : Column
        One column of the distinct combinations.
    integer, halves : bool
        As in :func:`number`.

    Returns
    -------
    values : ndarray of float64, shape (level,)
        NaN where refused.
    refused : dict of int to Finding
        By position among the levels.
    """
    levels = column.levels if column.numbers is None else column.numbers
    plain = plain_numbers(levels, smallest_step(integer=integer, halves=halves))
    if plain is not None:
        return plain, {}
    truths = column.is_truth
    raw = [int(x) if truths and isinstance(x, bool) else x for x in column.levels]
    parsed = [read_number(level, integer=integer, halves=halves) for level in raw]
    refused = {place: each for place, each in enumerate(parsed) if isinstance(each, Finding)}
    values = [math.nan if isinstance(each, Finding) else each for each in parsed]
    return np.array(values, dtype=np.float64), refused


def parse_labels(column: Column, *, truths: bool = False) -> tuple[list[str], dict[int, Finding]]:
    """Read the levels of a column as labels: texts (empty where refused), and the refusals.

    With ``truths`` a column of a boolean type has the labels False and True.
    """
    named = truths and column.is_truth
    parsed = [str(x) if named and isinstance(x, bool) else label(x) for x in column.levels]
    refused = {place: each for place, each in enumerate(parsed) if isinstance(each, Finding)}
    return ["" if isinstance(each, Finding) else each for each in parsed], refused


def refusals(distinct: Distinct, name: str, *, refused: Mapping[int, Finding]) -> list[Problem]:
    """Turn refused levels of a column into problems, one for each kind of finding.

    ``refused`` is what :func:`parse_numbers` and :func:`parse_labels` give. A problem has lines or
    rows, the number of rows, the first value and the fix.
    """
    levels = distinct.columns[name].levels
    kinds: dict[Finding, list[tuple[object, ...]]] = {}
    for place, finding in refused.items():
        kinds.setdefault(finding, []).append((levels[place],))
    return [
        distinct.problem(
            finding.code, finding.message, columns=[name], wanted=wanted, fix=finding.fix
        )
        for finding, wanted in sorted(kinds.items(), key=lambda item: item[0].code)
    ]


def _real(raw: str) -> float | Finding:
    match = _NUMBER.fullmatch(raw.strip(" \t"))
    if match is None:
        return _mark(raw)
    value = float(match[0])
    vanished = value == 0 and (match[1].strip("0") or (match[2] or "").strip("0"))
    return RANGE if vanished or math.isinf(value) else value + 0.0


def _count(raw: str, unit: float) -> float | Finding:
    match = _NUMBER.fullmatch(raw.strip(" \t"))
    if match is None:
        return _mark(raw)
    if match[3]:
        return NOT_A_NUMBER
    part = (match[2] or "").rstrip("0")
    if part not in ({""} if unit == 1 else {"", "5"}):
        return _BROKEN[unit]
    if len(match[1].lstrip("0")) > _DIGITS or int(match[1]) > LARGEST_COUNT:
        return RANGE
    return float(match[0]) + 0.0


def _mark(raw: str) -> Finding:
    """Say which kind of text it is that is no number."""
    text = raw.strip().casefold()
    if is_missing_mark(raw):
        return MISSING
    if _NONFINITE.fullmatch(text):
        return NONFINITE
    if text in _TRUTHS:
        return TRUTH
    return SUPPRESSED if is_suppression(raw) else NOT_A_NUMBER


def _int(raw: int, unit: float) -> float | Finding:
    if unit and abs(raw) > LARGEST_COUNT:
        return RANGE
    try:
        return float(raw)
    except OverflowError:
        return RANGE


def _float(raw: float, unit: float) -> float | Finding:
    if math.isinf(raw):
        return NONFINITE
    if unit and not (raw / unit).is_integer():
        return _BROKEN[unit]
    return RANGE if unit and abs(raw) > LARGEST_COUNT else raw + 0.0


def _decimal(raw: Decimal, unit: float) -> float | Finding:
    if not raw.is_finite():
        return NONFINITE if raw.is_infinite() else MISSING
    if raw and abs(raw.adjusted()) > _EXPONENT:
        return RANGE
    return read_number(f"{raw:f}", integer=unit > 0, halves=unit == HALF_COUNT)


_PARSERS: dict[type, Callable[..., float | Finding]] = {
    int: _int,
    float: _float,
    Decimal: _decimal,
}
