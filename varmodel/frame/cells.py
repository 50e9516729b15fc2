"""Cells: rows added to one row a provider and pattern, with sufficient statistics."""

from dataclasses import dataclass

import numpy as np

from varmodel.families import Form
from varmodel.frame.checks.responses import INTEGERS, size_field
from varmodel.frame.coded import Coded, group
from varmodel.frame.rows import Rows
from varmodel.numerics.sums import integer_sums, real_sums
from varmodel.values import Array, Index


@dataclass(frozen=True, slots=True, eq=False)
class Aggregate:
    """Rows added to cells.

    Attributes
    ----------
    provider_index, pattern_index : ndarray of int64
        Shape (cell,); cells are sorted by both.
    stratum : tuple of Coded
        Quarter (where there is a period column), then the terms, by pattern.
    statistics : dict of str to ndarray
        The form's statistics, shape (cell,).
    """

    provider_index: Index
    pattern_index: Index
    stratum: tuple[Coded, ...]
    statistics: dict[str, Array]


def aggregate(form: Form, rows: Rows) -> Aggregate:
    """Add the rows of a provider and pattern, and of a dispersion unit where there are units."""
    length = len(rows.count)
    stratum = ((rows.quarter,) if rows.quarter else ()) + rows.terms
    patterns = group(stratum, length)
    numbered = Coded(np.arange(len(patterns)), patterns.codes)
    cells = group((rows.provider, numbered, *rows.units), length)
    return Aggregate(
        provider_index=rows.provider.codes[cells.first],
        pattern_index=patterns.codes[cells.first],
        stratum=tuple(Coded(column.levels, column.codes[patterns.first]) for column in stratum),
        statistics=_statistics(form, rows, owner=cells.codes, size=len(cells)),
    )


def totals(form: Form, rows: Rows, *, owner: Index, size: int) -> tuple[Array, Array]:
    """Add response and size by owner; a trial, measurement or published value has size 1.

    Parameters
    ----------
    form : Form
    rows : Rows
    owner : ndarray of int64
        To which sum each combination belongs, shape (combination,).
    size : int
        Number of sums.

    Returns
    -------
    tuple of ndarray
        Two arrays of shape (sum,): their quotient is the crude rate.
    """
    response = _sums(rows, form.columns[0], owner=owner, size=size)
    field = size_field(form)
    if field is not None:
        return response, _sums(rows, field, owner=owner, size=size)
    return response, integer_sums(np.ones(len(owner)), rows.count, owner=owner, size=size)


def _sums(rows: Rows, field: str, *, owner: Index, size: int) -> Array:
    add = integer_sums if field in INTEGERS else real_sums
    return add(rows.response[field], rows.count, owner=owner, size=size)


def _statistics(form: Form, rows: Rows, *, owner: Index, size: int) -> dict[str, Array]:
    response, amount = totals(form, rows, owner=owner, size=size)
    if form.error:
        error = _sums(rows, form.error, owner=owner, size=size)
        return {form.response: response, form.error: error}
    if not form.spread:
        return {form.response: response, form.size: amount}
    values = rows.response[form.columns[0]]
    if form.logged:
        values = np.log(values)
        response = real_sums(values, rows.count, owner=owner, size=size)
    mean = response / amount
    spread = real_sums(_scatter(form, values, mean[owner]), rows.count, owner=owner, size=size)
    return {form.response: mean, form.size: amount, form.spread: spread}


def _scatter(form: Form, values: Array, mean: Array) -> Array:
    """Give what each measurement adds to its cell's spread."""
    if form.logged or not form.positive:
        return np.asarray((values - mean) ** 2)
    beyond = (values - mean) / mean
    near = np.log1p(np.maximum(beyond, -0.5))  # exact near the mean, log elsewhere
    log_ratio = np.where(beyond > -0.5, near, np.log(values / mean))
    return np.asarray(beyond - log_ratio)
