"""The four tables of an analysis, as data frames with fixed columns."""

import json

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.estimands import observed_rates, summarise
from varmodel.fits import Fit
from varmodel.studies import Figures, NilVerdict, Shape

RANKING = (
    "provider",
    "expected_rank",
    "lower",
    "upper",
    "ci_prob",
    "prob_top_quarter",
    "prob_bottom_quarter",
    "adjusted_rate",
    "observed",
    "ranked",
    "reason",
)
SUMMARY = ("mean", "sd", "median", "lower", "upper", "ci_prob", "ci_kind", "mcse")
SAVINGS = ("provider", *SUMMARY, "prob_saving", "plug_in_shrunken", "plug_in_observed")


def rates_table(fit: Fit, figures: Figures) -> pd.DataFrame:
    """Tabulate observed and adjusted rates: provider, observed, then summarise's columns."""
    table = summarise(figures.rates)
    table.insert(1, "observed", observed_rates(fit.frame).to_numpy())
    return _stamped(table, fit)


def ranking_table(fit: Fit, figures: Figures) -> pd.DataFrame | None:
    """Tabulate the ranking by expected rank, the excluded providers last with their reasons."""
    if figures.ranks is None:
        return None
    table = summarise(figures.ranks["rank"])[["provider", "lower", "upper", "ci_prob"]]
    for name in ("expected_rank", "prob_top_quarter", "prob_bottom_quarter"):
        table[name] = figures.ranks[name].to_numpy()
    table["adjusted_rate"] = figures.rates.mean(("chain", "draw")).to_numpy()
    table["observed"] = observed_rates(fit.frame).to_numpy()
    table["ranked"], table["reason"] = True, ""
    ordered = table.sort_values(["expected_rank", "provider"])[list(RANKING)]
    whole = ordered.astype({"lower": "Int64", "upper": "Int64"})  # the excluded have no rank
    return _stamped(pd.concat([whole, _excluded(fit, like=whole)], ignore_index=True), fit)


def _excluded(fit: Fit, *, like: pd.DataFrame) -> pd.DataFrame:
    """Tabulate the providers that are not ranked, with the columns of those that are."""
    rows = [{**row, "ranked": False} for row in json.loads(fit.frame.attrs["excluded"])]
    return pd.DataFrame(rows, columns=like.columns).astype(like.dtypes.to_dict())


def savings_table(
    fit: Fit, figures: Figures, *, nil: NilVerdict, shape: Shape
) -> pd.DataFrame | None:
    """Tabulate each provider's annual saving; empty where the nil rule names nobody.

    The addends of a total that is provisional are so too: the benchmark is the same.
    """
    if figures.savings is None:
        return None
    if not nil.distinguishable:
        return _stamped(pd.DataFrame(columns=list(SAVINGS)), fit, doubted=shape.provisional)
    table = summarise(figures.savings["saving"])
    for name in ("prob_saving", "plug_in_shrunken", "plug_in_observed", "named"):
        table[name] = figures.savings[name].to_numpy()
    return _stamped(table, fit, doubted=shape.provisional)


def totals_table(fit: Fit, figures: Figures, *, nil: NilVerdict, shape: Shape) -> pd.DataFrame:
    """Tabulate figures of all together: totals of savings, rankability, the two checks.

    Where the shape of the effects is doubted, or its refit failed, the rows of money are
    provisional.
    """
    money = [] if figures.savings is None else _saving_rows(figures.savings, nil, shape)
    rows = [
        *money,
        _summary_row("rankability", figures.rankability),
        {"quantity": "shape_p_value", "mean": shape.p_value},
        {"quantity": "nil", "mean": nil.p_value},
    ]
    table = pd.DataFrame(rows).reindex(columns=["quantity", *SUMMARY])
    if money and shape.provisional:
        table["provisional"] = table.index < len(money)
    return _stamped(table, fit)


def _saving_rows(savings: xr.Dataset, nil: NilVerdict, shape: Shape) -> list[dict[str, object]]:
    saving, flexible = _summary_row("saving", savings["total"]), _flexible_row(shape)
    if not nil.distinguishable:
        saving |= {"lower": np.nan, "upper": nil.upper}
        flexible |= {"lower": np.nan, "upper": shape.upper}
    names = ("plug_in_shrunken", "plug_in_observed")
    plug_ins = ({"quantity": name, "mean": float(savings[name].sum())} for name in names)
    return [saving, flexible, *plug_ins]


def _flexible_row(shape: Shape) -> dict[str, object]:
    """Summarise the flexible total; a row without figures where its refit failed."""
    name = "saving_flexible"
    return {"quantity": name} if shape.total is None else _summary_row(name, shape.total)


def _summary_row(quantity: str, draws: xr.DataArray) -> dict[str, object]:
    row = summarise(draws).iloc[0]
    return {"quantity": quantity, **{name: row[name] for name in SUMMARY}}


def _stamped(table: pd.DataFrame, fit: Fit, *, doubted: bool = False) -> pd.DataFrame:
    """Mark every row of a table made of draws that failed the gate, or of a doubted shape."""
    return table.assign(provisional=True) if fit.provisional or doubted else table
