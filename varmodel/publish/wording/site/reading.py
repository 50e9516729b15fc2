"""How the pages of the site are read: each word and mark, what it says and what it does not."""

from varmodel.publish.wording.money import GROSS
from varmodel.publish.wording.verdict import trust_scale

_TERMS = {
    "The line and its point": (
        "A line covers the places, or the rates, that are possible with probability .95. The "
        "point is the mean. Read the line first: where two lines overlap by much, nobody knows "
        "which of the two is ahead. A line and a point in grey say that no place is sure."
    ),
    "Place": (
        "The place among all that are ranked; 1 is the better end. It is never known exactly, so "
        "it is written as the places between which it lies."
    ),
    "Surely in the top or the bottom quarter": (
        "With probability .95 or more, among all that are ranked. Of every hundred so placed up to "
        "five may not belong there. One that cannot be placed is not therefore in the middle."
    ),
    "Among those like it": (
        "The same among the providers nearest to it in what the model names, such as size and "
        "deprivation. To be like in these is not to be like in all."
    ),
    "Adjusted rate": (
        "The rate that a provider would have with the patients of all together, drawn towards the "
        "others as far as it may be chance. The crude rate is what was counted."
    ),
    "No difference shown": (
        "The providers of this indicator differ by no more than chance may do, or by too little "
        "to matter. No saving is named, whoever stands first or last."
    ),
    "Rankability": (
        f"The share of the differences between providers that is no chance. {trust_scale()}"
    ),
    "Saving": (
        "What would not be spent if the provider were at the benchmark, at average cost. "
        f"{GROSS} A provider that is there already saves nothing."
    ),
    "Probability that a saving exceeds its cost": (
        "The probability that the saving is larger than what acting on it costs. Where a cost is "
        "stated, the rows of a provider's page stand in this order. It is no probability that "
        "acting succeeds."
    ),
    "Price and rates": (
        "A saving is a price times a number of events. Its uncertainty is split between the "
        "price, which is the same for all, and the rates that were estimated here."
    ),
    "In the total, and the plain sum": (
        "Two indicators may free the same bed day, and a saving may be spent again elsewhere. "
        "Totals count what is shared once and take off what is spent again; what was taken is "
        "said beside them. The plain sum stands there in small, because others publish it."
    ),
    "The story behind it": (
        "Why the crude rate differs from that of all providers together, part by part: the kinds "
        "of cases, who the patients are, what is the provider's own, what passes, chance."
    ),
}


def explained(small_numbers: str) -> list[tuple[str, str]]:
    """List the words of the site, each with what it means; the policy on small numbers last."""
    return [*_TERMS.items(), ("Small numbers", small_numbers)]


UNRANKED_PAGE = (
    "These providers are in no ranking and in no benchmark. Each is shown by its own figures, on "
    "its own patients, with the reason. Read such a rate beside the provider's own earlier ones: "
    "it says nothing beside another provider's."
)
