"""Facts of a quarter as printed tables: figures with intervals in a cell, caption and notes."""

from collections.abc import Iterator, Sequence

from varmodel.publish.disclosure.policies import HIDDEN, policy_of
from varmodel.publish.names import literal
from varmodel.publish.quarter.facts import (
    IndicatorFacts,
    Interval,
    ProviderFacts,
    QuarterFacts,
)
from varmodel.publish.quarter.identity import Identity, identities_of, provider_label
from varmodel.publish.quarter.publication.figures import draws_behind, figure, rank_figure
from varmodel.publish.quarter.publication.rows import (
    count_cell,
    names_of_providers,
)
from varmodel.publish.tables.cells import Cell, PrintedTable, chance
from varmodel.publish.wording.money import GROSS, list_of_named
from varmodel.publish.wording.numbers import supported
from varmodel.publish.wording.places import ORDER_NOTE, SURE
from varmodel.publish.wording.site.indicator import short_titles
from varmodel.publish.wording.verdict import stamped, trust_scale

type _Cells = tuple[Cell, ...]

_EMPTY = Cell("")
_INTERVALS = "Intervals: 95 %, equal-tailed; each stands alone."


def print_quarter(facts: QuarterFacts) -> dict[str, PrintedTable]:
    """Print the tables of a quarter for readers.

    Parameters
    ----------
    facts : QuarterFacts
        As :func:`varmodel.publish.disclosure.disclosed` gives them.

    Returns
    -------
    dict of PrintedTable
        Those that have rows, by the name of their data frame.
    """
    made = (
        _indicators(facts),
        _totals(facts),
        _providers(facts),
        _ranking(facts),
        _places(facts),
        _savings(facts),
        _refused(facts),
    )
    return {table.name: table for table in made if table.rows or table.apart}


def _caption(facts: QuarterFacts, text: str, *, doubted: bool = False) -> str:
    return stamped(f"{literal(facts.title)}: {text}", provisional=doubted)


def _title(x: IndicatorFacts) -> str:
    return literal(x.title or x.name)


def _indicators(facts: QuarterFacts) -> PrintedTable:
    rows = tuple(
        (
            _named(x, money=True),
            Cell(literal(x.group)),
            Cell(f"{count:,}", count),
            figure(x.rankability, draws=draws_behind(x)),
            _saved(facts, x, x.total),
            _saved(facts, x, x.total_flexible),
            Cell(literal(x.headline)),
        )
        for x in facts.indicators
        for count in [sum(not p.reason for p in x.providers)]
    )
    heads = (
        *("Indicator", "Kind", "Ranked", "Rankability (95 %)", f"Saving, {facts.currency} (95 %)"),
        *("With a flexible shape (95 %)", "What may be read"),
    )
    text = f"{len(rows):,} indicators" + (f" to {facts.period}" if facts.period else "")
    notes = (f"Rankability: {trust_scale()}", GROSS, *_notes(facts))
    return PrintedTable("indicators", _caption(facts, text), heads, rows, notes)


def _totals(facts: QuarterFacts) -> PrintedTable:
    nation, rows = facts.nation, []
    if nation is not None:
        rows = [(Cell("All, what is shared counted once"), figure(nation.total))]
        rows += [(Cell("Plain sum"), figure(nation.plain_total))]
        titles = {x.name: _title(x) for x in facts.indicators}
        rows += [
            (Cell(titles.get(name, literal(name))), figure(share))
            for name, share in nation.shares.items()
        ]
    heads = ("What", f"Saving, {facts.currency} (95 %)")
    notes = (literal(nation.assumption) if nation else "", GROSS, _INTERVALS)
    caption = _caption(facts, "national saving, and the share of each indicator")
    return PrintedTable("totals", caption, heads, tuple(rows), tuple(filter(None, notes)))


def _providers(facts: QuarterFacts) -> PrintedTable:
    named = {one.key: (one, name) for one, name in names_of_providers(facts).items()}
    order = sorted(facts.by_provider, key=lambda key: (-_size(facts, key), key))
    rows = tuple(
        (
            Cell(provider_label(one, name)),
            Cell(literal(facts.classes.get(one.code, ""))),
            figure(facts.by_provider[key].total),
            figure(facts.by_provider[key].plain_total),
        )
        for key in order
        for one, name in [named.get(key, (Identity(key, key), key))]
    )
    money = f"{facts.currency} (95 %)"
    heads = ("Provider", "Class", f"Saving, {money}", f"Plain sum, {money}")
    text = f"saving of {len(rows):,} providers over all indicators"
    notes, codes = (GROSS, *_notes(facts)), [named[x][0].code if x in named else x for x in order]
    return PrintedTable("providers", _caption(facts, text), heads, rows, notes, codes=tuple(codes))


def _size(facts: QuarterFacts, key: str) -> float:
    total = facts.by_provider[key].total
    return total.mean if total.mean is not None else total.upper or 0.0


def _ranking(facts: QuarterFacts) -> PrintedTable:
    rows = tuple(_ranked(facts))
    heads = (
        *("Indicator", "Provider", "Adjusted rate (95 %)", "Rank (95 %)", "Among its like (95 %)"),
        *("Placed", "Events", "Cases", "Observed"),
    )
    codes = [p.code for x in facts.indicators for p in x.providers if not p.reason]
    out = [p.code for x in facts.indicators for p in x.providers if p.reason]
    text = f"places of the providers on {len(facts.indicators):,} indicators; 1 is the better end"
    notes = (
        *(ORDER_NOTE, f"Placed: there with probability {SURE:.2f} or more."),
        *("Rates are in the unit that stands beside the indicator.", *_notes(facts)),
    )
    apart = tuple(_not_ranked(facts, width=len(heads)))
    caption = _caption(facts, text, doubted=any(x.provisional for x in facts.indicators))
    return PrintedTable("ranking", caption, heads, rows, notes, apart, (*codes, *out))


