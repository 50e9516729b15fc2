"""Figures with so many digits that they are no equation for a count."""

import math
from dataclasses import fields, replace
from typing import Any

from varmodel.publish.quarter.facts import Interval

#: Significant digits of money: a total hides what a provider of a few cases has in it.
MONEY_DIGITS = 3


def significant(value: float | None, digits: int) -> float | None:
    """Round to so many significant digits."""
    if value is None or not value or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def rounded(interval: Interval | None, digits: int = MONEY_DIGITS) -> Interval | None:
    """Round a figure and its ends to so many significant digits of each."""
    if interval is None:
        return None
    ends: dict[str, Any] = {
        field.name: significant(getattr(interval, field.name), digits) for field in fields(interval)
    }
    return replace(interval, **ends)


def last_digit(value: float | None, digits: int = MONEY_DIGITS) -> float:
    """Give the unit of the last digit that is kept; 0 of nothing."""
    if value is None or not value or not math.isfinite(value):
        return 0.0
    return 10.0 ** (math.floor(math.log10(abs(value))) - digits + 1)
