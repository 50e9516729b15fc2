"""Keys and periods of a table: labels, calendar quarters, repeated keys."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from varmodel.errors import Problem, Where, refuse, warn
from varmodel.frame.checks.labels.bands import eaten, overlapping
from varmodel.frame.checks.labels.marks import warn_of_marks
from varmodel.frame.checks.labels.spelling import has_control, shared, twins
from varmodel.frame.checks.refusals import refuse_where
from varmodel.frame.checks.totals.measures import duplicate_problems, measure_problems
from varmodel.frame.checks.totals.sums import find_totals
from varmodel.frame.coded import Coded, code_keys, group, texts
from varmodel.frame.periods import find_style, gaps, is_ambiguous, quarters
from varmodel.frame.reading import Distinct
from varmodel.frame.reading.numbers import Finding
from varmodel.frame.rows import Rows
from varmodel.spec import ModelSpec
from varmodel.spec.terms import main_terms, term_column
from varmodel.values import Index, Mask

type Findings = Iterator[tuple[str, Mask, Finding]]

NAME = Finding(
    "KEY.NAME",
    "a label holds a control character",
    "remove it: labels are printed as they are",
)
EATEN = Finding(
    "BAND.FORMAT",
    "a band that a spreadsheet took for a date",
    "write it as the others, such as 5-17, and have the spreadsheet read the column as text",
)
AMBIGUOUS = Finding(
    "PERIOD.AMBIGUOUS",
    "every period could be a month or a financial year",
    'set period_style = "month", or write the quarters of financial years as 2005-06 Q1',
)
PERIOD_FIX = (
    "write all periods alike: 2006Q3 (quarter), 2006-07 Q2 (financial_quarter), 2006-07 (month) "
    "or 2006-07-01 (date)"
)


def check_keys(spec: ModelSpec, rows: Rows, *, distinct: Distinct) -> Rows:
    """Refuse labels, periods and keys that cannot be told apart or stand twice.

    Returns
    -------
    Rows
        The rows with their calendar quarter.
    """
    problems: list[Problem] = []
    found = [*_labels(spec, rows), *_bands(spec, rows), *_periods(spec, rows)]
    rows = replace(rows, quarter=_quarter(spec, rows))
    found += find_totals(spec, rows, factors=_factors(spec, rows))
    for column, wrong, finding in found:
        problems += refuse_where(distinct, [column], wrong=wrong, finding=finding)
    if spec.rows == "cells" and not any(each.code.startswith("PERIOD") for each in problems):
        problems += _duplicates(spec, rows, distinct=distinct)
    mixed = measure_problems(spec, rows, distinct=distinct)
    stated = [each for each in mixed if each.code == "KEY.DUPLICATE" and spec.form.rows == "cells"]
    refuse(problems + [each for each in mixed if each not in stated])
    for problem in stated:
        warn(problem, stacklevel=4)
    warn_of_marks(spec, rows, distinct=distinct, factors=_factors(spec, rows))
    _warn_of_aliases(spec, rows)
    _warn_of_gaps(spec, rows)
    return rows


def _labels(spec: ModelSpec, rows: Rows) -> Findings:
    for column, coded in ({spec.provider: rows.provider} | _factors(spec, rows)).items():
        yield column, _at(coded, has_control), NAME
        if alike := twins(coded.levels.tolist()):
            yield column, _at(coded, {label for pair in alike for label in pair}), _twins(alike[0])
    if rows.provider_name is not None and spec.provider_name is not None:
        yield spec.provider_name, _at(rows.provider_name, has_control), NAME


def _factors(spec: ModelSpec, rows: Rows) -> dict[str, Coded]:
    named = [term_column(term) for term in main_terms(spec.terms)]
    return {name: c for name, c in zip(named, rows.terms, strict=True) if c.is_text}


def _bands(spec: ModelSpec, rows: Rows) -> Findings:
    for column, coded in _factors(spec, rows).items():
        levels = coded.levels.tolist()
        yield column, _at(coded, eaten(levels)), EATEN
        if pair := overlapping(levels):
            yield column, _at(coded, set(pair)), _overlap(pair)


def _overlap(pair: Sequence[str]) -> Finding:
    return Finding(
        "BAND.FORMAT",
        f"bands that overlap: {' and '.join(pair)}",
        "cut them so that each case is in one; codes that are no bands, write without a dash",
    )


def _twins(pair: Sequence[str]) -> Finding:
    return Finding(
        "KEY.IDENTIFIER",
        f"labels that look the same: {' and '.join(map(ascii, pair))}",
        "write one of them throughout, or make the two visibly different",
    )


def _at(coded: Coded, test: Callable[[str], bool] | set[str]) -> Mask:
    """Mark the combinations whose level passes a test or is in a set."""
    passes = test.__contains__ if isinstance(test, set) else test
    marked = np.array([passes(level) for level in coded.levels], dtype=bool)
    return np.asarray(marked[coded.codes])


def _periods(spec: ModelSpec, rows: Rows) -> Findings:
    if rows.period is None or spec.period is None:
        return
    labels = rows.period.levels.tolist()
    if spec.period_style is None and is_ambiguous(labels):
        yield spec.period, np.ones(len(rows.count), dtype=bool), AMBIGUOUS
        return
    style = _style(spec, rows.period, count=rows.count)
    strange = {label for label in labels if quarters([label], style) == [None]}
    finding = Finding("PERIOD.FORMAT", f"not a period of style {style}", PERIOD_FIX)
    yield spec.period, _at(rows.period, strange), finding


def _style(spec: ModelSpec, period: Coded, *, count: Index) -> str:
    held = np.bincount(period.codes, weights=count).astype(np.int64).tolist()
    found = find_style(dict(zip(period.levels.tolist(), held, strict=True)))
    return spec.period_style or found or "quarter"


def _quarter(spec: ModelSpec, rows: Rows) -> Coded | None:
    if rows.period is None:
        return None
    style = _style(spec, rows.period, count=rows.count)
    found = quarters(rows.period.levels.tolist(), style)
    return code_keys(texts([quarter or "" for quarter in found]), rows.period.codes)


def _duplicates(spec: ModelSpec, rows: Rows, *, distinct: Distinct) -> list[Problem]:
    quarter = (rows.quarter,) if rows.quarter is not None else ()
    keys = group((rows.provider, *quarter, *rows.terms, *rows.units), len(rows.count))
    times = np.bincount(keys.codes, weights=rows.count)
    return duplicate_problems(spec, rows, distinct=distinct, wrong=times[keys.codes] > 1)


def _warn_of_aliases(spec: ModelSpec, rows: Rows) -> None:
    if rows.provider_name is None:
        return
    both = group((rows.provider, rows.provider_name), len(rows.count)).first
    codes = rows.provider.values[both].tolist()
    names = rows.provider_name.values[both].tolist()
    where = Where(column=spec.provider_name)
    _warn("two names for one code", shared(zip(codes, names, strict=True)), where=where)
    _warn("one name for two codes", shared(zip(names, codes, strict=True)), where=where)


def _warn_of_gaps(spec: ModelSpec, rows: Rows) -> None:
    missing = gaps(rows.quarter.levels.tolist()) if rows.quarter is not None else []
    if missing:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        message = f"no row is of {', '.join(missing[:5])}{more}"
        fix = "add the quarter, or know that activity is the mean of those that are there"
        where = Where(column=spec.period)
        problem = Problem("PERIOD.GAP", message, where, len(missing), fix, missing[0])
        warn(problem, stacklevel=5)


def _warn(message: str, found: Mapping[str, Sequence[str]], *, where: Where) -> None:
    if not found:
        return
    first, others = next(iter(found.items()))
    text = f"{message}: {first} ({', '.join(others[:5])})"
    fix = "check that they are one provider; labels are used as they are"
    warn(Problem("KEY.ALIAS", text, where, len(found), fix=fix, value=first), stacklevel=6)
