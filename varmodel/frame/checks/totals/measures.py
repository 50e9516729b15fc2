"""Rows that are added though they should not be: asked before a model says "records", and after.

A file of many measures with a column ``value`` has as many rows a provider as it has measures:
their mean is no measure. Rows of patients have such columns too (sex, ward), so that a column is
suspected only for its name, or because every provider holds each of its texts equally often.
"""

from collections.abc import Iterator

import numpy as np

from varmodel.errors import Problem, Where
from varmodel.frame.checks.refusals import refuse_where
from varmodel.frame.checks.responses import size_field
from varmodel.frame.checks.totals.names import aggregates, is_country, total_finding
from varmodel.frame.checks.totals.unread import (
    Look,
    are_copies,
    coded,
    example,
    holds_texts,
    is_time,
    look,
    providers_of,
    show_column,
    telling,
    typical_providers,
    words_of,
)
from varmodel.frame.coded import group
from varmodel.frame.periods import is_year
from varmodel.frame.reading import Distinct, parse_numbers
from varmodel.frame.reading.numbers import Finding
from varmodel.frame.rows import Rows, unit_columns_of
from varmodel.spec import ModelSpec
from varmodel.spec.terms import main_terms, term_column
from varmodel.values import Mask

MEASURES = frozenset(
    {
        *("indicator", "measure", "metric", "register", "statistic", "variable", "series"),
        *("measurement", "kpi"),
    }
)
#: Texts of a column that is suspected for how it is filled; of one that is called a measure.
FEW, MANY = 20, 1_000
#: Share of the texts of a column called a measure that a usual provider holds.
SHARED = 0.25
#: So many strata, and texts of no other sign, make a pattern.
LEAST = 3
#: Share of the providers that hold the same.
MOST_PROVIDERS = 0.8
_FAR = 10.0  # times between the medians of two measures


def duplicate_problems(
    spec: ModelSpec, rows: Rows, *, distinct: Distinct, wrong: Mask
) -> list[Problem]:
    """Refuse rows of one key, name what tells them apart, and ask whether they are flows."""
    columns = [spec.provider, *([spec.period] if spec.period else [])]
    columns += [*map(term_column, main_terms(spec.terms)), *unit_columns_of(spec)]
    within = "" if rows.quarter is None else f" of a {_period(str(rows.quarter.levels[0]))}"
    message = f"the same {', '.join(columns)} in more than one row{within}"
    seen = None
    if wrong.any():
        providers = providers_of(spec, distinct, wrong=wrong)
        seen = look(spec, rows, distinct=distinct, providers=providers)
    names = telling(spec, seen) if seen else []
    if seen and names:
        message += f"; they differ in {' and '.join(show_column(seen, name) for name in names)}"
    elif seen and are_copies(seen):
        message += ", alike in every column"
    finding = Finding("KEY.DUPLICATE", message, _advice(spec, seen, names))
    return refuse_where(distinct, columns, wrong=wrong, finding=finding)


def _period(name: str) -> str:
    return "year" if is_year(name) else "calendar quarter"


def _advice(spec: ModelSpec, seen: Look | None, names: list[str]) -> str:
    """Ask what the rows are, stocks or flows, before records are spoken of."""
    parts = ["stocks counted again (a list at each month's end), or a row that stands twice? "]
    parts[0] += "Keep one row each"
    if seen and names:
        parts[0] = "different measures, or stocks counted again (a list at each month's end)? "
        parts[0] += f"Read one: {example(seen, names[0])}"
        parts.append("kinds of cases (sex, age)? Name the column in case_mix")
    if not spec.form.error:
        flows = "flows, whose counts add (admissions of each month or site)?"
        parts.append(f'{flows} Set rows = "records"')
    return f"ask what the rows are: {'; '.join(parts)}"


def measure_problems(spec: ModelSpec, rows: Rows, *, distinct: Distinct) -> list[Problem]:
    """Ask whether the rows that are added, or averaged, are of different measures."""
    if spec.rows != "records" or not distinct.unread:
        return []
    seen = look(spec, rows, distinct=distinct, providers=typical_providers(spec, distinct))
    if seen is None:
        return []
    found = [name for name in distinct.unread if _is_measure(spec, seen, name)]
    mixed = [_mixed(spec, seen, found)] if found else []
    return mixed + [problem for name in distinct.unread for problem in _totals(spec, seen, name)]


