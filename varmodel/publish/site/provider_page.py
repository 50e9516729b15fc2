"""A provider's page: what is sure of it, a row an indicator, the story behind each number."""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import accumulate

from varmodel.publish.quarter.facts import (
    IndicatorFacts,
    Money,
    Place,
    ProviderFacts,
    QuarterFacts,
)
from varmodel.publish.site.drawings import Ruler, course, part_bar, place_strip, split_bar
from varmodel.publish.site.entries import Entry, EntryList, Shown, unranked_rows
from varmodel.publish.wording.numbers import probability_is
from varmodel.publish.wording.places import PROBS
from varmodel.publish.wording.sections.story import PART_NAMES
from varmodel.publish.wording.site import provider as words
from varmodel.publish.wording.site.absent import absent_on_all, absent_words, no_figures_in
from varmodel.publish.wording.site.indicator import stamp_of_indicator, time_words
from varmodel.publish.wording.site.nation import told_of
from varmodel.publish.wording.site.written import (
    count_text,
    crude_text,
    difference_unit,
    money_figure,
    part_figures,
    place_figure,
    rate_figure,
)

type Likes = Mapping[tuple[str, ...], tuple[str, list[str], list[Entry]]]


def provider_page(
    facts: QuarterFacts, entry: Entry, *, files: Mapping[str, str], entries: EntryList
) -> Shown:
    """Give the template of a provider's page what it needs.

    ``files`` are those of the indicators, ``entries`` those of all providers.
    """
    likes = _likes(entry, entries)
    ranked = [(of, own) for of, own in entry.rows if not own.reason]
    return {
        "entry": entry,
        "who": words.called(entry.level, many=False),
        "lead": words.lead_of(entry.rows, level=entry.level, currency=facts.currency),
        "absent": absent_on_all(entry.rows),
        **_together(facts, entry),
        "rows": [
            {
                "head": _head(of, own, file=files[of.name]),
                "place": _places(of, own, likes),
                "time": _time(of, own),
                "money": _money(of, own, facts.currency_of(of)),
                "story": _story(of, own),
            }
            for of, own in ranked
        ],
        "unranked": unranked_rows(entry, files),
        "ordered": words.order_note(ranked),
        "has_like": any(own.among_peers for _, own in ranked),
        "likes": list(likes.values()),
        "not_read": words.not_read(entry.rows, together=entry.key in facts.by_provider),
    }


def _together(facts: QuarterFacts, entry: Entry) -> Shown:
    """Give all savings of a provider, what is shared counted once, and the plain sum."""
    found = facts.by_provider.get(entry.key)
    if found is None:
        return {"together": None}
    counted = [of for of, _ in entry.rows if of.name in found.shares]
    pair = (found.total, found.plain_total)
    total, plain = (money_figure(x, currency=facts.currency) for x in pair)
    return {
        "together": total,
        "plain": None if plain == total else plain,
        "doubt": next((stamp for of in counted if (stamp := stamp_of_indicator(of))), ""),
        "made": words.TOTAL_MADE,
        "told": bool(told_of(facts.nation)),
        "out": words.not_in_total(entry.rows, found),
    }


def _likes(entry: Entry, entries: EntryList) -> Likes:
    """Number the distinct lists of providers like it, each with the indicators that take it."""
    found: dict[tuple[str, ...], tuple[str, list[str], list[Entry]]] = {}
    for of, own in entry.rows:
        if own.peers:
            members = [x for code in own.peers if (x := entries.found.get((of.level, code)))]
            anchor = f"like-{len(found) + 1}"
            found.setdefault(own.peers, (anchor, [], members))[1].append(words.short(of.title))
    return found


def _head(of: IndicatorFacts, own: ProviderFacts, *, file: str) -> Shown:
    return {
        "title": words.short(of.title),
        "file": file,
        "status": words.status(of, own),
        "sure": _sure(of, own),
        "stamp": stamp_of_indicator(of),
    }


def _sure(of: IndicatorFacts, own: ProviderFacts) -> bool:
    """Whether a place is sure, of an indicator whose providers differ."""
    return of.distinguishable and own.placed in PROBS


