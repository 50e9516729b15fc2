"""Providers and levels that are a total of the others, by their names or by their figures.

A total beside its parts counts every case twice: savings double, intervals are 1.4 times too
narrow, and nothing else looks wrong.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping

import numpy as np

from varmodel.frame.cells import totals
from varmodel.frame.checks.responses import INTEGERS, size_field
from varmodel.frame.checks.totals.names import aggregates
from varmodel.frame.coded import Coded, group
from varmodel.frame.reading.numbers import Finding
from varmodel.frame.rows import Rows
from varmodel.spec import ModelSpec
from varmodel.values import Array, Index, Mask

#: Number of levels of a column that chance may be expected to make a sum of the others.
TOTALS_BY_CHANCE = 0.01
#: Share of the groups in which a total must be the sum: in a few, figures may be suppressed.
NEARLY_ALL = 0.95
_EXACT, _ROUNDED = 1e-9, 1e-4  # relative: counts; figures that were rounded one by one
_DIGITS = np.log(100.0)  # evidence of two equal figures with decimals, at least
_SHOWN = 3


def total_finding(labels: Iterable[str], what: str) -> Finding:
    """Say that labels of a column are totals, and the way out for those that are none."""
    listed = json.dumps(sorted(labels)[:_SHOWN], ensure_ascii=False)
    return Finding(
        "KEY.AGGREGATE",
        what,
        "remove the rows: their cases would be counted twice; "
        f"if it is no total, say not_aggregates = {listed} under [indicator]",
    )


def find_totals(
    spec: ModelSpec, rows: Rows, *, factors: Mapping[str, Coded]
) -> Iterator[tuple[str, Mask, Finding]]:
    """Find labels that name a total, then levels whose size and events are the others' sum.

    Parameters
    ----------
    spec : ModelSpec
    rows : Rows
        With their calendar quarter.
    factors : mapping of str to Coded
        The covariates that are levels.

    Yields
    ------
    tuple
        Column, the combinations concerned, and why they are refused.
    """
    known = spec.not_aggregates
    named = {spec.provider: rows.provider, **factors}
    sums = _sums(spec, rows, factors=factors)
    for column, coded in named.items():
        called = aggregates(coded.levels.tolist(), known=known)
        yield _refused(column, coded, called, "a label names a total of others")
        added = sums.get(column, set()).difference(known, called)
        what = "its cases and events are the sum of all the others'"
        yield _refused(column, coded, added, what)
    if rows.provider_name is not None and spec.provider_name is not None:
        called = aggregates(rows.provider_name.levels.tolist(), known=known)
        what = "a name is that of a total of providers"
        yield _refused(spec.provider_name, rows.provider_name, called, what)


def _refused(
    column: str, coded: Coded, labels: Collection[str], what: str
) -> tuple[str, Mask, Finding]:
    marked = np.array([level in labels for level in coded.levels], dtype=bool)
    return column, np.asarray(marked[coded.codes]), total_finding(labels, what)


def _sums(spec: ModelSpec, rows: Rows, *, factors: Mapping[str, Coded]) -> dict[str, set[str]]:
    """Find, by column, the levels that are the sum of the others."""
    if spec.form.error:  # published values do not add
        return {}
    quarter = [rows.quarter] if rows.quarter is not None else []
    keys = (rows.provider, *quarter, *factors.values())
    strata = group(keys, len(rows.count))
    figures = totals(spec.form, rows, owner=strata.codes, size=len(strata))
    provider, *others = (Coded(key.levels, key.codes[strata.first]) for key in keys)
    when, mix = others[: len(quarter)], dict(zip(factors, others[len(quarter) :], strict=True))
    found = {spec.provider: _wholes(spec, provider, within=when, figures=figures)}
    for column, coded in mix.items():
        rest = [other for name, other in mix.items() if name != column]
        found[column] = set()
        for within in [[provider, *when], *([[provider, *when, *rest]] if rest else [])]:
            found[column] |= _wholes(spec, coded, within=within, figures=figures)
    return found


def _wholes(
    spec: ModelSpec, level: Coded, *, within: list[Coded], figures: tuple[Array, Array]
) -> set[str]:
    """Find the levels that are the sum of the others in nearly all groups of strata.

    A group is asked where at least two others have cases, for one alone is no sum. With a second
    total in the group (a subtotal of everything, a total under two names) the whole is three
    times each.
    """
    groups = group(within, len(level.codes))
    pairs = group((Coded(groups.first, groups.codes), level), len(level.codes))
    events, size = (np.bincount(pairs.codes, weights=each) for each in figures)
    held = size > 0
    owner, code = groups.codes[pairs.first][held], level.codes[pairs.first][held]
    events, size = events[held], size[held]
    others = np.bincount(owner)[owner] - 1
    strength = _evidence(spec, code, events=events, size=size)
    found: Index = np.empty(0, dtype=np.int64)
    for times in (2, 3):
        asked = others >= times
        is_sum = asked & _adds(spec, times, owner=owner, events=events, size=size)
        tried = np.bincount(code[asked], minlength=len(level.levels))
        agreed = np.bincount(code[is_sum], minlength=len(level.levels))
        evidence = np.bincount(code[is_sum], strength[is_sum], minlength=len(level.levels))
        by_chance = len(level.levels) * np.exp(-evidence)
        whole = (agreed > 0) & (agreed >= NEARLY_ALL * tried) & (by_chance < TOTALS_BY_CHANCE)
        found = np.r_[found, np.flatnonzero(whole)]
    return {str(level.levels[place]) for place in found}


def _adds(spec: ModelSpec, times: int, *, owner: Index, events: Array, size: Array) -> Mask:
    """Mark the levels of a group that, taken so many times, are the group."""
    field = size_field(spec.form)
    exact = field is None or field in INTEGERS
    enough = np.ones(len(owner), dtype=bool)
    for values, close in ((events, _EXACT), (size, _EXACT if exact else _ROUNDED)):
        whole = np.bincount(owner, weights=values)[owner]
        enough &= np.abs(times * values - whole) <= close * np.abs(whole)
    return enough


def _evidence(spec: ModelSpec, code: Index, *, events: Array, size: Array) -> Array:
    """Give minus the log of how likely each level is to be the sum of others by chance.

    Two Poisson counts of mean m agree with probability 1 / (1 + 3.5 sqrt(m)), about; a figure
    that a design repeats agrees as often as it stands in this table, and the same figures of a
    level are evidence once.
    """
    once = np.zeros(len(code), dtype=bool)
    figures = [Coded(*np.unique(x, return_inverse=True)) for x in (code, events, size)]
    once[group(figures, len(code)).first] = True
    strength = _DIGITS if spec.form.spread else _unlikely(events)
    return np.where(once, strength + _unlikely(size), 0.0)


def _unlikely(counts: Array) -> Array:
    _, place, held = np.unique(counts, return_inverse=True, return_counts=True)
    again = (held[place] - 1.0) / max(len(counts) - 1.0, 1.0)
    return np.asarray(-np.log(np.maximum(1 / (1 + 3.5 * np.sqrt(counts)), again)))
