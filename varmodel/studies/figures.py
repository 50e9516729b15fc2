"""Fit to figures: the steps that an analysis, a sensitivity run and a calibration share."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import xarray as xr

from varmodel.errors import Where, fail
from varmodel.estimands import adjusted_rates, rank, unshrunken_rates
from varmodel.estimands.money import peers
from varmodel.estimands.money.benchmarks import (
    PopulationRates,
    benchmark_among,
    read_population_rates,
)
from varmodel.estimands.money.prices import own_prices
from varmodel.estimands.money.savings import Shortfall, price_shortfall, read_shortfall
from varmodel.estimands.rates.parts import PERSISTENT
from varmodel.estimands.rates.provider_rates import label_rates
from varmodel.estimands.variation.coming import rankability_of
from varmodel.estimands.variation.reliabilities import order_reliability
from varmodel.fits import Fit
from varmodel.frame import LEAST_SUPPORT
from varmodel.frame.contents import OWN_PRICE
from varmodel.numerics.once import made_once
from varmodel.spec import LognormalCost, ModelSpec, OwnCost, UnitCost
from varmodel.spec.rules import benchmark_peers
from varmodel.studies.order import KnownOrder, make_order
from varmodel.studies.persistence import published_part

#: A provider is named where it saves this share of what its activity costs at the national rate ...
NAMED_SHARE = 0.01
#: ... or, on the identity link, this share of the pooled sd on each unit of its activity ...
NAMED_SD_SHARE = 0.03
#: ... with at least this probability (methods 7).
NAMED_PROB = 0.95
#: Where more of a provider's unreliability than this share comes from the coefficients, and its
#: reliability loses as much as this to them, it is said of whom the covariates' effects and the
#: provider's can hardly be told apart. Without the second nearly all providers of many cases would
#: be named for any covariate of providers: of next to nothing, half is the coefficients'.
ENTANGLED_SHARE, ENTANGLED_LOSS = 0.5, 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """What is published of one fit.

    Attributes
    ----------
    rates : xarray.DataArray (chain, draw, provider)
        Adjusted rates on the reference population: of what lasts, or, where the table hardly
        tells it from what passes (DESIGN.SPLIT), of the coming period: ``attrs["part"]`` says.
    ranks : xarray.Dataset or None
        None where no direction is better.
    savings : xarray.Dataset or None
        Savings, of a year where the spec has one (`annual_factor`) and else of a mean period,
        against its benchmark, on the providers' own cells, with `named`; None where the spec has
        no direction, benchmark or price, or the data no activity. Of own prices ``price`` is
        the mean by activity, and ``own_price`` (provider) has each.
    rankability : xarray.DataArray (chain, draw)
        Of the order that is published, as the rates.
    entangled : tuple of str
        Providers of whose unreliability more than half, and at least .1, comes from the
        coefficients: their effect and their case mix can hardly be told apart.
    lasting : Figures or None
        The figures of what lasts, where those published are of the coming period.
    reliability : xarray.DataArray (provider) or None
        Posterior means of each provider's reliability, which is that of what lasts; None in
        ``lasting``.
    order : KnownOrder or None
        Grades, sets for all at once, neighbours told apart; None where no direction is better.
    """

    rates: xr.DataArray
    ranks: xr.Dataset | None
    savings: xr.Dataset | None
    rankability: xr.DataArray
    entangled: tuple[str, ...] = ()
    lasting: "Figures | None" = None
    reliability: xr.DataArray | None = None
    order: KnownOrder | None = None

    @property
    def part(self) -> str:
        """Which part of the effects they are of: "persistent", or "next", the coming period."""
        return str(self.rates.attrs.get("part", PERSISTENT))

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


@made_once()  # ranks are read for themselves, and for grades, sets and neighbours
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
    part = published_part(fit)
    rankability, lacking = order_reliability(fit)
    whole = Figures(
        *_of_part(fit, part, random_seed=random_seed),
        rankability,
        entangled=_entangled(lacking),
        reliability=1 - lacking["chance"] - lacking["coefficients"],
    )
    whole = replace(whole, order=make_order(fit, whole.rates))
    if part == PERSISTENT:
        return whole
    lasting = Figures(*_of_part(fit, PERSISTENT, random_seed=random_seed), rankability)
    return replace(whole, rankability=rankability_of(fit, part), lasting=lasting)


def _of_part(
    fit: Fit, part: str, *, random_seed: int
) -> tuple[xr.DataArray, xr.Dataset | None, xr.Dataset | None]:
    """Give the rates of a part, their ranks, and the savings."""
    rates = adjusted_rates(fit, part=part)
    ranks = None if fit.spec.better == "neither" else rank(rates, better=fit.spec.better)
    return rates, ranks, annual_savings(fit, random_seed=random_seed, part=part)


def _entangled(lacking: xr.Dataset) -> tuple[str, ...]:
    lost = lacking["coefficients"]
    share = lost / (lost + lacking["chance"])  # chance is above 0 in every draw
    named = (share > ENTANGLED_SHARE) & (lost >= ENTANGLED_LOSS)
    return tuple(map(str, lacking["provider"].to_numpy()[named.to_numpy()]))


@dataclass(frozen=True, slots=True, eq=False)
class Gap:
    """What is priced: how much providers lack to their benchmark, on their own cells.

    Attributes
    ----------
    short : Shortfall
    activity : xarray.DataArray (provider)
        Of a year, where the spec says what that is.
    names : bool
        Whether unshrunken rates were read, so that somebody may be named.
    """

    short: Shortfall
    activity: xr.DataArray
    names: bool


def read_gap(
    fit: Fit,
    *,
    part: str = PERSISTENT,
    plug_ins: bool = True,
    known: PopulationRates | None = None,
) -> Gap | None:
    """Give what is priced; None where the spec has no direction, benchmark or price.

    ``known``: rates of this part on the providers' own cells, where they are known already.
    """
    spec, frame = fit.spec, fit.frame
    if spec.better == "neither" or "activity" not in frame:
        return None
    if spec.benchmark is None or spec.unit_cost is None:
        return None
    whom, own = declared_peers(fit), known or read_population_rates(fit, "own", part=part)
    activity = frame["activity"] * (fit.annual_factor or 1.0)
    short = read_shortfall(
        label_rates(fit, own.rates, population="own", part=part),
        activity=activity,
        benchmark=benchmark_among(own, spec.benchmark, fit=fit, peers=whom),
        better=spec.better,
        observed=unshrunken_rates(fit, spec.benchmark, peers=whom) if plug_ins else None,
    )
    return Gap(short, activity, plug_ins)


def annual_savings(
    fit: Fit, *, random_seed: int, part: str = PERSISTENT, plug_ins: bool = True
) -> xr.Dataset | None:
    """Price the gap to the benchmark for a year, on each provider's own cells (methods 7).

    Without ``plug_ins`` what nobody reads of many totals is left out: the plug-in of unshrunken
    rates, and who may be named.
    """
    gap = read_gap(fit, part=part, plug_ins=plug_ins)
    return None if gap is None else price_gap(fit, gap, random_seed=random_seed)


def price_gap(fit: Fit, gap: Gap, *, random_seed: int) -> xr.Dataset:
    """Price a gap at the price of a fit's spec; with unshrunken rates also say who may be named."""
    found = price_shortfall(gap.short, _declared_price(fit), random_seed=random_seed)
    priced = _with_one_price(found, gap.activity)
    if not gap.names:
        return priced
    floor = _smallest_saving(fit, found["price"] * gap.activity)
    certainty = (found["saving"] > floor).mean(("chain", "draw"))
    supported = fit.frame["support"] >= LEAST_SUPPORT
    return priced.assign(named=(certainty >= NAMED_PROB) & supported)


