"""Facts of each provider of an analysis, in the order of its ranking, the excluded last."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import xarray as xr

from varmodel.estimands import summarise
from varmodel.estimands.money.acting import worth_acting
from varmodel.estimands.money.shares import PRICE_PART, RATES_PART, width_shares
from varmodel.frame import absent_periods
from varmodel.publish.names import literal
from varmodel.publish.published import Published
from varmodel.publish.quarter.facts import Interval, Moment, Money, Place, ProviderFacts
from varmodel.publish.quarter.like import ListFigures, like_names, like_of, rank_like
from varmodel.publish.tables.cells import Row
from varmodel.publish.tables.crude import counts_of, crude_by_period
from varmodel.publish.tables.pooled import pooled, summary
from varmodel.publish.tables.printed import rows_of
from varmodel.publish.wording.sections.story import PartRows, is_there, stories_with_parts
from varmodel.publish.wording.support import flagged, support_note

#: Of events that are worked out from their rate.
_DECIMALS = 6


def facts_of_providers(
    x: Published,
    tables: Mapping[str, pd.DataFrame],
    *,
    rates: xr.DataArray | None,
    cost: float | None,
    described: ListFigures,
) -> Iterator[ProviderFacts]:
    """Give the facts of each provider.

    Parameters
    ----------
    x : Published
    tables : mapping of str to DataFrame
        As ``tables_of`` makes them.
    rates : xarray.DataArray (chain, draw, provider, period) or None
        Adjusted rates of each period.
    cost : float or None
        Of acting on one.
    described : mapping of str to mapping of str to float
        What the list of providers says of them, by column and code.

    Returns
    -------
    iterator of ProviderFacts
    """
    read = _read(x, tables, rates=rates, cost=cost, like=like_of(x, described))
    count = x.fit.frame.sizes["provider"]
    if "ranking" in tables:
        listed = rows_of(tables["ranking"])
    else:
        out = json.loads(x.fit.frame.attrs["excluded"])
        held = [{**row, "ranked": True} for row in rows_of(tables["rates"])]
        listed = [*held, *({**row, "ranked": False} for row in out)]
    for row in listed:
        if row["ranked"]:
            yield _held(read, row, count)
        else:
            yield _excluded(row, *_counts_of_excluded(x, row))


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """What is known of the providers of the fit, by code; what is not told is empty."""

    names: Mapping[str, str]
    counts: Mapping[str, tuple[float | None, float | None]]
    rates: Mapping[str, Interval]
    ranks: Mapping[str, Row]
    peers: Mapping[str, tuple[str, ...]]
    among_peers: Mapping[str, Row]
    money: Mapping[str, Money]
    trend: Mapping[str, tuple[Moment, ...]]
    stories: Mapping[str, tuple[str, PartRows]]
    notes: Mapping[str, str]
    absent: Mapping[str, tuple[str, ...]]


def _read(
    x: Published,
    tables: Mapping[str, pd.DataFrame],
    *,
    rates: xr.DataArray | None,
    cost: float | None,
    like: xr.DataArray | None,
) -> _Read:
    frame, fit = x.fit.frame, x.fit
    codes = [str(code) for code in frame["provider"].to_numpy()]
    given = frame["provider_name"].to_numpy().tolist() if "provider_name" in frame else codes
    counts = [[None] * len(codes) if part is None else part.tolist() for part in counts_of(fit)]
    return _Read(
        names={code: literal(str(name)) for code, name in zip(codes, given, strict=True)},
        counts=dict(zip(codes, zip(*counts, strict=True), strict=True)),
        rates={str(row["provider"]): interval_of(row) for row in rows_of(tables["rates"])},
        ranks={} if x.ranks is None else _by_provider(summary(fit, x.ranks["rank"])),
        peers={} if like is None else like_names(like),
        among_peers={} if like is None or x.ranks is None else _by_provider(rank_like(x, like)),
        money=_money(x, tables, cost) if x.nil.distinguishable else {},
        trend={} if rates is None else _trend(x, rates),
        stories=stories_with_parts(fit) if x.nil.distinguishable else {},
        notes=dict.fromkeys(flagged(frame), support_note(frame).removeprefix("* ")),
        absent=absent_periods(frame),
    )


def interval_of(row: Row, *, middle: str = "mean") -> Interval:
    """Read an interval off a row of a summary; what it has not is None."""
    ends = (float(row[name]) for name in (middle, "lower", "upper"))
    return Interval(*(None if math.isnan(end) else end for end in ends))


def _by_provider(table: pd.DataFrame) -> dict[str, Row]:
    return {str(row["provider"]): row for row in rows_of(table)}


def _money(
    x: Published, tables: Mapping[str, pd.DataFrame], cost: float | None
) -> dict[str, Money]:
    """Set each saving against the cost of acting, and its price against its statistics."""
    if x.savings is None:
        return {}
    prob = None if cost is None else _worth(x, x.savings, cost=cost)
    saving, price = x.savings["saving"], x.savings["price"]
    found = {}
    for row in rows_of(tables["savings"]):
        code = str(row["provider"])
        own = xr.Dataset({"total": saving.sel(provider=code), "price": price})
        shares = width_shares(own)
        found[code] = Money(
            saving=interval_of(row),
            prob_worth=None if prob is None else float(prob[code]),
            price_share=_share(float(shares[PRICE_PART])),
            statistics_share=_share(float(shares[RATES_PART])),
            named=bool(row["named"]),
        )
    return found


def _worth(x: Published, savings: xr.Dataset, *, cost: float) -> "pd.Series[float]":
    """Give the probability that acting pays; providers of identical cells share theirs."""
    found = worth_acting(savings, cost=cost)["prob_worth"]
    return found.copy(data=pooled(x.fit, found.to_numpy())).to_series()


def _share(value: float) -> float:
    """Give a share of a variance; where nothing varies there is nothing to share."""
    return 0.0 if math.isnan(value) else value


def _trend(x: Published, rates: xr.DataArray) -> dict[str, tuple[Moment, ...]]:
    """Give each provider's rate in each period beside the mean of all."""
    crude = crude_by_period(x.fit)
    periods = [str(period) for period in rates["period"].to_numpy()]
    level = rates.mean(("chain", "draw", "provider")).to_numpy().tolist()
    table, found = rows_of(summarise(rates.rename("rate"))), {}
    for j, code in enumerate(rates["provider"].to_numpy()):
        own = table[j * len(periods) : (j + 1) * len(periods)]
        found[str(code)] = tuple(
            Moment(
                periods[t],
                None if crude is None or math.isnan(crude[j, t]) else float(crude[j, t]),
                interval_of(row),
                level[t],
            )
            for t, row in enumerate(own)
        )
    return found


