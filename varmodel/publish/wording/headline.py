"""The printed headline: what may be read from a ranking, and the ends of it."""

import json
from dataclasses import dataclass
from textwrap import shorten
from typing import TYPE_CHECKING

import pandas as pd
import xarray as xr

from varmodel.errors import some
from varmodel.estimands import summarise
from varmodel.estimands.money.shares import PRICE_PART, closable_share, width_shares
from varmodel.fits import Fit
from varmodel.publish.published import Published
from varmodel.publish.tables.cells import Row
from varmodel.publish.tables.data_frames import ranking_table
from varmodel.publish.tables.pooled import place_probs, pooled_savings, summary
from varmodel.publish.wording.kinds import left_out, merged
from varmodel.publish.wording.money import (
    OF_MEAN_PERIOD,
    closable_words,
    flexible_total,
    lasting_total,
    may_be_named,
    nil_to,
    plug_in_name,
    total_of_known_size,
    width_words,
)
from varmodel.publish.wording.numbers import END, probability, scaled, supported, with_unit
from varmodel.publish.wording.periods.annual import if_it_lasted, saving_name
from varmodel.publish.wording.periods.foreseen import forecast_sentence
from varmodel.publish.wording.periods.ranked import one_period, what_is_ranked
from varmodel.publish.wording.places import PROBS, place_names
from varmodel.publish.wording.plain import TEXT_WIDTH, plain_table, plain_text
from varmodel.publish.wording.sections.grades import grade_words, leading_grades
from varmodel.publish.wording.support import FLAG_MARK, flagged, support_note
from varmodel.publish.wording.verdict import (
    bridge,
    checks_doubts,
    order_words,
    shape_doubts,
    verdict_sentence,
)
from varmodel.spec import Price, as_unit_cost
from varmodel.studies import NilVerdict, Shape
from varmodel.studies.nil import UPPER_PROB

if TYPE_CHECKING:
    from rich.table import Table

ROWS_AT_EACH_END = 5
RANK_HEADING = "rank (95 %)"
#: An expected rank is printed to one decimal at most; a name to so many letters.
_RANK, _NAME = 0.05, 28


def headline(x: Published) -> str:
    """Write the headline of an analysis as plain text.

    Returns
    -------
    str
        Title, what the order may be trusted for, both ends of the ranking, by grade and with what
        grades say where the order is mostly noise, the verdict on chance and size, a doubt of the
        effects' shape, the saving beside that of a flexible shape and the two figures that others
        would publish, the excluded providers.
    """
    table = ranking_table(x)
    ends = [] if table is None or x.ranks is None else [_ends(table, x, ranks=x.ranks)]
    closing = [
        support_note(x.fit.frame),
        verdict_sentence(x.nil, x.spec),
        bridge(x.nil, x.median_rankability),
        *caution(x.fit),
        *shape_doubts(x.shape, money=x.savings is not None),
        *checks_doubts(x.checks, money=x.savings is not None),
        *saving_lines(x),
        *_lasting(x),
        "" if x.forecast is None else forecast_sentence(x.forecast),
        *_excluded(x.fit),
    ]
    return plain_text(*_opening(x), *ends, *filter(None, closing), width=TEXT_WIDTH)


def _opening(x: Published) -> list[str]:
    frame = x.fit.frame
    size = f"{frame.sizes['provider']} providers, {frame.attrs['rows_in']} rows"
    order = order_words(x.median_rankability)
    lines = [x.spec.title or x.spec.name, f"{size}; {x.spec.better} is better; {order}"]
    lines += filter(None, [what_is_ranked(x)])
    graded = leading_grades(x)
    lines += [] if graded is None else [" ".join(grade_words(graded))]
    return [x.fit.stamp, *lines] if x.fit.provisional else lines


