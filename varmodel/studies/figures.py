"""Fit to figures: the steps that an analysis, a sensitivity run and a calibration share."""

from collections.abc import Mapping
from dataclasses import dataclass

import xarray as xr

from varmodel.estimands import (
    adjusted_rates,
    benchmark_rates,
    rank,
    rankability,
    savings,
    unshrunken_rates,
)
from varmodel.fits import Fit
from varmodel.frame import LEAST_SUPPORT

#: A provider is named where it saves this share of its own cost base ...
NAMED_SHARE = 0.01
#: ... with at least this probability (methods 7).
NAMED_PROB = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """What is published of one fit.

    Attributes
    ----------
    rates : xarray.DataArray (chain, draw, provider)
        Adjusted rates on the reference population.
    ranks : xarray.Dataset or None
        None where no direction is better.
    savings : xarray.Dataset or None
        Annual savings against the spec's benchmark, on the providers' own cells, with `named`;
        None where the spec has no direction, benchmark or price, or the data no activity.
    rankability : xarray.DataArray (chain, draw)
    """

    rates: xr.DataArray
    ranks: xr.Dataset | None
    savings: xr.Dataset | None
    rankability: xr.DataArray

    @property
    def structural(self) -> Mapping[str, xr.DataArray]:
        """National figures, by name."""
        found = {"rankability": self.rankability}
        return found if self.savings is None else {"saving": self.savings["total"], **found}

    @property
    def by_provider(self) -> Mapping[str, xr.DataArray]:
        """Figures of each provider, by name."""
        found = {"adjusted_rate": self.rates}
        return found if self.ranks is None else {**found, "rank": self.ranks["rank"]}


def make_figures(fit: Fit, *, random_seed: int) -> Figures:
    """Compute rates, ranks, savings and rankability of a fit.

    Parameters
    ----------
    fit : Fit
    random_seed : int
        Seed of the prices.

    Returns
    -------
    Figures
    """
    rates = adjusted_rates(fit)
    ranks = None if fit.spec.better == "neither" else rank(rates, better=fit.spec.better)
    return Figures(rates, ranks, annual_savings(fit, random_seed=random_seed), rankability(fit))


def annual_savings(fit: Fit, *, random_seed: int) -> xr.Dataset | None:
    """Price the gap to the benchmark for a year, on each provider's own cells (methods 7)."""
    spec, frame = fit.spec, fit.frame
    if spec.better == "neither" or "activity" not in frame:
        return None
    if spec.benchmark is None or spec.unit_cost is None:
        return None
    rates = adjusted_rates(fit, population="own")
    activity = frame["activity"] * (spec.annual_factor or 1.0)
    found = savings(
        rates,
        activity=activity,
        benchmark=benchmark_rates(fit, spec.benchmark),
        unit_cost=spec.unit_cost,
        better=spec.better,
        random_seed=random_seed,
        observed=unshrunken_rates(fit, spec.benchmark),
    )
    floor = NAMED_SHARE * found["price"] * activity * abs(rates)
    certainty = (found["saving"] > floor).mean(("chain", "draw"))
    supported = frame["support"] >= LEAST_SUPPORT
    return found.assign(named=(certainty >= NAMED_PROB) & supported)
