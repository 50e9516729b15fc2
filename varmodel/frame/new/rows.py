"""New rows: a table in memory read row by row, as the frame's own rows were."""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from varmodel.errors import SHOWN_POSITIONS, Problem, Where, fail, refuse, warn
from varmodel.families import Cells
from varmodel.frame.cells import aggregate
from varmodel.frame.checks.keys import NAME
from varmodel.frame.checks.labels.spelling import twins
from varmodel.frame.checks.refusals import refuse_where
from varmodel.frame.checks.responses import NEGATIVE, Response, check_counts, size_field
from varmodel.frame.checks.totals.names import NAMES_A_TOTAL, aggregates, total_finding
from varmodel.frame.coded import Coded
from varmodel.frame.new.columns import design_of, new_periods, read_new
from varmodel.frame.new.likeness import Described, read_described
from varmodel.frame.reading import Distinct
from varmodel.frame.reading.numbers import Finding
from varmodel.frame.reading.where import text_of
from varmodel.frame.rows import Rows, read_figures
from varmodel.spec import ModelSpec
from varmodel.texts import has_unsafe
from varmodel.values import Array, Index, Mask

_WITHIN = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class NewRows:
    """New rows in the order of their table.

    Attributes
    ----------
    provider : Coded
        Whose rows they are, levels by code point.
    design : ndarray, shape (row, term)
        Centred and scaled as the frame's.
    response : mapping of str to ndarray
        The fields that were asked for, shape (row,) each.
    period : ndarray of int, shape (row,)
        Number of each row's period in the frame, that after its last coming next; 0 for a frame
        without levels of periods.
    described : Described
        What was read of the columns that describe providers.
    """

    provider: Coded
    design: Array
    response: Response
    period: Index
    described: Described = field(default_factory=Described)

    @property
    def labels(self) -> list[str]:
        """The providers, each once."""
        return [str(label) for label in self.provider.levels]


@dataclass(frozen=True, slots=True, eq=False)
class OwnRows:
    """Rows of one provider added to cells: the likelihood of its effect.

    Attributes
    ----------
    cells : Cells
    design : ndarray, shape (cell, term)
    """

    cells: Cells
    design: Array


def read_new_rows(
    spec: ModelSpec,
    frame: xr.Dataset,
    *,
    table: object,
    fields: Sequence[str] = (),
    describing: bool = False,
) -> NewRows:
    """Read new rows of providers of a frame, or of others.

    Parameters
    ----------
    spec : ModelSpec
        The model of the frame.
    frame : xarray.Dataset
        From :func:`varmodel.prepare`, or of a fit that was loaded.
    table : pandas, polars or pyarrow table
        One row each; an index is not read.
    fields : sequence of str
        Fields of the response to read: some of ``spec.form.columns``.
    describing : bool
        Whether columns that describe providers are read, as far as the table has them.

    Returns
    -------
    NewRows

    Raises
    ------
    SpecError
        CONFIG.VALUE for a table that is not in memory; FORMULA.UNKNOWN for a column that it
        has not.
    InputError
        As :func:`varmodel.prepare`; VALUE.RANGE for a level or quarter that the frame has not, and
        for a row that ``[where]`` leaves out (a table without that column holds none),
        PERIOD.FORMAT for a period more than one after its last,
        KEY.IDENTIFIER for a label that only looks like one of its providers.

    Warns
    -----
    VarmodelWarning
        VALUE.RANGE for numbers beyond those that a straight line was fitted to.
    """
    numbered, row, names = _number(table)
    held = {name: text for name, text in spec.where.items() if name in names}
    wanted = [spec.provider, *(spec.response_columns[field] for field in fields), *held]
    more = [name for name in spec.provider_columns if describing and name in names]
    distinct = read_new(frame, numbered, also=[row, *wanted, *more])
    refuse(_left_out(distinct, held))
    provider, response = read_figures(spec, distinct, fields=fields)
    _check(spec, response, distinct=distinct)
    _check_labels(spec, provider, distinct=distinct, known=frame["provider"].to_numpy().tolist())
    design = design_of(spec, frame, distinct=distinct)
    order = _order(distinct, row)
    rows = NewRows(
        Coded(provider.levels, provider.codes[order]),
        design[order],
        {field: values[order] for field, values in response.items()},
        _periods(spec, frame, distinct=distinct)[order],
        read_described(spec, frame, distinct=distinct, order=order),
    )
    _warn_of_range(frame, rows.design)
    return rows


def _periods(spec: ModelSpec, frame: xr.Dataset, *, distinct: Distinct) -> Index:
    several = frame.sizes.get("period", 1) > 1
    if several:
        return new_periods(spec, frame, distinct=distinct)
    return np.zeros(len(distinct.count), dtype=np.int64)


def own_rows(spec: ModelSpec, rows: NewRows, *, level: int, period: int | None = None) -> OwnRows:
    """Add the rows of one provider to cells of equal design; those of size 0 say nothing.

    With a period only the rows of that period.

    Published values are not added, nor over-dispersed counts, of which each row is a unit.

    The whole response must have been read.
    """
    mine = rows.provider.codes == level
    if period is not None:
        mine &= rows.period == period
    size = size_field(spec.form)
    if size is not None:
        mine &= rows.response[size] > 0
    design, pattern = np.unique(rows.design[mine], axis=0, return_inverse=True)
    count = int(mine.sum())
    owner = Coded(rows.provider.levels[[level]], np.zeros(count, dtype=np.int64))
    alone = Rows(
        provider=owner,
        given=owner,
        provider_name=None,
        period=None,
        quarter=None,
        terms=(Coded(np.arange(len(design)), pattern.reshape(-1)),),
        units=(),
        exclusions=(),
        describing=(),
        response={field: values[mine] for field, values in rows.response.items()},
        count=np.ones(count, dtype=np.int64),
    )
    if spec.form.error or spec.unit_columns:
        return OwnRows(new_cells(spec, alone.response, rows=count), rows.design[mine])
    return OwnRows(spec.form.cells(aggregate(spec.form, alone).statistics), design)


