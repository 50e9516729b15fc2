"""Facts of a quarter as data frames: a row a thing, each estimate with the ends of its interval."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from varmodel.publish.disclosure.policies import HIDDEN
from varmodel.publish.quarter.facts import (
    IndicatorFacts,
    Interval,
    Place,
    ProviderFacts,
    QuarterFacts,
    Together,
)
from varmodel.publish.quarter.identity import Identity, identities_of

type _Rows = Iterator[dict[str, Any]]

#: Rows of the table of all together that are no share of an indicator.
_ONCE, _PLAIN = "all together", "plain sum"


def frames_of(facts: QuarterFacts) -> dict[str, pd.DataFrame]:
    """Tabulate a quarter for machines.

    Parameters
    ----------
    facts : QuarterFacts
        As :func:`varmodel.publish.disclosure.disclosed` gives them.

    Returns
    -------
    dict of DataFrame
        By name of the file. Each estimate stands beside its 95 % interval; a hidden count is *.
    """
    made = {
        "indicators": _indicators(facts),
        "totals": _totals(facts),
        "providers": _providers(facts),
        "ranking": _ranking(facts),
        "places": _places(facts),
        "savings": _savings(facts),
        "trend": _trend(facts),
        "national_trend": _national(facts),
        "assurance": _assurance(facts),
        "refused": _refused(facts),
    }
    columns = {**_COLUMNS, "places": (*_PROVIDER, *(x.name for x in facts.indicators))}
    return {
        name: _whole(pd.DataFrame(list(rows), columns=list(columns[name])))
        for name, rows in made.items()
    }


#: Columns of whole numbers, some of which may be missing.
_WHOLE = (
    "rank_lower",
    "rank_upper",
    "among",
    "peer_rank_lower",
    "peer_rank_upper",
    "peers",
    "grade",
)


def _whole(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype({name: "Int64" for name in _WHOLE if name in table})


def _bounded(*names: str) -> tuple[str, ...]:
    """Name the columns of estimates: each with its ends."""
    return tuple(f"{name}{end}" for name in names for end in ("", "_lower", "_upper"))


_WHO = ("indicator", "provider", "name", "class")
_PROVIDER = ("provider", "name", "kind")
_COLUMNS = {
    "indicators": (
        *("indicator", "title", "group", "level", "unit", "better", "first_period", "last_period"),
        *("ranked", "excluded", "not_shown", "events_shown", "cases_shown"),
        *_bounded("rankability", "persistence", "saving", "saving_flexible"),
        *("annual", "distinguishable", "provisional", "price", "currency"),
        *("spec_digest", "source_hash"),
    ),
    "totals": ("part", *_bounded("saving"), "currency", "assumption"),
    "providers": (
        *_PROVIDER,
        "class",
        "indicators",
        *_bounded("saving", "plain_saving"),
        "currency",
    ),
    "ranking": (
        *(*_WHO, "ranked", "observed", "events", "cases"),
        *(*_bounded("rate", "rank"), "among", *_bounded("peer_rank"), "peers"),
        *("placed", "grade", "note", "reason"),
    ),
    "savings": (
        *(*_WHO, *_bounded("saving"), "named", "prob_worth", "price_share", "statistics_share"),
        *("annual", "currency"),
    ),
    "trend": ("indicator", "provider", "period", "reported", *_bounded("rate")),
    "national_trend": ("indicator", "period", *_bounded("rate"), "middle_low", "middle_high"),
    "assurance": ("indicator", "check", "result", "threshold", "passed"),
    "refused": ("indicator", "title", "code", "message"),
}


def _ends(name: str, interval: Interval | None) -> dict[str, float | None]:
    found = interval or Interval(None, None, None)
    values = (found.mean, found.lower, found.upper)
    return dict(zip(_bounded(name), values, strict=True))


def _place(name: str, place: Place | None) -> dict[str, float | None]:
    values = (None,) * 3 if place is None else (place.expected, place.lower, place.upper)
    return dict(zip(_bounded(name), values, strict=True))


def count_cell(p: ProviderFacts, name: str) -> float | str | None:
    """Give a count or a crude rate, the mark where it is kept back, None where there is none."""
    return HIDDEN if name in p.hidden else getattr(p, name)


def added_up(x: IndicatorFacts, name: str) -> float | None:
    """Add up what is shown of a count over providers; None where nothing is."""
    shown = [value for p in x.providers if (value := getattr(p, name)) is not None]
    return float(sum(shown)) if shown else None


def _indicators(facts: QuarterFacts) -> _Rows:
    for x in facts.indicators:
        yield {
            **{name: getattr(x, name) for name in ("title", "group", "level", "unit", "better")},
            **{name: getattr(x, name) for name in ("annual", "distinguishable", "price")},
            "indicator": x.name,
            "first_period": x.periods[0] if x.periods else "",
            "last_period": x.periods[-1] if x.periods else "",
            "ranked": sum(not p.reason for p in x.providers),
            "excluded": sum(bool(p.reason) for p in x.providers),
            "not_shown": sum(bool({"events", "cases"} & set(p.hidden)) for p in x.providers),
            "events_shown": added_up(x, "events"),
            "cases_shown": added_up(x, "cases"),
            **_ends("rankability", x.rankability),
            **_ends("persistence", x.persistence),
            **_ends("saving", x.total),
            **_ends("saving_flexible", x.total_flexible),
            "provisional": x.provisional or x.doubts,
            "currency": "" if x.total is None else facts.currency_of(x),
            "spec_digest": x.digest,
            "source_hash": x.source_hash,
        }


def _totals(facts: QuarterFacts) -> _Rows:
    if facts.nation is None:
        return
    told = {"currency": facts.currency, "assumption": facts.nation.assumption}
    yield {"part": _ONCE, **_ends("saving", facts.nation.total), **told}
    yield {"part": _PLAIN, **_ends("saving", facts.nation.plain_total), **told}
    for name, share in facts.nation.shares.items():
        yield {"part": name, **_ends("saving", share), **told}


def names_of_providers(facts: QuarterFacts) -> dict[Identity, str]:
    """Give the name of each provider of any indicator, in the order of the codes."""
    found: dict[Identity, str] = {}
    who = identities_of(facts.indicators)
    for x, p in _each(facts):
        one = who[x.level, p.code]
        if found.get(one, p.code) == p.code:  # an excluded provider has its code alone
            found[one] = p.name
    return dict(sorted(found.items(), key=lambda item: (item[0].code, item[0].kind)))


def _providers(facts: QuarterFacts) -> _Rows:
    who = identities_of(facts.indicators)
    ranked = [who[x.level, p.code] for x in facts.indicators for p in x.providers if not p.reason]
    for one, name in names_of_providers(facts).items():
        found: Together | None = facts.by_provider.get(one.key)
        yield {
            "provider": one.code,
            "name": name,
            "kind": one.kind,
            "class": facts.classes.get(one.code, ""),
            "indicators": ranked.count(one),
            **_ends("saving", None if found is None else found.total),
            **_ends("plain_saving", None if found is None else found.plain_total),
            "currency": facts.currency if found is not None else "",
        }


def _who(facts: QuarterFacts, x: IndicatorFacts, p: ProviderFacts) -> dict[str, str]:
    own = facts.classes.get(p.code, "")
    return {"indicator": x.name, "provider": p.code, "name": p.name, "class": own}


def _each(facts: QuarterFacts) -> Iterator[tuple[IndicatorFacts, ProviderFacts]]:
    return ((x, p) for x in facts.indicators for p in x.providers)


def _ranking(facts: QuarterFacts) -> _Rows:
    for x, p in _each(facts):
        yield {
            **_who(facts, x, p),
            "ranked": not p.reason,
            **{name: count_cell(p, name) for name in ("observed", "events", "cases")},
            **_ends("rate", p.rate),
            **_place("rank", p.place),
            "among": None if p.place is None else p.place.among,
            **_place("peer_rank", p.among_peers),
            "peers": None if p.among_peers is None else p.among_peers.among,
            **{name: getattr(p, name) for name in ("placed", "grade", "note", "reason")},
        }


def _places(facts: QuarterFacts) -> _Rows:
    """Write each place with its interval: providers by indicators."""
    who = identities_of(facts.indicators)
    held = {(who[x.level, p.code], x.name): p.place for x, p in _each(facts)}
    for one, name in names_of_providers(facts).items():
        places = {x.name: place_text(held.get((one, x.name))) for x in facts.indicators}
        yield {"provider": one.code, "name": name, "kind": one.kind, **places}


def place_text(place: Place | None) -> str:
    """Write an expected rank with its interval, and among how many it is."""
    if place is None:
        return ""
    return f"{place.expected:,.1f} ({place.lower:,} to {place.upper:,}) of {place.among:,}"


def _savings(facts: QuarterFacts) -> _Rows:
    for x, p in _each(facts):
        if p.money is not None:
            shares = ("named", "prob_worth", "price_share", "statistics_share")
            told = {name: getattr(p.money, name) for name in shares}
            yield {
                **_who(facts, x, p),
                **_ends("saving", p.money.saving),
                **told,
                "annual": x.annual,
                "currency": facts.currency_of(x),
            }
        elif "money" in p.hidden:
            yield {**_who(facts, x, p), **dict.fromkeys(_bounded("saving"), HIDDEN)}


def _trend(facts: QuarterFacts) -> _Rows:
    for x, p in _each(facts):
        for moment in p.trend:
            told = {"indicator": x.name, "provider": p.code, "period": moment.period}
            there = None if "absent" in p.hidden else moment.period not in p.absent
            yield {**told, "reported": there, **_ends("rate", moment.rate)}


def _national(facts: QuarterFacts) -> _Rows:
    for x in facts.indicators:
        for moment in x.national:
            yield {
                "indicator": x.name,
                "period": moment.period,
                **_ends("rate", moment.rate),
                "middle_low": moment.low,
                "middle_high": moment.high,
            }


def _assurance(facts: QuarterFacts) -> _Rows:
    for x in facts.indicators:
        for one in x.checks:
            told = {name: getattr(one, name) for name in ("check", "result", "threshold", "passed")}
            yield {"indicator": x.name, **told}
    for refused in facts.refused:
        found = {"check": "analysed", "result": refused.code, "threshold": "no error"}
        yield {"indicator": refused.name, **found, "passed": False}


def _refused(facts: QuarterFacts) -> _Rows:
    for x in facts.refused:
        yield {"indicator": x.name, "title": x.title, "code": x.code, "message": x.message}
