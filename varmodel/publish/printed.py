"""Tables as they are printed: cells with the digits that the draws support, caption and notes."""

import math
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Protocol

import pandas as pd

from varmodel.estimands import summarise
from varmodel.fits import Diagnosis, diagnose
from varmodel.publish.cells import (
    Cell,
    PrintedTable,
    Row,
    chance,
    interval,
    number,
    plain,
    rank,
)
from varmodel.publish.headline import MOSTLY_NOISE
from varmodel.publish.kinds import rate_name, volume_name, volumes
from varmodel.publish.notes import notes_of
from varmodel.publish.numbers import END, supported
from varmodel.publish.plots.names import literal
from varmodel.publish.plots.ranks import SURE
from varmodel.publish.plots.subject import Published

#: Where a provider is placed with probability .95, and where not; the order of the groups.
TOP, BOTTOM, UNPLACED = "top quarter", "bottom quarter", "not sure"
GROUPS = (TOP, UNPLACED, BOTTOM)
_QUANTITIES = {
    "saving": "annual saving, joint draws",
    "saving_flexible": "annual saving, flexible shape of the effects",
    "plug_in_shrunken": "annual saving, shrunken means (tends to understate)",
    "plug_in_observed": "annual saving, unshrunken rates (tends to overstate)",
    "rankability": "rankability, posterior median",
    "shape_p_value": "shape of the effects, p-value",
    "nil": "no variation between providers, p-value",
}


class Analysed(Published, Protocol):
    """An analysis, as a page with its tables sees it."""

    @property
    def diagnosis(self) -> Diagnosis:
        """The gate on rates, ranks and totals."""
        ...

    def tables(self) -> dict[str, pd.DataFrame]:
        """Tabulate what is published."""
        ...


def print_tables(x: Analysed, tables: Mapping[str, pd.DataFrame]) -> dict[str, PrintedTable]:
    """Print each table of an analysis, and its diagnostics."""
    found = {name: _PRINTERS[name](x, tables) for name in _PRINTERS if name in tables}
    return {**found, "diagnostics": _diagnostics(x)}


def names_of(x: Published) -> dict[str, str]:
    """Write each provider as its code, with its name where there is one."""
    frame = x.fit.frame
    codes = [str(code) for code in frame["provider"].to_numpy()]
    if "provider_name" not in frame:
        return {code: literal(code) for code in codes}
    pairs = zip(codes, frame["provider_name"].to_numpy().tolist(), strict=True)
    return {
        code: literal(code if code == name or not name else f"{code} {name}")
        for code, name in pairs
    }


def rankability_of(x: Published) -> float:
    """Give the posterior median of the rankability."""
    return float(x.rankability.median())


def is_mostly_noise(x: Published) -> bool:
    """Whether the order says little (methods 4)."""
    return rankability_of(x) < MOSTLY_NOISE


def placed(row: Row) -> str:
    """Say in which quarter a provider stands with probability .95, if in any."""
    if row["prob_top_quarter"] >= SURE:
        return TOP
    return BOTTOM if row["prob_bottom_quarter"] >= SURE else UNPLACED


def records(table: pd.DataFrame) -> list[dict[Hashable, Any]]:
    """Give the rows of a table."""
    return table.to_dict("records")


def _ranking(x: Analysed, tables: Mapping[str, pd.DataFrame]) -> PrintedTable:
    names, sizes, rates = names_of(x), volumes(x.fit), _by_provider(tables["rates"])
    ranks = {} if x.ranks is None else _by_provider(summarise(x.ranks["rank"]))
    table = tables["ranking"]
    ranked = records(table[table["ranked"]])
    if is_mostly_noise(x):
        ranked.sort(key=lambda row: (GROUPS.index(placed(row)), row["provider"]))
    rows = [
        (
            Cell(names[row["provider"]]),
            interval(rates[row["provider"]]),
            Cell(placed(row)),
            rank(ranks[row["provider"]]),
            *(chance(row[name]) for name in ("prob_top_quarter", "prob_bottom_quarter")),
            *([sizes[row["provider"]]] if sizes else []),
            plain(row["observed"]),
        )
        for row in ranked
    ]
    heads = (
        *("Provider", _adjusted(x), "Placed", "Rank (95 %)", "Pr top 1/4", "Pr bottom 1/4"),
        *_volume_heads(x),
        "Observed",
    )
    return PrintedTable(
        "ranking",
        _caption(x, f"Ranking of {len(rows):,} providers; rank 1 is the better end"),
        heads,
        tuple(rows),
        notes_of(x, "ranking"),
        tuple(_not_ranked(table[~table["ranked"]], len(heads))),
    )


def _adjusted(x: Analysed) -> str:
    return f"{rate_name(x.fit).capitalize()} (95 %)"


def _volume_heads(x: Analysed) -> tuple[str, ...]:
    return tuple(filter(None, [volume_name(x.fit)]))