def new_cells(spec: ModelSpec, response: Response, *, rows: int) -> Cells:
    """Make a cell of each row; without a size column it is one case or one measurement."""
    size = size_field(spec.form)
    error = response[spec.form.error] if spec.form.error else None
    single = np.ones(rows)
    value = response.get(spec.form.columns[0], np.zeros(rows))
    return Cells(value, response[size] if size else single, error=error)


def _left_out(distinct: Distinct, held: Mapping[str, str]) -> Iterator[Problem]:
    """Refuse rows that [where] leaves out of the fitted table, where the new one says which."""
    for name, text in held.items():
        column = distinct.columns[name]
        others = np.array([text_of(level) != text for level in column.levels], dtype=bool)
        message = f"a row that the model does not read: [where] names {text!r}"
        fix = f"keep the rows whose {name} is {text!r}, or leave the column out"
        finding = Finding("VALUE.RANGE", message, fix)
        yield from refuse_where(distinct, [name], wrong=others[column.codes], finding=finding)


def _number(table: object) -> tuple[object, str, set[str]]:
    """Give a table a column of row numbers, so that no two rows are alike; and name the others."""
    import narwhals as nw

    from varmodel.frame.reading.frames import is_supported

    if not is_supported(table):
        message = f"new rows are read of a table in memory, not of a {type(table).__name__}"
        fix = "give a pandas, polars or pyarrow table; read a file first, all columns as text"
        fail("CONFIG.VALUE", message, fix=fix)
    whole: Any = table
    if nw.dependencies.is_polars_lazyframe(whole):
        whole = whole.collect()
    names = whole.column_names if nw.dependencies.is_pyarrow_table(whole) else whole.columns
    taken = {str(name) for name in names}
    row = next(name for k in itertools.count() if (name := f"row {k}") not in taken)
    if nw.dependencies.is_pandas_dataframe(whole):
        return whole.assign(**{row: np.arange(len(whole))}), row, taken
    return nw.from_native(whole).with_row_index(row).to_native(), row, taken


def _order(distinct: Distinct, row: str) -> Index:
    """Give the place of each row among the combinations."""
    column = distinct.columns[row]
    order = np.empty(len(distinct.count), dtype=np.int64)
    order[np.asarray(column.levels, dtype=np.int64)[column.codes]] = np.arange(len(order))
    return order


def _check(spec: ModelSpec, response: Response, *, distinct: Distinct) -> None:
    """Refuse figures that cannot be: all rules where the whole response is there."""
    if set(response) == set(spec.form.columns):
        check_counts(spec, response, distinct=distinct)
        return
    size = size_field(spec.form)
    if size is not None and size in response:
        column = spec.response_columns[size]
        wrong = response[size] < 0
        refuse(refuse_where(distinct, [column], wrong=wrong, finding=NEGATIVE))


def _check_labels(
    spec: ModelSpec, provider: Coded, *, distinct: Distinct, known: Sequence[str]
) -> None:
    """Refuse labels that would be refused in the frame, or only look like one of its own."""
    labels = provider.levels.tolist()
    strange = {label for label in labels if label not in set(known)}
    pairs = [pair for pair in twins([*known, *strange]) if strange & set(pair)]
    alike = {label for pair in pairs for label in pair if label in strange}
    called = aggregates(labels, known=[*spec.not_aggregates, *known])
    marked: Mapping[Finding, set[str]] = {
        NAME: set(filter(has_unsafe, labels)),
        total_finding(called, NAMES_A_TOTAL): called,
        _look_alike(pairs): alike,
    }
    problems: list[Problem] = []
    for finding, wrong in marked.items():
        rows = _rows_of(provider, wrong)
        problems += refuse_where(distinct, [spec.provider], wrong=rows, finding=finding)
    refuse(problems)


def _look_alike(pairs: Sequence[Sequence[str]]) -> Finding:
    named = " and ".join(map(ascii, pairs[0])) if pairs else ""
    message = f"labels that look the same: {named}"
    return Finding("KEY.IDENTIFIER", message, "write the provider as the fitted table does")


def _rows_of(provider: Coded, labels: set[str]) -> Mask:
    marked = np.array([label in labels for label in provider.levels], dtype=bool)
    return np.asarray(marked[provider.codes])


def _warn_of_range(frame: xr.Dataset, design: Array) -> None:
    """Warn of numbers beyond those of the frame, where a straight line goes on."""
    names = frame["term"].to_numpy().tolist()
    numeric = [t["column"] for t in json.loads(frame.attrs["terms"]) if t["kind"] == "numeric"]
    seen = frame["design"].transpose("pattern", "term").to_numpy()
    for name in numeric:
        place = names.index(name)
        low, high = seen[:, place].min() - _WITHIN, seen[:, place].max() + _WITHIN
        beyond = np.flatnonzero((design[:, place] < low) | (design[:, place] > high))
        if len(beyond):
            where = Where(column=name, rows=tuple(beyond[:SHOWN_POSITIONS].tolist()))
            message = "numbers beyond those that the model was fitted to; its line goes on"
            fix = "do not lean on these rows, or fit the model to such cases"
            warn(Problem("VALUE.RANGE", message, where, len(beyond), fix))