def _totals(spec: ModelSpec, seen: Look, name: str) -> list[Problem]:
    """Find a total beside its parts in a column that is added over."""
    texts = seen.texts(name)
    if len(texts) > MANY:
        return []
    called = {text for text in aggregates(texts, known=spec.not_aggregates) if not is_country(text)}
    if not called or len(texts) - len(called) < 2:
        return []
    message = f"rows of a total and of its parts are added: {show_column(seen, name)} is not read"
    finding = total_finding(called, message)
    where = Where(file=seen.distinct.file, column=name)
    return [Problem(finding.code, message, where, fix=finding.fix, value=min(called))]


def _mixed(spec: ModelSpec, seen: Look, names: list[str]) -> Problem:
    added = "averaged" if spec.form.spread else "added"
    message = (
        f"rows of one provider differ in {show_column(seen, names[0])}, which the model does not "
    )
    message += f"read: if they are different measures, they are {added} into one"
    fix = f"read one of them: {example(seen, names[0])}; where they are cases of different kinds, "
    fix += "name the column in case_mix, or leave it out of the table"
    where = Where(file=seen.distinct.file, column=names[0])
    return Problem("KEY.DUPLICATE", message, where, fix=fix, value=seen.texts(names[0])[0])


def _is_measure(spec: ModelSpec, seen: Look, name: str) -> bool:
    """Suspect a column by its name, or by how evenly its texts are filled."""
    column = seen.distinct.columns[name]
    count = len(seen.texts(name))
    if not 2 <= count <= MANY or count < len(column.levels):
        return False
    held = group([seen.provider, coded(column)], len(column.codes))
    texts = np.bincount(seen.provider.codes[held.first])
    texts = texts[texts > 0]
    if words_of(name) & MEASURES:
        several = float((texts > 1).mean()) >= MOST_PROVIDERS
        return several and float(np.median(texts)) >= SHARED * count
    averaged = spec.form.rows == "records"
    if (averaged and count > FEW) or not holds_texts(seen, name) or is_time(name):
        return False
    return any(_signs(spec, seen, name))


def _signs(spec: ModelSpec, seen: Look, name: str) -> Iterator[bool]:
    """Say whether each stratum holds each text once; or equally often, at other scales."""
    count = len(seen.texts(name))
    times, stratum = seen.held(name)
    texts = np.bincount(stratum)
    texts = texts[texts > 0]
    usual = float(np.median(times.levels))
    is_usual = float((times.levels == usual).mean()), float((texts == count).mean())
    if min(is_usual) < MOST_PROVIDERS or len(texts) < LEAST:
        return
    if spec.form.rows == "records":
        yield count >= LEAST and usual == 1
        yield bool(spec.form.spread) and _apart(spec, seen, name)
    elif size_field(spec.form) is not None:
        yield _same_size(spec, seen)


def _apart(spec: ModelSpec, seen: Look, name: str) -> bool:
    """Tell measures by their scale: two of them share no value, and medians lie far apart."""
    value = spec.response_columns["value"]
    raw = seen.distinct.columns[value]
    numbers = parse_numbers(raw, integer=False)[0][raw.codes]
    codes = seen.distinct.columns[name].codes
    ranges = [np.quantile(numbers[codes == code], [0, 0.5, 1]) for code in np.unique(codes)]
    ordered = sorted(ranges, key=lambda each: float(each[1]))
    low, high = ordered[0], ordered[-1]
    return bool(low[1] > 0 and high[0] > low[2] and high[1] > _FAR * low[1])


def _same_size(spec: ModelSpec, seen: Look) -> bool:
    """Tell the same patients counted under each text: nearly all strata repeat a size of theirs."""
    size = seen.distinct.columns[spec.response_columns[size_field(spec.form) or ""]]
    strata = group([seen.stratum, coded(size)], len(size.codes))
    sizes = np.bincount(seen.stratum.codes[strata.first])
    share = float((sizes[sizes > 0] == 1).mean())
    return share >= MOST_PROVIDERS and bool(len(size.levels) > np.count_nonzero(sizes) / 2)