def _names(fit: Fit) -> dict[str, str]:
    """Label each provider by its code, and its name where the table gives one; mark the flagged."""
    codes = [str(code) for code in fit.frame["provider"].to_numpy()]
    marks = dict.fromkeys(flagged(fit.frame), FLAG_MARK)
    if "provider_name" not in fit.frame:
        return {code: code + marks.get(code, "") for code in codes}
    names = fit.frame["provider_name"].to_numpy().tolist()
    return {
        code: f"{code} {shorten(name, _NAME, placeholder='...')}{marks.get(code, '')}"
        for code, name in zip(codes, names, strict=True)
    }


def _ends(table: pd.DataFrame, x: Published, *, ranks: xr.Dataset) -> "Table":
    beside = () if x.figures.lasting is None else ("lasting\nrank (95 %)",)
    graded = () if leading_grades(x) is None else ("grade",)
    adjusted, observed = (with_unit(x.spec, name) for name in ("adjusted rate", "observed"))
    heads = (
        *graded,
        f"{adjusted} (95 %)",
        observed,
        RANK_HEADING,
        *beside,
        *_place_heads(x.fit.frame.sizes["provider"]),
    )
    shown = plain_table("provider", *heads, width=_NAME + 8)
    by = [*graded, "expected_rank", "provider"]
    ranked = table[table["ranked"]].sort_values(by)
    whole = len(ranked) <= 2 * ROWS_AT_EACH_END + 2
    parts = [ranked] if whole else [ranked.head(ROWS_AT_EACH_END), ranked.tail(ROWS_AT_EACH_END)]
    names, rows = _names(x.fit), _rows(x, ranks=ranks)
    for number, part in enumerate(parts):
        if number:
            shown.add_row(f"... {len(ranked) - 2 * ROWS_AT_EACH_END} more ...", *[""] * len(heads))
        for row in part.to_dict("records"):
            code = str(row["provider"])
            own = [str(row[name]) for name in graded]
            shown.add_row(names[code], *own, *_row(scaled(x.spec, row), rows, code))
    return shown


def _place_heads(count: int) -> list[str]:
    """Head the probabilities of the three places, on two lines to be narrow."""
    names = place_names(count)
    return ["Pr {}\n{}".format(*names[place].split(" ", 1)) for place in PROBS]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of figures by provider."""

    rates: dict[str, Row]
    ranks: dict[str, Row]
    probs: dict[str, list[float]]
    lasting: dict[str, Row]


def _rows(x: Published, *, ranks: xr.Dataset) -> _Rows:
    rates, places = (_by_provider(summary(x.fit, draws)) for draws in (x.rates, ranks["rank"]))
    rates = {code: scaled(x.spec, row) for code, row in rates.items()}
    beside = None if x.figures.lasting is None else x.figures.lasting.ranks
    lasting = {} if beside is None else _by_provider(summary(x.fit, beside["rank"]))
    return _Rows(rates, places, place_probs(x.fit, ranks), lasting)


def _by_provider(table: pd.DataFrame) -> dict[str, Row]:
    return {str(row["provider"]): row for row in table.to_dict("records")}


def _row(row: Row, rows: _Rows, code: str) -> list[str]:
    rate, rank = rows.rates[code], rows.ranks[code]
    lower, upper = (supported(rate[name], END * rate["mcse"]) for name in ("lower", "upper"))
    return [
        f"{supported(rate['mean'], rate['mcse'])} ({lower} to {upper})",
        supported(float(row["observed"]), 0.0),
        _place(rank),
        *([_place(rows.lasting[code])] if rows.lasting else []),
        *map(probability, rows.probs[code]),
    ]


def _place(rank: Row) -> str:
    """Write an expected rank with its interval."""
    mean = supported(rank["mean"], max(rank["mcse"], _RANK))
    return f"{mean} ({rank['lower']} to {rank['upper']})"


def saving_lines(x: Published) -> list[str]:
    """Say the total, how wide it is and why, and beside it what others say; empty without one."""
    if x.savings is None or x.spec.unit_cost is None:
        return []
    total, name = x.savings["total"], saving_name(x.spec).capitalize()
    currency = _currency(as_unit_cost(x.spec.unit_cost))
    lasted = f", {if_it_lasted(x.fit)}" if if_it_lasted(x.fit) else ""
    flexible = flexible_total(_flexible(x.shape, x.nil))
    beside = [flexible, *_of_known_size(x)]
    if not x.nil.distinguishable:
        nil = nil_to(f"{currency} {_upper(x.nil.upper, total)}")
        return [f"{name}: {nil}{lasted}.", *beside]
    return [
        f"{name} at the benchmark: {currency} {_interval(total)}{lasted}.",
        *filter(None, [width_of(x.savings)]),
        *beside,
        *_others(x, x.savings),
    ]


def width_of(savings: xr.Dataset) -> str:
    """Say how much of the total's interval is the price."""
    return width_words(float(width_shares(savings)[PRICE_PART]))


