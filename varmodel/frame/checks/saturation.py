"""Covariates that leave too little between providers to compare them by (methods 5).

A covariate that is the same for all patients of a provider is learnt from differences between
providers, as their effects are. With as many of them as providers nothing is left of the effects
but their prior.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from varmodel.errors import Problem, Where, some
from varmodel.frame.cells import Aggregate
from varmodel.frame.coded import group
from varmodel.frame.design.matrix import Design, rank_of
from varmodel.frame.design.terms import DesignColumn, TermColumn
from varmodel.values import Array, Index

LEAST_FREEDOM = 3
#: A provider that alone holds a level is named where more of its cases than this are in it.
_MOST_OF_IT = 0.5


def saturation_problems(
    columns: Sequence[DesignColumn], design: Design, *, cells: Aggregate, size: Array
) -> list[Problem]:
    """Refuse covariates that leave fewer than three degrees of freedom between providers.

    They are J - (rank[Z] + rank[1 X] - rank[Z X]), over cells weighted by the root of their size,
    with Z the providers that have any and X the terms of case mix and demography: J - 1 less the
    directions of X in which nobody varies but between providers.
    """
    held = size > 0
    owner = np.unique(cells.provider_index[held], return_inverse=True)[1]
    providers = int(owner.max()) + 1
    adjusted = [column.kind != "period" for column in columns for _ in column.names]
    if providers - 1 - sum(adjusted) >= LEAST_FREEDOM:  # whatever the terms are
        return []
    matrix = design.matrix[cells.pattern_index[held]][:, adjusted]
    lost = _lost(matrix, weight=size[held], owner=owner)
    freedom = providers - 1 - lost
    if freedom >= LEAST_FREEDOM:
        return []
    left = f"{freedom} degree{'s' * (freedom != 1)} of freedom"
    message = (
        f"the covariates leave {left} between {providers} providers, at least {LEAST_FREEDOM} "
        f"needed: {lost} of them say no more than which provider it is"
    )
    fix = "leave out covariates that are the same for all patients of a provider"
    return [Problem("DESIGN.SATURATED", message, fix=fix)]


def lone_levels(
    columns: Sequence[DesignColumn], cells: Aggregate, *, size: Array, labels: Sequence[str]
) -> Iterator[Problem]:
    """Name providers most of whose cases are in a level, or combination, that nobody else has."""
    for column in columns:
        members = (column,) if isinstance(column, TermColumn) else column.parts
        if any(member.kind != "factor" for member in members):
            continue
        codes = group([member.coded for member in members], len(members[0].coded.codes))
        for provider, pattern in _alone(codes.codes[cells.pattern_index], cells, size=size):
            level = ":".join(str(member.coded.values[pattern]) for member in members)
            name = str(labels[provider])
            message = (
                f"{name} alone has {column.column} {level}: its effect and that of the level "
                "cannot be told apart, and the priors part them"
            )
            fix = "join the level with another, leave the term out, or exclude the provider"
            where = Where(column=column.column)
            yield Problem("DESIGN.SATURATED", message, where, fix=fix, value=level)


def entangled_problem(names: Sequence[str]) -> Problem:
    """Name providers whose uncertainty is mostly that of the coefficients."""
    message = (
        "more than half of what is not known of a provider is what the covariates do, at "
        f"{some(names)}: its effect and its case mix can hardly be told apart"
    )
    fix = "leave out covariates that hardly vary within providers, or read no rank of these"
    return Problem("DESIGN.SATURATED", message, count=len(names), fix=fix, value=names[0])


def _lost(matrix: Array, *, weight: Array, owner: Index) -> int:
    """Count the directions of centred terms that vary between owners only."""
    norms = np.sqrt(weight @ matrix**2)
    scaled = matrix[:, norms > 0] / norms[norms > 0]
    inside = scaled - _means(scaled, weight=weight, owner=owner)[owner]
    return rank_of(scaled, np.sqrt(weight)) - rank_of(inside, np.sqrt(weight))


def _alone(level: Index, cells: Aggregate, *, size: Array) -> Iterator[tuple[int, int]]:
    """Find (provider, a pattern) where one provider has all cases of a level, most of its own."""
    provider, held = cells.provider_index, size > 0
    total = np.bincount(provider, weights=size)
    first = np.full(int(level.max()) + 1, len(total))
    last = np.full(len(first), -1)
    np.minimum.at(first, level[held], provider[held])
    np.maximum.at(last, level[held], provider[held])
    for code in np.flatnonzero(first == last).tolist():
        own = held & (level == code)
        if size[own].sum() > _MOST_OF_IT * total[first[code]]:
            yield int(first[code]), int(cells.pattern_index[own][0])


def _means(matrix: Array, *, weight: Array, owner: Index) -> Array:
    """Average each column over each provider's cells, weighted: (provider, term)."""
    total = np.bincount(owner, weights=weight)
    means = np.empty((len(total), matrix.shape[1]))
    for term, values in enumerate(matrix.T):
        means[:, term] = np.bincount(owner, weights=weight * values) / total
    return means
