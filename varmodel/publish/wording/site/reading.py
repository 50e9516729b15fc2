"""How the pages of the site are read: each word and mark, what it says and what it does not."""

from varmodel.publish.quarter.facts import QuarterFacts
from varmodel.publish.wording.money import GROSS
from varmodel.publish.wording.verdict import trust_scale

#: Policies on small numbers: name -> what it does, as the footer and the page say it.
_POLICIES = {
    "hes": "counts of 1 to 7 are not shown, all others are rounded to the nearest 5",
    "shmi": "small counts are not shown, as the SHMI is published",
    "cms": "counts of 1 to 10 are not shown, nor what would give them back",
    "none": "counts are shown as they are",
}
_TERMS = (
    (
        "The line and its point",
        "A line covers the places, or the rates, that are possible with probability .95. The "
        "point is the mean. Read the line first: what two lines share cannot be told apart.",
    ),
    (
        "Place",
        "The place among all that are ranked, 1 being the better end. It is never known exactly: "
        "the line says from where to where it may lie.",
    ),
    (
        "Surely in the top or bottom quarter",
        "With probability .95 or more, among all that are ranked. Of every hundred so placed, up "
        "to five may not belong there. A place that is not known is not a place in the middle.",
    ),
    (
        "Among those like it",
        "The same place among the providers nearest to it in what the model names, such as size "
        "and region. To be like in these is not to be like in all.",
    ),
    (
        "Adjusted rate",
        "The rate that a provider would have with the patients of all together, drawn towards "
        "the others as far as it may be chance. The crude rate is what was counted.",
    ),
    (
        "No difference shown",
        "The providers of this indicator differ by no more than chance may do, or by too little "
        "to matter. No saving is named, whoever stands first or last.",
    ),
    (
        "Rankability",
        f"The share of the differences between providers that is no chance. {trust_scale()}",
    ),
    (
        "Saving",
        "What would not be spent in a year if the provider were at the benchmark, at average "
        f"cost. {GROSS} A provider already there saves nothing.",
    ),
    (
        "Probability that a saving exceeds its cost",
        "The probability that the saving is larger than what acting on it costs. Rows of a "
        "provider's page stand in this order. It is no probability of success.",
    ),
    (
        "Price and count",
        "A saving is a price times a number of events. The bar says how much of its uncertainty "
        "is the price, which is the same for all, and how much is what was counted here.",
    ),
    (
        "Counted once",
        "Two indicators may free the same bed day. Totals count what is shared once; the plain "
        "sum stands beside, in small, because others publish it.",
    ),
    (
        "The story behind the number",
        "Why the crude rate differs from that of all providers together, part by part: the kinds "
        "of cases, who the patients are, what is the provider's own, what passes, chance.",
    ),
)


def explained(facts: QuarterFacts) -> list[tuple[str, str]]:
    """List the words of the site, each with what it means."""
    return [*_TERMS, ("Small numbers", f"{policy_words(facts.disclosure)}.")]


def policy_words(name: str) -> str:
    """Say what a policy does with small counts."""
    told = _POLICIES.get(name, "as the policy of that name says")
    return f"{name.upper()}: {told}" if name != "none" else f"No policy: {told}"


UNRANKED_PAGE = (
    "These providers are in no ranking, and in no benchmark: their patients are not like those of "
    "the others. Each is shown by its own figures, with the reason. Such a rate may be read beside "
    "the provider's own earlier ones; it says nothing beside another provider's."
)
