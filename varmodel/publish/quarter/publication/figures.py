"""Figures of a quarter as cells of a printed table: the digits that the draws support."""

import math
from collections.abc import Hashable
from typing import Any

from varmodel.publish.quarter.facts import IndicatorFacts, Interval, Place
from varmodel.publish.quarter.publication.rows import place_text
from varmodel.publish.tables.cells import Cell
from varmodel.publish.tables.cells import interval as interval_cell
from varmodel.publish.wording.money import nil_to
from varmodel.publish.wording.numbers import END, supported

#: Widths of a 95 % interval in posterior sds, and draws where nothing says how many.
_WIDTH, _DRAWS = 3.92, 4_000


def figure(found: Interval | None, *, draws: int = _DRAWS, scale: float = 1.0) -> Cell:
    """Write a figure with its interval, in the digits that so many draws support."""
    if found is None or found.upper is None:
        return Cell("")
    lower, upper = scale * (found.lower or 0.0), scale * found.upper
    if not (found.mean or lower or upper):
        return Cell("0 (0 to 0)", 0.0)
    error = abs(upper - lower) / (_WIDTH * math.sqrt(draws))
    if found.mean is None:
        return Cell(nil_to(supported(upper, END * error)), upper)
    row: dict[Hashable, Any] = {"mean": scale * found.mean, "lower": lower, "upper": upper}
    return interval_cell({**row, "mcse": error})


def rank_figure(place: Place | None) -> Cell:
    """Write an expected rank with its interval and among how many it is."""
    if place is None:
        return Cell("")
    return Cell(place_text(place), place.expected)


def draws_behind(x: IndicatorFacts) -> int:
    """Give the number of draws behind the figures of an indicator."""
    return _DRAWS if x.drawn is None else x.drawn.draws
