"""Figures as the site writes them: two digits of the interval's width, the reader's units.

An interval that is as wide as 13 is written in whole numbers, one as wide as 1.3 with one decimal:
a reader sees at once how much is known.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from varmodel.publish.quarter.facts import IndicatorFacts, Interval, Place, ProviderFacts
from varmodel.publish.wording.numbers import probability, supported

#: What a currency's figures begin with; others have their code and a space.
_SIGNS = {"GBP": "\u00a3", "EUR": "\u20ac", "USD": "$"}
#: Sizes that have a name, the largest first.
_SIZES = ((1e9, " billion"), (1e6, " million"))
#: Closer to a whole number than this a figure is one, but for its last bits.
_SAME = 1e-6
KEPT_BACK = "not shown: small number"


@dataclass(frozen=True, slots=True)
class Figure95:
    """A figure in words, and beside it the ends of its 95 % interval; empty where there are none.

    Attributes
    ----------
    value : str
    ends : str
    """

    value: str
    ends: str = ""

    def __str__(self) -> str:
        """Write both on one line."""
        return f"{self.value} ({self.ends})" if self.ends else self.value


def rate_figure(x: Interval | None, *, scale: float = 1.0, unit: str = "") -> Figure95:
    """Write a rate with its unit; what is suppressed says so."""
    if x is None or x.mean is None or x.lower is None or x.upper is None:
        return Figure95(KEPT_BACK)
    low, middle, high = (scale * value for value in (x.lower, x.mean, x.upper))
    step = _coarser(_step(high - low), (low, middle, high))
    value, *ends = (_rounded(end, step) for end in (middle, low, high))
    return Figure95(f"{value}{_after(unit)}", " to ".join(ends))


def own_figure(of: IndicatorFacts, own: ProviderFacts) -> Figure95:
    """Write what a provider that is not ranked shows by its own figures."""
    if own.rate is None:
        return Figure95(KEPT_BACK if own.hidden else "not known")
    return rate_figure(own.rate, scale=of.scale, unit=of.unit)


def part_figures(parts: Mapping[str, Interval], *, scale: float = 1.0) -> dict[str, Figure95]:
    """Write the parts of a difference, with signs and without a unit, all with as many decimals."""
    ends = {name: (x.mean or 0.0, x.lower or 0.0, x.upper or 0.0) for name, x in parts.items()}
    step = _step(scale * max([high - low for _, low, high in ends.values()], default=0.0))
    return {name: _part(step, *(scale * end for end in found)) for name, found in ends.items()}


def _part(step: float, *found: float) -> Figure95:
    mean, low, high = (_rounded(value, step) for value in found)
    plus = "+" if found[0] > 0 and mean.strip("0.") else ""
    return Figure95(f"{plus}{mean}", f"{low} to {high}")


def difference_unit(unit: str) -> str:
    """Name the unit of a difference of rates: between per cents, percentage points."""
    return {"%": "percentage points", "": ""}.get(unit, unit)


def crude_text(x: float | None, *, scale: float = 1.0, unit: str = "") -> str:
    """Write a crude rate, to three digits."""
    if x is None:
        return KEPT_BACK
    value = scale * x
    return f"{_rounded(value, _step(abs(value)) / 10)}{_after(unit)}"


def count_text(x: float | None) -> str:
    """Write a number of events or cases."""
    return KEPT_BACK if x is None else supported(x, 0.5)


def money_figure(x: Interval, *, currency: str) -> Figure95:
    """Write an amount in millions where it is one; with an upper end alone, that."""
    if x.upper is None:
        return Figure95("no figure")
    if x.lower is None or x.mean is None:
        return Figure95(amount_text(x.upper, currency=currency))
    size, word = _size(max(abs(x.lower), abs(x.upper)))
    step = _step((x.upper - x.lower) / size)
    sign = _sign(currency)
    value, low, high = (_rounded(end / size, step) for end in (x.mean, x.lower, x.upper))
    return Figure95(f"{sign}{value}{word}", f"{sign}{low} to {sign}{high}{word}")


def amount_text(x: float, *, currency: str) -> str:
    """Write one amount without an interval, such as an upper end or a cost, to three digits."""
    size, word = _size(abs(x))
    return f"{_sign(currency)}{_rounded(x / size, _step(abs(x) / size) / 10)}{word}"


def place_figure(x: Place) -> Figure95:
    """Write where a place may lie, which is what may be quoted of it; its mean stands beside."""
    ends = f"{x.lower:,}" if x.lower == x.upper else f"{x.lower:,} to {x.upper:,}"
    return Figure95(f"{ends} of {x.among:,}", f"mean {x.expected:.0f}")


def share_figure(x: Interval) -> Figure95:
    """Write a share between 0 and 1 as probabilities are written."""
    if x.mean is None or x.lower is None or x.upper is None:
        return Figure95("no figure")
    value, *ends = (probability(end) for end in (x.mean, x.lower, x.upper))
    return Figure95(value, " to ".join(ends))


def percent_text(x: float) -> str:
    """Write a share in per cent."""
    return f"{100 * x:.0f}\u00a0%"


def _sign(currency: str) -> str:
    return _SIGNS.get(currency, f"{currency}\u00a0" if currency else "")


def _after(unit: str) -> str:
    return f"\u00a0{unit}" if unit else ""


def _size(largest: float) -> tuple[float, str]:
    return next(((size, word) for size, word in _SIZES if largest >= size), (1.0, ""))


def _step(width: float) -> float:
    """Give the power of ten that leaves two digits of a width."""
    return 10.0 ** (math.floor(math.log10(width)) - 1) if width > 0 else 0.0


def _coarser(step: float, values: Sequence[float]) -> float:
    """Give up a last digit that is 0 in all of them: they were rounded before."""
    tens = [value / (10 * step) for value in values] if step > 0 else []
    return 10 * step if tens and all(abs(x - round(x)) < _SAME for x in tens) else step


def _rounded(value: float, step: float) -> str:
    if value == 0 and step <= 0:
        return "0"
    step = step or _step(abs(value)) / 10
    last = round(math.log10(step))
    return f"{round(value, -last) + 0.0:,.{max(0, -last)}f}".replace("-", "\u2212")