def _not_ranked(table: pd.DataFrame, width: int) -> Iterable[tuple[Cell, ...]]:
    for row in records(table):
        reason = Cell(f"not ranked: {literal(str(row['reason']))}")
        blank = [Cell("")] * (width - 3)
        yield Cell(literal(str(row["provider"]))), reason, *blank, plain(row["observed"])


def _rates(x: Analysed, tables: Mapping[str, pd.DataFrame]) -> PrintedTable:
    names, sizes = names_of(x), volumes(x.fit)
    rows = [
        (
            Cell(names[row["provider"]]),
            interval(row),
            *([sizes[row["provider"]]] if sizes else []),
            plain(row["observed"]),
        )
        for row in records(tables["rates"])
    ]
    caption = _caption(x, f"Adjusted and observed rates of {len(rows):,} providers")
    heads = ("Provider", _adjusted(x), *_volume_heads(x), "Observed")
    return PrintedTable("rates", caption, heads, tuple(rows), notes_of(x, "rates"))


def _savings(x: Analysed, tables: Mapping[str, pd.DataFrame]) -> PrintedTable:
    names, table = names_of(x), tables["savings"]
    named = table[table["named"].astype(bool)] if "named" in table else table
    rows = [
        (
            Cell(names[row["provider"]]),
            interval(row),
            *(plain(row[name], row["mcse"]) for name in ("plug_in_observed", "plug_in_shrunken")),
        )
        for row in records(named.sort_values(["mean", "provider"], ascending=[False, True]))
    ]
    text = f"Annual saving of the {len(rows)} providers that can be named"
    caption = _caption(x, text, doubted="provisional" in table)
    heads = ("Provider", "Saving (95 %)", "Unshrunken rates", "Shrunken means")
    return PrintedTable("savings", caption, heads, tuple(rows), notes_of(x, "savings"))


def _totals(x: Analysed, tables: Mapping[str, pd.DataFrame]) -> PrintedTable:
    table = tables["totals"]
    doubted = table["provisional"] if "provisional" in table else pd.Series(False, table.index)
    stamps = dict(zip(table["quantity"], doubted, strict=True))
    rows = [
        (Cell(f"{_QUANTITIES[name]}{' (PROVISIONAL)' if stamps[name] else ''}"), cell)
        for name, cell in total_cells(table).items()
    ]
    heads = ("Quantity", "Figure (95 %)")
    return PrintedTable(
        "totals", _caption(x, "Totals and checks"), heads, tuple(rows), notes_of(x, "totals")
    )


def total_cells(totals: pd.DataFrame) -> dict[str, Cell]:
    """Write each figure of all together; the plug-ins with no more digits than the saving has."""
    error = float(totals["mcse"].where(totals["quantity"] == "saving").max())
    return {str(row["quantity"]): _total(row, error) for row in records(totals)}


def _total(row: Row, error: float) -> Cell:
    if row["quantity"] in ("nil", "shape_p_value"):
        return Cell(f"{row['mean']:.3f}", float(row["mean"]))
    if row["quantity"] == "rankability":
        return interval({**row, "mean": row["median"]})
    if math.isnan(row["mean"]):
        return Cell("no figure")
    if math.isnan(row["lower"]) and not math.isnan(row["upper"]):
        return Cell(f"nil to {supported(row['upper'], END * row['mcse'])}", float(row["upper"]))
    return plain(row["mean"], error) if math.isnan(row["upper"]) else interval(row)


_PRINTERS = {"ranking": _ranking, "rates": _rates, "savings": _savings, "totals": _totals}


def all_diagnostics(x: Analysed) -> pd.DataFrame:
    """Tabulate the gate's figures of parameters and of what is published."""
    return pd.concat([diagnose(x.fit).table, x.diagnosis.table], ignore_index=True)


def _diagnostics(x: Analysed) -> PrintedTable:
    table = all_diagnostics(x)
    table["name"] = table["quantity"].str.partition("[")[0]
    rows = [_worst(str(name), part) for name, part in table.groupby("name", sort=False)]
    heads = ("Quantity", "Number", "Largest R-hat", "Smallest bulk ESS", "Smallest tail ESS")
    caption = _caption(x, "Diagnostics of the draws")
    return PrintedTable("diagnostics", caption, heads, tuple(rows), notes_of(x, "diagnostics"))


def _worst(name: str, part: pd.DataFrame) -> tuple[Cell, ...]:
    rhat = float(part["rhat"].max())
    sizes = [float(part[column].min()) for column in ("ess_bulk", "ess_tail")]
    return (
        Cell(name.replace("_", " ")),
        Cell(f"{len(part):,}", len(part)),
        Cell("" if math.isnan(rhat) else f"{rhat:.3f}", number(rhat)),
        *(Cell("" if math.isnan(size) else f"{size:,.0f}", number(size)) for size in sizes),
    )


def _caption(x: Analysed, text: str, *, doubted: bool = False) -> str:
    return f"PROVISIONAL. {text}" if x.fit.provisional or doubted else text


def _by_provider(table: pd.DataFrame) -> dict[str, Row]:
    return {str(row["provider"]): row for row in records(table)}