def mean_price(savings: xr.Dataset) -> xr.DataArray:
    """Give the mean price of one event in the savings of a fit: (), or of own prices (provider)."""
    return savings[OWN_PRICE] if OWN_PRICE in savings else savings["price"].mean()


def _declared_price(fit: Fit) -> float | UnitCost | LognormalCost | xr.DataArray:
    """Give the price of a fit's spec; own prices stand in its frame."""
    price = fit.spec.unit_cost
    if price is None:
        raise TypeError("a model without a price has no gap to price")
    return own_prices(fit.frame, price) if isinstance(price, OwnCost) else price


def _with_one_price(found: xr.Dataset, activity: xr.DataArray) -> xr.Dataset:
    """Put the mean of own prices, by activity, in the place of one price for all."""
    own = found["price"]
    if "provider" not in own.dims:
        return found
    mean = float((own * activity).sum() / activity.sum())
    one = xr.full_like(found["total"], mean).rename("price")
    return found.assign({"price": one, OWN_PRICE: own.rename(OWN_PRICE)})


def require_level(spec: ModelSpec, frame: xr.Dataset) -> None:
    """Refuse a benchmark of more of the best than there are, before anything is fitted."""
    benchmark, among = spec.benchmark, benchmark_peers(spec.peers)
    if benchmark is None or benchmark.kind != "best_m" or spec.better == "neither":
        return
    providers = frame.sizes["provider"]
    count, whom = (providers, "providers") if among is None else (among.among(providers), "peers")
    if float(benchmark.value or 0.0) > count:
        message = f"best_m asks for {benchmark.value:g} of {count} {whom}"
        fail("CONFIG.VALUE", message, where=Where(column="benchmark.value"), fix="give fewer")


def declared_peers(fit: Fit) -> xr.DataArray | None:
    """Find the peers among whom the benchmark is; None where each is compared with all.

    Their weights, as :func:`varmodel.money.peers` gives them.
    """
    declared = benchmark_peers(fit.spec.peers)
    if declared is None:
        return None
    count = declared.among(fit.frame.sizes["provider"])
    return peers(fit, columns=declared.columns, count=count)


def _smallest_saving(fit: Fit, cost_of_one: xr.DataArray) -> xr.DataArray | float:
    """Give what a provider must save to be named, of the cost of 1 a unit of its activity.

    The bar is that of the national rate: of its own, the worst would have the lowest where high is
    good. On the identity link it does not depend on where zero lies.
    """
    stated = fit.spec.nil.smallest_saving
    if stated is not None:
        return stated
    if fit.spec.family_row.link_name == "identity":
        return NAMED_SD_SHARE * float(fit.frame.attrs["pooled_sd"]) * cost_of_one
    return NAMED_SHARE * _national_rate(fit.frame) * cost_of_one


def _national_rate(frame: xr.Dataset) -> float:
    """Give the crude rate of all ranked providers together."""
    total = (frame["observed"] * frame["activity"]).sum()  # without activity there is no rate
    return float(total / frame["activity"].sum())
