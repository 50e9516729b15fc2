"""Tables as they are printed: cells with the digits that the draws support, caption and notes."""

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from varmodel.estimands import summarise
from varmodel.estimands.money.shares import PRICE_PART, RATES_PART
from varmodel.estimands.variation.components import SPREAD
from varmodel.numerics.once import once
from varmodel.publish.names import literal
from varmodel.publish.published import Published, diagnosed
from varmodel.publish.tables.cells import (
    Cell,
    PrintedTable,
    Row,
    chance,
    interval,
    plain,
    rank_cell,
    sort_value,
)
from varmodel.publish.tables.data_frames import CLOSABLE, WIDTH
from varmodel.publish.tables.pooled import place_probs, summary
from varmodel.publish.wording.kinds import rate_name, volume_name, volumes
from varmodel.publish.wording.money import TENDENCIES, list_of_named, nil_to, plug_in_name
from varmodel.publish.wording.notes import notes_of
from varmodel.publish.wording.numbers import END, scaled, supported, unit_factor, with_unit
from varmodel.publish.wording.periods.annual import is_annual, saving_name
from varmodel.publish.wording.places import GROUPS, PROBS, place_names
from varmodel.publish.wording.sections.grades import leading_grades
from varmodel.publish.wording.support import FLAG_MARK, flagged
from varmodel.publish.wording.verdict import PROVISIONAL, is_mostly_noise, stamped

_MONEY = {
    "saving": "joint draws",
    "saving_flexible": "flexible shape of the effects",
    "saving_log_volume": "model that knows the size",
    "saving_lasting": "what lasts alone",
    **{name: plug_in_name(name) for name in TENDENCIES},
}
_CHECKS = {
    "rankability": "rankability, posterior median",
    "median_odds_ratio": "odds of one provider over another's, median of pairs",
    "median_rate_ratio": "rate of one provider over another's, median of pairs",
    "vpc": "providers' share of the differences between cases",
    "scv": "systematic component of variation",
    CLOSABLE: "share of the saving that could be closed: what lasts",
    "persistence_share": "share of the differences between providers that lasts",
    "shape_p_value": "shape of the effects, p-value",
    "volume": "larger providers have higher rates, probability",
    "nil": "no variation between providers, p-value",
    "annualise": "periods a year",
    WIDTH[PRICE_PART]: "of the width of the saving, joint draws: the price",
    WIDTH[RATES_PART]: "of the width of the saving, joint draws: what the figures leave open",
    "peer_overlap": "of their peers, what two providers share on average",
}


def print_tables(x: Published, tables: Mapping[str, pd.DataFrame]) -> dict[str, PrintedTable]:
    """Print each table of an analysis, and its diagnostics."""
    found = {name: _PRINTERS[name](x, tables) for name in _PRINTERS if name in tables}
    return {**found, "diagnostics": _diagnostics(x)}


@once(lambda x: (x.fit,))
def names_of(x: Published) -> dict[str, str]:
    """Write each provider as its code, with its name where there is one; mark the flagged."""
    frame = x.fit.frame
    codes = [str(code) for code in frame["provider"].to_numpy()]
    given = frame["provider_name"].to_numpy().tolist() if "provider_name" in frame else codes
    marks = dict.fromkeys(flagged(frame), FLAG_MARK)
    return {
        code: literal(code if code == name or not name else f"{code} {name}") + marks.get(code, "")
        for code, name in zip(codes, given, strict=True)
    }


def rows_of(table: pd.DataFrame) -> list[dict[Hashable, Any]]:
    """Give the rows of a table."""
    return table.to_dict("records")


def _ranking(x: Published, tables: Mapping[str, pd.DataFrame]) -> PrintedTable:
    table, places = tables["ranking"], place_names(x.fit.frame.sizes["provider"])
    ranked = rows_of(table[table["ranked"]])
    if is_mostly_noise(x.median_rankability):
        ranked.sort(key=lambda row: (_group(x, row), row["provider"]))
    heads = (
        *("Provider", _adjusted(x), *_grade_heads(x), "Placed", "Rank (95 %)"),
        *_lasting_heads(x),
        *(f"Pr {places[place]}" for place in PROBS),
        *_volume_heads(x),
        _observed(x),
    )
    return PrintedTable(
        "ranking",
        _caption(x, f"Ranking of {len(ranked):,} providers; rank 1 is the better end"),
        heads,
        tuple(_ranked_rows(x, ranked, tables["rates"])),
        notes_of(x, "ranking"),
        tuple(_not_ranked(x, table[~table["ranked"]], width=len(heads))),
        (*(str(row["provider"]) for row in ranked), *table.loc[~table["ranked"], "provider"]),
    )


