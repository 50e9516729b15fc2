"""Runs to the published table: medians, shares, ratios to varmodel in the same run."""

from pathlib import Path

import pandas as pd

from benchmarks.adapters import ADAPTERS
from benchmarks.problems import PROBLEMS

RESULTS = Path(__file__).parent / "results"
LATEST = RESULTS / "latest.csv"
BASE = "varmodel_marginal"
KEYS = ["problem", "adapter"]
_TIMED = ["cold", "warm", "mb"]
_RATIOS = {"cold": "cold_ratio", "warm": "warm_ratio", "ess_s_effect": "ess_s_ratio"}


def tabulate(rows: list[dict[str, object]], *, day: str) -> pd.DataFrame:
    """Make one row a problem and adapter: times are medians, quality is that of the first run.

    ``day`` is that of the run, such as 2026-11-22: the latest table may hold several.
    """
    runs = pd.DataFrame(rows)
    for name in (*_TIMED, "draws_needed", "ess_effect", "ess_tier"):
        runs[name] = runs[name].astype(float) if name in runs else float("nan")
    grouped = runs.groupby(KEYS, sort=False)
    table = grouped.first()
    table[_TIMED] = grouped[_TIMED].median()
    table["repeats"] = grouped["cold"].count()
    table["day"] = day
    return _derive(table)


def merge(table: pd.DataFrame) -> pd.DataFrame:
    """Put new problems into the latest table: a problem is replaced whole, in the grid's order."""
    if LATEST.exists():
        latest = pd.read_csv(LATEST, index_col=KEYS)
        kept = set(PROBLEMS) - set(table.index.get_level_values("problem"))
        table = pd.concat([table, latest[latest.index.isin(kept, level="problem")]])
    order = [name for name in PROBLEMS if name in table.index.get_level_values("problem")]
    return pd.concat([table.loc[[name]] for name in order])


def _derive(table: pd.DataFrame) -> pd.DataFrame:
    """Add shares, sizes a second, the time to a sharp total, ratios."""
    sampling = table.index.get_level_values("adapter").map(lambda name: ADAPTERS[name].sampling)
    table["compile_share"] = 1 - table["warm"] / table["cold"]
    table["ess_s_effect"] = table["ess_effect"] / table["cold"]
    table["ess_s_tier"] = table["ess_tier"] / table["cold"]
    more = (table["draws_needed"] - 1).clip(lower=0)
    table["total_s"] = table["cold"] + more * sampling * table["warm"].fillna(table["cold"])
    table["floor_ratio"] = table["warm"] / table["floor"]
    present = table.index.get_level_values("adapter") == BASE
    base = table[present].droplevel("adapter")
    for name, ratio in _RATIOS.items():
        table[ratio] = table[name].div(base[name].reindex(table.index, level="problem"))
    return table
