"""Bands such as 5-17 or 85+: what a spreadsheet made of them, and which of them overlap."""

import math
import re
from collections.abc import Callable, Iterable

type Band = tuple[float, float]

_DASH = "(?:-|\u2010|\u2011|\u2012|\u2013|\u2014|\u2212|to|and)"
_UNIT = r"(?:\s*(?:years?|yrs?))?"
_NUMBER = r"([0-9]+(?:\.[0-9]+)?)"
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec"

_EATEN = re.compile(
    rf"(?:{_MONTHS})[a-z]*[- /.]?[0-9]{{1,4}}"
    rf"|[0-9]{{1,2}}[- /.](?:{_MONTHS})[a-z]*(?:[- /.][0-9]{{2,4}})?"
    r"|(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}(?: 00:00:00)?"
)
_READERS: tuple[tuple[re.Pattern[str], Callable[..., Band]], ...] = (
    (re.compile(rf"{_NUMBER}\s*{_DASH}\s*{_NUMBER}{_UNIT}"), lambda low, high: (low, high)),
    (re.compile(rf"(?:>=|≥|from )\s*{_NUMBER}{_UNIT}"), lambda low: (low, math.inf)),
    (
        re.compile(rf"{_NUMBER}{_UNIT}\s*(?:\+|plus|and over|and above|or over|or more)"),
        lambda low: (low, math.inf),
    ),
    (re.compile(rf"(?:>|over |above )\s*{_NUMBER}{_UNIT}"), lambda low: (low, math.inf)),
    (
        re.compile(rf"(?:<|<=|≤|under |below |up to )\s*{_NUMBER}{_UNIT}"),
        lambda high: (-math.inf, high),
    ),
    (
        re.compile(rf"{_NUMBER}{_UNIT}\s*(?:and under|and below|or less)"),
        lambda high: (-math.inf, high),
    ),
)


def band(text: str) -> Band | None:
    """Read a band's ends; None for what is none, a range that falls among it."""
    plain = " ".join(text.casefold().split())
    for pattern, read in _READERS:
        if found := pattern.fullmatch(plain):
            low, high = read(*map(float, found.groups()))
            return (low, high) if low < high else None
    return None


def eaten(levels: Iterable[str]) -> set[str]:
    """Find texts that were a band before a spreadsheet took them for a date (May-17 for 5-17).

    Only beside true bands: a column of months is one.
    """
    listed = list(levels)
    if not any(band(level) for level in listed):
        return set()
    return {level for level in listed if _EATEN.fullmatch(level.strip().casefold())}


def overlapping(levels: Iterable[str]) -> tuple[str, str] | None:
    """Find two bands that share more than an end, in the order of their lower ends."""
    bands = [(ends, level) for level in levels if (ends := band(level))]
    reach, widest = -math.inf, ""
    for (low, high), level in sorted(bands):
        if widest and low < reach:
            return widest, level
        if high > reach:
            reach, widest = high, level
    return None
