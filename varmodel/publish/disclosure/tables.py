"""Tables of a run without small numbers: rates.csv, ranking.csv, savings.csv and totals.csv.

Columns stay. Where a crude figure is hidden its cell is empty, never 0; a hidden saving has no row.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from varmodel.publish.disclosure.policies import Policy
from varmodel.publish.disclosure.protected import disclosed_indicator
from varmodel.publish.disclosure.rounded import MONEY_DIGITS, significant
from varmodel.publish.quarter.facts import IndicatorFacts, ProviderFacts

#: Figures of adjusted rates, which have two digits beside a hidden count.
_RATES = {
    "rates": ("mean", "sd", "median", "lower", "upper", "mcse"),
    "ranking": (
        *("adjusted_rate", "adjusted_lower", "adjusted_upper"),
        *("lasting_rate", "lasting_rate_lower", "lasting_rate_upper"),
        *("own_rate", "own_lower", "own_upper"),
    ),
}
_MONEY = ("mean", "sd", "median", "lower", "upper", "mcse")
_PLUG_INS = ("plug_in_shrunken", "plug_in_observed")
_RATE, _PLUG_IN = 2, 2


def protect(
    tables: Mapping[str, pd.DataFrame], facts: IndicatorFacts, *, policy: Policy
) -> dict[str, pd.DataFrame]:
    """Keep small numbers from the tables of an analysis.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        As ``Analysis.tables`` gives them: rates, ranking, savings, totals.
    facts : IndicatorFacts
        Of the same analysis, before any count is hidden.
    policy : Policy

    Returns
    -------
    dict of DataFrame
        The same columns. ``observed`` is made of the counts shown; a provider's own
        plug-ins are left out, since they hold its crude rate; those of the nation have two
        digits, and other money three.
    """
    if not policy.hides:
        return dict(tables)
    shown = {p.code: p for p in disclosed_indicator(facts, policy=policy).providers}
    hidden = {p.code for p in facts.providers if p.rate != shown[p.code].rate}
    done: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
        "rates": lambda table: _of_rates(table, "rates", shown, hidden),
        "ranking": lambda table: _of_rates(table, "ranking", shown, hidden),
        "savings": lambda table: _of_savings(table, shown),
        "totals": _of_totals,
    }
    return {name: done[name](table) if name in done else table for name, table in tables.items()}


def _of_rates(
    table: pd.DataFrame, name: str, shown: Mapping[str, ProviderFacts], hidden: set[str]
) -> pd.DataFrame:
    table = table.copy()
    codes = table["provider"].astype(str)
    crude = [_number(shown[code].observed) if code in shown else np.nan for code in codes]
    table["observed"] = pd.Series(crude, index=table.index, dtype=float)
    few = codes.isin(hidden)
    for column in _RATES[name]:
        if column in table:
            table[column] = _digits(table[column], _RATE, where=few)
    gone = few & codes.map(lambda code: shown[code].rate is None)
    own = [column for column in table if str(column).startswith("own_")]
    table.loc[gone, own] = np.nan
    return table


def _of_savings(table: pd.DataFrame, shown: Mapping[str, ProviderFacts]) -> pd.DataFrame:
    table = table.copy()
    codes = table["provider"].astype(str)
    every = pd.Series(True, index=table.index)
    for column in _MONEY:
        table[column] = _digits(table[column], MONEY_DIGITS, where=every)
    for column in _PLUG_INS:
        table[column] = np.nan
    kept = codes.map(lambda code: code in shown and shown[code].money is not None)
    return table[kept.astype(bool)].reset_index(drop=True)


def _of_totals(table: pd.DataFrame) -> pd.DataFrame:
    table = table.copy()
    quantity = table["quantity"].astype(str)
    claimed = quantity.isin(_PLUG_INS)
    money = quantity.str.startswith("saving")
    for column in _MONEY:
        table[column] = _digits(table[column], _PLUG_IN, where=claimed)
        table[column] = _digits(table[column], MONEY_DIGITS, where=money)
    return table


def _digits(values: "pd.Series[float]", digits: int, *, where: "pd.Series[bool]") -> pd.Series:
    def short(value: float) -> float:
        return _number(significant(value, digits))

    numbers = values.astype(float)
    return numbers.where(~where, numbers.map(short))


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)