def _ranked_rows(
    x: Published, ranked: Sequence[Row], rates_table: pd.DataFrame
) -> Iterable[tuple[Cell, ...]]:
    if x.ranks is None:
        return
    names, sizes, rates = names_of(x), volumes(x.fit), _by_provider(rates_table)
    ranks = _by_provider(summary(x.fit, x.ranks["rank"]))
    probs, places = place_probs(x.fit, x.ranks), place_names(len(ranks))
    lasting, unit = _lasting_ranks(x), unit_factor(x.spec)
    for row in ranked:
        code = row["provider"]
        yield (
            Cell(names[code]),
            interval(scaled(x.spec, rates[code])),
            *([Cell(str(row["grade"]), int(row["grade"]))] if _grade_heads(x) else []),
            Cell(places[row["placed"]]),
            rank_cell(ranks[code]),
            *([rank_cell(lasting[code])] if lasting else []),
            *map(chance, probs[code]),
            *([sizes[code]] if sizes else []),
            plain(unit * row["observed"]),
        )


def _grade_heads(x: Published) -> tuple[str, ...]:
    """Head the grades where they lead: the order is mostly noise."""
    return () if leading_grades(x) is None else ("Grade",)


def _group(x: Published, row: Row) -> int:
    """Give what a row is listed by where the order is mostly noise: its grade, or its place."""
    return int(row["grade"]) if _grade_heads(x) else GROUPS.index(row["placed"])


def _lasting_heads(x: Published) -> tuple[str, ...]:
    """Head the ranks of what lasts, where those published are of the coming period."""
    return () if x.figures.lasting is None else ("Lasting rank (95 %)",)


def _lasting_ranks(x: Published) -> dict[str, Row]:
    lasting = x.figures.lasting
    if lasting is None or lasting.ranks is None:
        return {}
    return _by_provider(summary(x.fit, lasting.ranks["rank"]))


def _adjusted(x: Published) -> str:
    return f"{with_unit(x.spec, rate_name(x.fit).capitalize())} (95 %)"


def _observed(x: Published) -> str:
    return with_unit(x.spec, "Observed")


def _volume_heads(x: Published) -> tuple[str, ...]:
    return tuple(filter(None, [volume_name(x.fit)]))


def _not_ranked(x: Published, table: pd.DataFrame, *, width: int) -> Iterable[tuple[Cell, ...]]:
    for row in rows_of(table):
        own = own_rate(x, str(row["provider"]))
        reason = Cell(f"not ranked: {literal(str(row['reason']))}{f'; {own}' if own else ''}")
        blank = [Cell("")] * (width - 3)
        observed = plain(unit_factor(x.spec) * row["observed"])
        yield Cell(literal(str(row["provider"]))), reason, *blank, observed


def own_rate(x: Published, code: str) -> str:
    """Say what an excluded provider shows by its own figures; empty where it is not known."""
    found = x.checks.excluded.get(code)
    if found is None or found.rate is None:
        return ""
    figure = interval(scaled(x.spec, summarise(found.rate).iloc[0].to_dict())).text
    return f"{with_unit(x.spec, 'by its own figures, on its own patients')}: {figure}"


def _rates(x: Published, tables: Mapping[str, pd.DataFrame]) -> PrintedTable:
    names, sizes = names_of(x), volumes(x.fit)
    rows = [
        (
            Cell(names[row["provider"]]),
            interval(row),
            *([sizes[row["provider"]]] if sizes else []),
            plain(row["observed"]),
        )
        for row in (scaled(x.spec, row) for row in rows_of(tables["rates"]))
    ]
    caption = _caption(x, f"Adjusted and observed rates of {len(rows):,} providers")
    heads = ("Provider", _adjusted(x), *_volume_heads(x), _observed(x))
    codes = tuple(map(str, tables["rates"]["provider"]))
    return PrintedTable("rates", caption, heads, tuple(rows), notes_of(x, "rates"), codes=codes)


