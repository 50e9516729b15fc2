"""The printed headline: what may be read from a ranking, and the ends of it."""

import json
from collections.abc import Hashable
from textwrap import shorten
from typing import Any

import pandas as pd
import xarray as xr
from rich.table import Table

from varmodel.estimands import summarise
from varmodel.fits import Fit
from varmodel.publish.numbers import END, probability, supported
from varmodel.publish.tables import ranking_table
from varmodel.publish.text import plain_table, plain_text
from varmodel.spec import UnitCost, as_unit_cost
from varmodel.studies import Figures, NilVerdict, Shape

type Row = dict[Hashable, Any]

ENDS = 5
WIDTH = 124
HEADINGS = ("adjusted rate (95 %)", "observed", "rank (95 %)", "Pr top 1/4", "Pr bottom 1/4")
#: An expected rank is printed to one decimal at most; a name to so many letters.
_RANK, _NAME = 0.05, 28
MOSTLY_NOISE, MODERATE = 0.5, 0.75
#: A p-value is printed to three decimals at most.
SMALL_P = 0.001


def headline(fit: Fit, figures: Figures, *, nil: NilVerdict, shape: Shape) -> str:
    """Write the headline of an analysis as plain text.

    Returns
    -------
    str
        Title, what the order may be trusted for, both ends of the ranking, the nil verdict, a
        doubt of the effects' shape, the saving beside that of a flexible shape and the two
        figures that others would publish, the excluded providers.
    """
    table = ranking_table(fit, figures)
    ends = [] if table is None else [_ends(table, figures, names=_names(fit))]
    saving = _saving(fit, figures, nil=nil, shape=shape)
    closing = [*_verdict(nil), *caution(fit), *_doubt(figures, shape), *saving, *_excluded(fit)]
    return plain_text(*_opening(fit, figures), *ends, *closing, width=WIDTH)


def trust(rankability: float) -> str:
    """Say in words what share of the differences is signal (methods 4)."""
    if rankability < MOSTLY_NOISE:
        return "the order is mostly noise"
    return "moderate" if rankability <= MODERATE else "high"


def _opening(fit: Fit, figures: Figures) -> list[str]:
    share = float(figures.rankability.median())
    size = f"{fit.frame.sizes['provider']} providers, {fit.frame.attrs['rows_in']} rows"
    order = f"rankability {probability(share)}: {trust(share)}"
    lines = [
        fit.spec.title or fit.spec.name,
        f"{size}; {fit.spec.better} is better; {order}",
    ]
    stamp = "PROVISIONAL: the draws failed the gate; do not publish"
    return [stamp, *lines] if fit.provisional else lines


def _names(fit: Fit) -> dict[str, str]:
    """Label each provider by its code, and its name where the table gives one."""
    codes = fit.frame["provider"].to_numpy().tolist()
    if "provider_name" not in fit.frame:
        return dict(zip(codes, codes, strict=True))
    names = fit.frame["provider_name"].to_numpy().tolist()
    pairs = zip(codes, names, strict=True)
    return {code: f"{code} {shorten(name, _NAME, placeholder='...')}" for code, name in pairs}


def _ends(table: pd.DataFrame, figures: Figures, *, names: dict[str, str]) -> Table:
    shown = plain_table("provider", *HEADINGS, width=_NAME + 8)
    ranked = table[table["ranked"]]
    whole = len(ranked) <= 2 * ENDS + 2
    parts = [ranked] if whole else [ranked.head(ENDS), ranked.tail(ENDS)]
    rates, ranks = (_by_provider(draws) for draws in figures.by_provider.values())
    for number, part in enumerate(parts):
        if number:
            shown.add_row(f"... {len(ranked) - 2 * ENDS} more ...", *[""] * len(HEADINGS))
        for row in part.to_dict("records"):
            code = str(row["provider"])
            shown.add_row(names[code], *_row(row, rates[code], rank=ranks[code]))
    return shown


def _by_provider(draws: xr.DataArray) -> dict[str, Row]:
    return {str(row["provider"]): row for row in summarise(draws).to_dict("records")}


