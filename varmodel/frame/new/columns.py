"""The design of new rows, from what a frame keeps of its terms."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import xarray as xr

from varmodel.errors import InputError, Problem, nearest, refuse
from varmodel.frame.checks.refusals import refuse_where
from varmodel.frame.coded import Coded, code_keys, texts
from varmodel.frame.design.splines import curve_from
from varmodel.frame.design.terms import DesignColumn, Product, TermColumn, fill_design
from varmodel.frame.periods import ahead, find_style, is_year, quarters
from varmodel.frame.reading import Distinct, read_table
from varmodel.frame.reading.numbers import Finding, parse_labels, parse_numbers, refusals
from varmodel.spec import ModelSpec
from varmodel.values import Array, Index

type Stored = Mapping[str, Any]

_SHOWN = 12
_YEAR = 4  # digits of a year of the calendar


def read_new(frame: xr.Dataset, table: object, *, also: Iterable[str] = ()) -> Distinct:
    """Read the columns of new rows that a frame's design needs.

    Parameters
    ----------
    frame : xarray.Dataset
        From :func:`varmodel.prepare`, or of a fit that was loaded.
    table : str, path or data frame
        As for :func:`varmodel.prepare`.
    also : iterable of str
        Columns to read beside those.

    Returns
    -------
    Distinct
        The distinct combinations of these columns.

    Raises
    ------
    SpecError
        FORMULA.UNKNOWN for a column that the table has not.
    InputError
        As :func:`varmodel.prepare` where the table cannot be read.
    """
    terms = [term["column"] for term in _stored(frame) if term["kind"] != "interaction"]
    try:
        return read_table(table, [*also, *terms])
    except InputError as error:
        absent = [problem for problem in error.problems if problem.code == "SCHEMA.MISSING"]
        refuse(replace(problem, code="FORMULA.UNKNOWN") for problem in absent)
        raise


def design_of(spec: ModelSpec, frame: xr.Dataset, *, distinct: Distinct) -> Array:
    """Build the design of new rows as the frame's own was built, to the last bit.

    Parameters
    ----------
    spec : ModelSpec
        The model of the frame; it says how periods are written.
    frame : xarray.Dataset
        Its ``terms``, ``term_mean`` and ``term_sd`` are read, not its cells.
    distinct : Distinct
        New rows, from :func:`read_new`.

    Returns
    -------
    ndarray
        Shape (combination, term). Numbers beyond the boundary of a spline are held there;
        a straight line goes on.

    Raises
    ------
    InputError
        VALUE codes for what is no number or label, VALUE.RANGE for a level or a period that
        the frame has not, but for the quarter after its last, which has the last one's national
        level; PERIOD.FORMAT for one beyond that.
    """
    problems: list[Problem] = []
    mains: dict[str, TermColumn] = {}
    for term in _stored(frame):
        if term["kind"] != "interaction":
            coded = code_column(spec, term, distinct=distinct, problems=problems)
            curve = curve_from(term) if term["kind"] == "spline" else None
            mains[term["column"]] = TermColumn(term["column"], term["kind"], coded, curve)
    refuse(dict.fromkeys(problems))
    columns = [_column(term, mains) for term in _stored(frame)]
    mean, sd = frame["term_mean"].to_numpy(), frame["term_sd"].to_numpy()
    scales = list(zip(mean.tolist(), sd.tolist(), strict=True))
    return fill_design(
        columns, rows=len(distinct.count), scale=lambda term, _kind, _values: scales[term]
    )


def new_periods(spec: ModelSpec, frame: xr.Dataset, *, distinct: Distinct) -> Index:
    """Number the period of each combination among the frame's; the one after its last comes next.

    For a frame with levels of periods, whose column :func:`design_of` has checked.
    """
    term = next(term for term in _stored(frame) if term["kind"] == "period")
    column = distinct.columns[term["column"]]
    labels = _quarters(spec, parse_labels(column)[0], like=term["levels"][0])
    known = {level: code for code, level in enumerate(term["levels"])}
    places = [known.get(label, len(known)) for label in labels]
    return np.asarray(np.array(places, dtype=np.int64)[column.codes])


def _stored(frame: xr.Dataset) -> list[Stored]:
    return cast(list[Stored], json.loads(frame.attrs["terms"]))


def _column(term: Stored, mains: Mapping[str, TermColumn]) -> DesignColumn:
    if term["kind"] != "interaction":
        return mains[term["column"]]
    return Product(tuple(mains[column] for column in term["columns"]))


def code_column(
    spec: ModelSpec, term: Stored, *, distinct: Distinct, problems: list[Problem]
) -> Coded:
    """Read a column of new rows in the levels of the frame; a column of numbers as numbers."""
    name, column = term["column"], distinct.columns[term["column"]]
    if term["kind"] in {"numeric", "spline"}:
        values, refused = parse_numbers(column, integer=False)
        problems += refusals(distinct, name, refused=refused)
        return code_keys(values, column.codes)
    found, refused = parse_labels(column, truths=True)
    problems += refusals(distinct, name, refused=refused)
    known = {level: code for code, level in enumerate(term["levels"])}
    named = found
    if term["kind"] == "period":
        named = _quarters(spec, found, like=term["levels"][0])
        far = np.array([_ahead(level, term["levels"]) > 1 for level in named], dtype=bool)
        beyond = _beyond(term["levels"][-1])
        problems += refuse_where(distinct, [name], wrong=far[column.codes], finding=beyond)
        coming = [level for level in named if _ahead(level, term["levels"]) >= 1]
        known |= dict.fromkeys(coming, len(term["levels"]) - 1)  # the last one's national level
    places = np.array([known.get(level, -1) for level in named], dtype=np.int64)
    missing = (places < 0) & ~np.isin(np.arange(len(places)), list(refused))
    first = next((named[code] for code in np.flatnonzero(missing)), None)
    strange = _strange(term["levels"], first)
    problems += refuse_where(distinct, [name], wrong=missing[column.codes], finding=strange)
    return Coded(texts(term["levels"]), places[column.codes])


def _quarters(spec: ModelSpec, labels: Sequence[str], *, like: str) -> list[str]:
    """Read periods as the fitted table's: 2010-11 is no month where its periods are years."""
    years = "financial_year" if len(like) > _YEAR else "year"
    found = years if is_year(like) else find_style(dict.fromkeys(labels, 1))
    style = spec.period_style or found or "quarter"
    return [quarter or "" for quarter in quarters(labels, style)]


def _ahead(level: str, levels: Sequence[str]) -> int:
    """Count by how many periods one comes after the last; 0 for what is no period."""
    return ahead(level, levels[-1]) if level else 0


def _beyond(last: str) -> Finding:
    message = f"a period more than one after {last}, the last that the model was fitted to"
    return Finding("PERIOD.FORMAT", message, "predict one period ahead, or fit the model anew")


def _strange(levels: Sequence[str], first: str | None) -> Finding:
    rest = f" and {len(levels) - _SHOWN} more" if len(levels) > _SHOWN else ""
    known = ", ".join(levels[:_SHOWN]) + rest
    message = f"a level that the model was not fitted to{nearest(first, levels)}"
    return Finding("VALUE.RANGE", message, f"known: {known}; fit the model anew for others")
