"""Keys and periods of a table: labels, calendar quarters, repeated keys."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from varmodel.errors import Problem, Where, refuse, warn
from varmodel.frame.checks.labels.bands import eaten, overlapping
from varmodel.frame.checks.labels.marks import warn_of_marks
from varmodel.frame.checks.labels.spelling import shared, twins
from varmodel.frame.checks.refusals import refuse_where
from varmodel.frame.checks.totals.measures import duplicate_problems, measure_problems
from varmodel.frame.checks.totals.sums import find_totals
from varmodel.frame.coded import Coded, code_keys, group, texts
from varmodel.frame.period_labels import strange_labels
from varmodel.frame.periods import find_style, gaps, is_ambiguous, is_year, quarters, written_twice
from varmodel.frame.reading import Distinct
from varmodel.frame.reading.numbers import Finding
from varmodel.frame.rows import Rows
from varmodel.spec import ModelSpec
from varmodel.spec.terms import main_terms, term_column
from varmodel.texts import has_unsafe
from varmodel.values import Index, Mask

type Findings = Iterator[tuple[str, Mask, Finding]]

NAME = Finding(
    "KEY.NAME",
    "a label holds a control character, or a sign that turns the text or is none",
    "remove it: labels are printed as they are",
)
EATEN = Finding(
    "BAND.FORMAT",
    "a band that a spreadsheet took for a date",
    "write it as the others, such as 5-17, and have the spreadsheet read the column as text",
)
AMBIGUOUS = Finding(
    "PERIOD.AMBIGUOUS",
    "every period could be a month, a financial year or several years together",
    'set period_style = "month" or "financial_year", or write quarters as 2005-06 Q1',
)
PERIOD_FIX = (
    "write all periods alike: 2006Q3 (quarter), 2006-07 Q2 (financial_quarter), 2006-07 (month), "
    "2006-07-01 (date), 2006 (year) or 2006/07 (financial_year)"
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
        warn(problem)
    warn_of_marks(spec, rows, distinct=distinct, factors=_factors(spec, rows))
    _warn_of_aliases(spec, rows)
    _warn_of_gaps(spec, rows)
    return rows


def _labels(spec: ModelSpec, rows: Rows) -> Findings:
    for column, coded in ({spec.provider: rows.provider} | _factors(spec, rows)).items():
        yield column, _at(coded, has_unsafe), NAME
        if alike := twins(coded.levels.tolist()):
            held = _rows_of(coded, rows.count)
            odd = {label for pair in alike for label in _odd(pair, held)}
            yield column, _at(coded, odd), _twins(alike[0], held)
    if rows.provider_name is not None and spec.provider_name is not None:
        yield spec.provider_name, _at(rows.provider_name, has_unsafe), NAME


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


def _rows_of(coded: Coded, count: Index) -> dict[str, int]:
    """Count the rows of each label."""
    held = np.bincount(coded.codes, weights=count, minlength=len(coded.levels))
    return dict(zip(coded.levels.tolist(), held.astype(np.int64).tolist(), strict=True))


def _odd(pair: Sequence[str], held: Mapping[str, int]) -> list[str]:
    """Give the spellings that fewer rows have; all of them where no one has most."""
    most = max(held[label] for label in pair)
    usual = [label for label in pair if held[label] == most]
    return [label for label in pair if len(usual) > 1 or label not in usual]


def _twins(pair: Sequence[str], held: Mapping[str, int]) -> Finding:
    named = " and ".join(
        f"{label!a} in {held[label]} row{'s'[: held[label] != 1]}" for label in pair
    )
    return Finding(
        "KEY.IDENTIFIER",
        f"labels that look the same: {named}",
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
    mixed = {label for label in strange if find_style({label: 1})}
    told = strange_labels(strange, style=style, fix=PERIOD_FIX, mixed=mixed)
    for finding, alike in told.items():
        yield spec.period, _at(rows.period, alike), finding
    named = {label: quarters([label], style)[0] for label in labels if label not in strange}
    twice = set(written_twice([period for period in named.values() if period]))
    wrong = {label for label, period in named.items() if period in twice}
    finding = Finding("PERIOD.FORMAT", "one year is written in two ways", PERIOD_FIX)
    yield spec.period, _at(rows.period, wrong), finding


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
    provider = rows.provider if spec.form.error else rows.given  # merged counts are added
    keys = group((provider, *quarter, *rows.terms, *rows.units), len(rows.count))
    times = np.bincount(keys.codes, weights=rows.count)
    return duplicate_problems(spec, rows, distinct=distinct, wrong=times[keys.codes] > 1)


def _warn_of_aliases(spec: ModelSpec, rows: Rows) -> None:
    if rows.provider_name is None:
        return
    both = group((rows.given, rows.provider_name), len(rows.count)).first
    codes = rows.given.values[both].tolist()
    names = rows.provider_name.values[both].tolist()
    where = Where(column=spec.provider_name)
    _warn("two names for one code", shared(zip(codes, names, strict=True)), where=where)
    _warn("one name for two codes", shared(zip(names, codes, strict=True)), where=where)


def _warn_of_gaps(spec: ModelSpec, rows: Rows) -> None:
    missing = gaps(rows.quarter.levels.tolist()) if rows.quarter is not None else []
    if missing:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        message = f"no row is of {', '.join(missing[:5])}{more}"
        name = "year" if is_year(missing[0]) else "quarter"
        fix = f"add the {name}, or know that activity is the mean of those that are there"
        where = Where(column=spec.period)
        problem = Problem("PERIOD.GAP", message, where, len(missing), fix, missing[0])
        warn(problem)


def _warn(message: str, found: Mapping[str, Sequence[str]], *, where: Where) -> None:
    if not found:
        return
    first, others = next(iter(found.items()))
    text = f"{message}: {first} ({', '.join(others[:5])})"
    fix = "check that they are one provider; labels are used as they are"
    warn(Problem("KEY.ALIAS", text, where, len(found), fix=fix, value=first))
