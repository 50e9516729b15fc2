"""Rows that stand twice: data copied from one provider to another, a file appended to itself."""

import math
from collections import defaultdict

import numpy as np

from varmodel.errors import Problem, Where, some
from varmodel.frame.checks.warnings.agreement import evidence_of
from varmodel.frame.coded import Coded, group
from varmodel.frame.rows import Rows
from varmodel.spec import ModelSpec
from varmodel.values import Index

#: Number of pairs of equal providers to expect by chance, below which equal ones are reported.
COPIES_BY_CHANCE = 0.05
#: Probability of counts that are all multiples of one number, below which they are reported.
_MULTIPLES_BY_CHANCE = 1e-6
_FEWEST_UNLIKE = 20


def identical_problems(spec: ModelSpec, rows: Rows) -> list[Problem]:
    """Find providers with exactly the same rows, where chance hardly makes any.

    Small figures agree by chance: 0 deaths of 3 is no copy.
    """
    alike = _alike(rows)
    if not alike:
        return []
    evidence, pairs = evidence_of(spec, rows), math.comb(len(rows.provider.levels), 2)
    needed = math.log(pairs / COPIES_BY_CHANCE)
    found = [
        same for same in alike if evidence.at_most(same) > needed and evidence.of(same) > needed
    ]
    return [_identical(spec, [str(rows.provider.levels[j]) for j in same]) for same in found]


def twice_problems(spec: ModelSpec, rows: Rows) -> list[Problem]:
    """Find tables, periods and providers of which every row stands two, three.. times.

    Of unlike rows that each stand some number of times by chance, that number is even for less
    than half; K of them are all multiples of k with probability k^-K at most.
    """
    nobody = np.zeros(len(rows.count), dtype=np.int64)
    parts = [(Coded(np.array(["the table"], dtype=object), nobody), spec.provider, "")]
    if rows.quarter is not None and spec.period is not None:
        parts.append((rows.quarter, spec.period, "period "))
    parts.append((rows.provider, spec.provider, "provider "))
    for owner, column, kind in parts:
        times = _multiples(owner, rows.count)
        if found := [f"{kind}{owner.levels[k]}" for k in np.flatnonzero(times > 1)]:
            often = times[times > 1].min()
            message = f"every row of {some(found)} stands {often} times or a multiple of it"
            fix = "give each record once; leave out what was appended twice"
            where = Where(column=column)
            return [Problem("DESIGN.TWICE", message, where, len(found), fix, found[0])]
    return []


def _multiples(owner: Coded, count: Index) -> Index:
    """Give the number of which all counts of an owner are multiples; 1 where chance may do it."""
    order = np.argsort(owner.codes, kind="stable")
    starts = np.flatnonzero(np.diff(owner.codes[order], prepend=-1))
    divisor = np.gcd.reduceat(count[order], starts)
    unlike = np.bincount(owner.codes)
    chance = len(unlike) * divisor ** -unlike.astype(np.float64)
    told = (chance < _MULTIPLES_BY_CHANCE) & (unlike >= _FEWEST_UNLIKE)
    return np.where(told, divisor, 1)


def _identical(spec: ModelSpec, labels: list[str]) -> Problem:
    message = f"{some(labels)} have exactly the same rows"
    fix = "find out which provider they belong to: copied rows count twice"
    where = Where(column=spec.provider)
    return Problem("DESIGN.IDENTICAL", message, where, len(labels), fix, labels[0])


def _alike(rows: Rows) -> list[list[int]]:
    """Group providers of equal rows; first by sums, which are quick to compare."""
    size = len(rows.provider.levels)
    weights = [np.ones(len(rows.count)), rows.count.astype(np.float64), *rows.response.values()]
    sums = np.stack([np.bincount(rows.provider.codes, weights=w, minlength=size) for w in weights])
    _, twin, times = np.unique(sums, axis=1, return_inverse=True, return_counts=True)
    held = (times[twin] > 1)[rows.provider.codes]
    return _equal(rows.keep(held), np.flatnonzero(times[twin] > 1)) if held.any() else []


def _equal(rows: Rows, providers: Index) -> list[list[int]]:
    """Group the providers whose rows are equal, stratum by stratum and figure by figure."""
    figures = [*rows.response.values(), rows.count.astype(np.float64)]
    coded = [Coded(*np.unique(values, return_inverse=True)) for values in figures]
    quarter = (rows.quarter,) if rows.quarter is not None else ()
    kind = group((*quarter, *rows.terms, *coded), len(rows.count)).codes
    order = np.lexsort((kind, rows.provider.codes))
    ends = np.cumsum(np.bincount(rows.provider.codes))
    same: dict[bytes, list[int]] = defaultdict(list)
    for provider, part in zip(providers.tolist(), np.split(kind[order], ends[:-1]), strict=True):
        same[part.tobytes()].append(provider)
    return [found for found in same.values() if len(found) > 1]
