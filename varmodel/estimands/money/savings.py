"""Savings: what it is worth if providers reached a benchmark, in every draw (methods 7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.errors import fail
from varmodel.estimands.draws.labelled import (
    by_provider,
    check_rates,
    over_draws,
    over_providers,
    passed_on,
    provider_names,
    sign_of,
)
from varmodel.estimands.money.levels import (
    BenchmarkLevel,
    find_level,
    refuse_periods,
    refuse_populations,
)
from varmodel.estimands.money.prices import read_prices
from varmodel.numerics.streams import generator
from varmodel.spec import Benchmark, LognormalCost, UnitCost
from varmodel.values import Array, check_seed

#: A gap below this share of the rate is rounding of the kernels, not a gap.
_ROUNDING = 1e-12

type ByProvider = xr.DataArray | pd.Series[Any]


def savings(
    rates: xr.DataArray,
    *,
    activity: ByProvider,
    benchmark: Benchmark | xr.DataArray,
    unit_cost: float | UnitCost | LognormalCost | ByProvider,
    better: str,
    random_seed: int,
    observed: ByProvider | xr.Dataset | None = None,
) -> xr.Dataset:
    """Price the gap between each provider and the benchmark, in every draw (methods 7).

    Parameters
    ----------
    rates : xarray.DataArray, dims (chain, draw, provider)
        Joint draws of the rates: ``adjusted_rates(fit, population="own")`` with the draws of
        ``benchmark_rates``, as money needs it, or ``adjusted_rates(fit)`` with a Benchmark. Of
        what lasts, or with ``part="next"`` of the period to come; rates of each period are
        refused.
    activity : DataArray (provider,) or Series
        Units a rate applies to, in the period the saving is for: every provider of ``rates``
        once, in any order. Nothing is annualised here.
    benchmark : Benchmark or DataArray (chain, draw[, provider])
        What ``benchmark_rates(fit, benchmark)`` gives: for rates on the providers' own cells.
        A Benchmark is found among the rates of each draw: for rates on one population only,
        since among own cells the gap to one level for all is case mix too.
    unit_cost : float, UnitCost, LognormalCost, Series or DataArray
        Currency per event of the numerator (per unit of value for measurements). A UnitCost is
        a PERT distribution, a LognormalCost lognormal: one price a draw, the same for all
        providers. By provider, or (chain, draw, provider): each provider's own price; its attrs
        may name the currency (``units``) and the ``price_year``.
    better : {"higher", "lower"}
        Which direction is good.
    random_seed : int
        Seed of the prices, at least 0.
    observed : DataArray (provider,), Series or Dataset, optional
        Adjusted, unshrunken rates, for the plug-in that published tables use; a Dataset of
        ``unshrunken_rates`` brings its own benchmark.

    Returns
    -------
    xarray.Dataset
        ``saving`` (chain, draw, provider) = price x activity x max(0, d (benchmark - rate));
        ``benchmark``; ``total``, ``price`` (chain, draw; own prices as they were given);
        ``prob_saving`` (provider) =
        Pr(saving > 0); ``plug_in_shrunken`` (provider), from posterior mean rates, which
        understates; ``plug_in_observed`` (provider, where ``observed`` is given), which
        overstates. Never negative, 0 at or beyond the benchmark. An interval of a sum of
        positive parts never holds 0: read a total only after the nil rule.

    Raises
    ------
    SpecError
        CONFIG.VALUE for a wrong argument; the provider is named where one lacks or is unknown;
        and where the attrs say that rates and benchmark are no pair: own cells against one
        level for all, two populations or parts, a ratio and a rate, effects.
    InputError
        VALUE.NONFINITE.
    """
    seed = check_seed(random_seed)
    short = read_shortfall(
        rates, activity=activity, benchmark=benchmark, better=better, observed=observed
    )
    return price_shortfall(short, unit_cost, random_seed=seed)


@dataclass(frozen=True, slots=True, eq=False)
class Shortfall:
    """What providers lack to the benchmark in every draw, whatever a unit of it costs.

    Attributes
    ----------
    draws : xarray.DataArray (chain, draw, provider)
        Checked rates.
    target : BenchmarkLevel
    units : ndarray, shape (provider,)
        Activity.
    lacking : ndarray, shape (chain, draw, provider)
        activity x max(0, d (benchmark - rate)).
    plug_ins : mapping of str to ndarray, shape (provider,)
        Gaps of rates that are no draws.
    better : str
    """

    draws: xr.DataArray
    target: BenchmarkLevel
    units: Array
    lacking: Array
    plug_ins: Mapping[str, Array]
    better: str


def read_shortfall(
    rates: xr.DataArray,
    *,
    activity: ByProvider,
    benchmark: Benchmark | xr.DataArray,
    better: str,
    observed: ByProvider | xr.Dataset | None = None,
) -> Shortfall:
    """Find what :func:`savings` prices, from the same arguments."""
    sign = sign_of(better)
    refuse_periods(rates)
    draws = check_rates(rates)
    units = _units(activity, provider_names(draws))
    target = find_level(benchmark, draws, sign=sign, activity=units)
    lacking = _gap(draws.to_numpy(), target.drawn, sign)
    lacking *= units
    gaps = {"plug_in_shrunken": _shrunken_gap(draws, target)}
    if observed is not None:
        gaps["plug_in_observed"] = _observed_gap(observed, draws, target)
    return Shortfall(draws, target, units, lacking, gaps, better)


def price_shortfall(
    short: Shortfall,
    unit_cost: float | UnitCost | LognormalCost | ByProvider,
    *,
    random_seed: int,
) -> xr.Dataset:
    """Give what :func:`savings` returns."""
    draws, units, target = short.draws, short.units, short.target
    source = str(draws.attrs.get("source_hash", ""))
    price = read_prices(unit_cost, draws, rng=generator(random_seed, "prices", source_hash=source))
    saving = short.lacking * price.of_each()
    plug_ins = {name: price.mean * units * gap for name, gap in short.plug_ins.items()}
    attrs = passed_on(draws.attrs) | {"better": short.better} | target.attrs | price.attrs
    variables = {
        "saving": draws.copy(data=saving),
        "benchmark": _label_level(target, draws),
        "total": over_draws(draws, saving.sum(axis=-1), name="total"),
        "price": price.drawn.rename("price"),
        "prob_saving": over_providers(draws, (saving > 0).mean(axis=(0, 1)), name="prob_saving"),
        **{name: over_providers(draws, values, name=name) for name, values in plug_ins.items()},
    }
    return xr.Dataset({name: _with(x, attrs) for name, x in variables.items()}, attrs=attrs)


def _gap(rates: Array, level: Array, sign: int) -> Array:
    """Give max(0, d (level - rate)), 0 where the two differ by rounding only."""
    gap = level - rates
    gap *= sign
    size = np.abs(rates)
    np.maximum(size, np.abs(level), out=size)
    gap[gap <= _ROUNDING * size] = 0.0
    return gap


def _shrunken_gap(draws: xr.DataArray, target: BenchmarkLevel) -> Array:
    """Measure the gap of posterior mean rates to their own benchmark."""
    rates = draws.to_numpy().mean(axis=(0, 1))
    return _gap(rates, target.among(rates), target.sign)


def _observed_gap(observed: object, draws: xr.DataArray, target: BenchmarkLevel) -> Array:
    """Measure the gap of unshrunken rates to the benchmark they bring, or to their own."""
    labels = provider_names(draws)
    if not isinstance(observed, xr.Dataset):
        rates = by_provider(observed, labels, name="observed")
        if isinstance(observed, xr.DataArray):
            refuse_populations(draws, observed, name="observed")
        return _gap(rates, target.among(rates), target.sign)
    absent = [name for name in ("rate", "benchmark") if name not in observed]
    if absent:
        message = f"observed has no {' and no '.join(absent)}"
        fail("CONFIG.VALUE", message, fix="give the Dataset of unshrunken_rates")
    rates, level = (
        by_provider(observed[name], labels, name=f"observed {name}")
        for name in ("rate", "benchmark")
    )
    return _gap(rates, level, target.sign)


def _units(activity: object, labels: list[str]) -> Array:
    units = by_provider(activity, labels, name="activity")
    if (units < 0).any():
        owner = labels[int(np.argmax(units < 0))]
        fail("CONFIG.VALUE", f"activity is negative at provider {owner!r}")
    return units


def _label_level(target: BenchmarkLevel, draws: xr.DataArray) -> xr.DataArray:
    if target.drawn.shape == draws.shape:
        return draws.copy(data=target.drawn)
    return over_draws(draws, target.drawn[:, :, 0], name="benchmark")


def _with(x: xr.DataArray, attrs: dict[str, Any]) -> xr.DataArray:
    x.attrs = dict(attrs)
    return x
