"""The first page, and the lists: all indicators, all providers, who is not ranked, how to read."""

from collections import Counter
from collections.abc import Mapping

from varmodel.publish.names import literal
from varmodel.publish.quarter.facts import IndicatorFacts, QuarterFacts
from varmodel.publish.site.drawings import Ruler, share_strip, value_strip
from varmodel.publish.site.entries import Entry, EntryList, Shown, unranked_rows
from varmodel.publish.wording.site import indicator as of_indicator
from varmodel.publish.wording.site import nation as words
from varmodel.publish.wording.site.provider import called, short
from varmodel.publish.wording.site.reading import UNRANKED_PAGE, explained
from varmodel.publish.wording.site.written import (
    amount_text,
    money_figure,
    share_figure,
)


def nation_page(facts: QuarterFacts, *, files: Mapping[str, str], entries: EntryList) -> Shown:
    """Give the template of the first page what it needs."""
    held = sorted(facts.indicators, key=lambda of: (not facts.is_alike(of), *_opportunity(of)))
    tops = [
        of.total.upper
        for of in held
        if of.total is not None and of.total.upper is not None and facts.is_alike(of)
    ]
    scale = Ruler(0.0, max([*tops, 0.0]) or 1.0)
    nation = facts.nation
    return {
        "lead": words.lead_of_nation(facts),
        "total": words.total_of_nation(facts),
        "plain": None
        if nation is None
        else money_figure(nation.plain_total, currency=facts.currency),
        "assumed": [literal(x) for x in words.told_of(nation)],
        "said": words,
        "means": words.meaning_of_total(facts),
        "reach": amount_text(scale.high, currency=facts.currency),
        "counts": counted(entries),
        "mixed": len({of.annual for of in held if of.total is not None}) > 1,
        "rows": [_row(facts, of, file=files[of.name], scale=scale) for of in held],
        "refused": facts.refused,
    }


def counted(entries: EntryList) -> list[str]:
    """Count the providers by what they are called: "170 trusts"."""
    each = Counter(called(entry.level) for entry in entries.every)
    one = {called(entry.level): called(entry.level, many=False) for entry in entries.every}
    return [f"{each[x]:,} {x if each[x] > 1 else one[x]}" for x in sorted(each)]


def _opportunity(of: IndicatorFacts) -> tuple[bool, bool, float, str]:
    """Order by saving, then what is nil by how far it may go, then what has no saving."""
    if of.total is None:
        return True, True, 0.0, of.title
    nil = of.total.mean is None
    return False, nil, -(of.total.mean or of.total.upper or 0.0), of.title


def _row(facts: QuarterFacts, of: IndicatorFacts, *, file: str, scale: Ruler) -> Shown:
    share = None if facts.nation is None else facts.nation.shares.get(of.name)
    once = None if share is None else money_figure(share, currency=facts.currency)
    total = of_indicator.total_words(of, currency=facts.currency_of(of))
    return {
        "of": of,
        "title": short(of.title),
        "file": file,
        "who": f"{sum(not own.reason for own in of.providers):,} {called(of.level)}",
        "stamp": of_indicator.stamp_of_indicator(of),
        "total": total,
        "time": "" if of.total is None else of_indicator.time_words(of),
        "total_sort": None if of.total is None else of.total.mean or 0.0,
        "total_strip": None
        if of.total is None or not facts.is_alike(of)
        else value_strip(of.total, scale, sure=of.distinguishable, mark=0.0),
        "once": None if once is None or once.value == total.value else once,
        "rankability": share_figure(of.rankability),
        "rankability_sort": of.rankability.mean,
        "rankability_strip": share_strip(
            of.rankability, (of_indicator.NOISE_ENDS, of_indicator.MODERATE_ENDS)
        ),
    }


def list_page(entries: EntryList) -> Shown:
    """Give the list of all providers, by the first letters of their names."""
    parts: dict[str, list[Entry]] = {}
    for entry in entries.every:
        parts.setdefault(_letter(entry.label), []).append(entry)
    return {"parts": sorted(parts.items()), "counts": counted(entries)}


def _letter(label: str) -> str:
    """Give the letter under which a name stands; signs and digits stand together."""
    first = label[:1].upper()
    return first if first.isalpha() else "0\u20139"


def unranked_page(entries: EntryList, *, files: Mapping[str, str]) -> Shown:
    """Give who is not ranked, each with the indicators, the reasons and its own rates."""
    found = [(entry, unranked_rows(entry, files)) for entry in entries.every]
    return {"found": [(entry, rows) for entry, rows in found if rows], "intro": UNRANKED_PAGE}


def reading_page(facts: QuarterFacts, *, small_numbers: str) -> Shown:
    """Give the words and marks of the site, and what it is made of."""
    return {"terms": explained(small_numbers), "versions": sorted(facts.versions.items())}
