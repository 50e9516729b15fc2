"""The four tables of an analysis, as data frames with fixed columns."""

import json

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.estimands import observed_rates, summarise
from varmodel.fits import Fit
from varmodel.studies import Figures, NilVerdict

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
    excluded = [{**row, "ranked": False} for row in json.loads(fit.frame.attrs["excluded"])]
    if excluded:
        below = pd.DataFrame(excluded).reindex(columns=list(RANKING))
        below = below.astype(ordered.dtypes.drop(["lower", "upper"]).to_dict())
        whole = {"lower": "Int64", "upper": "Int64"}
        ordered = pd.concat([ordered.astype(whole), below.astype(whole)], ignore_index=True)
    return _stamped(ordered.reset_index(drop=True), fit)


def savings_table(fit: Fit, figures: Figures, nil: NilVerdict) -> pd.DataFrame | None:
    """Tabulate each provider's annual saving; empty where the nil rule names nobody."""
    if figures.savings is None:
        return None
    if not nil.distinguishable:
        return pd.DataFrame(columns=list(SAVINGS))
    table = summarise(figures.savings["saving"])
    for name in ("prob_saving", "plug_in_shrunken", "plug_in_observed", "named"):
        table[name] = figures.savings[name].to_numpy()
    return _stamped(table, fit)


def totals_table(fit: Fit, figures: Figures, nil: NilVerdict) -> pd.DataFrame:
    """Tabulate national figures: total saving, its plug-ins, rankability, the nil rule."""
    rows = [] if figures.savings is None else _saving_rows(figures.savings, nil)
    rows += [
        _summary_row("rankability", figures.rankability),
        {"quantity": "nil", "mean": nil.p_value},
    ]
    table = pd.DataFrame(rows).reindex(columns=["quantity", *SUMMARY])
    return _stamped(table, fit)


def _saving_rows(savings: xr.Dataset, nil: NilVerdict) -> list[dict[str, object]]:
    total = _summary_row("saving", savings["total"])
    if not nil.distinguishable:
        total |= {"lower": np.nan, "upper": nil.upper}
    names = ("plug_in_shrunken", "plug_in_observed")
    return [total, *({"quantity": name, "mean": float(savings[name].sum())} for name in names)]


def _summary_row(quantity: str, draws: xr.DataArray) -> dict[str, object]:
    return {"quantity": quantity, **summarise(draws).iloc[0].to_dict()}


def _stamped(table: pd.DataFrame, fit: Fit) -> pd.DataFrame:
    """Mark every row of a table made of draws that failed the gate."""
    return table.assign(provisional=True) if fit.provisional else table
