"""Draws of a sum to the figures that are published: means, intervals, how wide they are.

draws -> intervals by label              intervals_of_sums, interval_of_sum
wider about the mean                    widen, spread_about_mean
"""

from typing import Any

import xarray as xr

from varmodel.estimands import summarise
from varmodel.publish.quarter.facts import Interval
from varmodel.publish.wording.numbers import supported
from varmodel.values import Array


def widen(found: Interval, factor: float) -> Interval:
    """Widen the interval of a saving about its mean; no saving is below 0."""
    if found.mean is None or found.lower is None or found.upper is None:
        return found
    lower, upper = (found.mean + factor * (end - found.mean) for end in (found.lower, found.upper))
    return Interval(found.mean, max(lower, 0.0), upper)


def spread_about_mean(draws: Array, factor: float) -> Array:
    """Spread draws out about their mean, so that their interval is so many times as wide."""
    spread: Array = draws.mean() + factor * (draws - draws.mean())
    return spread


def intervals_of_sums(draws: xr.DataArray) -> dict[Any, Interval]:
    """Summarise by the labels of the dimensions but chain and draw."""
    ordered = draws.transpose("chain", "draw", ...)
    keys = [str(dim) for dim in ordered.dims[2:]]
    return {
        tuple(str(row[key]) for key in keys): Interval(row["mean"], row["lower"], row["upper"])
        for row in summarise(ordered.rename("x")).to_dict("records")
    }


def interval_of_sum(draws: Any) -> Interval:
    """Summarise draws (chain, draw) of one figure."""
    return intervals_of_sums(xr.DataArray(draws, dims=("chain", "draw")))[()]


def ends_of(draws: Array, currency: str) -> str:
    """Write the ends of the interval of a sum."""
    found = summarise(xr.DataArray(draws, dims=("chain", "draw"))).iloc[0]
    lower, upper = (
        supported(float(found[x]), 3 * float(found["mcse"])) for x in ("lower", "upper")
    )
    return f"{currency} {lower} to {upper}"