def _places(facts: QuarterFacts) -> PrintedTable:
    who = identities_of(facts.indicators)
    held = {(who[x.level, p.code], x.name): p.place for x in facts.indicators for p in x.providers}
    names = names_of_providers(facts)
    rows = tuple(
        (
            Cell(provider_label(one, name)),
            *(rank_figure(held.get((one, x.name))) for x in facts.indicators),
        )
        for one, name in names.items()
    )
    heads = ("Provider", *(_title(x) for x in facts.indicators))
    text = f"places of {len(rows):,} providers, an indicator a column; 1 is the better end"
    notes = (ORDER_NOTE, _INTERVALS, "An empty cell: not ranked there.")
    return PrintedTable(
        "places", _caption(facts, text), heads, rows, notes, codes=tuple(one.code for one in names)
    )


def _named(x: IndicatorFacts, *, money: bool = False, title: str = "") -> Cell:
    """Name an indicator; savings may be provisional where its rates, with their unit, are not."""
    doubt = stamped("", provisional=bool(x.provisional or (money and x.doubts))).strip()
    unit = f" ({literal(x.unit)})" if x.unit and not money else ""
    return Cell(f"{literal(title) or _title(x)}{unit}{f' {doubt}' if doubt else ''}")


def _saved(facts: QuarterFacts, x: IndicatorFacts, saving: Interval | None) -> Cell:
    """Write a saving; one that is not in the currency of the table names its own."""
    cell = figure(saving, draws=draws_behind(x))
    if not cell.text or facts.is_alike(x):
        return cell
    return Cell(f"{literal(x.currency)} {cell.text}", cell.number)


def _ranked(facts: QuarterFacts) -> Iterator[_Cells]:
    titles = short_titles(facts.indicators)
    for x in facts.indicators:
        named, draws = _named(x, title=titles[x.name]), draws_behind(x)
        for p in x.providers:
            if not p.reason:
                yield (
                    named,
                    Cell(provider_label(Identity(p.code, p.code), p.name)),
                    figure(p.rate, draws=draws, scale=x.scale),
                    rank_figure(p.place),
                    rank_figure(p.among_peers),
                    Cell(p.placed),
                    *_counts(p, x.scale),
                )


def _counts(p: ProviderFacts, scale: float) -> Sequence[Cell]:
    for_counts = [_count(count_cell(p, name)) for name in ("events", "cases")]
    return (*for_counts, _count(count_cell(p, "observed"), scale=scale))


def _count(value: float | str | None, *, scale: float = 1.0) -> Cell:
    if value is None:
        return _EMPTY
    return (
        Cell(HIDDEN)
        if isinstance(value, str)
        else Cell(supported(scale * value, 0.0), scale * value)
    )


def _not_ranked(facts: QuarterFacts, *, width: int) -> Iterator[_Cells]:
    titles = short_titles(facts.indicators)
    for x in facts.indicators:
        for p in x.providers:
            if p.reason:
                own = figure(p.rate, draws=draws_behind(x), scale=x.scale).text
                by_own = f"; by its own figures: {own}" if own else ""
                who = provider_label(Identity(p.code, p.code), p.name)
                text = f"{who}: not ranked, {literal(p.reason)}{by_own}"
                *_, observed = _counts(p, x.scale)
                named = _named(x, title=titles[x.name])
                yield (named, Cell(text), *[_EMPTY] * (width - 3), observed)


def _savings(facts: QuarterFacts) -> PrintedTable:
    titles = short_titles(facts.indicators)
    money = [
        (x, p, p.money)
        for x in facts.indicators
        for p in sorted(x.providers, key=lambda p: (-_worth(p), p.code))
        if p.money is not None and p.money.named
    ]
    rows = tuple(
        (
            _named(x, money=True, title=titles[x.name]),
            Cell(provider_label(Identity(p.code, p.code), p.name)),
            _saved(facts, x, m.saving),
            _EMPTY if m.prob_worth is None else chance(m.prob_worth),
            Cell(f"{100 * m.price_share:.0f} %", m.price_share),
        )
        for x, p, m in money
    )
    heads = (
        *("Indicator", "Provider", f"Saving, {facts.currency} (95 %)"),
        *("Pr above the cost of acting", "Share of the width that is the price"),
    )
    text = list_of_named("savings", len(rows))
    codes = tuple(p.code for _, p, _ in money)
    notes = (GROSS, *_notes(facts))
    return PrintedTable("savings", _caption(facts, text), heads, rows, notes, codes=codes)


def _worth(p: ProviderFacts) -> float:
    if p.money is None:
        return 0.0
    return p.money.prob_worth if p.money.prob_worth is not None else p.money.saving.mean or 0.0


def _refused(facts: QuarterFacts) -> PrintedTable:
    rows = tuple(
        (Cell(literal(x.title or x.name)), Cell(x.code), Cell(literal(x.message)))
        for x in facts.refused
    )
    text = f"indicators that were not analysed: {len(rows):,}"
    heads = ("Indicator", "Code", "Why")
    notes = ("The others do not depend on them.",)
    return PrintedTable("refused", _caption(facts, text), heads, rows, notes)


def _notes(facts: QuarterFacts) -> tuple[str, ...]:
    return _INTERVALS, policy_of(facts.disclosure).words
