"""Verdicts: what is said of chance and size, of the order beside it, and of the effects' shape.

Each verdict has its sentence here and nowhere else; headline, notes, report and captions take it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from varmodel.errors import some
from varmodel.publish.wording.numbers import probability
from varmodel.spec import ModelSpec
from varmodel.studies import Checks, NilVerdict, Shape, Volume
from varmodel.studies.checks.found import UNLIKE

MOSTLY_NOISE, MODERATE = 0.5, 0.75
#: What stands over figures that are no results.
PROVISIONAL = "PROVISIONAL"
#: A p-value is printed to three decimals at most.
SMALL_P = 0.001


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one verdict on the differences between providers is called, and what it means.

    Attributes
    ----------
    heading : str
        The heading of a page, and the sentence without its figures and its full stop.
    short : str
        The end of a heading that asks "chance or not".
    warning : str
        What follows the sentence.
    meaning : str
        For readers who ask why; ``{percent}`` is the level of the test.
    order : str
        How an order is to be read all the same.
    """

    heading: str
    short: str
    meaning: str
    warning: str = ""
    order: str = ""


NOT_APART = Verdict(
    heading="Nil: the providers cannot be told apart from chance",
    short="nil",
    warning="That nothing was found is not that there is nothing.",
    meaning="Tables in which all providers are equal often spread as far as this one.",
    order="An order is still drawn up: read it as what chance may do.",
)
NOT_SHOWN = Verdict(
    heading="Nil: the differences are real, but not shown to matter",
    short="real, but not shown to matter",
    warning="The differences may be too small to matter, or the table too small to show it.",
    meaning=(
        "Tables in which all providers are equal spread as far as this one in fewer than "
        "{percent} % of cases, so some differences are real. That they are of the size that the "
        "model calls relevant is not shown."
    ),
    order="An order is still drawn up: its steps may be too small to matter.",
)
APART = Verdict(
    heading="The providers can be told apart from chance",
    short="there is variation",
    meaning=(
        "Both hold: tables in which all providers are equal spread as far as this one in fewer "
        "than {percent} % of cases, and the variation is at least of the size that the model "
        "calls relevant. It says nothing of any one provider."
    ),
)


_FADING = (
    "Tables in which providers differ in each period, and nothing of it lasts, often spread as far "
    "as this one."
)
_LASTING = (
    "Tables in which providers differ in each period, and nothing of it lasts, spread as far as "
    "this one in fewer than {percent} % of cases"
)
#: The same of several periods: what is tested is then whether anything lasts.
_OF_SEVERAL_PERIODS = {
    NOT_APART: replace(
        NOT_APART,
        heading="Nil: differences that last beyond one period cannot be told apart from chance",
        meaning=_FADING,
    ),
    NOT_SHOWN: replace(
        NOT_SHOWN,
        heading="Nil: differences last beyond one period, but they are not shown to matter",
        short="lasting, but not shown to matter",
        meaning=(
            f"{_LASTING}, so some differences last beyond one period. That they are of the size "
            "that the model calls relevant is not shown."
        ),
    ),
    APART: replace(
        APART,
        heading="The providers can be told apart from chance: differences last beyond one period",
        short="differences last beyond one period",
        meaning=(
            f"Both hold: {_LASTING[0].lower()}{_LASTING[1:]}, and the variation that lasts is at "
            "least of the size that the model calls relevant. It says nothing of any one provider."
        ),
    ),
}


def kind_of(nil: NilVerdict) -> Verdict:
    """Tell which of the three verdicts it is, in the words of one period; the first two are nil."""
    if nil.distinguishable:
        return APART
    return NOT_SHOWN if nil.detectable else NOT_APART


def verdict_of(nil: NilVerdict) -> Verdict:
    """Give the verdict in the words of its table: of one period, or of several."""
    kind = kind_of(nil)
    return _OF_SEVERAL_PERIODS[kind] if nil.several_periods else kind


def verdict_sentence(nil: NilVerdict, spec: ModelSpec) -> str:
    """Say the verdict with its figures."""
    said = verdict_of(nil)
    figures = [
        f"p = {nil.p_value:.3f} without any {'lasting ' if nil.several_periods else ''}variation",
        f"probability that the differences matter {probability(nil.prob_relevant)}{_before(nil)}",
    ]
    parts = [f"{said.heading} ({'; '.join(figures)}).", said.warning]
    if kind_of(nil) is not NOT_SHOWN and nil.prior_prob_relevant > spec.nil.prob:
        parts.append(_UNTESTED)
    return " ".join(filter(None, parts))


_UNTESTED = "By the prior alone they matter, so that probability says nothing: p alone decides."


def _before(nil: NilVerdict) -> str:
    prior = nil.prior_prob_relevant
    return "" if math.isnan(prior) else f", before the data {probability(prior)}"


def verdict_meaning(nil: NilVerdict, spec: ModelSpec, *, money: bool) -> str:
    """Explain the verdict, and what follows from it."""
    said = verdict_of(nil)
    told = said.meaning.format(percent=f"{100 * spec.nil.alpha:g}")
    follows = NO_NAMES if money and not nil.distinguishable else ""
    return " ".join(filter(None, [told, follows, said.order]))


