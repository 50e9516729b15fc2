"""Periods: whatever the style of the text, the calendar quarter that it falls in, or its year.

A year keeps its own text as its name.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from varmodel.frame.period_labels import plain_period

_YEAR = "((?:18|19|20)[0-9]{2})"
_QUARTER = re.compile(f"{_YEAR}[- ]?Q([1-4])")
_FINANCIAL = re.compile(f"{_YEAR}[-/]([0-9]{{2}}) ?Q([1-4])")
_FINANCIAL_LAST = re.compile(f"Q([1-4]) {_YEAR}[-/]([0-9]{{2}})")
_YEARS = re.compile(f"{_YEAR}[-/]([0-9]{{2}})")
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


def _year(text: str) -> str | None:
    return text if re.fullmatch(_YEAR, text) else None


def _financial_year(text: str) -> str | None:
    found = _YEARS.fullmatch(text)
    return text if found and _follows(found[1], found[2]) else None


#: Style -> (text -> calendar quarter or year, or None where the text is not of the style).
STYLES: dict[str, Callable[[str], str | None]] = {
    "quarter": _quarter,
    "financial_quarter": _financial_quarter,
    "date": _date,
    "month": _month,
    "year": _year,
    "financial_year": _financial_year,
}


def find_style(rows: Mapping[str, int]) -> str | None:
    """Name the style of most rows, given how many hold each text; None where none has any."""
    found: Counter[str] = Counter()
    for text, count in rows.items():
        found.update({name: count for name in STYLES if quarters([text], name) != [None]})
    named = sorted(found, key=lambda name: (name.endswith("year"), name))
    return max(named, key=found.__getitem__) if found else None


def is_ambiguous(labels: Sequence[str]) -> bool:
    """Tell whether every text is both a month and a span of years.

    A financial year (2005-06), or, of several, years taken together (2008-10, 2009-11).
    """
    parts = [_MONTH.fullmatch(text.strip()) for text in labels]
    spans = {(int(part[2]) - int(part[1])) % 100 if part else 0 for part in parts}
    return spans == {1} or (len(labels) > 1 and len(spans) == 1 and spans <= {2, 3, 4})


def quarters(labels: Sequence[str], style: str) -> list[str | None]:
    """Give the calendar quarter, or year, of each text; None where it is not of the style."""
    return [STYLES[style](plain_period(text)) for text in labels]


def is_year(period: str) -> bool:
    """Tell whether the name of a period is that of a year."""
    return "Q" not in period


def place(period: str) -> int:
    """Number the quarters of all years, or the years, so that lags are differences."""
    year = int(period[:4])
    return year if is_year(period) else 4 * year + int(period[5]) - 1


def written_twice(found: Sequence[str]) -> list[str]:
    """Give the years that stand in two ways of writing, 2019/20 and 2019-20."""
    places = Counter(place(period) for period in set(found))
    return [period for period in found if places[place(period)] > 1]


def ahead(quarter: str, last: str) -> int:
    """Count by how many periods one comes after another; below 0 where it comes before."""
    return place(quarter) - place(last)


def gaps(found: Sequence[str]) -> list[str]:
    """Give the quarters, or years, between the first and the last that are not there."""
    places = {place(period) for period in found}
    every = range(min(places), max(places) + 1)
    return [_name(number, like=found[0]) for number in every if number not in places]


def following(period: str) -> str:
    """Name the period after another, in the same way of writing."""
    return _name(place(period) + 1, like=period)


def _name(number: int, *, like: str) -> str:
    """Name a place of the calendar as another period is named."""
    if not is_year(like):
        return f"{number // 4}Q{number % 4 + 1}"
    return f"{number}{like[4]}{(number + 1) % 100:02d}" if len(like) > 4 else str(number)


def _follows(year: str, next_year: str) -> bool:
    return (int(year) + 1) % 100 == int(next_year)
