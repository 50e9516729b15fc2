"""Grades in words: how many there are, who is in them, how often one is wrong."""

import numpy as np
import xarray as xr

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


def leading_grades(x: Published) -> xr.Dataset | None:
    """Give the grades that lead tables, picture and page: where the order is mostly noise."""
    order = x.figures.order
    return None if order is None or not is_mostly_noise(x.median_rankability) else order.graded


def order_notes(x: Published) -> list[str]:
    """Say what is known of the order as a whole: grades that lead, sets, who may be misplaced."""
    order, graded = x.figures.order, leading_grades(x)
    if order is None or x.ranks is None:
        return []
    words = [] if graded is None else grade_words(graded)
    sets = sets_words(order.sets, told_apart=order.told_apart)
    return [*words, *misplaced_words(mean_figures(x.fit, x.ranks)), *sets]


def misplaced_words(ranks: xr.Dataset) -> list[str]:
    """Say how many of those that are placed are expected not to belong there."""
    told, titles = [], place_titles(ranks.sizes["provider"])
    for place, name in PROBS.items():
        sure = ranks[name].to_numpy()
        sure = sure[sure >= SURE]
        if len(sure):
            wrong = f"{float(np.sum(1 - sure)):.1f}"
            told.append(f"{wrong} of the {len(sure):,} placed in the {titles[place]}")
    return [f"Expected not to belong there: {', '.join(told)}."] if told else []


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


def sets_words(sets: xr.Dataset, *, told_apart: float) -> list[str]:
    """Say what the simultaneous sets hold, and how many neighbours are told apart.

    Parameters
    ----------
    sets : xarray.Dataset
        What ``vm.ranks.sets`` gives.
    told_apart : float
        The share of neighbours whose order is known.

    Returns
    -------
    list of str
        Sentences; the checked probability is the one that is printed.
    """
    checked, draws = float(sets["checked_prob"]), int(sets.attrs["draws"])
    shared = sets["shared_rank"].to_numpy()
    ranks = "1 rank" if len(set(shared)) == 1 else f"{len(set(shared)):,} ranks"
    neighbours = f"Of neighbours in the ranking {probability(told_apart)} are surely told apart."
    equal = f"If all that are not told apart share a rank, {len(shared):,} providers have {ranks}."
    held = (
        f"The sets behind this hold all true places at once with probability {probability(checked)}"
    )
    return [neighbours, equal, f"{held}, checked on {draws - draws // 2:,} draws."]