def _savings(x: Published, tables: Mapping[str, pd.DataFrame]) -> PrintedTable:
    names, table = names_of(x), tables["savings"]
    named = table[table["named"].astype(bool)] if "named" in table else table
    named = named.sort_values(["mean", "provider"], ascending=[False, True])
    rows = [
        (
            Cell(names[row["provider"]]),
            interval(row),
            *(plain(row[name], row["mcse"]) for name in ("plug_in_observed", "plug_in_shrunken")),
        )
        for row in rows_of(named)
    ]
    text = list_of_named(saving_name(x.spec), len(rows))
    caption = _caption(x, text, doubted="provisional" in table)
    heads = ("Provider", "Saving (95 %)", "Unshrunken rates", "Shrunken means")
    codes = tuple(map(str, named["provider"]))
    return PrintedTable("savings", caption, heads, tuple(rows), notes_of(x, "savings"), codes=codes)


def _totals(x: Published, tables: Mapping[str, pd.DataFrame]) -> PrintedTable:
    table = tables["totals"]
    doubted = table["provisional"] if "provisional" in table else pd.Series(False, table.index)
    stamps = dict(zip(table["quantity"], doubted, strict=True))
    rows = [
        (Cell(f"{_quantity(x, name)}{f' ({PROVISIONAL})' if stamps[name] else ''}"), cell)
        for name, cell in total_cells(table).items()
        if name != "annualise" or (x.savings is not None and is_annual(x.fit.spec))
    ]
    heads = ("Quantity", "Figure (95 %)")
    return PrintedTable(
        "totals", _caption(x, "Totals and checks"), heads, tuple(rows), notes_of(x, "totals")
    )


def _quantity(x: Published, name: str) -> str:
    """Say in words what a row of totals holds."""
    return _CHECKS[name] if name in _CHECKS else f"{saving_name(x.fit.spec)}, {_MONEY[name]}"


def total_cells(totals: pd.DataFrame) -> dict[str, Cell]:
    """Write each figure of all together; the plug-ins with no more digits than the saving has."""
    error = float(totals["mcse"].where(totals["quantity"] == "saving").max())
    return {str(row["quantity"]): _total(row, error) for row in rows_of(totals)}


def _total(row: Row, error: float) -> Cell:
    if row["quantity"] in (*WIDTH.values(), "peer_overlap"):
        return Cell(f"{100 * row['mean']:.0f} %", float(row["mean"]))
    if row["quantity"] == "volume":
        return Cell("no figure") if math.isnan(row["mean"]) else chance(row["mean"])
    if row["quantity"] in ("nil", "shape_p_value"):
        return Cell(f"{row['mean']:.3f}", float(row["mean"]))
    if row["quantity"] in (CLOSABLE, "rankability", *SPREAD):
        return interval({**row, "mean": row["median"]})
    if row["ci_kind"] == "upper":
        upper = supported(row["upper"], END * row["mcse"])
        return Cell(nil_to(upper), float(row["upper"]))
    if math.isnan(row["mean"]):
        return Cell("no figure")
    if row["quantity"] == "annualise":
        return Cell(f"{row['mean']:g}", float(row["mean"]))
    return plain(row["mean"], error) if math.isnan(row["upper"]) else interval(row)


_PRINTERS = {"ranking": _ranking, "rates": _rates, "savings": _savings, "totals": _totals}


def all_diagnostics(x: Published) -> pd.DataFrame:
    """Tabulate the gate's figures of parameters and of what is published."""
    return pd.concat([diagnosed(x.fit).table, x.diagnosis.table], ignore_index=True)


def _diagnostics(x: Published) -> PrintedTable:
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
        Cell("" if math.isnan(rhat) else f"{rhat:.3f}", sort_value(rhat)),
        *(Cell("" if math.isnan(size) else f"{size:,.0f}", sort_value(size)) for size in sizes),
    )


def _caption(x: Published, text: str, *, doubted: bool = False) -> str:
    return stamped(text, provisional=x.fit.provisional or doubted)


def _by_provider(table: pd.DataFrame) -> dict[str, Row]:
    return {str(row["provider"]): row for row in rows_of(table)}
