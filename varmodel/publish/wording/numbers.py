"""Printing rule: no digit that the Monte Carlo error does not support."""

import math

MOST_DIGITS = 4
#: An end of a 95 % interval has about this many times the Monte Carlo error of the mean.
END = 2.7


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
