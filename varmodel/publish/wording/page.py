"""The report's own words on its verdicts: what stands between its tables and its pictures."""

from varmodel.publish.wording.money import GROSS, NIL_PAGE
from varmodel.publish.wording.verdict import PROVISIONAL, trust, trust_scale


def page_words(*, passed: bool) -> dict[str, str]:
    """Give the template its sentences; ``passed`` is the verdict of the gate on the draws."""
    return {
        **_WORDS,
        "gate": "The draws passed all checks." if passed else "The draws failed their checks.",
        "rankability": f"{_SHARE} {trust_scale()}",
    }


#: What stands above the pictures, and below them.
RANKS = (
    "Where each provider may stand",
    (
        "Each line covers the places where a provider may stand, with probability .95. The point "
        "is its mean place. Read the lines before the points."
    ),
)
SHRINKAGE = (
    "From the raw rate to the adjusted one",
    (
        "The circle is the raw rate, the diamond the adjusted one. The fewer the cases, the more "
        "of the raw rate is chance, and the further it is drawn to the others. Reliability is the "
        "share of the raw rate's difference that is no chance."
    ),
)
VOLUME = (
    "Crude rate and number of cases",
    (
        "Between the curves lie providers that may differ by chance alone. The rates are crude: "
        "who lies outside may treat other patients."
    ),
)
STORY = (
    "From the crude rate of all providers on top to that of this one at the bottom, part by part. "
    "A hatched bar lowers the rate. Thin lines are 95 % intervals."
)
RATES = (
    "Each line holds the provider's true rate with probability .95; the point is the mean of what "
    "it may be. A filled triangle says that the provider lies on that side of the dashed line with "
    "probability above .975."
)
CHANGE = (
    "Each line holds the change with probability .95. A filled triangle says that the provider "
    "really moved against the others, with probability above .975."
)
TREND = (
    "Points and bars: the provider with its 95 % intervals. Bands: where the middle of the "
    "providers lies."
)
SAVINGS_BELOW = (
    "Above, the total by each method. Below, the saving of each provider with its 95 % interval, "
    "the largest first. Only those are named whose saving is nearly certain. The two panels have "
    "scales of their own."
)
CHECK = "The table among those that the model would give"
TORNADO = (
    "What each choice alone makes of the total",
    (
        "A bar goes from the total as the model stands to that under another choice; the thin line "
        "is its 95 % interval, the band the model's own. A bar inside the band moves the total by "
        "less than the figures themselves leave open. A grey bar is the computer's own noise: that "
        "choice changes nothing that can be seen."
    ),
)
TRACE = "What the sampler did"
_SHARE = "The share of the differences between providers that is no chance."
_WORDS = {
    "provisional": PROVISIONAL,
    "no_result": "Nothing on this page is a result.",
    "noise": f"{trust(0.0).capitalize()}.",
    "in_groups": "The table is listed in groups, within a group by code, and not by rank.",
    "order_of_chance": (
        "Drawn in the order of the expected ranks to show how far the intervals overlap. The order "
        "of the rows is what chance may do: do not read it."
    ),
    "nil": "Nil.",
    "nil_saving": NIL_PAGE,
    "four_figures": ("Other methods publish other figures, so they stand side by side:"),
    "two_figures": "by this model and by one of flexible shape:",
    "gross": GROSS,
    "excluded": (
        "These providers are in neither the ranking, nor the mix of patients that the others are "
        "held against, nor the benchmark."
    ),
    "passing": (
        "Draws that pass would give the same numbers in another run; that does not say that the "
        "model is right."
    ),
}
