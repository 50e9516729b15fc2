"""prepare: a table becomes a frame. The only place that looks at input."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from varmodel.errors import Problem, Where, refuse
from varmodel.frame.cells import Aggregate, aggregate, totals
from varmodel.frame.checks.dispersion_units import check_units, identification_problems
from varmodel.frame.checks.keys import check_keys
from varmodel.frame.checks.responses import check_counts, warn_of_empty
from varmodel.frame.checks.saturation import saturation_problems
from varmodel.frame.checks.warnings.covariates import warn_of_design
from varmodel.frame.checks.warnings.sentinels import warn_of_sentinels
from varmodel.frame.coded import Coded
from varmodel.frame.dataset import Parts, assemble_frame, crude_rates, national_figures
from varmodel.frame.design.matrix import (
    Design,
    build_design,
    collinear_problems,
    constant_problems,
    curve_problems,
    empty_problems,
    limit_problems,
    name_problems,
)
from varmodel.frame.design.splines import learn
from varmodel.frame.design.terms import DesignColumn, Product, TermColumn
from varmodel.frame.providers.exclusions import excluded_providers
from varmodel.frame.providers.presence import Presence, find_presence
from varmodel.frame.providers.successors import renamed
from varmodel.frame.providers.support import NO_ACTIVITY, find_support
from varmodel.frame.providers.table import between_providers, check_constant, read_providers
from varmodel.frame.reading import Distinct, read_table
from varmodel.frame.rows import Rows, columns_of, read_rows
from varmodel.frame.transient import transient_problems
from varmodel.numerics.sums import exact_sum
from varmodel.spec import Interaction, ModelSpec, Spline
from varmodel.spec.library import as_model
from varmodel.spec.terms import MainTerm, main_terms, term_column
from varmodel.values import Array

if TYPE_CHECKING:
    import os

MINIMUM_PROVIDERS = 4


def prepare(spec: "ModelSpec | str | os.PathLike[str]", table: object) -> xr.Dataset:
    """Check a table and make the frame that a model is fitted to.

    Parameters
    ----------
    spec : ModelSpec, str or path-like
        The model, its name in the library or its file; it names the columns.
    table : str, path or data frame
        A CSV or Parquet file, or a pandas, polars, pyarrow or DuckDB table.

    Returns
    -------
    xarray.Dataset
        Dims cell, provider, pattern, term (and period where the model names one). A cell is the
        sum of a provider's rows in one pattern of period and covariates and holds the response's
        sufficient statistics; ``provider_index``, ``pattern_index`` (``period_index``) say which.
        ``design`` (pattern, term) is centred at the national mean, ``term_mean``, and divided by
        ``term_sd``; ``pattern_weight`` is the reference population and sums to 1. ``observed``
        (provider) is the crude rate, ``activity`` (provider) the size a period, ``support``
        (provider) the share of the reference population in patterns where the provider has a
        case: below .5 it is compared on patients it does not have. Nothing depends on the order
        of the rows or on the engine that held them: equal tables give equal bytes, and
        ``attrs["source_hash"]`` names them. Excluded providers, and those without a case (reason
        "no activity"), are in ``attrs["excluded"]`` only.

    Raises
    ------
    InputError
        INPUT, SCHEMA, VALUE, COUNT, KEY, PERIOD, BAND: all problems of the first stage that
        fails.
    SpecError
        CONFIG.VALUE where an exclusion differs within a provider or two terms share a name;
        FORMULA.LIMIT for a factor or an interaction of more than 100 terms.
    DesignError
        DESIGN.TOO_FEW, CONSTANT, COLLINEAR; IDENTIFICATION also where nine in ten providers have
        one dispersion unit or a column differs within a unit, and for a transient that nothing
        in the table can tell; SATURATED where the covariates
        leave fewer than three degrees of freedom between providers.

    Warns
    -----
    VarmodelWarning
        COUNT.ZERO_DENOMINATOR for rows of 0 of 0, KEY.MISSING_MARK, KEY.ALIAS, PERIOD.GAP,
        KEY.DUPLICATE where measures may be added, CONFIG.VALUE for an exclusion that matches
        nobody but nearly matches a value of the table; VALUE.SENTINEL, DESIGN.NO_INFORMATION,
        SEPARATION, ROUNDED, IDENTICAL, TWICE, UNIT, UNDERDISPERSED, PERIODS, SUPPORT for figures
        that can be fitted but should be looked at; DESIGN.SATURATED for a provider that alone
        holds a level.
    """
    spec = as_model(spec)
    distinct = read_table(table, columns_of(spec), where=spec.where)  # 1. schema, rows
    rows = read_rows(spec, distinct)  # 2. values
    check_counts(spec, rows.response, distinct=distinct)  # 3. counts
    warn_of_empty(spec, rows.response, distinct=distinct)
    warn_of_sentinels(spec, rows, distinct=distinct)
    rows = check_keys(spec, rows, distinct=distinct)  # 4., 5. keys and periods
    ranked, excluded = _exclude(spec, rows, distinct=distinct)  # 6. exclusions
    check_units(spec, ranked)
    check_constant(spec, ranked, distinct=distinct)
    cells = aggregate(spec.form, ranked)  # 7. cells
    columns, weight, design = _design(spec, ranked, cells=cells)  # 8. design
    presence = _presence(spec, ranked, cells=cells)
    table = read_providers(
        spec, ranked, cells=cells, columns=columns, design=design, presence=presence
    )
    size = spec.form.cells(cells.statistics).size
    refuse(
        saturation_problems(
            columns, design, cells=cells, size=size, between=between_providers(table)
        )
    )
    parts = Parts(
        rows=ranked,
        cells=cells,
        columns=columns,
        design=design,
        pattern_weight=weight,
        pooled=national_figures(spec.family_row, spec.form, cells=cells),
        excluded=excluded,
        rows_in=distinct.rows_in,
        presence=presence,
        support=_support(spec, ranked, cells=cells, weight=weight),
        successors=renamed(spec, rows.given),
        table=table,
    )
    frame = assemble_frame(spec, parts)  # 9. the frame
    refuse(transient_problems(spec, frame))
    warn_of_design(spec, parts)  # 10. what looks wrong
    return frame


def _exclude(
    spec: ModelSpec, rows: Rows, *, distinct: Distinct
) -> tuple[Rows, list[dict[str, object]]]:
    """Part the excluded providers, and those without a case, from the ranked ones."""
    rate, size = crude_rates(spec.form, rows)
    idle = dict.fromkeys(np.flatnonzero(size == 0).tolist(), NO_ACTIVITY)
    reasons = dict(sorted({**idle, **excluded_providers(spec, rows, distinct=distinct)}.items()))
    listed: list[dict[str, object]] = [
        {
            "provider": str(rows.provider.levels[code]),
            "observed": float(rate[code]) if size[code] > 0 else None,
            "reason": reason,
        }
        for code, reason in reasons.items()
    ]
    size[list(reasons)] = 0
    refuse(_too_few(spec, active=int((size > 0).sum())))
    return rows.keep(~np.isin(rows.provider.codes, list(reasons))), listed


def _presence(spec: ModelSpec, rows: Rows, *, cells: Aggregate) -> Presence | None:
    """Say which periods each provider reports."""
    if rows.quarter is None:
        return None
    return find_presence(
        spec.form,
        provider=cells.provider_index,
        period=cells.stratum[0].codes[cells.pattern_index],
        size=spec.form.cells(cells.statistics).size,
        providers=len(rows.provider.levels),
        periods=len(rows.quarter.levels),
    )


def _support(spec: ModelSpec, rows: Rows, *, cells: Aggregate, weight: Array) -> Array:
    """Say of how much of the reference population each provider has patients.

    Published values have none: they describe providers as wholes.
    """
    if spec.form.error:
        return np.ones(len(rows.provider.levels))
    size = spec.form.cells(cells.statistics).size
    held = size > 0
    return find_support(
        cells.stratum[1:] if spec.period else cells.stratum,
        weight=weight,
        provider=cells.provider_index[held],
        pattern=cells.pattern_index[held],
        cases=np.bincount(cells.provider_index, weights=size),
    )


def _too_few(spec: ModelSpec, *, active: int) -> list[Problem]:
    """Refuse fewer than four providers with any activity: no spread could be learnt."""
    if active >= MINIMUM_PROVIDERS:
        return []
    message = f"{active} ranked providers with any activity, at least {MINIMUM_PROVIDERS} needed"
    fix = "add providers, or look at the exclusions"
    return [Problem("DESIGN.TOO_FEW", message, Where(column=spec.provider), fix=fix)]


def _design(
    spec: ModelSpec, rows: Rows, *, cells: Aggregate
) -> tuple[tuple[DesignColumn, ...], Array, Design]:
    """Build the design over the patterns, weighted by size; refuse what cannot be told apart."""
    size = spec.form.cells(cells.statistics).size
    weight = np.bincount(cells.pattern_index, weights=size)
    weight /= exact_sum(weight)
    columns = _columns(spec, cells, weight=weight)
    refuse(limit_problems(columns) or name_problems(columns))
    problems = _response_problems(spec, rows) + constant_problems(columns, weight)
    refuse(problems or curve_problems(columns, weight))
    design = build_design(columns, weight)
    refuse(empty_problems(columns, design, weight=weight) or collinear_problems(design, weight))
    refuse(identification_problems(spec, provider=cells.provider_index, size=size))
    return columns, weight, design


def _columns(spec: ModelSpec, cells: Aggregate, *, weight: Array) -> tuple[DesignColumn, ...]:
    """Say how each term enters: quarters first, where there are several."""
    strata = cells.stratum[1:] if spec.period else cells.stratum
    mains = {
        term_column(term): _main(term, coded, weight=weight)
        for term, coded in zip(main_terms(spec.terms), strata, strict=True)
    }
    found: list[DesignColumn] = [
        Product(tuple(mains[column] for column in term.columns))
        if isinstance(term, Interaction)
        else mains[term_column(term)]
        for term in spec.terms
    ]
    if spec.period and len(cells.stratum[0].levels) > 1:
        found.insert(0, TermColumn(spec.period, "period", cells.stratum[0]))
    return tuple(found)


def _main(term: MainTerm, coded: Coded, *, weight: Array) -> TermColumn:
    """Say how a column of the patterns enters; a spline learns its knots."""
    if not isinstance(term, Spline):
        return TermColumn(term_column(term), "factor" if coded.is_text else "numeric", coded)
    held = np.bincount(coded.codes, weights=weight, minlength=len(coded.levels))
    return TermColumn(term.column, "spline", coded, learn(coded.levels, held, df=term.df))


def _response_problems(spec: ModelSpec, rows: Rows) -> list[Problem]:
    """Refuse a response that does not vary, and measurements that stand alone."""
    field, column = next(iter(spec.response_columns.items()))
    where = Where(column=column)
    found = []
    if not _varies(spec, rows):
        message = f"the {field} does not vary: there is nothing to compare"
        fix = "check the column, and whether the right rows were kept"
        found.append(Problem("DESIGN.CONSTANT", message, where, fix=fix))
    if spec.form.spread and rows.count.sum() == len(rows.provider.levels):
        message = "one measurement a provider: its effect and the noise cannot be told apart"
        fix = "give several measurements a provider, or value with its standard_error"
        found.append(Problem("DESIGN.IDENTIFICATION", message, where, fix=fix))
    return found


def _varies(spec: ModelSpec, rows: Rows) -> bool:
    """Tell whether the values differ, or some but not all cases had the event."""
    if spec.form.response != "events":
        return bool(np.ptp(rows.response[spec.form.columns[0]]) > 0)
    nobody = np.zeros(len(rows.count), dtype=np.int64)
    events, size = totals(spec.form, rows, owner=nobody, size=1)
    return bool(events[0] > 0 and (not spec.family_row.bounded or events[0] < size[0]))
