"""Facts of a quarter made by hand: nothing is fitted."""

from dataclasses import replace

from varmodel.publish.quarter.facts import (
    Checked,
    IndicatorFacts,
    Interval,
    Moment,
    Money,
    Place,
    ProviderFacts,
    QuarterFacts,
    Refused,
    Sampled,
    Together,
)
from varmodel.publish.quarter.intervals import NationalMoment

PERIODS = ("2008Q3", "2008Q4")


def rate_of(events, cases):
    """Return an adjusted rate that is nearly the crude one."""
    middle = (events + 1) / (cases + 4)
    return Interval(middle, 0.8 * middle, 1.25 * middle)


def provider(code="R01", events=50, cases=400, *, name="", among=4, at=1, **fields):
    """Return a provider with crude figures, a place, money, a trend and a story."""
    observed = events / cases if events is not None and cases else None
    rate = rate_of(events or 0, cases or 100)
    money = Money(Interval(1_234.5, 321.0, 2_345.6), 0.7, 0.2, 0.8)
    noise = 0.0 if observed is None else observed - 0.1 - 0.015
    parts = {"persistent": Interval(0.015, 0.01, 0.02), "noise": Interval(noise, -0.2, 0.2)}
    trend = tuple(Moment(period, observed, rate, 0.1) for period in PERIODS)
    found = ProviderFacts(
        code,
        name or f"Hospital {code}",
        observed,
        None if events is None else float(events),
        None if cases is None else float(cases),
        rate,
        place=Place(float(at), 1, among, among),
        among_peers=Place(float(at), 1, among, among),
        peers=("R02",),
        placed="not sure",
        grade=1,
        money=money,
        trend=trend,
        story="Its crude rate is 0.125, that of all providers together 0.100.",
        parts=parts,
    )
    return replace(found, **fields)


def excluded(code="X1", **fields):
    """Return a provider that is shown and not ranked."""
    own = ProviderFacts(code, code, 0.25, None, None, Interval(0.2, 0.1, 0.3), reason="specialist")
    return replace(own, **fields)


def indicator(name="deaths", providers=None, **fields):
    """Return an indicator with these providers."""
    if providers is None:
        providers = [provider(f"R{k:02}", 50 + k, 400, at=k) for k in range(1, 5)]
    found = IndicatorFacts(
        name=name,
        title=f"Indicator of {name}",
        group="clinical",
        level="trust",
        unit="%",
        better="lower",
        periods=PERIODS,
        headline="The order is reliable in the large, not place by place",
        verdict="",
        may_read=(),
        may_not_read=(),
        caveats=("coding differs",),
        why="it matters",
        rankability=Interval(0.7, 0.5, 0.9),
        persistence=Interval(0.8, 0.6, 0.95),
        total=Interval(4_938.0, 1_284.0, 9_382.4),
        total_flexible=Interval(5_000.0, 1_300.0, 9_500.0),
        plug_in=6_543.21,
        price="100 GBP",
        annual=True,
        distinguishable=True,
        provisional="",
        model="",
        digest="d" * 64,
        source_hash="s" * 64,
        providers=tuple(providers),
        scale=100.0,
        drawn=Sampled(
            *("marginal", 4, 4_000, True, "", "ar1"),
            priors={"provider_sd": "half_normal(sigma = 0.5)"},
            model=(("response", "deaths / cases (binomial, logit link)"),),
        ),
        checks=(Checked("gate of the draws and of the figures", "fine", "fine", True),),
        national=tuple(NationalMoment(p, Interval(0.1, 0.09, 0.11), 0.08, 0.12) for p in PERIODS),
    )
    return replace(found, **fields)


def together(*names, mean=4_938.0):
    """Return savings of these indicators, of equal shares."""
    share = Interval(mean / len(names), 0.5 * mean / len(names), 2 * mean / len(names))
    total = Interval(mean, 0.5 * mean, 2 * mean)
    return Together(total, total, dict.fromkeys(names, share), ("Taken to be independent.",))


def quarter(*indicators, **fields):
    """Return a quarter of these indicators."""
    indicators = indicators or (indicator(),)
    names = [x.name for x in indicators]
    codes = sorted({p.code for x in indicators for p in x.providers if p.money is not None})
    found = QuarterFacts(
        title="A quarter",
        period=PERIODS[-1],
        seed=7,
        versions={"varmodel": "0.1.0"},
        indicators=tuple(indicators),
        refused=(Refused("bad", "A bad one", "COUNT.EXCEEDS", "first at line 3: '4'"),),
        nation=together(*names),
        by_provider={code: together(*names, mean=1_234.5) for code in codes},
        classes={"R01": "teaching"},
        currency="GBP",
        disclosure="hes",
    )
    return replace(found, **fields)