def _places(of: IndicatorFacts, own: ProviderFacts, likes: Likes) -> Shown:
    """Give the place among all, and among those like it."""
    sure = _sure(of, own)
    return {
        "all": _place(own.place, sure=sure),
        "like": _place(own.among_peers, sure=sure),
        "anchor": likes[own.peers][0] if own.peers else "",
    }


def _place(place: Place | None, *, sure: bool) -> Shown | None:
    if place is None:
        return None
    return {"strip": place_strip(place, sure=sure), "figure": place_figure(place)}


def _time(of: IndicatorFacts, own: ProviderFacts) -> Shown:
    """Give the last rate with its interval, all providers beside it, and the course."""
    rate = partial(rate_figure, scale=of.scale, unit=of.unit)
    if not own.trend:
        span = " to ".join(dict.fromkeys((*of.periods[:1], *of.periods[-1:])))
        return {"course": None, "rate": rate(own.rate), "when": span, "all": ""}
    first, last = own.trend[0], own.trend[-1]
    told = f"{rate(first.rate).value} in {first.period}, {rate(last.rate).value} in {last.period}"
    return {
        "course": course(own.trend, title=told, absent=own.absent) if len(own.trend) > 1 else None,
        "rate": rate(last.rate),
        "when": ", ".join(filter(None, (last.period, no_figures_in(own, last.period)))),
        "all": crude_text(last.national, scale=of.scale, unit=of.unit),
    }


def _money(of: IndicatorFacts, own: ProviderFacts, currency: str) -> Shown:
    """Give the saving, whether it may be named, and what its width is made of."""
    year = f" {time_words(of)}"
    if own.money is None:
        return {"named": None, "note": words.without_saving(of, own), "year": year}
    return {
        "named": own.money.named,
        "figure": money_figure(own.money.saving, currency=currency),
        "note": words.saving_note(own.money, currency=currency),
        "year": year,
        "prob": _worth(own.money),
        "cost": words.cost_words(of, currency=currency),
        "split": split_bar(own.money.price_share) if own.money.named else None,
        "split_words": words.split_words(own.money) if own.money.named else "",
    }


def _worth(money: Money) -> str:
    return "" if money.prob_worth is None else probability_is(money.prob_worth)


def _story(of: IndicatorFacts, own: ProviderFacts) -> Shown:
    """Give why the crude rate is what it is, what is ranked, what is warned of its place alone."""
    return {
        "ranked": "" if own.place is None else of.ranked,
        "text": own.story,
        "parts": list(_parts(of, own)),
        "unit": difference_unit(of.unit),
        "counts": "; ".join(_counts(of, own)),
        "notes": [x for x in (absent_words(of, own), own.note) if x],
    }


def _counts(of: IndicatorFacts, own: ProviderFacts) -> Iterator[str]:
    """Write the crude rate and what it is made of; what is kept back says so."""
    crude = crude_text(own.observed, scale=of.scale, unit=of.unit)
    told = {
        "observed": ("crude rate", crude),
        "events": ("events", count_text(own.events)),
        "cases": ("cases", count_text(own.cases)),
    }
    for name, (word, text) in told.items():
        if getattr(own, name) is not None or name in own.hidden:
            yield f"{word} {text}"


def _parts(of: IndicatorFacts, own: ProviderFacts) -> Iterator[tuple[str, object, object]]:
    """Draw each part from where the one before it ended: name, bar, figure."""
    means = [part.mean or 0.0 for part in own.parts.values()]
    starts = [0.0, *accumulate(means)]
    reach = [
        start + end
        for start, part in zip(starts, own.parts.values(), strict=False)
        for end in (part.lower or 0.0, part.upper or 0.0, part.mean or 0.0)
    ]
    scale, told = Ruler.over([*reach, 0.0]), part_figures(own.parts, scale=of.scale)
    for start, (name, part) in zip(starts, own.parts.items(), strict=False):
        yield PART_NAMES.get(name, name), part_bar(part, scale, start=start), told[name]