def _held(read: _Read, row: Row, count: int) -> ProviderFacts:
    """Give the facts of a provider of the fit."""
    code = str(row["provider"])
    peers, (events, cases) = read.peers.get(code, ()), read.counts[code]
    story, parts = read.stories.get(code, ("", {}))
    return ProviderFacts(
        code,
        read.names[code],
        float(row["observed"]),
        events,
        cases,
        read.rates[code],
        place=_place(read.ranks.get(code), count),
        among_peers=_place(read.among_peers.get(code), len(peers) + 1) if peers else None,
        peers=peers,
        placed=str(row.get("placed", "")),
        grade=_whole(row.get("grade")),
        money=read.money.get(code),
        trend=read.trend.get(code, ()),
        story=story,
        parts=_parts(parts),
        note=read.notes.get(code, ""),
        absent=read.absent.get(code, ()),
    )


def _place(row: Row | None, among: int) -> Place | None:
    if row is None:
        return None
    return Place(float(row["mean"]), int(row["lower"]), int(row["upper"]), among)


def _parts(parts: PartRows) -> dict[str, Interval]:
    """Give the parts of a crude difference that the model has."""
    return {name: interval_of(row) for name, row in parts.items() if is_there(row)}


def _counts_of_excluded(x: Published, row: Row) -> tuple[float | None, float | None]:
    """Give events and cases of a provider that is not ranked, as far as its rate was drawn."""
    own, observed = x.checks.excluded.get(str(row["provider"])), _finite(row.get("observed"))
    if own is None or own.cases is None or observed is None:
        return None, None
    counted = x.spec.form.response == "events"
    return (round(observed * own.cases, _DECIMALS) if counted else None), own.cases


def _excluded(row: Row, events: float | None, cases: float | None) -> ProviderFacts:
    """Give what a provider that is not ranked shows by its own figures."""
    own = [float(row.get(f"own_{name}", math.nan)) for name in ("rate", "lower", "upper")]
    observed = row.get("observed")
    code = str(row["provider"])
    return ProviderFacts(
        code,
        literal(code),
        _finite(observed),
        events,
        cases,
        None if math.isnan(own[0]) else Interval(*own),
        reason=literal(str(row["reason"])),
    )


def _whole(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else int(value)


def _finite(value: Any) -> float | None:
    return None if value is None or math.isnan(value) else float(value)
