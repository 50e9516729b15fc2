"""Columns of plain numbers read in one pass, where no value needs a look of its own."""

import re
from collections.abc import Sequence

import numpy as np

from varmodel.values import Array

LARGEST_COUNT = 2**53  # of the counts: above it a double skips whole numbers
HALF_COUNT = 0.5

# One a line; with at most 15 digits on either side of the point nothing overflows or vanishes.
_REAL = re.compile(r"(?:-?[0-9]{1,15}(?:\.[0-9]{1,15})?\n)*+")
_WHOLE = re.compile(r"(?:-?[0-9]{1,15}(?:\.0{1,15})?\n)*+")


def smallest_step(*, integer: bool, halves: bool) -> float:
    """Give what a number must be a multiple of: 1 for counts, .5 for halves, 0 for anything."""
    return (HALF_COUNT if halves else 1.0) if integer else 0.0


def plain_numbers(levels: Sequence[object] | Array, unit: float) -> Array | None:
    """Read levels of one type, all of them numbers beyond doubt.

    Parameters
    ----------
    levels : sequence of float, int or str, or ndarray of float64
        The distinct raw values of a column.
    unit : float
        As :func:`smallest_step` gives it.

    Returns
    -------
    ndarray of float64, shape (level,), or None
        None where the levels are of several types or any may have to be refused: the parser of
        one value says why.
    """
    if isinstance(levels, np.ndarray):
        return levels + 0.0 if _are_numbers(levels, unit) else None
    kinds = set(map(type, levels))
    if kinds == {str}:
        return _texts([str(level) for level in levels], _REAL if unit == 0 else _WHOLE)
    if kinds not in ({float}, {int}):
        return None
    try:
        values = np.array(levels, dtype=np.float64)
    except OverflowError:
        return None
    return values + 0.0 if _are_numbers(values, unit) else None


def _are_numbers(values: Array, unit: float) -> bool:
    """Say whether all are finite, and as counts multiples of the unit in the range of counts."""
    if not np.isfinite(values).all():
        return False
    return not unit or bool((np.abs(values) < LARGEST_COUNT).all() and (values % unit == 0).all())


def _texts(texts: list[str], spelling: re.Pattern[str]) -> Array | None:
    """Read texts that are all spelled as plain numbers, one a line."""
    lines = "\n".join([*texts, ""])
    if lines.count("\n") != len(texts) or spelling.fullmatch(lines) is None:
        return None
    return np.fromiter(map(float, texts), np.float64, len(texts)) + 0.0
