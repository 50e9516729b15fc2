"""The first page of a quarter: what all indicators together say, and what nobody may read off."""

from collections.abc import Sequence

from varmodel.publish.quarter.facts import IndicatorFacts, QuarterFacts, Together
from varmodel.publish.wording.money import GROSS
from varmodel.publish.wording.numbers import counted_in_words
from varmodel.publish.wording.periods.annual import OVER_TABLE
from varmodel.publish.wording.site.written import Figure95, money_figure
from varmodel.publish.wording.verdict import MOSTLY_NOISE, is_mostly_noise

NO_INDICATOR = "No indicator of this quarter could be published."
NO_TOTAL = "No national saving: no indicator of this quarter has one."


def lead_of_nation(facts: QuarterFacts) -> list[str]:
    """Say how many indicators may be read, and how far.

    Parameters
    ----------
    facts : QuarterFacts

    Returns
    -------
    list of str
        Sentences, the count of indicators first.
    """
    held = facts.indicators
    if not held:
        return [NO_INDICATOR]
    apart = [of for of in held if of.distinguishable and not of.provisional]
    drafts = [of for of in held if of.status == "draft"]
    doubted = [of for of in held if of.provisional or of.doubts]
    found = [_apart(len(apart), len(held)), *([_order(apart)] if apart else [])]
    if doubted:
        found.append(f"Provisional figures, with the reason: {_indicators(len(doubted))}.")
    if drafts:
        found.append(f"Drafts, whose definition nobody has reviewed: {_indicators(len(drafts))}.")
    if facts.refused:
        found.append(f"Not published, with the reason: {_indicators(len(facts.refused))}.")
    return found


def _apart(number: int, of: int) -> str:
    """Say on how many indicators providers are told apart, and by enough to matter."""
    if number == 0:
        return (
            f"On none of {_indicators(of)} are the differences between providers shown to be more "
            "than chance and large enough to matter."
            if of > 1
            else NONE_APART
        )
    if number == of:
        where = f"On all {_indicators(of)}" if of > 1 else "On the one indicator"
    else:
        where = f"On {'one' if number == 1 else f'{number:,}'} of {_indicators(of)}"
    return (
        f"{where} the differences between providers are more than chance, and large enough to "
        "matter."
    )


def _order(apart: Sequence[IndicatorFacts]) -> str:
    """Say on how many of the indicators that tell providers apart their order may be read."""
    sure = sum((of.rankability.lower or 0.0) >= MOSTLY_NOISE for of in apart)
    noise = sum(is_mostly_noise(of.rankability.mean or 0.0) for of in apart)
    held = {_SURE: sure, _NOISE: noise, _UNSURE: len(apart) - sure - noise}
    said = [(number, words) for words, number in held.items() if number]
    if len(said) == 1:
        return f"{'On all of these' if len(apart) > 1 else 'There'}, {said[0][1]}."
    parts = [f"on {counted_in_words(number)}, {words}" for number, words in said]
    return f"Of these, {'; '.join(parts)}."


NONE_APART = (
    "On the one indicator the differences between providers are not shown to be more than chance "
    "and large enough to matter."
)
_SURE = "more than half of what is seen is surely real"
_NOISE = "the order is mostly noise: read groups, not places"
_UNSURE = "it is not sure that half of what is seen is real"


def _indicators(number: int) -> str:
    return f"{number:,} indicator{'' if number == 1 else 's'}"


def total_of_nation(facts: QuarterFacts) -> Figure95:
    """Write the national saving, what is shared counted once."""
    if facts.nation is None:
        return Figure95("")
    return money_figure(facts.nation.total, currency=facts.currency)


def meaning_of_total(facts: QuarterFacts) -> str:
    """Say what the national saving is, after its figure."""
    parts = {} if facts.nation is None else facts.nation.shares
    priced = [of for of in facts.indicators if of.name in parts]
    times = {of.annual for of in priced}
    time = ""
    if len(times) == 1:
        time = "a year " if True in times else f"{OVER_TABLE} "
    return f"{time}would be saved if every provider were at its benchmark or better. {GROSS}"


def told_of(together: Together | None) -> list[str]:
    """Say what a total takes to be shared or spent again, without what is said beside it."""
    return [] if together is None else [x for x in together.said if x != GROSS]


HOW_MADE = "How the total is made"
SAME_FOR_EACH = "The total of one provider is made in the same way, of its own indicators."
SUM_NOT_QUOTED = "The plain sum of all rows, which is not to be quoted:"
PART_OF_TOTAL = "in the total"
MAY = (
    "The national saving with its interval, and how much of it each indicator holds.",
    "Which indicators tell providers apart, and which do not.",
    "Of one trust, in which quarter it surely is, and each figure with its interval.",
)
MAY_NOT = (
    "That the saving is cash, or that it comes by itself: it is gross, at average cost.",
    "That the first trust of a list is the first in truth, or the last the last.",
    "A league table of all indicators together: there is none here, and none can be made of it.",
    "Why trusts differ: figures cannot tell care from patients that no column describes.",
)
