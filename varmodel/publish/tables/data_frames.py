"""The four tables of an analysis, as data frames with fixed columns."""

import json
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.estimands import observed_rates, summarise
from varmodel.estimands.money.shares import (
    PRICE_PART,
    RATES_PART,
    closable_share,
    width_shares,
)
from varmodel.estimands.variation.components import SPREAD, spread_figures
from varmodel.fits import Fit
from varmodel.numerics.once import once
from varmodel.publish.published import Published
from varmodel.publish.tables.pooled import mean_figures, pooled_savings, summary
from varmodel.publish.wording.numbers import OF_RATE, unit_factor, with_unit
from varmodel.publish.wording.places import placed
from varmodel.publish.wording.support import supports
from varmodel.spec import ModelSpec
from varmodel.studies.nil import UPPER_PROB
from varmodel.values import Array

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
    "placed",
    "shared_rank",
    "support",
    "grade",
    "adjusted_lower",
    "adjusted_upper",
)
SUMMARY = ("mean", "sd", "median", "lower", "upper", "ci_prob", "ci_kind", "mcse")
SAVINGS = ("provider", *SUMMARY, "prob_saving", "plug_in_shrunken", "plug_in_observed")

#: Rows of totals: what a part has of the width of the total's interval.
WIDTH = {PRICE_PART: "price_share", RATES_PART: "statistics_share"}
#: Row of totals: the share of the coming period's gap that could be closed.
CLOSABLE = "closable_share"
#: All rows that totals may have, in their order; docs/explanation/formulas.md defines each.
QUANTITIES = (
    *("saving", "saving_flexible", "saving_log_volume", "saving_lasting", CLOSABLE),
    *("plug_in_shrunken", "plug_in_observed"),
    *WIDTH.values(),
    *("peer_overlap", "rankability", *SPREAD, "shape_p_value", "volume", "nil", "annualise"),
)


@once(lambda x: (x.fit, x.figures, x.nil, x.shape, x.checks))
def tables_of(x: Published) -> dict[str, pd.DataFrame]:
    """Make every table that applies, by name."""
    found = {name: make(x) for name, make in _TABLES.items()}
    return {name: table for name, table in found.items() if table is not None}


def rates_table(x: Published) -> pd.DataFrame:
    """Tabulate observed and adjusted rates: provider, observed, then summarise's columns."""
    table = summary(x.fit, x.rates)
    table.insert(1, "observed", observed_rates(x.fit.frame).to_numpy())
    return _stamped(table, x.fit)


def ranking_table(x: Published) -> pd.DataFrame | None:
    """Tabulate the ranking by expected rank, the excluded providers last with their reasons.

    Providers of identical cells have identical figures, and stand in the order of their labels.
    """
    fit = x.fit
    if x.ranks is None:
        return None
    table = summary(fit, x.ranks["rank"])[["provider", "lower", "upper", "ci_prob"]]
    ranks = mean_figures(fit, x.ranks)
    for name in ("expected_rank", "prob_top_quarter", "prob_bottom_quarter"):
        table[name] = ranks[name].to_numpy()
    adjusted = {"adjusted_rate": "mean", "adjusted_lower": "lower", "adjusted_upper": "upper"}
    rates = summary(fit, x.rates)
    table = table.assign(**{name: rates[column] for name, column in adjusted.items()})
    table["observed"] = observed_rates(fit.frame).to_numpy()
    table["ranked"], table["reason"] = True, ""
    table["placed"], table["support"] = placed(ranks), supports(fit.frame)
    table["shared_rank"], table["grade"] = _known_of_order(x, len(table))
    ordered = table.sort_values(["expected_rank", "provider"])[list(RANKING)]
    whole = ordered.astype(dict.fromkeys(_PLACES, "Int64"))  # the excluded have no rank
    table = pd.concat([whole, _excluded(fit, like=whole)], ignore_index=True)
    return _stamped(_with_lasting(_with_own(table, x), x), fit)


_PLACES = ("lower", "upper", "shared_rank", "grade")


def _known_of_order(x: Published, count: int) -> tuple[Array, Array]:
    """Give the rank that each shares with all whom it is not told apart from, and its grade."""
    order, nothing = x.figures.order, np.full(count, np.nan)
    if order is None:
        return nothing, nothing
    graded = nothing if order.graded is None else order.graded["grade"].to_numpy()
    return order.sets["shared_rank"].to_numpy(), graded


