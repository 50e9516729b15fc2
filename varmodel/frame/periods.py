"""Periods: whatever the style of the text, the calendar quarter that it falls in."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from varmodel.frame.period_labels import plain

_YEAR = "((?:18|19|20)[0-9]{2})"
_QUARTER = re.compile(f"{_YEAR}[- ]?Q([1-4])")
_FINANCIAL = re.compile(f"{_YEAR}[-/]([0-9]{{2}}) ?Q([1-4])")
_FINANCIAL_LAST = re.compile(f"Q([1-4]) {_YEAR}[-/]([0-9]{{2}})")
_MONTH = re.compile(f"{_YEAR}-(0[1-9]|1[0-2])")
_DATE = re.compile(f"{_MONTH.pattern}-[0-9]{{2}}")


def _quarter(text: str) -> str | None:
    found = _QUARTER.fullmatch(text)
    return f"{found[1]}Q{found[2]}" if found else None


def _financial_quarter(text: str) -> str | None:
    """Read 2006-07 Q1 as April to June 2006."""
    if found := _FINANCIAL.fullmatch(text):
        year, next_year, number = found.groups()
    elif found := _FINANCIAL_LAST.fullmatch(text):
        number, year, next_year = found.groups()
    else:
        return None
    if not _follows(year, next_year):
        return None
    return f"{year}Q{int(number) + 1}" if number != "4" else f"{int(year) + 1}Q1"


def _date(text: str) -> str | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return None
    return _month(text[:7])


def _month(text: str) -> str | None:
    found = _MONTH.fullmatch(text)
    return f"{found[1]}Q{(int(found[2]) + 2) // 3}" if found else None


#: Style -> (text -> calendar quarter, or None where the text is not of the style).
STYLES: dict[str, Callable[[str], str | None]] = {
    "quarter": _quarter,
    "financial_quarter": _financial_quarter,
    "date": _date,
    "month": _month,
}


def find_style(rows: Mapping[str, int]) -> str | None:
    """Name the style of most rows, given how many hold each text; None where none has any."""
    found: Counter[str] = Counter()
    for text, count in rows.items():
        found.update({name: count for name in STYLES if quarters([text], name) != [None]})
    return max(sorted(found), key=found.__getitem__) if found else None


def is_ambiguous(labels: Sequence[str]) -> bool:
    """Tell whether every text is both a month and a span of years.

    A financial year (2005-06), or, of several, years taken together (2008-10, 2009-11).
    """
    parts = [_MONTH.fullmatch(text.strip()) for text in labels]
    spans = {(int(part[2]) - int(part[1])) % 100 if part else 0 for part in parts}
    return spans == {1} or (len(labels) > 1 and len(spans) == 1 and spans <= {2, 3, 4})


def quarters(labels: Sequence[str], style: str) -> list[str | None]:
    """Give the calendar quarter of each text; None where it is not of the style."""
    return [STYLES[style](plain(text)) for text in labels]


def gaps(found: Sequence[str]) -> list[str]:
    """Give the calendar quarters between the first and the last that are not there."""
    places = {4 * int(quarter[:4]) + int(quarter[5]) - 1 for quarter in found}
    every = range(min(places), max(places) + 1)
    return [f"{place // 4}Q{place % 4 + 1}" for place in every if place not in places]


def _follows(year: str, next_year: str) -> bool:
    return (int(year) + 1) % 100 == int(next_year)
