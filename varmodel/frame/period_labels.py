"""Labels of periods as they are published: what each looks like, and how it is written plainly.

A label that can be read in one way only is read: Q1 2019, April 2023, 2019-04-01 00:00:00. Of any
other the refusal says what it looks like and what to do.
"""

import re
from collections.abc import Callable, Collection, Iterable

from varmodel.frame.reading.numbers import Finding

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONG = ("uary", "ruary", "ch", "il", "", "e", "y", "ust", "tember", "ober", "ember", "ember")
_NAME = "|".join(
    rf"{short}(?:{rest})?" if rest else short for short, rest in zip(_MONTHS, _LONG, strict=True)
).replace("sep(?:tember)?", "sep(?:t|tember)?")
_YEAR = "(?:18|19|20)[0-9]{2}"
_FINANCIAL = rf"{_YEAR}[-/][0-9]{{2}}"
_DASH = r"\s*(?:-|/|\u2010|\u2011|\u2012|\u2013|\u2014|to|and)\s*"

_QUARTER_FIRST = re.compile(rf"q([1-4])[-/ ]?\s*({_YEAR})")
_QUARTER_LAST = re.compile(rf"({_YEAR})[-/ ]?\s*q([1-4])")
_MONTH_FIRST = re.compile(rf"({_NAME})[-/ ,.]*\s*({_YEAR})")
_MONTH_LAST = re.compile(rf"({_YEAR})[-/ ]?\s*({_NAME})")
_MIDNIGHT = re.compile(rf"({_YEAR}-[0-9]{{2}}-[0-9]{{2}})[ t]00:00(?::00(?:\.0+)?)?")


def plain_period(text: str) -> str:
    """Write a label that can be read in one way only in a style of ``periods.STYLES``.

    Parameters
    ----------
    text : str
        As the table holds it.

    Returns
    -------
    str
        Without the blanks around it; 2019Q1 for Q1 2019, 2023-04 for April 2023, 2019-04-01 for
        midnight of that day. Any other text as it is.
    """
    bare = text.strip()
    low = bare.casefold()
    if found := _QUARTER_FIRST.fullmatch(low):
        return f"{found[2]}Q{found[1]}"
    if found := _QUARTER_LAST.fullmatch(low):
        return f"{found[1]}Q{found[2]}"
    if found := _MONTH_FIRST.fullmatch(low):
        return f"{found[2]}-{_number(found[1]):02}"
    if found := _MONTH_LAST.fullmatch(low):
        return f"{found[1]}-{_number(found[2]):02}"
    return found[1] if (found := _MIDNIGHT.fullmatch(low)) else bare


def strange_labels(
    labels: Iterable[str], *, style: str, fix: str, mixed: Collection[str] = ()
) -> dict[Finding, set[str]]:
    """Say of labels that are not of a style what each looks like.

    Parameters
    ----------
    labels : iterable of str
    style : str
        The style of the others.
    fix : str
        What to do about a label that looks like nothing known.
    mixed : collection of str
        Those that are of another style: styles are mixed, and nothing else is wrong.

    Returns
    -------
    dict of Finding to set of str
        The labels of each kind.
    """
    found: dict[Finding, set[str]] = {}
    for label in sorted(labels):
        what, todo = ("", "") if label in mixed else _look(label.strip().casefold())
        message = f"not a period of style {style}" + (f", but {what}" if what else "")
        finding = Finding("PERIOD.FORMAT", message, f"{todo}; {fix}" if todo else fix)
        found.setdefault(finding, set()).add(label)
    return found


def _number(name: str) -> int:
    return _MONTHS.index(name[:3]) + 1


def _look(low: str) -> tuple[str, str]:
    """Say what a label looks like, and what to do; nothing where it looks like nothing known."""
    for pattern, what, todo in _LOOKS:
        match = re.fullmatch(pattern, low)
        if match and not (pattern == _FINANCIAL and int(low[-2:]) != (int(low[:4]) + 1) % 100):
            return what, todo if isinstance(todo, str) else todo(match)
    return "", ""


