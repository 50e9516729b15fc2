"""The layout of a simulated table: who treated how many of which kind in which quarter."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from varmodel.frame.checks.responses import INTEGERS
from varmodel.frame.rows import unit_columns_of
from varmodel.spec import Exclusion, Factor, ModelSpec, Spline
from varmodel.spec.rules import numbers_of_providers, own_price
from varmodel.spec.terms import main_terms, term_column
from varmodel.values import Array, Index

type Levels = Mapping[str, tuple[object, ...]]

_SPREAD = 0.9
_NUMBERS = (20, 40, 60, 80)
_SMOOTH = tuple(range(20, 90, 5))
_FACTOR = ("a", "b", "c")
_UNITS = ("1", "2", "3", "4")
_FIRST_YEAR = 2006
_MIX = 2.0
_STRATA = 24


@dataclass(frozen=True, slots=True, eq=False)
class TableLayout:
    """Cells in the canonical order of a frame (by provider, quarter, stratum), and their rows.

    Attributes
    ----------
    codes, names : tuple of str
        What the table calls its providers; those that merged have codes of their own.
    provider, quarter, stratum : ndarray of int64
        Index, shape (cell,).
    strata : tuple
        The values of the terms' columns in each stratum.
    row : ndarray of int64
        The cell of each row of the table, shape (row,).
    written : ndarray of int64
        The code of each row, an index of ``codes``, shape (row,).
    size : ndarray
        Cases (or expected events, exposure), above 0, shape (row,).
    described : mapping of str to ndarray
        Columns that describe providers, shape (code,).
    begins : int
        The first quarter (year), counted from 2006Q1 (2006).
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    provider: Index
    quarter: Index
    stratum: Index
    strata: tuple[tuple[object, ...], ...]
    row: Index
    written: Index
    size: Index | Array
    described: Mapping[str, npt.NDArray[Any]]
    begins: int = 0


def lay_out(
    spec: ModelSpec,
    levels: Levels,
    *,
    providers: int,
    periods: int,
    mean_denominator: float,
    rng: np.random.Generator,
) -> TableLayout:
    """Draw sizes (lognormal, sd of log .9) and each provider's own mix of strata."""
    strata = combine_levels(levels, rng)
    log_size = rng.normal(np.log(mean_denominator) - _SPREAD**2 / 2, _SPREAD, size=providers)
    size = np.maximum(np.rint(np.exp(log_size)), 1).astype(np.int64)
    mix = rng.dirichlet(np.full(len(strata), _MIX), size=providers)
    alone = spec.form.name == "published"
    cases = np.ones_like(size) if alone else size
    held = rng.multinomial(cases[:, None], mix[:, None, :], size=(providers, periods))
    provider, quarter, stratum = np.nonzero(held)
    width = max(3, len(str(providers)))
    numbers = [f"{j + 1:0{width}d}" for j in range(providers)]
    layout = TableLayout(
        codes=tuple(f"P{number}" for number in numbers),
        names=tuple(f"Provider {number}" for number in numbers),
        provider=provider,
        quarter=quarter,
        stratum=stratum,
        strata=strata,
        row=np.arange(len(provider)),
        written=provider,
        size=size[provider] if alone else held[provider, quarter, stratum],
        described=_describe(spec, providers, rng),
    )
    return single_rows(layout) if is_by_case(spec) else layout


def _describe(
    spec: ModelSpec, providers: int, rng: np.random.Generator
) -> dict[str, npt.NDArray[Any]]:
    """Draw what describes providers: numbers of predictors, groups of about equal size."""
    found: dict[str, npt.NDArray[Any]] = {}
    numbers, price = numbers_of_providers(spec), own_price(spec.unit_cost)
    for column in spec.provider_columns:
        if column in numbers:
            drawn = np.round(rng.normal(50, 15, providers), 1)
            found[column] = np.abs(drawn) if column == price else drawn
        else:
            codes = rng.permutation(np.arange(providers) % len(_FACTOR))
            found[column] = np.array(_FACTOR, dtype=object)[codes]
    return found