NO_NAMES = "So no saving has a lower end, and no provider is named for one."


def is_mostly_noise(rankability: float) -> bool:
    """Whether the order says little (methods 4)."""
    return rankability < MOSTLY_NOISE


def trust(rankability: float) -> str:
    """Say in words what share of the differences is signal (methods 4)."""
    if is_mostly_noise(rankability):
        return "the order is mostly noise"
    return "moderate" if rankability <= MODERATE else "high"


def trust_scale() -> str:
    """Say from what rankability on which words hold."""
    low, high = (f"{bound:g}".removeprefix("0") for bound in (MOSTLY_NOISE, MODERATE))
    return f"Below {low} {trust(0.0)}, to {high} {trust(MODERATE)}, above it {trust(1.0)}."


def order_words(rankability: float) -> str:
    """Say the rankability in a figure and in words, as a part of a line."""
    return f"rankability {probability(rankability)}: {trust(rankability)}"


def stamped(text: str, *, provisional: bool) -> str:
    """Put the stamp before a caption."""
    return f"{PROVISIONAL}. {text}" if provisional else text


def bridge(nil: NilVerdict, rankability: float) -> str:
    """Say how verdict and rankability go together where they seem to contradict each other."""
    said = kind_of(nil)
    if is_mostly_noise(rankability):
        return "" if said is NOT_APART else _SMALL_BUT_REAL
    return {NOT_APART: _UNPROVEN, NOT_SHOWN: _SMALL_STEPS}.get(said, "")


_SMALL_BUT_REAL = (
    "The differences as a whole are real, but small beside the chance in a single provider's "
    "figures: who holds which place is mostly noise."
)
_UNPROVEN = (
    "Rankability says how reliable the order is if providers differ at all, and that is not shown."
)
_SMALL_STEPS = "The order may be reliable, and its steps still too small to matter."


def shape_doubts(shape: Shape, *, money: bool) -> list[str]:
    """Say what is wrong with the shape of the effects, if anything."""
    doubt = f"The shape of the effects is doubted ({_p(shape)}): look for specialists to exclude."
    advice = _READ_FLEXIBLE if shape.total is not None else _NOT_LOOKED
    return [
        *([] if shape.passed else [doubt]),
        *([f"The savings are {PROVISIONAL}: {advice}."] if money and shape.provisional else []),
    ]


_READ_FLEXIBLE = "read the total with a flexible shape"
_NOT_LOOKED = "without a total of flexible shape nobody knows how far they hang on the shape"


def shape_sentence(shape: Shape, *, money: bool) -> str:
    """Say whether the shape of the effects is believed."""
    passed = f"Shape of the effects: no doubt was found ({_p(shape)}), which does not prove it."
    return " ".join([*([passed] if shape.passed else []), *shape_doubts(shape, money=money)])


def _p(shape: Shape) -> str:
    return "p < .001" if shape.p_value < SMALL_P else f"p = {shape.p_value:.3f}"


def checks_doubts(checks: Checks, *, money: bool, where: str = "see the report") -> list[str]:
    """Say what the checks found: size matters, cells cluster, who is unlike the others."""
    clustering, unlike = checks.clustering, checks.unlike
    clustered = [] if clustering is None or clustering.passed else [_clustered(clustering.reason)]
    return [*volume_doubts(checks.volume, money=money), *clustered, *_unlike(unlike, where)]


def volume_doubts(volume: Volume | None, *, money: bool) -> list[str]:
    """Say that performance goes with size, and what that does to a total."""
    if volume is None or volume.passed:
        return []
    way = "higher" if volume.prob_positive > 1 / 2 else "lower"
    seen = (
        f"Size matters: larger providers have {way} rates (probability "
        f"{probability(max(volume.prob_positive, 1 - volume.prob_positive))})."
    )
    advice = _READ_VOLUME if volume.total is not None else f"{_NO_VOLUME}: {volume.reason}"
    return [seen, *([f"The savings are {PROVISIONAL}: {advice}."] if money else [])]


_READ_VOLUME = "read the total of a model that knows the size"
_NO_VOLUME = "a model that knows the size has no total"


def _clustered(reason: str) -> str:
    """Say that intervals are too narrow, and the way out."""
    seen, _, ways = reason.partition("; ")
    return f"Intervals may be too narrow: {seen}. Way out: {ways}."


def _unlike(unlike: Mapping[str, float], where: str) -> list[str]:
    if not unlike:
        return []
    return [f"The model does not fit {some(list(unlike))}: {where}."]


UNLIKE_WORDS = (
    "A new provider of the same kind would seldom show figures so far out (p below {bar:g}, both "
    "ways). Of {count:,} providers about {chance} would be listed by chance. Look whether they "
    "treat other patients; a specialist is excluded in the model, with its reason."
)


def unlike_words(count: int) -> str:
    """Say how the list of those that do not fit is read."""
    return UNLIKE_WORDS.format(bar=UNLIKE, count=count, chance=f"{UNLIKE * count:.2g}")