def _of_known_size(x: Published) -> list[str]:
    """Give the total of a model that knows the providers' size, where the check asks for one."""
    volume = x.checks.volume
    if volume is None or volume.total is None:
        return []
    known = _upper(volume.upper, volume.total)
    figure = _interval(volume.total) if x.nil.distinguishable else nil_to(known)
    return [total_of_known_size(figure)]


def _lasting(x: Published) -> list[str]:
    """Give what lasts beside the coming period."""
    lasting = x.figures.lasting
    if lasting is None or lasting.savings is None:
        return []
    total = lasting.savings["total"]
    if x.savings is None or not x.nil.distinguishable:
        return [lasting_total(nil_to(_upper(float(total.quantile(UPPER_PROB)), total)))]
    share = _interval(closable_share(x.savings, lasting.savings))
    return [lasting_total(_interval(total)), closable_words(share)]


def _flexible(shape: Shape, nil: NilVerdict) -> str:
    if shape.total is None:
        return f"no figure, for {shape.reason}"
    if nil.distinguishable:
        return _interval(shape.total)
    return nil_to(_upper(shape.upper, shape.total))


def _interval(total: xr.DataArray) -> str:
    row = summarise(total).iloc[0]
    ends = [supported(row[name], END * row["mcse"]) for name in ("lower", "upper")]
    return f"{supported(row['mean'], row['mcse'])} (95 % {' to '.join(ends)})"


def _upper(quantile: float, total: xr.DataArray) -> str:
    return supported(quantile, END * summarise(total).iloc[0]["mcse"])


def _others(x: Published, savings: xr.Dataset) -> list[str]:
    """Give the number of names, and the two figures that others would publish."""
    mcse = summarise(savings["total"]).iloc[0]["mcse"]
    named = int(pooled_savings(x.fit, savings)["named"].sum())
    shrunken, observed = (
        supported(float(savings[name].sum()), mcse)
        for name in ("plug_in_shrunken", "plug_in_observed")
    )
    return [
        may_be_named(named),
        f"Beside it: {observed} from unshrunken rates, as usually published (tends to overstate);",
        f"{shrunken} from {plug_in_name('plug_in_shrunken')}.",
        *([OF_MEAN_PERIOD] if x.figures.lasting is not None else []),
    ]


def caution(fit: Fit) -> list[str]:
    """Say what is left out, who merged, what one period cannot show, and if NUTS stood in."""
    found = [*filter(None, [left_out(fit.spec), merged(fit.frame)]), *one_period(fit)]
    if reasons := fit.draws.attrs.get("instead_of_marginal"):
        found.append(f"Sampled by NUTS, for the marginal sampler failed its gate: {reasons}.")
    return found


def _currency(cost: Price) -> str:
    return cost.currency if cost.price_year is None else f"{cost.currency} ({cost.price_year})"


def _excluded(fit: Fit) -> list[str]:
    """Name who is not ranked, a line a reason; the tables list them all."""
    by_reason: dict[str, list[str]] = {}
    for row in json.loads(fit.frame.attrs["excluded"]):
        by_reason.setdefault(row["reason"], []).append(row["provider"])
    return [f"Not ranked: {some(names)} ({reason})" for reason, names in by_reason.items()]