def _row(row: Row, rate: Row, *, rank: Row) -> list[str]:
    lower, upper = (supported(rate[name], END * rate["mcse"]) for name in ("lower", "upper"))
    return [
        f"{supported(rate['mean'], rate['mcse'])} ({lower} to {upper})",
        supported(float(row["observed"]), 0.0),
        f"{supported(rank['mean'], max(rank['mcse'], _RANK))} ({row['lower']} to {row['upper']})",
        probability(float(row["prob_top_quarter"])),
        probability(float(row["prob_bottom_quarter"])),
    ]


def _verdict(nil: NilVerdict) -> list[str]:
    told = "can be told apart" if nil.distinguishable else "cannot be told apart from chance: nil"
    matters = f"probability that it matters {probability(nil.prob_relevant)}"
    return [f"Providers {told} (p = {nil.p_value:.3f} without variation; {matters})."]


def _doubt(figures: Figures, shape: Shape) -> list[str]:
    """Say that the law of the effects is not believed, and what to do."""
    if shape.passed:
        failed = "The savings are PROVISIONAL: the refit with a flexible shape failed."
        return [failed] if shape.provisional else []
    p_value = "< .001" if shape.p_value < SMALL_P else f"= {shape.p_value:.3f}"
    lines = [f"The shape of the effects is doubted (p {p_value}): look for specialists to exclude."]
    if figures.savings is None:
        return lines
    return [*lines, "The savings are PROVISIONAL; read the total with a flexible shape."]


def _saving(fit: Fit, figures: Figures, *, nil: NilVerdict, shape: Shape) -> list[str]:
    if figures.savings is None or fit.spec.unit_cost is None:
        return []
    total = figures.savings["total"]
    currency = _currency(as_unit_cost(fit.spec.unit_cost))
    if not nil.distinguishable:
        return [
            f"Annual saving: nil to {currency} {_upper(nil.upper, total)}.",
            f"With a flexible shape of the effects: {_flexible(shape, nil=True)}.",
        ]
    return [
        f"Annual saving at the benchmark: {currency} {_interval(total)}.",
        f"With a flexible shape of the effects: {_flexible(shape, nil=False)}.",
        *_beside(figures.savings),
    ]


def _flexible(shape: Shape, *, nil: bool) -> str:
    if shape.total is None:
        return f"no figure, for {shape.reason}"
    return f"nil to {_upper(shape.upper, shape.total)}" if nil else _interval(shape.total)


def _interval(total: xr.DataArray) -> str:
    row = summarise(total).iloc[0]
    ends = [supported(row[name], END * row["mcse"]) for name in ("lower", "upper")]
    return f"{supported(row['mean'], row['mcse'])} (95 % {' to '.join(ends)})"


def _upper(quantile: float, total: xr.DataArray) -> str:
    return supported(quantile, END * summarise(total).iloc[0]["mcse"])


def _beside(savings: xr.Dataset) -> list[str]:
    """Give the number of names, and the two figures that others would publish."""
    mcse = summarise(savings["total"]).iloc[0]["mcse"]
    named = int(savings["named"].sum())
    shrunken, observed = (
        supported(float(savings[name].sum()), mcse)
        for name in ("plug_in_shrunken", "plug_in_observed")
    )
    return [
        f"{named} providers can be named.",
        f"Beside it: {observed} from unshrunken rates, as usually published (tends to overstate);",
        f"{shrunken} from shrunken means (tends to understate).",
    ]


def caution(fit: Fit) -> list[str]:
    """Say what one period cannot show (methods 2), and where the usual sampler gave way."""
    found = []
    if "period" not in fit.frame.dims:
        found.append("No period column: this ranks the time of the table, not lasting performance.")
    elif fit.frame.attrs["periods"] == 1:
        found.append("One period only: this ranks the period, not lasting performance.")
    if reasons := fit.draws.attrs.get("instead_of_marginal"):
        found.append(f"Sampled by NUTS, for the marginal sampler failed its gate: {reasons}.")
    return found


def _currency(cost: UnitCost) -> str:
    return cost.currency if cost.price_year is None else f"{cost.currency} ({cost.price_year})"


def _excluded(fit: Fit) -> list[str]:
    excluded = json.loads(fit.frame.attrs["excluded"])
    return [f"Not ranked: {row['provider']} ({row['reason']})" for row in excluded]