def _spreadsheet(found: re.Match[str]) -> str:
    return f"write 20{found[2]}-{_number(found[1]):02} for the month, 20{found[2]} being the year"


def _three_months(found: re.Match[str]) -> str:
    first, last, year = _number(found[1]), _number(found[2]), found[3]
    if last - first == 2 and first % 3 == 1:
        return f"write {year}Q{(first + 2) // 3}"
    return "give the quarters of the calendar, or leave the period out of the model"


def _day(found: re.Match[str]) -> str:
    first, second, year = found.groups()
    first, second = first.zfill(2), second.zfill(2)
    return f"write {year}-{second}-{first} or {year}-{first}-{second}, whichever is meant"


_LOOKS: tuple[tuple[str, str, str | Callable[[re.Match[str]], str]], ...] = (
    (
        rf"({_NAME})[- /']+([0-9]{{2}})",
        "a month and two digits, as a spreadsheet writes a date: the year or the day",
        _spreadsheet,
    ),
    (
        rf"[0-9]{{1,2}}[- ](?:{_NAME})(?:[- ][0-9]{{2,4}})?",
        "a day, as a spreadsheet writes it",
        "write it as 2019-04-01",
    ),
    (
        rf"({_NAME}){_DASH}({_NAME})[ ,]*({_YEAR})",
        "a span of months",
        _three_months,
    ),
    (
        rf"([0-9]{{1,2}})[/.-]([0-9]{{1,2}})[/.-]({_YEAR})",
        "a date whose day and month may change places",
        _day,
    ),
    (
        _FINANCIAL,
        "a year that ends in another, as a financial year",
        (
            'where all periods are financial years, say period_style = "financial_year" under '
            "[indicator]; quarters of such years are written 2019/20 Q1"
        ),
    ),
    (
        _YEAR,
        "a year",
        (
            'where all periods are years, say period_style = "year" under [indicator]; a table has '
            "quarters or years, not both"
        ),
    ),
    (
        (
            rf"{_YEAR}(?:[-/][0-9]{{2}})?{_DASH}(?:{_YEAR}|[0-9]{{2}})(?:[-/][0-9]{{2}})?"
            rf"|{_YEAR}-[0-9]{{2}}-[0-9]{{2}}{_DASH}{_YEAR}-[0-9]{{2}}-[0-9]{{2}}"
        ),
        "several years, or all days between two, taken together",
        (
            "leave period out of the model and read one collection by [where], or give single "
            "years or quarters"
        ),
    ),
    (
        rf"q[1-4]|{_NAME}|quarter [1-4]",
        "a quarter or month without its year",
        "write the year with it, such as 2019Q1",
    ),
    (
        rf"{_YEAR}-?w[0-9]{{1,2}}(?:-[1-7])?|week .*|w/?e .*",
        "a week",
        "add the weeks up to quarters, such as 2019Q1: a week may lie in two",
    ),
    (
        rf"{_YEAR}[- ]?h[12]|h[12][- ]?{_YEAR}",
        "half a year",
        "give quarters, or leave the period out of the model",
    ),
    (
        rf"{_YEAR}-[0-9]{{2}}-[0-9]{{2}}[ t][0-9:.]+(?:z|[+-][0-9:]+)?",
        "a date with a time of day",
        "write the date alone, such as 2019-04-01",
    ),
    (
        rf"{_YEAR}(?:0[1-9]|1[0-2])(?:[0-9]{{2}})?",
        "a month or date without dashes",
        "write it with dashes, such as 2019-04 or 2019-04-01",
    ),
    (
        r"[34][0-9]{4}",
        "the number that a spreadsheet gives a day",
        "format the column as a date before you export it, and write 2019-04-01",
    ),
)
