"""An analysis to facts: every figure is one that its tables, its report or its plots show too."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
import xarray as xr

from varmodel.estimands import summarise
from varmodel.numerics.once import made_once
from varmodel.publish.published import Published
from varmodel.publish.quarter.assurance import checks_of, drawn_of
from varmodel.publish.quarter.facts import IndicatorFacts, Interval, NationalMoment, ProviderFacts
from varmodel.publish.quarter.like import ListFigures
from varmodel.publish.quarter.of_providers import facts_of_providers, interval_of
from varmodel.publish.tables.crude import level_by_period, rates_by_period
from varmodel.publish.tables.data_frames import tables_of
from varmodel.publish.wording import sentences
from varmodel.publish.wording.kinds import rate_name
from varmodel.publish.wording.money import total_of_known_size
from varmodel.publish.wording.notes import doubts_words, verdict
from varmodel.publish.wording.numbers import unit_factor
from varmodel.publish.wording.periods.annual import is_annual
from varmodel.publish.wording.periods.moves import has_time, persistence_words
from varmodel.publish.wording.periods.ranked import share_that_lasts, what_is_ranked
from varmodel.publish.wording.site.written import money_figure
from varmodel.publish.wording.terms import among, price_words
from varmodel.spec import as_unit_cost
from varmodel.spec.rules import benchmark_peers

#: Quarters of the providers that a national trend leaves out at each end.
_OUTER = 0.25


@made_once()
def facts_of(
    x: Published, *, costs: float | None = None, described: ListFigures | None = None
) -> IndicatorFacts:
    """Collect what a quarter publishes of one indicator.

    Parameters
    ----------
    x : Analysis
    costs : float, optional
        What acting costs a provider, in the model's currency and for the time of its savings.
    described : mapping of str to mapping of str to float, optional
        What a list of providers says of them, by column and code: who is like a provider is
        found in it where the model's peers are no benchmark's.

    Returns
    -------
    IndicatorFacts
        Equal analyses give equal facts. Where the nil rule holds no provider has money, and the
        totals have an upper end alone.

    Raises
    ------
    SpecError
        CONFIG.VALUE for a cost below 0.
    """
    tables = tables_of(x)
    rates = rates_by_period(x.fit) if has_time(x.fit) else None
    found = facts_of_providers(x, tables, rates=rates, cost=costs, described=described or {})
    providers = tuple(found)
    return IndicatorFacts(
        **_declared(x),
        **_said(x, tables),
        **_found(x, tables["totals"].set_index("quantity")),
        cost=costs,
        peers=_like_words(x, providers),
        providers=providers,
        national=() if rates is None else tuple(_national(rates)),
        drawn=drawn_of(x),
        checks=checks_of(x),
    )


def _declared(x: Published) -> dict[str, Any]:
    """Give what the model and the table say of themselves."""
    spec, frame = x.spec, x.fit.frame
    return {
        "name": spec.name,
        "title": sentences.on_one_line(spec.title or spec.name),
        "group": spec.group or "",
        "status": spec.status,
        "level": spec.provider,
        "unit": spec.unit or "",
        "scale": unit_factor(spec),
        "rate_name": rate_name(x.fit),
        "better": spec.better,
        "periods": _periods(frame),
        "why": sentences.on_one_line(spec.why_it_matters),
        "price": _price(x),
        "currency": _currency(x),
        "terms": tuple(sentences.terms_of_money(x)) if x.savings is not None else (),
        "annual": is_annual(spec),
        "model": spec.to_toml(),
        "digest": spec.digest,
        "source_hash": str(frame.attrs["source_hash"]),
    }


def _like_words(x: Published, providers: Iterable[ProviderFacts]) -> str:
    """Say among whom a provider's like are found, and whether its benchmark is too.

    Of a list that does not know all there are fewer to choose among; empty where nobody has any.
    """
    known = max((len(own.peers) for own in providers), default=0)
    if not known:
        return ""
    found = among(x.spec.peers, providers=known + 1).removeprefix(", ")
    return found if benchmark_peers(x.spec.peers) is not None else f"{found}; {_PLACE_ALONE}"


_PLACE_ALONE = "for the place beside that among all: the benchmark is that of all"


def _said(x: Published, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Give the sentences on what may be read."""
    lead = sentences.lead(x, tables.get("ranking"))
    return {
        "headline": lead.heading,
        "lead": tuple(lead.sentences),
        "verdict": " ".join(verdict(x)),
        "may_read": tuple(sentences.may_read(x)),
        "may_not_read": tuple(sentences.may_not_read(x)),
        "caveats": tuple(sentences.caveats(x)),
        "ranked": what_is_ranked(x, plainly=True),
        "lasts": tuple(persistence_words(x)) if has_time(x.fit) else (),
        "provisional": x.fit.stamp,
        "doubts": _doubts(x) if x.doubted else "",
    }


def _doubts(x: Published) -> str:
    """Say why savings are provisional, with the total that is to be read instead."""
    words, volume = doubts_words(x), x.checks.volume
    if volume is None or volume.passed or volume.total is None or not x.nil.distinguishable:
        return words
    found = interval_of(summarise(volume.total.rename("total")).iloc[0].to_dict())
    return f"{words} {total_of_known_size(str(money_figure(found, currency=_currency(x))))}"


def _found(x: Published, totals: pd.DataFrame) -> dict[str, Any]:
    """Give the national figures."""
    known = x.savings is not None and x.nil.distinguishable
    return {
        "rankability": interval_of(totals.loc["rankability"].to_dict(), middle="median"),
        "persistence": _lasting(x),
        "total": _total(totals, "saving"),
        "total_flexible": _total(totals, "saving_flexible"),
        "plug_in": float(totals["mean"]["plug_in_observed"]) if known else None,
        "distinguishable": x.nil.distinguishable,
    }


def _periods(frame: xr.Dataset) -> tuple[str, ...]:
    return tuple(map(str, frame["period"].to_numpy())) if "period" in frame.dims else ()


def _total(totals: pd.DataFrame, quantity: str) -> Interval | None:
    """Give a total; None where there is none, or no figure of it."""
    if quantity not in totals.index:
        return None
    found = interval_of(totals.loc[quantity].to_dict())
    return None if found.upper is None else found


def _lasting(x: Published) -> Interval | None:
    if not has_time(x.fit):
        return None
    low, middle, high = share_that_lasts(x.fit)
    return Interval(middle, low, high)


def _currency(x: Published) -> str:
    if x.savings is None or x.spec.unit_cost is None:
        return ""
    return as_unit_cost(x.spec.unit_cost).currency


def _price(x: Published) -> str:
    """Say what one event costs, in what money, and who says so."""
    if x.savings is None or x.spec.unit_cost is None:
        return ""
    cost = as_unit_cost(x.spec.unit_cost)
    source = f". {sentences.on_one_line(cost.source)}" if cost.source else ""
    return f"{sentences.money_unit(x)}: {price_words(cost)}{source}"


def _national(rates: xr.DataArray) -> list[NationalMoment]:
    """Give the mean of all providers in each period, and where their middle half lies."""
    table = summarise(rates.mean("provider").rename("rate"))
    low, high = (level_by_period(rates, share).tolist() for share in (_OUTER, 1 - _OUTER))
    return [
        NationalMoment(str(row["period"]), interval_of(row.to_dict()), low[place], high[place])
        for place, (_, row) in enumerate(table.iterrows())
    ]
