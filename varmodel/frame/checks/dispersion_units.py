"""The dispersion unit: the row of over-dispersed counts that has a rate of its own.

Splitting 30 of 100 in two changes the likelihood of such counts, so rows are added up to the unit
that the model names, and no further.
"""

import numpy as np

from varmodel.errors import Problem, Where, refuse
from varmodel.frame.coded import Coded, group
from varmodel.frame.rows import Rows
from varmodel.spec import ModelSpec
from varmodel.spec.terms import main_terms, term_column
from varmodel.values import Array, Index

#: Share of providers of one unit each from which dispersion and effects cannot be told apart.
ALONE = 0.9


def check_units(spec: ModelSpec, rows: Rows) -> None:
    """Refuse a column of the model that differs within a unit."""
    if not spec.unit_columns:
        return
    named = _columns(spec, rows)
    held = [coded for name, coded in named.items() if name in spec.unit_columns]
    unit = group((*held, *rows.units), len(rows.count)).codes
    others = {name: coded for name, coded in named.items() if name not in spec.unit_columns}
    refuse(_finer(spec, name) for name, coded in others.items() if _differs(coded, unit))


def identification_problems(spec: ModelSpec, *, provider: Index, size: Array) -> list[Problem]:
    """Refuse one unit a provider: its effect and the unit's own rate would be one number.

    ``provider`` and ``size`` are those of the cells, each of which is a unit.
    """
    if not spec.unit_columns:
        return []
    units = np.bincount(provider, weights=size > 0)
    alone = float((units <= 1).mean())
    if alone < ALONE:
        return []
    message = (
        f"one dispersion unit ({', '.join(spec.unit_columns)}) in {alone:.0%} of providers: their "
        "effects and the dispersion cannot be told apart"
    )
    fix = (
        "name a finer dispersion_unit (the period, a ward, a stratum), or take "
        f"family {_plain(spec)}, which has no dispersion"
    )
    where = Where(column="dispersion_unit")
    return [Problem("DESIGN.IDENTIFICATION", message, where, fix=fix)]


def _columns(spec: ModelSpec, rows: Rows) -> dict[str, Coded]:
    """Name the columns that make a cell."""
    found = {spec.provider: rows.provider}
    if spec.period is not None and rows.quarter is not None:
        found[spec.period] = rows.quarter
    columns = map(term_column, main_terms(spec.terms))
    return found | dict(zip(columns, rows.terms, strict=True))


def _differs(coded: Coded, unit: Index) -> bool:
    """Tell whether any unit holds two values."""
    both = group((Coded(np.arange(unit.max(initial=-1) + 1), unit), coded), len(unit))
    return len(both) > int(unit.max(initial=-1)) + 1


def _finer(spec: ModelSpec, name: str) -> Problem:
    unit = ", ".join(spec.unit_columns)
    message = f"{name} differs within a dispersion unit ({unit})"
    fix = f"add {name} to dispersion_unit, or leave it out of the model"
    return Problem("DESIGN.IDENTIFICATION", message, Where(column=name), fix=fix)


def _plain(spec: ModelSpec) -> str:
    return "binomial" if spec.family_row.bounded else "poisson"
