"""What must be read with a table: loss, interval, rankability, gate, nil verdict, shape."""

from varmodel.fits import Fit
from varmodel.publish.headline import caution, trust
from varmodel.publish.kinds import rate_meaning
from varmodel.publish.numbers import probability
from varmodel.publish.plots.paper import STAMP
from varmodel.publish.plots.ranks import SURE
from varmodel.publish.plots.subject import Published
from varmodel.studies import NilVerdict

COVERAGE = (
    "Intervals of ranks cover for the providers as they are published; of the providers truly in "
    "an outer tenth, in simulations, a 90 % interval held the rank of only .47 to .79."
)
#: Fewer providers have no outer tenth to speak of.
_MANY = 20
NAMED = (
    "A provider is named where its saving exceeds 1 % of its own cost with probability .95; "
    "the others are in the total and not named."
)
DIFFER = (
    "Unshrunken rates carry chance into the saving and tend to overstate it; shrunken means are "
    "drawn together and tend to understate it; joint draws find benchmark and gap anew in each "
    "draw and are right on average where the shape of the effects is."
)


def notes_of(x: Published, name: str) -> tuple[str, ...]:
    """Give the notes of a printed table."""
    gate = _gate(x.fit)
    about = {
        "ranking": (*_order(x), *caution(x.fit), verdict(x.nil), _DIGITS, gate),
        "rates": (_rates(x.fit), verdict(x.nil), _DIGITS, gate),
        "savings": (*_money(x), gate),
        "totals": (*_money(x), rankability(x), gate),
        "diagnostics": (gate, sampler(x.fit), *_THRESHOLDS),
    }
    stamp = (f"{STAMP}.",) if x.fit.provisional else ()
    return (*stamp, *about[name])


def rankability(x: Published) -> str:
    """Say what share of the differences is signal, in a figure and in words."""
    share = float(x.rankability.median())
    return f"Rankability {probability(share)} (posterior median): {trust(share)}."


def verdict(nil: NilVerdict) -> str:
    """Say the nil verdict in words."""
    chance = f"p = {nil.p_value:.3f} without any variation"
    matters = f"probability that the variation matters {probability(nil.prob_relevant)}"
    if nil.distinguishable:
        return f"The providers can be told apart from chance ({chance}; {matters})."
    return (
        f"Nil: the providers cannot be told apart from chance ({chance}; {matters}). "
        "That nothing was found is not that there is nothing."
    )


def shape_words(x: Published) -> str:
    """Say whether the law of the effects is believed."""
    shape = x.shape
    if shape is None:
        return "The shape of the effects was not checked."
    p_value = "p < .001" if shape.p_value < 0.001 else f"p = {shape.p_value:.3f}"
    if shape.passed:
        found = f"Shape of the effects: no doubt was found ({p_value}), which does not prove it."
        failed = "The savings are PROVISIONAL: the refit with a flexible shape failed."
        return f"{found} {failed}" if shape.provisional else found
    doubt = f"The shape of the effects is doubted ({p_value}): look for specialists to exclude."
    if x.savings is None:
        return doubt
    return f"{doubt} The savings are PROVISIONAL: read the total with a flexible shape."


def sampler(fit: Fit) -> str:
    """Say how the draws came about."""
    sizes, attrs = fit.posterior.sizes, fit.draws.attrs
    count = sizes["chain"] * sizes["draw"]
    kind = "independent draws" if attrs.get("independent_draws") else f"{sizes['chain']} chains"
    return f"Sampler: {attrs['sampler']}, {count:,} draws ({kind}), seed {attrs['random_seed']}."


def _rates(fit: Fit) -> str:
    return (
        f"Adjusted: {rate_meaning(fit)}. Posterior means with 95 % equal-tailed intervals. "
        "Observed: crude, neither adjusted nor shrunken."
    )


_DIGITS = "Each figure has the digits that another run would give again, so they differ in number."
_THRESHOLDS = (
    "Asked for: effective sample size 400 of every figure, 200 in the tails of single providers.",
    "Where there are chains: R-hat at most 1.01, for one provider in a hundred 1.02.",
    "Independent draws have no R-hat; their effective size is that of the importance weights.",
)


def _order(x: Published) -> list[str]:
    share = float(x.rankability.median())
    listed = (
        "Listed by group and code, not by rank: "
        if trust(share).startswith("the order")
        else "Order: expected rank (least squared error). "
    )
    return [
        f"{listed}{rankability(x)} The {x.fit.spec.better} is better.",
        "Intervals: 95 %, equal-tailed, in whole places.",
        f"Placed: in that quarter with probability {SURE:.2f} or more.",
        *([COVERAGE] if x.fit.frame.sizes["provider"] >= _MANY else []),
    ]


def _money(x: Published) -> list[str]:
    if x.savings is None:
        return [verdict(x.nil), shape_words(x)]
    nil = [] if x.nil.distinguishable else [_NIL]
    interval = "Intervals: 95 %, equal-tailed; gross at average cost, not cash."
    named = [NAMED] if x.nil.distinguishable else []
    return [verdict(x.nil), *nil, interval, *named, DIFFER, shape_words(x)]


_NIL = "The saving is nil to the 95 % posterior quantile, without a lower end; nobody is named."


def _gate(fit: Fit) -> str:
    return "Gate: failed." if fit.provisional else "Gate of the draws and of the figures: passed."