def _excluded(fit: Fit, *, like: pd.DataFrame) -> pd.DataFrame:
    """Tabulate the providers that are not ranked, with the columns of those that are."""
    rows = [
        {**row, "ranked": False, "placed": ""} for row in json.loads(fit.frame.attrs["excluded"])
    ]
    return pd.DataFrame(rows, columns=like.columns).astype(like.dtypes.to_dict())


def _with_own(table: pd.DataFrame, x: Published) -> pd.DataFrame:
    """Give the excluded the rates that they have by their own figures, where they are known."""
    own = {code: found.rate for code, found in x.checks.excluded.items() if found.rate is not None}
    if not own:
        return table
    rows = {code: summarise(rate).iloc[0] for code, rate in own.items()}
    columns = {"own_rate": "mean", "own_lower": "lower", "own_upper": "upper"}
    return table.assign(
        **{
            column: [
                np.nan if ranked or code not in rows else float(rows[code][name])
                for code, ranked in zip(table["provider"], table["ranked"], strict=True)
            ]
            for column, name in columns.items()
        }
    )


def _with_lasting(table: pd.DataFrame, x: Published) -> pd.DataFrame:
    """Put the figures of what lasts beside those of the coming period."""
    lasting = x.figures.lasting
    if lasting is None or lasting.ranks is None:
        return table
    places = summary(x.fit, lasting.ranks["rank"]).set_index("provider")
    rates = summary(x.fit, lasting.rates).set_index("provider")
    beside = {
        "lasting_rank": places["mean"],
        "lasting_lower": places["lower"].astype("Int64"),
        "lasting_upper": places["upper"].astype("Int64"),
        "lasting_rate": rates["mean"],
        "lasting_rate_lower": rates["lower"],
        "lasting_rate_upper": rates["upper"],
    }
    ranked = table["provider"].where(table["ranked"].astype(bool))
    return table.assign(
        **{name: ranked.map(column).astype(column.dtype) for name, column in beside.items()}
    )


def savings_table(x: Published) -> pd.DataFrame | None:
    """Tabulate each provider's saving; empty where the nil rule names nobody.

    The addends of a total that is provisional are so too: the benchmark is the same.
    """
    if x.savings is None:
        return None
    doubted = x.doubted
    if not x.nil.distinguishable:
        return _stamped(pd.DataFrame(columns=list(SAVINGS)), x.fit, doubted=doubted)
    table = summary(x.fit, x.savings["saving"])
    savings = pooled_savings(x.fit, x.savings)
    for name in ("prob_saving", "plug_in_shrunken", "plug_in_observed", "named"):
        table[name] = savings[name].to_numpy()
    return _stamped(table, x.fit, doubted=doubted)


def totals_table(x: Published) -> pd.DataFrame:
    """Tabulate figures of all together: totals of savings, rankability, spread, checks, the year.

    Where the shape of the effects is doubted, or was not looked at by a flexible one, or size
    matters, the rows of money are provisional. The mean of ``volume`` is the probability that
    larger providers have higher rates. Without a mean, ``annualise`` says that nothing is annual.
    """
    factor, volume = x.fit.annual_factor, x.checks.volume
    money = [] if x.savings is None else _saving_rows(x, x.savings)
    rows = [
        *money,
        *_shares(x),
        *_overlap(x),
        _summary_row("rankability", x.rankability),
        *(_summary_row(str(name), draws) for name, draws in spread_figures(x.fit).items()),
        {"quantity": "shape_p_value", "mean": x.shape.p_value},
        *([{"quantity": "volume", "mean": volume.prob_positive}] if volume is not None else []),
        {"quantity": "nil", "mean": x.nil.p_value},
        {"quantity": "annualise", "mean": np.nan if factor is None else factor},
    ]
    rows.sort(key=lambda row: QUANTITIES.index(str(row["quantity"])))  # refuses what it lacks
    table = pd.DataFrame(rows).reindex(columns=["quantity", *SUMMARY])
    if money and x.doubted:
        table["provisional"] = table.index < len(money)
    return _stamped(table, x.fit)


