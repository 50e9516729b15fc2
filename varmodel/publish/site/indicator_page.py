"""An indicator's page: how far its order may be read, the national saving, every provider."""

from functools import partial

from varmodel.publish.names import literal
from varmodel.publish.quarter.facts import IndicatorFacts, ProviderFacts, QuarterFacts
from varmodel.publish.site.drawings import Ruler, national_course, place_strip, value_strip
from varmodel.publish.site.entries import EntryList, Shown
from varmodel.publish.wording.money import NIL_PAGE
from varmodel.publish.wording.numbers import probability
from varmodel.publish.wording.places import PROBS
from varmodel.publish.wording.site import indicator as words
from varmodel.publish.wording.site.absent import absent_words
from varmodel.publish.wording.site.provider import called, saving_note, short, status
from varmodel.publish.wording.site.written import (
    KEPT_BACK,
    crude_text,
    money_figure,
    own_figure,
    place_figure,
    rate_figure,
    share_figure,
)


def indicator_page(facts: QuarterFacts, of: IndicatorFacts, *, entries: EntryList) -> Shown:
    """Give the template of an indicator's page what it needs."""
    ranked = [own for own in of.providers if not own.reason]
    if of.better == "neither":
        ranked.sort(key=lambda own: own.code)
    elif words.is_grouped(of):
        ranked.sort(key=lambda own: (own.grade or 0, words.group_of(own.placed), own.code))
    scale = _scale(ranked)
    centre = _mean(ranked)
    return {
        "of": of,
        "title": short(of.title),
        "rest": of.title.removeprefix(short(of.title)).lstrip(": "),
        "who": called(of.level),
        "stamp": words.stamp_of_indicator(of),
        "time": words.time_words(of),
        "rankability": share_figure(of.rankability),
        "totals": words.saving_words(of, currency=facts.currency_of(of)),
        "nil": "" if of.distinguishable or of.total is None else NIL_PAGE,
        "listed": words.list_note(of),
        "graded": words.is_grouped(of) and any(own.grade for own in ranked),
        "placed": any(own.place for own in ranked),
        "priced": any(own.money for own in ranked),
        "costed": any(own.money and own.money.prob_worth is not None for own in ranked),
        "rows": [
            _row(facts, of, own, entries=entries, scale=scale, centre=centre) for own in ranked
        ],
        "unranked": _unranked(of, entries),
        "trend": _trend(of),
        "model": "\n".join(literal(line) for line in of.model.splitlines()),
    }


def _unranked(of: IndicatorFacts, entries: EntryList) -> list[Shown]:
    return [
        {
            "entry": entries.of(of, own.code),
            "reason": literal(own.reason),
            "rate": own_figure(of, own),
        }
        for own in of.providers
        if own.reason
    ]


def _scale(ranked: list[ProviderFacts]) -> Ruler:
    """Span the intervals of all rates, which share a scale."""
    rates = [own.rate for own in ranked if own.rate is not None]
    return Ruler.over(end for x in rates for end in (x.lower, x.upper) if end is not None)


def _mean(ranked: list[ProviderFacts]) -> float | None:
    held = [own.rate.mean for own in ranked if own.rate is not None and own.rate.mean is not None]
    return sum(held) / len(held) if held else None


def _rate(of: IndicatorFacts, own: ProviderFacts) -> object:
    return rate_figure(own.rate, scale=of.scale, unit=of.unit)


def _row(
    facts: QuarterFacts,
    of: IndicatorFacts,
    own: ProviderFacts,
    *,
    entries: EntryList,
    scale: Ruler,
    centre: float | None,
) -> Shown:
    sure = of.distinguishable and own.placed in PROBS
    money = own.money
    return {
        "entry": entries.of(of, own.code),
        "status": status(of, own),
        "sure": sure,
        "notes": [x for x in (absent_words(of, own), own.note) if x],
        "grade": own.grade,
        "place": None if own.place is None else place_figure(own.place),
        "place_sort": None if own.place is None else own.place.expected,
        "place_strip": None if own.place is None else place_strip(own.place, sure=sure),
        "rate": _rate(of, own),
        "rate_sort": None if own.rate is None else own.rate.mean,
        "rate_strip": None
        if own.rate is None
        else value_strip(own.rate, scale, sure=sure, mark=centre),
        "saving": _saving(own, currency=facts.currency_of(of)),
        "saving_sort": None if money is None else money.saving.mean,
        "prob": "" if money is None or money.prob_worth is None else probability(money.prob_worth),
        "prob_sort": None if money is None else money.prob_worth,
    }


def _saving(own: ProviderFacts, *, currency: str) -> str:
    """Write a saving that may be named; of another, how far it may go."""
    if own.money is None:
        return KEPT_BACK if "money" in own.hidden else ""
    note = saving_note(own.money, currency=currency)
    return note or str(money_figure(own.money.saving, currency=currency))


def _trend(of: IndicatorFacts) -> Shown | None:
    """Draw all providers over time, with the ends of the scale in the reader's unit."""
    if len(of.national) < 2:
        return None
    scale = Ruler.over(
        end
        for m in of.national
        for end in (m.low, m.high, m.rate.lower, m.rate.upper)
        if end is not None
    )
    rate = partial(rate_figure, scale=of.scale, unit=of.unit)
    level = partial(crude_text, scale=of.scale, unit=of.unit)
    first, last = of.national[0], of.national[-1]
    told = [(m.period, rate(m.rate)) for m in of.national]
    title = f"All providers over time, from {first.period} to {last.period}; figures below."
    return {
        "svg": national_course(of.national, title=title, labels=scale),
        "low": level(scale.low),
        "high": level(scale.high),
        "first": first.period,
        "last": last.period,
        "told": told,
    }
