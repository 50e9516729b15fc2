"""What a reader of the numbers must know of the data, though the model can be fitted."""

from collections.abc import Iterator, Sequence

import numpy as np

from varmodel.errors import Problem, Where, some, warn
from varmodel.frame.checks.saturation import lone_levels
from varmodel.frame.checks.warnings.chance import steady_problems
from varmodel.frame.checks.warnings.copies import identical_problems, twice_problems
from varmodel.frame.checks.warnings.units import unit_problems
from varmodel.frame.coded import Coded, group
from varmodel.frame.dataset import Parts
from varmodel.frame.design.terms import TermColumn
from varmodel.frame.providers.presence import period_problem
from varmodel.frame.providers.support import (
    LEAST_SUPPORT,
    NO_ACTIVITY,
    idle_problem,
    support_problem,
)
from varmodel.spec import ModelSpec
from varmodel.values import Array, Mask

#: A provider whose effect has a larger sampling sd (log odds, log rate; sds of the values) than
#: the inverse root of this carries nothing.
LEAST_INFORMATION = 0.01
#: Chance below which counts that are all multiples of 5 or 10 are taken for rounded.
ROUNDED_BY_CHANCE = 1e-4


def warn_of_design(spec: ModelSpec, parts: Parts) -> None:
    """Warn of figures that can be fitted but say too little, too much or something else."""
    found = [*_idle_terms(parts), *_lone_levels(spec, parts)]
    if not spec.form.spread:  # a measurement always says something
        found += _idle_providers(spec, parts)
    if spec.form.response == "events":
        found += [*_separated(spec, parts), *_rounded(spec, parts)]
    found += unit_problems(spec, parts)
    if spec.form.response == "events" or spec.form.error:
        found += steady_problems(spec, parts)
    if spec.rows == "records":
        found += twice_problems(spec, parts.rows)
    found += [*_about_providers(spec, parts), *identical_problems(spec, parts.rows)]
    for problem in found:
        warn(problem)


def _about_providers(spec: ModelSpec, parts: Parts) -> list[Problem]:
    """Find providers without a case, without periods, without patients of most kinds."""
    labels = parts.rows.provider.levels
    idle = [str(row["provider"]) for row in parts.excluded if row["reason"] == NO_ACTIVITY]
    found = idle_problem(idle, column=spec.provider)
    if parts.presence is not None and parts.rows.quarter is not None:
        quarters = parts.rows.quarter.levels.tolist()
        found += period_problem(
            parts.presence, providers=labels.tolist(), periods=quarters, column=spec.provider
        )
    without = labels[parts.support < LEAST_SUPPORT].tolist()
    return found + support_problem(without, column=spec.provider)


def _idle_terms(parts: Parts) -> Iterator[Problem]:
    """Find terms that are the same wherever there is any activity."""
    used = parts.design.matrix[parts.pattern_weight > 0]
    for name, idle in zip(parts.design.names, np.ptp(used, axis=0) == 0, strict=True):
        if idle:
            message = f"no case of any ranked provider is in {name}: its coefficient is the prior"
            fix = "leave the level out of the table, or join it with another"
            yield Problem("DESIGN.NO_INFORMATION", message, Where(column=name), fix=fix)


def _lone_levels(spec: ModelSpec, parts: Parts) -> Iterator[Problem]:
    """Find levels that one provider alone holds."""
    size, labels = spec.form.cells(parts.cells.statistics).size, parts.rows.provider.levels
    return lone_levels(parts.columns, parts.cells, size=size, labels=labels.tolist())


def _idle_providers(spec: ModelSpec, parts: Parts) -> Iterator[Problem]:
    """Find providers whose figures say nothing about them, at the national rate."""
    family, labels = spec.family_row, parts.rows.provider.levels
    cells = spec.form.cells(parts.cells.statistics)
    eta = np.full(len(cells.response), family.link.forward(np.asarray(parts.pooled.mean)))
    typical = family.typical(spec.form.name, parts.pooled)
    each = family.information(cells, eta, typical)
    unit = parts.pooled.sd**2 if family.link_name == "identity" else 1.0
    held = np.bincount(parts.cells.provider_index, weights=each * unit, minlength=len(labels))
    none = held < LEAST_INFORMATION
    if spec.form.response == "events":  # an event that nobody expected says a great deal
        none &= np.bincount(parts.cells.provider_index, weights=cells.response) == 0
    idle = labels[none].tolist()
    if idle:
        message = f"nothing at all is known of {some(idle)}: the national spread stands for it"
        fix = "exclude them with a reason, or read their ranks as unknown"
        where = Where(column=spec.provider)
        yield Problem("DESIGN.NO_INFORMATION", message, where, len(idle), fix, idle[0])


def _separated(spec: ModelSpec, parts: Parts) -> Iterator[Problem]:
    """Find levels, and ends of numbers, where nobody or everybody had the event."""
    events, size = (parts.cells.statistics[name] for name in (spec.form.response, spec.form.size))
    others = size - events if spec.family_row.bounded else size
    index = parts.cells.pattern_index
    patterns = len(parts.pattern_weight)
    had = np.bincount(index, weights=events, minlength=patterns)
    had_not = np.bincount(index, weights=others, minlength=patterns)
    for column in parts.columns:
        if isinstance(column, TermColumn) and column.kind in {"numeric", "spline"}:
            found = _ends(column.coded, had > 0, had_not > 0)
        else:
            members = (column,) if isinstance(column, TermColumn) else column.parts
            texts = [member for member in members if member.kind in {"factor", "period"}]
            found = _levels(texts, had, had_not) if texts == list(members) else []
        if found:
            yield _separation(column.column, found)


def _separation(column: str, found: list[str]) -> Problem:
    message = f"nobody or everybody had the event where {column} is {some(found)}"
    fix = "join levels, or know that the prior alone keeps the coefficient finite"
    where = Where(column=column)
    return Problem("DESIGN.SEPARATION", message, where, len(found), fix, found[0])


def _levels(columns: Sequence[TermColumn], had: Array, had_not: Array) -> list[str]:
    """Name the levels, or combinations of levels, with cases of one kind only."""
    combined = group([column.coded for column in columns], len(had))
    one = np.bincount(combined.codes, weights=had) > 0
    other = np.bincount(combined.codes, weights=had_not) > 0
    first = combined.first[one != other].tolist()
    coded = [column.coded for column in columns]
    return [":".join(str(each.levels[each.codes[row]]) for each in coded) for row in first]


def _ends(coded: Coded, had: Mask, had_not: Mask) -> list[str]:
    """Say above or below which number only cases of one kind stand."""
    values = coded.values.astype(np.float64)
    one, other = values[had], values[had_not]
    if one.max() <= other.min() or other.max() <= one.min():
        return [f"above or below {min(one.max(), other.max()):g}"]
    return []


def _rounded(spec: ModelSpec, parts: Parts) -> Iterator[Problem]:
    """Find counts of events that are all multiples of 10 or 5: so many different by no chance."""
    counts = np.unique(parts.rows.response["numerator"])
    counts = counts[counts > 0]
    for unit in (10, 5):
        if unit ** -float(len(counts)) < ROUNDED_BY_CHANCE and not np.any(counts % unit):
            message = f"every count is a multiple of {unit}: rounded figures are fitted as exact"
            fix = "obtain the counts themselves, or say so beside the intervals"
            yield Problem("DESIGN.ROUNDED", message, Where(column=spec.numerator), fix=fix)
            return
