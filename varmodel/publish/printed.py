"""Tables as they are printed: cells with the digits that the draws support, caption and notes."""

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd

from varmodel.estimands import summarise
from varmodel.fits import Diagnosis, diagnose
from varmodel.publish.headline import MOSTLY_NOISE
from varmodel.publish.notes import notes_of
from varmodel.publish.numbers import probability, supported
from varmodel.publish.plots.names import literal
from varmodel.publish.plots.ranks import SURE
from varmodel.publish.plots.subject import Published

type Row = Mapping[Hashable, Any]

#: Where a provider is placed with probability .95, and where not; the order of the groups.
TOP, BOTTOM, UNPLACED = "top quarter", "bottom quarter", "not sure"
GROUPS = (TOP, UNPLACED, BOTTOM)
#: An end of a 95 % interval has about this many times the Monte Carlo error of the mean.
_END = 2.7
#: An expected rank is printed to one decimal at most.
_RANK = 0.05
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


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell shows, and the number that it is sorted by."""

    text: str
    number: float | None = None


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """A table ready for any page.

    Attributes
    ----------
    name : str
        "ranking", "rates", "savings", "totals" or "diagnostics".
    caption : str
    heads : tuple of str
        Headings; the first column holds names, all others stand to the right where they are
        numbers.
    rows, apart : tuple of tuple of Cell
        Rows, and those that stand below them: who is not ranked.
    notes : tuple of str
        What must be read with it.
    """

    name: str
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...]
    apart: tuple[tuple[Cell, ...], ...] = ()


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


def interval(row: Row) -> Cell:
    """Write a mean with its interval; without a lower end where nil was said."""
    error = _END * row["mcse"]
    lower, upper = (supported(float(row[name]), error) for name in ("lower", "upper"))
    mean = supported(float(row["mean"]), row["mcse"])
    ends = f" ({lower} to {upper})" if lower and upper else ""
    return Cell(f"{mean}{ends}", _number(row["mean"]))


def records(table: pd.DataFrame) -> list[dict[Hashable, Any]]:
    """Give the rows of a table."""
    return table.to_dict("records")


def _ranking(x: Analysed, tables: Mapping[str, pd.DataFrame]) -> PrintedTable:
    names, rates = names_of(x), _by_provider(tables["rates"])
    ranks = {} if x.ranks is None else _by_provider(summarise(x.ranks["rank"]))
    table = tables["ranking"]
    ranked = records(table[table["ranked"]])
    if is_mostly_noise(x):
        ranked.sort(key=lambda row: (GROUPS.index(placed(row)), row["provider"]))
    rows = [
        (
            Cell(names[row["provider"]]),
            Cell(placed(row)),
            _rank(ranks[row["provider"]]),
            *(_probability(row[name]) for name in ("prob_top_quarter", "prob_bottom_quarter")),
            interval(rates[row["provider"]]),
            _plain(row["observed"]),
        )
        for row in ranked
    ]
    heads = ("Provider", "Placed", "Rank (95 %)", "Pr top 1/4", "Pr bottom 1/4", _ADJUSTED)
    return PrintedTable(
        "ranking",
        _caption(x, f"Ranking of {len(rows)} providers; rank 1 is the better end"),
        (*heads, "Observed"),
        tuple(rows),
        notes_of(x, "ranking"),
        tuple(_not_ranked(table[~table["ranked"]], len(heads))),
    )


_ADJUSTED = "Adjusted rate (95 %)"


def _not_ranked(table: pd.DataFrame, width: int) -> Iterable[tuple[Cell, ...]]:
    for row in records(table):
        reason = Cell(f"not ranked: {literal(str(row['reason']))}")
        blank = [Cell("")] * (width - 2)
        yield Cell(literal(str(row["provider"]))), reason, *blank, _plain(row["observed"])


def _rates(x: Analysed, tables: Mapping[str, pd.DataFrame]) -> PrintedTable:
    names = names_of(x)
    rows = [
        (Cell(names[row["provider"]]), interval(row), _plain(row["observed"]))
        for row in records(tables["rates"])
    ]
    caption = _caption(x, f"Adjusted and observed rates of {len(rows)} providers")
    heads = ("Provider", _ADJUSTED, "Observed")
    return PrintedTable("rates", caption, heads, tuple(rows), notes_of(x, "rates"))


def _savings(x: Analysed, tables: Mapping[str, pd.DataFrame]) -> PrintedTable:
    names, table = names_of(x), tables["savings"]
    named = table[table["named"].astype(bool)] if "named" in table else table
    rows = [
        (
            Cell(names[row["provider"]]),
            interval(row),
            *(_plain(row[name], row["mcse"]) for name in ("plug_in_observed", "plug_in_shrunken")),
        )
        for row in records(named.sort_values(["mean", "provider"], ascending=[False, True]))
    ]
    caption = _caption(x, f"Annual saving of the {len(rows)} providers that can be named")
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
    """Write each national figure; the plug-ins with no more digits than the saving has."""
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
        return Cell(f"nil to {supported(row['upper'], _END * row['mcse'])}", float(row["upper"]))
    return _plain(row["mean"], error) if math.isnan(row["upper"]) else interval(row)


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
        Cell("" if math.isnan(rhat) else f"{rhat:.3f}", _number(rhat)),
        *(Cell("" if math.isnan(size) else f"{size:,.0f}", _number(size)) for size in sizes),
    )


def _caption(x: Analysed, text: str) -> str:
    return f"PROVISIONAL. {text}" if x.fit.provisional else text


def _by_provider(table: pd.DataFrame) -> dict[str, Row]:
    return {str(row["provider"]): row for row in records(table)}


def _rank(row: Row) -> Cell:
    mean = supported(row["mean"], max(row["mcse"], _RANK))
    return Cell(f"{mean} ({row['lower']} to {row['upper']})", float(row["mean"]))


def _probability(value: float) -> Cell:
    return Cell(probability(float(value)), float(value))


def _plain(value: float, mcse: float = 0.0) -> Cell:
    return Cell(supported(float(value), mcse), _number(value))


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
