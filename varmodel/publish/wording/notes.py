"""What must be read with a table: loss, interval, rankability, gate, nil verdict, shape."""

from varmodel.fits import Fit
from varmodel.fits.fit import FAILED_GATE
from varmodel.frame import period_word
from varmodel.publish.published import Published
from varmodel.publish.wording.headline import caution
from varmodel.publish.wording.kinds import left_out, rate_meaning
from varmodel.publish.wording.money import GROSS, NIL_NOTE
from varmodel.publish.wording.numbers import probability
from varmodel.publish.wording.periods.annual import if_it_lasted, is_annual
from varmodel.publish.wording.periods.ranked import what_is_ranked
from varmodel.publish.wording.places import ORDER_NOTE, SURE, places_note
from varmodel.publish.wording.sections.grades import leading_grades, order_notes
from varmodel.publish.wording.support import support_note
from varmodel.publish.wording.verdict import (
    bridge,
    is_mostly_noise,
    shape_doubts,
    shape_sentence,
    trust,
    verdict_sentence,
    volume_doubts,
)
from varmodel.spec import as_unit_cost

COVERAGE = (
    "Intervals of ranks cover for the providers as they are published; of the providers truly in "
    "an outer tenth, in simulations, a 90 % interval held the rank of only .47 to .79."
)
UNSURE_MEANS = "not sure where none of the three reaches it"
#: Fewer providers have no outer tenth to speak of.
_MANY = 20
DIFFER = (
    "Unshrunken rates carry chance into the saving and tend to overstate it; shrunken means are "
    "drawn together and tend to understate it; joint draws find benchmark and gap anew in each "
    "draw and are right on average where the shape of the effects is."
)


def notes_of(x: Published, name: str) -> tuple[str, ...]:
    """Give the notes of a printed table."""
    gate, support = _gate(x.fit), support_note(x.fit.frame)
    about = {
        "ranking": (
            what_is_ranked(x),
            *_order(x),
            support,
            *caution(x.fit),
            *verdict(x),
            _DIGITS,
            gate,
        ),
        "rates": (
            _rates(x.fit),
            left_out(x.spec),
            what_is_ranked(x),
            support,
            *verdict(x),
            _DIGITS,
            gate,
        ),
        "savings": (*_money(x), left_out(x.spec), gate),
        "totals": (*_money(x), rankability_sentence(x), gate),
        "diagnostics": (gate, sampler(x.fit), *_THRESHOLDS),
    }
    stamp = (f"{x.fit.stamp}.",) if x.fit.provisional else ()
    return tuple(filter(None, (*stamp, *about[name])))


def rankability_sentence(x: Published) -> str:
    """Say what share of the differences is signal, in a figure and in words."""
    share = x.median_rankability
    return f"Rankability {probability(share)} (posterior median): {trust(share)}."


def verdict(x: Published) -> list[str]:
    """Say the verdict on chance and size, and how it goes with the rankability."""
    nil, share = x.nil, x.median_rankability
    return list(filter(None, [verdict_sentence(nil, x.fit.spec), bridge(nil, share)]))


def shape_words(x: Published) -> str:
    """Say whether the distribution of the effects is believed, and whether size matters."""
    money = x.savings is not None
    return " ".join(
        [shape_sentence(x.shape, money=money), *volume_doubts(x.checks.volume, money=money)]
    )


def doubts_words(x: Published) -> str:
    """Say only what is doubted: the shape of the effects, or that size does not matter."""
    money = x.savings is not None
    return " ".join(
        [*shape_doubts(x.shape, money=money), *volume_doubts(x.checks.volume, money=money)]
    )


def sampler(fit: Fit) -> str:
    """Say how the draws came about."""
    sizes, attrs = fit.posterior.sizes, fit.draws.attrs
    count = sizes["chain"] * sizes["draw"]
    kind = "independent draws" if attrs.get("independent_draws") else f"{sizes['chain']} chains"
    return f"Sampler: {attrs['sampler']}, {count:,} draws ({kind}), seed {attrs['random_seed']}."


def _named(x: Published) -> str:
    """Say from what saving on a provider is named (methods 7)."""
    spec, cost = x.fit.spec, as_unit_cost(x.fit.spec.unit_cost or 0.0)
    if spec.nil.smallest_saving is not None:
        bar = f"{spec.nil.smallest_saving:,g} {cost.currency}"
    elif spec.family_row.link_name == "identity":
        bar = "the cost of 3 % of the sd of single measurements in each unit of its activity"
    else:
        bar = "1 % of what its activity costs at the national rate"
    return (
        f"A provider is named where its saving exceeds {bar} with probability .95; the others are "
        "in the total and not named."
    )


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
    count = x.fit.frame.sizes["provider"]
    share = x.median_rankability
    by = "group" if leading_grades(x) is None else "grade"
    listed = (
        f"Listed by {by} and code, not by rank: " if is_mostly_noise(share) else f"{ORDER_NOTE} "
    )
    return [
        f"{listed}{rankability_sentence(x)} The {x.fit.spec.better} is better.",
        "Intervals: 95 %, equal-tailed, in whole places.",
        f"Placed: there with probability {SURE:.2f} or more; {UNSURE_MEANS}.",
        places_note(count),
        *order_notes(x),
        *([COVERAGE] if count >= _MANY else []),
    ]


def _money(x: Published) -> list[str]:
    if x.savings is None:
        return [*verdict(x), shape_words(x)]
    if not x.nil.distinguishable:
        return [*verdict(x), NIL_NOTE, _over(x), GROSS, shape_words(x)]
    interval = "Intervals: 95 %, equal-tailed."
    return [*verdict(x), interval, _over(x), GROSS, _named(x), DIFFER, shape_words(x)]


def _over(x: Published) -> str:
    """Say what time the money is of."""
    factor = x.fit.annual_factor
    if not is_annual(x.fit.spec):
        return "Savings are those of the time of the table: the model does not say what a year is."
    lasted = f": they read, {if_it_lasted(x.fit)}" if if_it_lasted(x.fit) else ""
    return f"Annual savings: {factor:g} times those of a mean {period_word(x.fit.frame)}{lasted}."


def _gate(fit: Fit) -> str:
    failed = FAILED_GATE in fit.provisional_reason
    return "Gate: failed." if failed else "Gate of the draws and of the figures: passed."
