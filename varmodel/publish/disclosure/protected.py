"""Facts without small numbers: what a site or a table may say of a quarter.

Counts are shown as the policy shows them, and crude figures are made of the counts shown. A
provider whose count is hidden keeps its place and its adjusted rate, which are no counts, the rate
with two digits (an excluded one, whose rate is nearly its crude rate, has none). Its story and the
parts of its difference go, which hold its crude rate; those of the others are told anew of the
crude rates that are shown. Crude rates of single periods go: with the rate over all periods they
would tell the counts of each apart. So do the names of those nearest in volume, which give the
order of all exact counts. Of which quarters a provider of few cases has rows goes too: seven cases
in seven quarters that all have some are one each.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace

from varmodel.publish.disclosure.money import savings_shown, together_shown
from varmodel.publish.disclosure.policies import Policy, policy_of
from varmodel.publish.disclosure.rounded import rounded, significant
from varmodel.publish.names import in_words
from varmodel.publish.quarter.facts import (
    IndicatorFacts,
    Interval,
    Moment,
    ProviderFacts,
    QuarterFacts,
)
from varmodel.publish.wording.sections.story import PartRows, tell_parts
from varmodel.spec.rules import LOG_VOLUME

#: Digits of an adjusted rate beside a hidden count, and of what crude rates would claim.
_RATE, _PLUG_IN = 2, 2
#: Counts shown from which on a crude rate made of them is within a tenth of the exact one, and one
#: within a fiftieth, of which a story is told.
_FOR_RATE, _FOR_STORY = 20, 100
#: Cases shown from which on it is told of which periods there are any.
_FOR_PRESENCE = 100
#: What is left to chance: the part of a crude difference that follows the crude rate.
_CHANCE = "noise"
#: A crude rate is that of its counts, but for rounding.
_ROUNDING = 1e-6


def disclosed(facts: QuarterFacts) -> QuarterFacts:
    """Keep small numbers from the facts of a quarter, by the policy that they name.

    Parameters
    ----------
    facts : QuarterFacts

    Returns
    -------
    QuarterFacts
        Facts that may be published; a figure that is not shown is None. Facts that went through
        before come back equal.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an unknown policy.
    """
    policy = policy_of(facts.disclosure)
    if not policy.hides:
        return facts
    shown = tuple(disclosed_indicator(x, policy=policy) for x in facts.indicators)
    nation, by_provider = together_shown(facts, shown)
    refused = tuple(replace(x, message=_why(x.code)) for x in facts.refused)
    return replace(facts, indicators=shown, nation=nation, by_provider=by_provider, refused=refused)


#: What a refusal says in public: its message may show figures of the table.
_WHY = {
    "INPUT": "its table could not be read",
    "SCHEMA": "its table lacks a column, or names one twice",
    "VALUE": "a value of its table cannot be used",
    "COUNT": "counts of its table contradict each other",
    "KEY": "rows or codes of its table stand for the same thing twice",
    "PERIOD": "its periods cannot be read",
    "BAND": "its bands cannot be read",
    "DESIGN": "its table cannot tell what the model asks",
    "FIT": "its draws did not pass the checks",
}


def _why(code: str) -> str:
    why = _WHY.get(code.partition(".")[0], "it could not be analysed")
    return f"{why[0].upper()}{why[1:]}."


def disclosed_indicator(x: IndicatorFacts, *, policy: Policy) -> IndicatorFacts:
    """Keep small numbers from the facts of one indicator."""
    counts = {p.code: _Counts(p, policy) for p in x.providers}
    nation = _crude_of_all(counts[p.code] for p in x.providers if not p.reason)
    providers = []
    for p in x.providers:
        shown = _provider(p, counts[p.code])
        if nation is not None and counts[p.code].bears(_FOR_STORY):
            shown = _explained(shown, p, nation=nation, x=x)
        providers.append(replace(shown, peers=()) if in_words(LOG_VOLUME) in x.peers else shown)
    return replace(
        x,
        providers=savings_shown(providers, hidden={c for c, n in counts.items() if n.few_cases}),
        plug_in=significant(x.plug_in, _PLUG_IN),
        total=rounded(x.total),
        total_flexible=rounded(x.total_flexible),
        source_hash="",  # a guess of the table could be held against it
    )


class _Counts:
    """What is shown of the counts that a provider's crude rate is made of.

    Events that are not stated, as of measurements, are those that the rate has.
    """

    def __init__(self, p: ProviderFacts, policy: Policy) -> None:
        stated, cases = p.events, p.cases
        made = stated
        if stated is None and cases is not None and p.observed is not None:
            made = p.observed * cases
        self.known = made is not None and cases is not None
        self.made, self.cases = policy.shown(made), policy.shown(cases)
        self.events = policy.shown(stated)
        self.few_cases = cases is not None and self.cases is None
        self.hidden = self.few_cases or (made is not None and self.made is None)
        self.consistent = self.known and _is_rate(p.observed, made, cases)

    @property
    def shown(self) -> tuple[float, float] | None:
        """Events and cases as they are shown; None where a rate is not made of them."""
        if self.made is None or not self.cases or not self.consistent:
            return None
        return self.made, self.cases

    @property
    def crude(self) -> float | None:
        """The crude rate of the counts shown; None where rounding would say another thing."""
        if self.shown is None or not self.bears(_FOR_RATE):
            return None
        events, cases = self.shown
        return events / cases

    def bears(self, least: int) -> bool:
        """Whether the counts shown are large enough to make a rate of; none is none exactly."""
        if self.shown is None:
            return False
        events, cases = self.shown
        return cases >= least and (events == 0 or abs(events) >= least)


def _is_rate(observed: float | None, events: float | None, cases: float | None) -> bool:
    """Whether a crude rate is that of its counts, exact or as they are shown."""
    if observed is None or events is None or not cases:
        return False
    return abs(observed - events / cases) <= _ROUNDING * max(abs(observed), _ROUNDING)


def _crude_of_all(counts: Iterable[_Counts]) -> float | None:
    """Give the crude rate of all ranked providers together, made of what is shown of them."""
    held = [n.shown for n in counts if n.shown is not None]
    cases = sum(size for _, size in held)
    return sum(events for events, _ in held) / cases if cases else None


def _provider(p: ProviderFacts, counts: _Counts) -> ProviderFacts:
    """Show the counts of a provider, and its crude rate made of them, without its story."""
    shown = replace(
        p,
        observed=counts.crude,
        events=counts.events,
        cases=counts.cases,
        trend=tuple(replace(moment, observed=None) for moment in p.trend),
        story="",
        parts={},
        hidden=_hidden(p, counts),
    )
    if "absent" in shown.hidden:
        shown = replace(shown, absent=())
    if counts.hidden:
        return _coarse(shown if not p.reason else replace(shown, rate=None))
    return _coarse(shown) if p.reason else shown


def _hidden(p: ProviderFacts, counts: _Counts) -> tuple[str, ...]:
    """Name what is kept back, what was kept back before among it."""
    now = {"observed": counts.crude, "events": counts.events, "cases": counts.cases}
    gone = {name for name, shown in now.items() if shown is None and getattr(p, name) is not None}
    if p.trend and ("cases" in gone or (counts.cases or _FOR_PRESENCE) < _FOR_PRESENCE):
        gone.add("absent")
    return tuple(sorted(gone.union(p.hidden)))


def _coarse(p: ProviderFacts) -> ProviderFacts:
    """Give rates fewer digits."""
    return replace(p, rate=rounded(p.rate, _RATE), trend=tuple(map(_moment, p.trend)))


def _moment(moment: Moment) -> Moment:
    return replace(moment, rate=rounded(moment.rate, _RATE) or moment.rate)


def _explained(
    shown: ProviderFacts, before: ProviderFacts, *, nation: float, x: IndicatorFacts
) -> ProviderFacts:
    """Tell the story anew, of the crude rates that are shown; none where they are not."""
    if shown.observed is None or _CHANCE not in before.parts:
        return shown
    parts = _parts(before.parts, gap=shown.observed - nation)
    return replace(shown, parts=parts, story=_story(parts, nation, x) if before.story else "")


def _parts(parts: Mapping[str, Interval], *, gap: float) -> dict[str, Interval]:
    """Move the part of chance so that all add up to a gap made of counts shown."""
    rest = sum(part.mean or 0.0 for name, part in parts.items() if name != _CHANCE)
    chance = parts[_CHANCE]
    moved = gap - rest - (chance.mean or 0.0)
    ends = (None if end is None else end + moved for end in (chance.lower, chance.upper))
    return {**parts, _CHANCE: Interval(gap - rest, *ends)}


def _story(parts: Mapping[str, Interval], nation: float, x: IndicatorFacts) -> str:
    """Write the paragraph of parts that were moved."""
    rows: PartRows = {
        name: {**_figures(part), "sd": float(part.lower != part.upper), "mcse": 0.0}
        for name, part in parts.items()
    }
    return tell_parts(rows, nation, unit=x.unit, factor=x.scale)


def _figures(part: Interval) -> dict[Hashable, float]:
    named = {"mean": part.mean, "lower": part.lower, "upper": part.upper}
    return {name: value or 0.0 for name, value in named.items()}
