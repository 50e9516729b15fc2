"""The report's sentences: what may be read from a ranking, and what may not."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from varmodel.frame import period_word
from varmodel.publish.names import in_words, literal
from varmodel.publish.published import Published
from varmodel.publish.tables.printed import total_cells
from varmodel.publish.wording.headline import caution, width_of
from varmodel.publish.wording.kinds import adjusted_for, is_ratio, rate_meaning, rate_name
from varmodel.publish.wording.money import BESIDE
from varmodel.publish.wording.notes import verdict
from varmodel.publish.wording.numbers import probability
from varmodel.publish.wording.periods.annual import if_it_lasted
from varmodel.publish.wording.places import (
    GROUPS,
    PROBS,
    SURE,
    TOP,
    UNPLACED,
    place_titles,
    places_words,
)
from varmodel.publish.wording.sections.grades import grade_words, leading_grades
from varmodel.publish.wording.support import FLAG, flagged
from varmodel.publish.wording.terms import benchmark_words, overlap_words, price_words
from varmodel.publish.wording.verdict import (
    MODERATE,
    checks_doubts,
    is_mostly_noise,
    trust,
    verdict_of,
)
from varmodel.spec import as_unit_cost


@dataclass(frozen=True, slots=True)
class Estimate:
    """One of the figures of a total that stand side by side."""

    name: str
    figure: str
    why: str
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Lead:
    """What the page says first: how much of the order is signal."""

    level: str
    heading: str
    sentences: tuple[str, ...]


def lead(x: Published, ranking: pd.DataFrame | None) -> Lead:
    """Say how far the order may be trusted, in groups where it may not."""
    if ranking is None:
        what = "The model names no better direction, so there is no order and nobody is ranked."
        first = _rankability(x.median_rankability).sentences
        return Lead("moderate", "No direction is better: nothing is ranked", (*first, what))
    found = _rankability(x.median_rankability)
    count = Counter(ranking.loc[ranking["ranked"], "placed"])
    sentences = (*found.sentences, _groups(count), _neighbours(ranking, x))
    if not x.nil.distinguishable:
        return Lead("low", verdict_of(x.nil).heading, (*verdict(x), *sentences))
    if found.level == "low":
        graded = leading_grades(x)
        first = () if graded is None else tuple(grade_words(graded))
        return Lead("low", found.heading, (sentences[0], *first, *sentences[1:], *verdict(x)))
    if found.level == "high" and count.total() - count[UNPLACED] <= _FEW * count.total():
        heading = "The differences are mostly real, but few providers can be placed"
        return Lead("moderate", heading, sentences)
    return Lead(found.level, found.heading, sentences)


#: Who is placed, of all providers: as many as this are few; half of all have an outer quarter.
_FEW = 0.125


def _rankability(share: float) -> Lead:
    """Say in words what the rankability is."""
    figure = f"rankability {probability(share)}"
    if is_mostly_noise(share):
        level, heading = "low", trust(share).capitalize()
        first = (
            f"More than half of the differences between the providers is chance ({figure}). "
            "Read the groups and the intervals, not the places."
        )
    elif share <= MODERATE:
        level, heading = "moderate", "The order is moderately reliable"
        first = f"Part of the differences between the providers is chance ({figure})."
    else:
        level, heading = "high", "The order is reliable in the large, not place by place"
        first = f"Most of the differences between the providers are more than chance ({figure})."
    return Lead(level, heading, (first,))


def _groups(count: Counter[str]) -> str:
    """Count who belongs to each of the three places, and who cannot be placed."""
    total = count.total()
    names = place_titles(total)
    first, *others = (f"{_number(count[place])} {{}}to the {names[place]}" for place in PROBS)
    belong = "belongs " if count[TOP] <= 1 else "belong "
    told = f"{first.format(belong)}, {' and '.join(part.format('') for part in others)}"
    return (
        f"Of {total:,} providers, {told} with probability {SURE:.2f} or more. "
        f"{_number(count[UNPLACED]).capitalize()} cannot be placed."
    )


def _number(count: int) -> str:
    return f"{count:,}" if count else "none"


def _neighbours(ranking: pd.DataFrame, x: Published) -> str:
    """Count the neighbours of the ranking that can be told apart."""
    codes = ranking.loc[ranking["ranked"], "provider"].to_list()
    rates = x.rates.sel(provider=codes).transpose("chain", "draw", "provider").to_numpy()
    better = 0.5 + 0.5 * np.sign(np.diff(rates, axis=-1)).mean(axis=(0, 1))
    apart = int((np.maximum(better, 1 - better) >= SURE).sum())
    return (
        f"Of {len(better):,} pairs of neighbours in the order, {_number(apart)} can be told apart "
        f"(probability {SURE:.2f} or more)."
    )


def may_read(x: Published) -> list[str]:
    """List what the page supports."""
    if x.ranks is None:
        return [
            "How much the adjusted rates differ, and each rate with its interval.",
            "Which provider's rate lies above or below another's, with its probability.",
        ]
    count = x.fit.frame.sizes["provider"]
    found = [
        "Each provider's interval: the rank is likely to lie between these two places.",
        f"The probability of {places_words(count)}, as it stands in the table.",
        f"Each {rate_name(x.fit)} with its interval: {rate_meaning(x.fit)}.",
    ]
    if is_mostly_noise(x.median_rankability):
        groups = ", ".join(place_titles(count)[group] for group in GROUPS)
        found.insert(0, f"The groups: {groups}. Nothing finer.")
    return found


def may_not_read(x: Published) -> list[str]:
    """List what the page does not support, however often it will be quoted."""
    order = [
        "That a provider is better than its neighbour, or at exactly its place.",
        "That the first are sure to be the first, or the last the last.",
    ]
    money = [
        "That a saving is cash: it is gross, at average cost, and frees no money by itself.",
        "A saving of a provider that is not named.",
    ]
    return [
        *(order if x.ranks is not None else ["An order, or that one end is good."]),
        *([_UNLIKE] if is_ratio(x.fit) else []),
        *_unsupported(x),
        f"Why providers differ: these figures cannot tell care from {_mix(x)}, or from coding.",
        *(money if x.savings is not None else []),
    ]


def _unsupported(x: Published) -> list[str]:
    """Warn of the places of those that are compared on patients whom they do not have."""
    codes = flagged(x.fit.frame)
    if not codes:
        return []
    more = f" and {len(codes) - _LISTED:,} more" if len(codes) > _LISTED else ""
    who = ", ".join(literal(code) for code in codes[:_LISTED])
    return [f"The place of a provider that is {FLAG} (marked *): {who}{more}."]


_LISTED = 10
_UNLIKE = (
    "That of two ratios the higher is that of the worse: each weighs its provider's own patients, "
    "so that two do not compare like with like."
)


def caveats(x: Published) -> list[str]:
    """List what the table and the model's author warn of."""
    doubts = checks_doubts(x.checks, money=x.savings is not None, where="they are listed below")
    return [*caution(x.fit), *doubts, *(on_one_line(text) for text in x.fit.spec.caveats)]


