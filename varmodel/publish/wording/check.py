"""The predictive check in words: what is observed, beside what the fitted model would give."""

import xarray as xr

from varmodel.estimands.prediction.predictive import NEW, SAME, predictive_statistics
from varmodel.fits import Fit
from varmodel.numerics.quantiles import type_7
from varmodel.publish.tables.cells import Cell, PrintedTable
from varmodel.publish.wording.numbers import unit_factor, with_unit
from varmodel.publish.wording.verdict import stamped
from varmodel.spec import ModelSpec

WORDS = {
    "spread": "sd of crude rates over providers",
    "lowest": "lowest crude rate",
    "highest": "highest crude rate",
    "zeros": "cells without an event",
}
_RATES = ("spread", "lowest", "highest")
#: New tables of either kind on a page.
_TABLES = 200
_TAIL = 0.025
_KINDS = (
    "Same providers: their fitted effects, with new noise; new providers: effects drawn anew from "
    "the fitted law as well. 95 % of the tables that the model would give lie in each interval."
)
_DOUBTS = (
    "Outside that of the same providers, noise or case mix are not as the model has them; outside "
    "that of new providers alone, the law of the effects is not. One figure in twenty lies "
    "outside by chance."
)
_TWICE = "The data were used to fit the model, so what lies within shows little."


def check_of(fit: Fit) -> xr.Dataset:
    """Draw the new tables of a page."""
    seed = int(fit.draws.attrs["random_seed"])
    return predictive_statistics(fit, random_seed=seed, most=_TABLES)


def print_check(
    found: xr.Dataset, *, provisional: bool, spec: ModelSpec | None = None
) -> PrintedTable:
    """Print each statistic with its intervals, and how to read it."""
    rows = [
        _row(statistic_words(str(name), spec), statistic_in_unit(found, str(name), spec=spec))
        for name in found["statistic"].to_numpy()
    ]
    text = f"The observed table among {found.sizes['table']:,} that the model would give"
    caption = stamped(text, provisional=provisional)
    heads = ("Figure", "Reading", "Observed", "Same providers", "New providers")
    return PrintedTable("check", caption, heads, tuple(rows), (_KINDS, _DOUBTS, _TWICE))


def statistic_words(name: str, spec: ModelSpec | None) -> str:
    """Name a statistic, with the unit of one that is a rate."""
    return WORDS[name] if name not in _RATES else with_unit(spec, WORDS[name])


def statistic_in_unit(found: xr.Dataset, name: str, *, spec: ModelSpec | None) -> xr.Dataset:
    """Give the figures of a statistic, in the model's unit where it is a rate."""
    figures = found.sel(statistic=name)
    return figures if spec is None or name not in _RATES else figures * unit_factor(spec)


def _row(name: str, found: xr.Dataset) -> tuple[Cell, ...]:
    observed = float(found["observed"])
    ends = {
        providers: [
            float(type_7(found["new"].sel(providers=providers).to_numpy(), p)) for p in _ENDS
        ]
        for providers in (SAME, NEW)
    }
    intervals = (Cell(" to ".join(map(_figure, pair))) for pair in ends.values())
    reading = Cell(_reading(observed, same=ends[SAME], new=ends[NEW]))
    return (Cell(name), reading, Cell(_figure(observed), observed), *intervals)


_ENDS = (_TAIL, 1 - _TAIL)


def _reading(observed: float, *, same: list[float], new: list[float]) -> str:
    for ends, of in ((same, "the same providers"), (new, "new providers")):
        if not ends[0] <= observed <= ends[1]:
            return f"{'above' if observed > ends[1] else 'below'} that of {of}"
    return "as the model would give"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == round(value) else f"{value:#.3g}"