def fill_table(
    spec: ModelSpec, layout: TableLayout, *, response: Mapping[str, Array]
) -> pd.DataFrame:
    """Make the table: keys, covariates and response, one row a cell (or a measurement)."""
    row, code = layout.row, layout.written
    table: dict[str, object] = {spec.provider: np.array(layout.codes, dtype=object)[code]}
    if spec.provider_name:
        table[spec.provider_name] = np.array(layout.names, dtype=object)[code]
    if spec.period:
        text = _PERIOD_TEXTS[spec.period_style or "quarter"]
        names = [text(layout.begins + t) for t in range(int(layout.quarter.max()) + 1)]
        table[spec.period] = np.array(names, dtype=object)[layout.quarter[row]]
    columns = [*map(term_column, main_terms(spec.terms)), *unit_columns_of(spec)]
    for column, values in zip(columns, zip(*layout.strata, strict=True), strict=True):
        table[column] = pd.Series(values).to_numpy()[layout.stratum[row]]
    for column, described in layout.described.items():
        table[column] = described[code]
    for exclusion in spec.exclusions:
        table.setdefault(exclusion.column, _harmless(exclusion))
    for field, column in spec.response_columns.items():
        numbers = response[field]
        table[column] = numbers.astype(np.int64) if field in INTEGERS else numbers
    return pd.DataFrame(table)


def levels_of(spec: ModelSpec, names: tuple[str, ...]) -> Levels:
    """Choose each term's levels: those that term names speak of, else a small default.

    Columns that only tell dispersion units apart come last, as they do in a cell.
    """
    found: dict[str, tuple[object, ...]] = {}
    alone = [name for name in names if "]:" not in name]  # not of an interaction
    for term in main_terms(spec.terms):
        column = term_column(term)
        given = [name[len(column) + 1 : -1] for name in alone if name.startswith(f"{column}[")]
        if isinstance(term, Spline):
            found[column] = _SMOOTH
        elif given:
            found[column] = (_before(min(given)), *sorted(given))
        else:
            found[column] = _FACTOR if isinstance(term, Factor) else _NUMBERS
    return found | dict.fromkeys(unit_columns_of(spec), _UNITS)


def combine_levels(levels: Levels, rng: np.random.Generator) -> tuple[tuple[object, ...], ...]:
    """Give all combinations of the levels, or a random few where they are many."""
    wanted = max(_STRATA, 4 * sum(len(values) for values in levels.values()))
    every = 1
    for values in levels.values():
        every *= len(values)
    if every <= wanted:
        return tuple(itertools.product(*levels.values()))
    drawn = [rng.integers(len(values), size=wanted) for values in levels.values()]
    codes = np.unique(np.stack(drawn, axis=1), axis=0)
    columns = list(levels.values())
    return tuple(tuple(v[k] for v, k in zip(columns, row, strict=True)) for row in codes.tolist())


def single_rows(layout: TableLayout) -> TableLayout:
    """Give each case a row of its own."""
    cases = layout.size.astype(np.int64)
    row, written = np.repeat(layout.row, cases), np.repeat(layout.written, cases)
    return replace(layout, row=row, written=written, size=np.ones_like(row))


def is_by_case(spec: ModelSpec) -> bool:
    """Tell whether a row of the table is one case, so that no column holds a size."""
    return spec.rows == "records" and len(spec.form.columns) == 1


def _before(text: str) -> str:
    """Make up a reference level that sorts before the others and is no number."""
    return next(option for option in ("a", "A", "!", "") if option < text)


def _harmless(exclusion: Exclusion) -> str:
    """Make up a value that excludes nobody and looks like none that does."""
    return next(text for text in ("ordinary", *"#*%=") if text not in exclusion.values)


def _year(quarter: int) -> tuple[int, int]:
    return _FIRST_YEAR + quarter // 4, quarter % 4 + 1


def quarter_label(quarter: int) -> str:
    """Write a quarter, counted from 2006Q1."""
    year, number = _year(quarter)
    return f"{year}Q{number}"


def _financial_text(quarter: int) -> str:
    """Write the financial quarter, which began in April."""
    year, number = _year(quarter - 1)
    return f"{year}-{(year + 1) % 100:02d} Q{number}"


def _month_text(quarter: int) -> str:
    year, number = _year(quarter)
    return f"{year}-{3 * number - 2:02d}"


def _financial_year_text(year: int) -> str:
    return f"{_FIRST_YEAR + year}/{(_FIRST_YEAR + year + 1) % 100:02d}"


_PERIOD_TEXTS: dict[str, Callable[[int], str]] = {
    "quarter": quarter_label,
    "financial_quarter": _financial_text,
    "month": _month_text,
    "date": lambda quarter: f"{_month_text(quarter)}-01",
    "year": lambda year: str(_FIRST_YEAR + year),
    "financial_year": _financial_year_text,
}