def on_one_line(text: str) -> str:
    """Write a text of a model file on one line, with nothing in it that turns its direction."""
    return literal(" ".join(text.split()))


def _mix(x: Published) -> str:
    """Name what the model adjusts for."""
    expected = ["what the expected counts hold"] if is_ratio(x.fit) else []
    known = [*expected, *map(in_words, adjusted_for(x.fit))]
    return (
        f"case mix beyond {', '.join(known)}" if known else "case mix (the model adjusts for none)"
    )


def estimates(x: Published, totals: pd.DataFrame) -> list[Estimate]:
    """Put the figures of the total side by side, with why they differ."""
    figures = {name: cell.text for name, cell in total_cells(totals).items()}
    if x.shape.reason:
        figures["saving_flexible"] += f": {literal(x.shape.reason)}"
    found = [
        Estimate(
            "This analysis",
            figures["saving"],
            f"{_JOINT} {_width(x)}".strip(),
            ours=True,
        ),
        Estimate(
            "With a flexible shape",
            figures["saving_flexible"],
            "The same, without assuming how the providers' true rates are spread. Where the two "
            "differ, the total depends on that assumption.",
        ),
    ]
    found += [Estimate(name, figures[key], why) for key, name, why in BESIDE if key in figures]
    return [*found, *_plug_ins(figures)] if x.nil.distinguishable else found


_JOINT = (
    "Benchmark and gaps are worked out together, with all that is uncertain in them. This is right "
    "on average if the providers' true rates are spread as the model assumes."
)


def _width(x: Published) -> str:
    """Say how much of the interval is the price; nil has none."""
    return width_of(x.savings) if x.savings is not None and x.nil.distinguishable else ""


def _plug_ins(figures: Mapping[str, str]) -> list[Estimate]:
    """Give what others would publish; under a nil verdict nothing of it is printed."""
    return [
        Estimate(
            "From unshrunken rates",
            figures["plug_in_observed"],
            "As usually published. Chance spreads these rates, so this tends to overstate.",
        ),
        Estimate(
            "From shrunken means",
            figures["plug_in_shrunken"],
            "Means drawn together lie closer than the truth, so this tends to understate.",
        ),
    ]


def no_savings(x: Published) -> str:
    """Say what is missing for a saving."""
    spec = x.fit.spec
    reasons = {
        "neither direction is better": spec.better == "neither",
        "the model names no benchmark": spec.benchmark is None,
        "the model names no price": spec.unit_cost is None,
        "published values have no activity": "activity" not in x.fit.frame,
    }
    missing = [words for words, applies in reasons.items() if applies]
    return f"No saving is given: {'; '.join(missing)}."


def terms_of_money(x: Published) -> list[tuple[str, str]]:
    """Say what was priced, against what, and at what price."""
    spec = x.fit.spec
    if spec.benchmark is None or spec.unit_cost is None:
        return []
    cost = as_unit_cost(spec.unit_cost)
    source = [("Source of the price", on_one_line(cost.source))] if cost.source else []
    year, lasted = x.fit.annual_factor, if_it_lasted(x.fit)
    overlap = None if x.savings is None else x.savings.attrs.get("benchmark_peer_overlap")
    count = x.fit.frame.sizes["provider"]
    return [
        ("Benchmark", benchmark_words(spec.benchmark, spec=spec, providers=count)),
        *([] if overlap is None else [("Peers in common", overlap_words(float(overlap)))]),
        ("Price of one event", price_words(cost)),
        *source,
        ("A year is", f"{year:g} times the mean activity of a {period_word(x.fit.frame)}")
        if year
        else ("Time", "that of the table: the model does not say what a year is"),
        *([("Holds", lasted)] if lasted else []),
        ("Currency", money_unit(x)),
    ]


def money_unit(x: Published) -> str:
    """Name the currency, with the year of its prices."""
    if x.fit.spec.unit_cost is None:
        return ""
    cost = as_unit_cost(x.fit.spec.unit_cost)
    year = "" if cost.price_year is None else f", prices of {cost.price_year}"
    return f"{literal(cost.currency)}{year}"
