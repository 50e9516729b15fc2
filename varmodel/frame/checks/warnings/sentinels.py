"""Sentinels: numbers such as 9999 or -1 that stand for "missing" and are read as figures.

A code is doubted only as an extreme far from the rest: a tail thins out, it does not stop and
go on elsewhere. Distances are measured in the distance between the percentiles 90 and 99 (10 and
1) of the rest.
"""

import re
from collections.abc import Iterator

import numpy as np

from varmodel.errors import warn
from varmodel.frame.checks.refusals import refuse_where
from varmodel.frame.reading import Distinct
from varmodel.frame.reading.numbers import Finding
from varmodel.frame.rows import Rows
from varmodel.spec import ModelSpec
from varmodel.spec.terms import main_terms, term_column
from varmodel.values import Array, Index, Mask

_NINES = re.compile(r"9+[89](\.9+)?")
#: Over the power of ten in a number: what is below it begins neither with 98 nor with 99.
_LEAD = 9.7
_FEWEST_ROWS, _SHOWN = 30, 3
#: Index of counts: an honest count of 99 is no wonder, nor one of 999 beside 500.
_LEAST_COUNT, _COUNT_BEYOND = 999, 3.0
#: Of a code: how many such distances beyond the rest, and how many times the largest of it.
_FAR, _BEYOND = 2.0, 1.5
#: Of any number below 0: 3 are five sds from the middle of normal measurements.
_IMPOSSIBLE = 3.0
#: Share of rows below 0 up to which they are strangers among measurements above it.
_FEW_BELOW = 0.02
#: Share of rows at the lowest other number from which a distribution has an end there.
_PILED = 0.02
_SELDOM_WHOLE = 0.2

_FIX = (
    "leave these rows out, or have the figures filled in; where such numbers are possible, "
    "state value_range = [low, high] in the model"
)


def warn_of_sentinels(spec: ModelSpec, rows: Rows, *, distinct: Distinct) -> None:
    """Warn of numbers that look like codes for "missing", and of impossible ones below 0."""
    for column, values, kind in _columns(spec, rows):
        for wrong, place in _strangers(values, rows.count, kind=kind):
            found = np.unique(values[wrong])
            shown = ", ".join(f"{value:g}" for value in found[:_SHOWN])
            more = " and others" if len(found) > _SHOWN else ""
            message = f"{shown}{more}: far {place} all other numbers, a code or a slip"
            finding = Finding("VALUE.SENTINEL", message, _FIX)
            for problem in refuse_where(distinct, [column], wrong=wrong, finding=finding):
                warn(problem)


def _columns(spec: ModelSpec, rows: Rows) -> Iterator[tuple[str, Array, str]]:
    """Give the columns whose numbers are looked at: figures counted or measured, covariates."""
    for field in ("value", "numerator", "denominator", "exposure"):
        if field in rows.response and not (field == "value" and spec.value_range):
            kind = "measured" if field == "value" else "counted"
            yield spec.response_columns[field], rows.response[field], kind
    for term, coded in zip(main_terms(spec.terms), rows.terms, strict=True):
        if not coded.is_text:
            yield term_column(term), coded.values.astype(np.float64), "covariate"


def _strangers(values: Array, count: Index, *, kind: str) -> Iterator[tuple[Mask, str]]:
    """Mark numbers that hardly belong to the rest of a column, above it and below."""
    if count.sum() < _FEWEST_ROWS:
        return
    least, beyond = (_LEAST_COUNT, _COUNT_BEYOND) if kind == "counted" else (99, _BEYOND)
    codes = _codes(values, least=least)
    if codes.any() and not codes.all():
        high = _far_above(values, count, codes=codes, beyond=beyond)
        if high.any():
            yield high, "above"
    below = values < 0
    others = ~below & ~codes
    if kind == "counted" or not below.any() or not others.any():
        return
    if _strange_below(values, count, below=below, others=others, kind=kind):
        yield below, "below"


def _codes(values: Array, *, least: float) -> Mask:
    """Mark 99, 999, 9998 and their like."""
    marked = values >= least
    some = values[marked]
    marked[marked] = some / 10 ** np.floor(np.log10(some)) >= _LEAD  # few are written out
    unique, place = np.unique(values[marked], return_inverse=True)
    codes = [bool(_NINES.fullmatch(f"{value:.10g}")) for value in unique]
    marked[marked] = np.array(codes, dtype=bool)[place]
    return marked


def _far_above(values: Array, count: Index, *, codes: Mask, beyond: float) -> Mask:
    """Mark the codes that lie far above all that are none."""
    rest, held = values[~codes], count[~codes]
    top = float(rest.max())
    tail = _percentile(rest, held, 0.99) - _percentile(rest, held, 0.90)
    return np.asarray(codes & (values > top + _FAR * tail) & (values > beyond * top))


def _strange_below(values: Array, count: Index, *, below: Mask, others: Mask, kind: str) -> bool:
    """Tell whether the numbers below 0 are strangers among the others."""
    lowest, held = values[below], count[below]
    rest, times = values[others], count[others]
    end = float(rest.min())
    tail = _percentile(rest, times, 0.10) - _percentile(rest, times, 0.01)
    if _is_code(lowest):
        at_end = times[rest == end].sum()
        whole = times[rest == np.rint(rest)].sum() / times.sum()
        needed = _FAR if whole > _SELDOM_WHOLE else 1.0  # whole among fractions is itself odd
        far = end - float(lowest.max()) > needed * tail
        return bool(far or at_end >= _PILED * times.sum() or held.sum() > max(1, at_end))
    few = held.sum() <= _FEW_BELOW * count.sum()
    return bool(kind == "measured" and few and end - float(lowest.min()) > _IMPOSSIBLE * tail)


def _is_code(lowest: Array) -> bool:
    """Tell whether all that stands below 0 is -1, -9, -99 and their like."""
    return all(re.fullmatch(r"-(1|9+|9+8)", f"{value:.10g}") for value in np.unique(lowest))


def _percentile(values: Array, count: Index, share: float) -> float:
    """Give the smallest value at or below which a share of the rows lies."""
    order = np.argsort(values)
    below = np.cumsum(count[order])
    return float(values[order][np.searchsorted(below, share * below[-1])])
