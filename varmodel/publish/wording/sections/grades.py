"""Grades in words: how many there are, who is in them, how often one is wrong."""

import numpy as np
import xarray as xr

from varmodel.estimands.ranks.ranking import outer_places
from varmodel.numerics.once import once
from varmodel.publish.names import literal
from varmodel.publish.published import Published
from varmodel.publish.tables.pooled import mean_figures
from varmodel.publish.wording.numbers import probability
from varmodel.publish.wording.places import PROBS, SURE, place_titles
from varmodel.publish.wording.verdict import is_mostly_noise

ONE_GRADE = (
    "The figures do not part any provider from the others: all are in one grade. "
    "An order among them would be chance."
)
ALIKE = "Providers of one grade are not shown to be alike; the figures do not tell them apart."

ELSEWHERE = (
    "Where that is above one half, a grade tells who is likely to be ahead of the next one, not "
    "who truly holds its places."
)
_LIKELIER = 0.5


def leading_grades(x: Published) -> xr.Dataset | None:
    """Give the grades that lead tables, picture and page: where the order is mostly noise."""
    order = x.figures.order
    return None if order is None or not is_mostly_noise(x.median_rankability) else order.graded


@once(lambda x: (x,))
def order_notes(x: Published) -> list[str]:
    """Say what is known of the order as a whole: grades that lead, sets, who may be misplaced."""
    order, graded = x.figures.order, leading_grades(x)
    if order is None or x.ranks is None:
        return []
    words = [] if graded is None else grade_words(graded)
    ranks = mean_figures(x.fit, x.ranks)
    misplaced = [*misplaced_words(ranks), top_list_words(ranks)]
    apart = apart_words(order.told_apart, count=x.fit.frame.sizes["provider"])
    return [*words, *misplaced, apart, *sets_words(order.sets), first_words(order.first)]


def order_paragraphs(x: Published) -> list[str]:
    """Say the same on the page, but for what it says at its head: neighbours, grades."""
    order, graded = x.figures.order, leading_grades(x)
    if order is None or x.ranks is None:
        return []
    words = [] if graded is None or x.nil.distinguishable else grade_words(graded)
    ranks = mean_figures(x.fit, x.ranks)
    listed = [*misplaced_words(ranks), top_list_words(ranks)]
    return [*words, *listed, *sets_words(order.sets), first_words(order.first)]


def top_list_words(ranks: xr.Dataset) -> str:
    """Say how many of a list as long as the top quarter are expected not to belong there.

    The list is that of ``vm.ranks.threshold``: those most likely to hold a place of the quarter.
    """
    count = ranks.sizes["provider"]
    size = outer_places(count)
    inside = np.sort(ranks["prob_top_quarter"].to_numpy())[count - size :]
    wrong, by_lot = float(np.sum(1 - inside)), size * (1 - size / count)
    return (
        f"A list of the {size:,} most likely to hold the first {size:,} places has about "
        f"{wrong:.1f} who do not; one drawn by lot has {by_lot:.1f}."
    )


def apart_words(share: float, *, count: int) -> str:
    """Count the neighbours in the ranking whose order is known."""
    pairs = count - 1
    apart = round(share * pairs)
    told = {0: "none is", 1: "1 is"}.get(apart, f"{apart:,} are")
    return f"Of {pairs:,} pairs of neighbours in the ranking {told} surely told apart."


def misplaced_words(ranks: xr.Dataset) -> list[str]:
    """Say how many of those that are placed are expected not to belong there."""
    told, titles = [], place_titles(ranks.sizes["provider"])
    for place, name in PROBS.items():
        sure = ranks[name].to_numpy()
        sure = sure[sure >= SURE]
        if len(sure):
            wrong = float(np.sum(1 - sure))
            errors = f"{wrong:.1f}" if wrong >= _LEAST_ERRORS else "fewer than 0.1"
            told.append(f"{errors} of the {len(sure):,} placed in the {titles[place]}")
    return [f"Errors to expect among those placed: {', '.join(told)}."] if told else []


#: Fewer would be printed as none.
_LEAST_ERRORS = 0.05


def grade_words(graded: xr.Dataset) -> list[str]:
    """Say what the grades are and how often a provider is in the wrong one.

    Parameters
    ----------
    graded : xarray.Dataset
        What ``vm.ranks.grade`` gives.

    Returns
    -------
    list of str
        Sentences: the number of grades; of each its size and its own rate of error, the mean
        probability that a member truly belongs elsewhere; what one grade does not say.
    """
    grades = graded["grade"].to_numpy()
    count = int(grades.max())
    if count == 1:
        return [ONE_GRADE]
    end = {"higher": "the highest rates", "lower": "the lowest rates"}
    told = [f"The figures part {count} grades; grade 1 has {end[str(graded.attrs['better'])]}."]
    for grade, (size, wrong) in enumerate(grade_sizes(graded), start=1):
        members = "1 provider" if size == 1 else f"{size:,} providers"
        told.append(f"Grade {grade}: {members}; probability of another grade {probability(wrong)}.")
    if any(wrong > _LIKELIER for _, wrong in grade_sizes(graded)):
        told.append(ELSEWHERE)
    off = float(graded["prob_off_by_two"].mean())
    if count > 2:
        told.append(f"To belong two grades away has probability {probability(off)} on average.")
    return [*told, ALIKE]


def grade_sizes(graded: xr.Dataset) -> list[tuple[int, float]]:
    """Give the number of members of each grade, and their mean probability of another grade."""
    grades, wrong = graded["grade"].to_numpy(), graded["prob_misgraded"].to_numpy()
    return [
        (int((grades == grade).sum()), float(np.mean(wrong[grades == grade])))
        for grade in range(1, int(grades.max()) + 1)
    ]


def sets_words(sets: xr.Dataset) -> list[str]:
    """Say what the simultaneous sets hold.

    Parameters
    ----------
    sets : xarray.Dataset
        What ``vm.ranks.sets`` gives.

    Returns
    -------
    list of str
        Sentences; the checked probability is the one that is printed. Where all share a rank, each
        overlaps with one that may be first: then there is no place where the order parts.
    """
    checked, draws = float(sets["checked_prob"]), int(sets.attrs["draws"])
    shared = sets["shared_rank"].to_numpy()
    steps = len(set(shared))
    if steps == 1:
        said = "Nowhere in the order are all above a line surely better than all below it."
    else:
        said = (
            "If all that are not told apart share a rank, "
            f"{len(shared):,} providers have {steps:,} ranks."
        )
    held = (
        "This is said of all providers at once; the sets of places behind it hold with probability "
        f"{probability(checked)}, checked on {draws - draws // 2:,} draws."
    )
    return [said, held]


def first_words(first: xr.Dataset) -> str:
    """Say who may truly hold the first place: by code where they are few.

    Parameters
    ----------
    first : xarray.Dataset
        What ``vm.ranks.best`` gives of one place.
    """
    member = first["member"].to_numpy()
    codes = first["provider"].to_numpy()[member].tolist()
    if len(codes) == len(member):
        return f"Any of the {len(codes):,} providers may truly hold the first place."
    sure = f"with probability {probability(float(first['checked_prob']))}"
    if len(codes) == 1:
        return f"The first place truly belongs to {literal(str(codes[0]))} {sure}."
    few = f": {', '.join(literal(str(code)) for code in codes)}" if len(codes) <= _FEW else ""
    return f"The first place truly belongs to one of {len(codes):,} providers {sure}{few}."


#: As many as this are told by code.
_FEW = 5