#: Columns of rates, by table.
_RATES = {
    "rates": OF_RATE,
    "ranking": (
        *("adjusted_rate", "adjusted_lower", "adjusted_upper", "observed"),
        *("lasting_rate", "lasting_rate_lower", "lasting_rate_upper"),
        *("own_rate", "own_lower", "own_upper"),
    ),
}


def in_units(table: pd.DataFrame, name: str, *, spec: ModelSpec) -> pd.DataFrame:
    """Bring the rates of a table for readers to the model's unit, and name it in their heads.

    The CSV files keep rates as rates.
    """
    if spec.unit is None:
        return table
    rates = [column for column in _RATES.get(name, ()) if column in table]
    figures = {column: unit_factor(spec) * table[column] for column in rates}
    heads = {column: with_unit(spec, column) for column in rates}
    return table.assign(**figures).rename(columns=heads)


_TABLES: dict[str, Callable[[Published], pd.DataFrame | None]] = {
    "rates": rates_table,
    "ranking": ranking_table,
    "savings": savings_table,
    "totals": totals_table,
}


def _saving_rows(x: Published, savings: xr.Dataset) -> list[dict[str, object]]:
    """Give the total, and beside it those of other models, of what lasts, and the plug-ins."""
    beside = [("saving_flexible", x.shape.total, x.shape.upper), *_beside(x)]
    if not x.nil.distinguishable:
        return [
            _nil_row("saving", savings["total"], upper=x.nil.upper),
            *(_nil_row(name, total, upper=upper) for name, total, upper in beside),
        ]
    names = ("plug_in_shrunken", "plug_in_observed")
    plug_ins = ({"quantity": name, "mean": float(savings[name].sum())} for name in names)
    drawn = [("saving", savings["total"]), *((name, total) for name, total, _ in beside)]
    lasting = x.figures.lasting
    if lasting is not None and lasting.savings is not None:
        drawn.append((CLOSABLE, closable_share(savings, lasting.savings)))
    return [*(_summary_row(name, total) for name, total in drawn), *plug_ins]


def _shares(x: Published) -> Iterator[dict[str, object]]:
    """Give what the price and the figures have of the total's width; nil has no width."""
    if x.savings is None or not x.nil.distinguishable:
        return
    for name, share in width_shares(x.savings).data_vars.items():
        if np.isfinite(share):
            yield {"quantity": WIDTH[str(name)], "mean": float(share)}


def _overlap(x: Published) -> Iterator[dict[str, object]]:
    """Give how many of their peers two providers share, where the benchmark is found among some."""
    overlap = None if x.savings is None else x.savings.attrs.get("benchmark_peer_overlap")
    if overlap is not None:
        yield {"quantity": "peer_overlap", "mean": float(overlap)}


def _beside(x: Published) -> Iterator[tuple[str, xr.DataArray | None, float]]:
    """Give totals that stand beside only where there is a reason: name, draws, upper end."""
    volume, lasting = x.checks.volume, x.figures.lasting
    if volume is not None and not volume.passed:
        yield "saving_log_volume", volume.total, volume.upper
    if lasting is not None and lasting.savings is not None:
        total = lasting.savings["total"]
        yield "saving_lasting", total, float(total.quantile(UPPER_PROB))


def _nil_row(quantity: str, draws: xr.DataArray | None, *, upper: float) -> dict[str, object]:
    """Give the one thing that nil says: an upper end; the error tells its digits."""
    row = _summary_row(quantity, draws)
    if draws is None:
        return row
    kept = {name: row[name] for name in ("quantity", "ci_prob", "mcse")}
    return {**kept, "upper": upper, "ci_kind": "upper"}


def _summary_row(quantity: str, draws: xr.DataArray | None) -> dict[str, object]:
    """Summarise a figure; a row without any where there are no draws, as of a refit that failed."""
    if draws is None:
        return {"quantity": quantity}
    row = summarise(draws).iloc[0]
    return {"quantity": quantity, **{name: row[name] for name in SUMMARY}}


def _stamped(table: pd.DataFrame, fit: Fit, *, doubted: bool = False) -> pd.DataFrame:
    """Mark every row of a table made of draws that failed the gate, or of a doubted shape."""
    return table.assign(provisional=True) if fit.provisional or doubted else table
