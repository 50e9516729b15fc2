"""Numbers as they are printed: no digit that the Monte Carlo error does not support; units."""

import math
from collections.abc import Mapping
from typing import Any

from varmodel.spec import ModelSpec
from varmodel.spec.text_fields import UNIT_SIZE

MOST_DIGITS = 4
#: An end of a 95 % interval has about this many times the Monte Carlo error of the mean.
END = 2.7
_PERCENT = 100.0
#: What a summary of a rate holds that is in the unit of the rate, its error among it.
OF_RATE = ("mean", "sd", "median", "lower", "upper", "mcse", "observed")


def supported(value: float, mcse: float) -> str:
    """Write a number with the digits whose last unit is at least twice its MCSE.

    At most four significant digits; a value without error keeps those.
    """
    if not math.isfinite(value):
        return ""
    size = math.floor(math.log10(abs(value))) if value else 0
    last = size - MOST_DIGITS + 1
    if math.isfinite(mcse) and mcse > 0:
        last = max(last, math.ceil(math.log10(2 * mcse)))
    rounded = round(value, -last) + 0.0  # never -0
    return f"{rounded:,.{max(0, -last)}f}"


def probability(value: float) -> str:
    """Write a probability with two decimals; .00 and 1.00 only where no draw says otherwise."""
    if 0 < value < 0.005:
        return "<.01"
    if 0.995 < value < 1:
        return ">.99"
    return f"{value:.2f}"


def probability_is(value: float) -> str:
    """Write what stands after "Pr(...)": "= 0.84", "< .01"."""
    told = probability(value)
    return f"{told[0]} {told[1:]}" if told[0] in "<>" else f"= {told}"


_SMALL = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def counted_in_words(number: int) -> str:
    """Write how many there are as a sentence does: in words up to nine."""
    return _SMALL[number] if 0 <= number < len(_SMALL) else f"{number:,}"


def unit_factor(spec: ModelSpec) -> float:
    """Give what a rate is multiplied by in the model's unit: 100 for %, 1,000 for per 1,000.

    A measurement is in its own unit already: 1.
    """
    unit = spec.unit or ""
    if spec.value is not None:
        return 1.0
    if found := UNIT_SIZE.fullmatch(unit):
        return float(found[1].replace(",", ""))
    return _PERCENT if unit == "%" else 1.0


def with_unit(spec: ModelSpec | None, words: str) -> str:
    """Say in what unit a figure is: "adjusted rate in %", "observed per 1,000"."""
    unit = "" if spec is None else spec.unit or ""
    return f"{words} {'' if unit.startswith('per ') else 'in '}{unit}" if unit else words


def scaled[Key](spec: ModelSpec | None, row: Mapping[Key, Any]) -> dict[Key, Any]:
    """Bring the figures of a rate, error and all, to the model's unit; other entries stay."""
    factor = 1.0 if spec is None else unit_factor(spec)
    return {key: factor * value if key in OF_RATE else value for key, value in row.items()}


def in_unit(spec: ModelSpec, rate: float, *, mcse: float = 0.0) -> str:
    """Write a rate in the model's unit, with the digits that its Monte Carlo error supports.

    Parameters
    ----------
    spec : ModelSpec
        Its ``unit``; a rate of a model without one is written as it is.
    rate : float
        On the natural scale.
    mcse : float
        Monte Carlo error of the rate; 0 for a figure that has none.

    Returns
    -------
    str
        Number and unit, empty where the rate is not finite.
    """
    factor = unit_factor(spec)
    number = supported(factor * rate, factor * mcse)
    return f"{number} {spec.unit}" if number and spec.unit else number
