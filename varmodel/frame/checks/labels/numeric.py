"""A bare column: numbers, the levels of a factor, or numbers that a few texts keep from being one.

One odd text in a column of numbers must not turn it into a factor of as many levels as it has
texts: that is a coefficient for nearly every provider.
"""

import json
import re
import unicodedata
from collections.abc import Mapping

from varmodel.frame.checks.labels.bands import band
from varmodel.frame.reading import Column
from varmodel.frame.reading.numbers import Finding

#: So many texts that are numbers for each that is none, and the column is one of numbers.
NUMBERS_FOR_EACH_TEXT = 3

_CURRENCY = "[£$€¥]|gbp|usd|eur"
_DIGITS = r"(?:[0-9][0-9,' _\u2009\u202f]*(?:[.,][0-9]*)?|[.,][0-9]+)"
_DRESSED = re.compile(
    rf"[-+\u2212(]?\s*(?:{_CURRENCY})?\s*[-\u2212]?\s*{_DIGITS}\s*"
    rf"(?:%|\u2030|per\s?cent|{_CURRENCY})?\s*\)?"
)
_RANGE = re.compile(r"[0-9.]+\s*(?:-|\u2010|\u2011|\u2012|\u2013|\u2014|\u2212|to)\s*[0-9.]+")


def is_dressed(raw: object) -> bool:
    """Tell a number in other dress: 7%, 1,050, £12, +5, full-width digits."""
    if not isinstance(raw, str):
        return False
    return bool(_DRESSED.fullmatch(unicodedata.normalize("NFKC", raw).strip().casefold()))


def number_refusals(
    name: str, column: Column, *, refused: Mapping[int, Finding]
) -> dict[int, Finding] | None:
    """Say why a bare column cannot be read as numbers, or that it is a factor.

    Parameters
    ----------
    name : str
        The column.
    column : Column
        Its levels.
    refused : mapping of int to Finding
        The levels that are no numbers, from ``parse_numbers``.

    Returns
    -------
    dict of int to Finding, or None
        The refusals of a column of numbers, none where every text is one; None for a factor: all
        its texts are marks, or ranges that outnumber its numbers (0-4, 5-9, 90), or words to more
        than a third of its numbers. Numbers dressed in %, commas or currency are numbers.
    """
    words = [place for place, finding in refused.items() if finding.code == "VALUE.NUMBER"]
    dressed = {place for place in words if is_dressed(column.levels[place])}
    numbers = len(column.levels) - len(refused) + len(dressed)
    ranges = sum(_is_range(column.levels[place]) for place in refused)
    others = len(words) - len(dressed)
    if not numbers or ranges > numbers or NUMBERS_FOR_EACH_TEXT * others > numbers:
        return None
    levels = f"{{ column = {json.dumps(name, ensure_ascii=False)}, factor = true }}"
    odd = Finding(
        "VALUE.NUMBER",
        f"a text in a column of numbers ({numbers} of its {numbers + others} texts are numbers)",
        f"correct the text or leave its rows out; where the texts are levels, write {levels}",
    )
    dress = Finding(
        "VALUE.NUMBER",
        "a number with a %, a comma, a currency or the like is not a plain decimal number",
        f"write 7 for 7% and 1050 for 1,050; where the texts are levels, write {levels}",
    )
    ours = {place: dress if place in dressed else odd for place in words}
    return {**refused, **ours}


def _is_range(raw: object) -> bool:
    """Tell a band with two ends, which is also how small counts are hidden."""
    return isinstance(raw, str) and bool(_RANGE.fullmatch(raw.strip())) and band(raw) is not None
