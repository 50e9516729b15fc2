"""What a value shows of itself: a heading and some facts, as text and as HTML."""

import html
from collections.abc import Iterable, Mapping
from typing import Any

from varmodel.spec.canonical import values_of
from varmodel.spec.parts import Benchmark, Peers
from varmodel.spec.prices import LognormalCost, OwnCost, Price
from varmodel.spec.terms import Factor, Interaction, Spline, Term

type Facts = Iterable[tuple[str, str]]

_STYLE = "text-align:left;vertical-align:top"


def facts_text(heading: str, facts: Facts) -> str:
    """Write a heading and a line a fact."""
    rows = list(facts)
    width = max([12, *(len(name) for name, _ in rows)])
    return "\n".join([heading, *(f"  {name:<{width}} {value}" for name, value in rows)])


def facts_html(heading: str, facts: Facts) -> str:
    """Write a heading and a row a fact for a notebook; every text is escaped."""
    rows = "".join(
        f"<tr><th scope='row' style='{_STYLE}'>{html.escape(name)}</th>"
        f"<td style='{_STYLE}'>{html.escape(value)}</td></tr>"
        for name, value in facts
    )
    caption = f"<caption style='{_STYLE};font-weight:bold'>{html.escape(heading)}</caption>"
    return f"<table>{caption}<tbody>{rows}</tbody></table>"


def listed_facts(values: Mapping[str, Any], *, over: str, link: str) -> list[tuple[str, str]]:
    """Say in a line each what a model measures, how, and what it is compared with.

    Parameters
    ----------
    values : mapping
        The model's fields by name.
    over : str
        Columns of the response.
    link : str
        Name of the family's link.
    """
    facts = {
        "title": values["title"],
        "group": values["group"],
        "response": f"{over} ({values['family']}, {link} link)",
        "provider": values["provider"],
        "period": values["period"] or "",
        "better": values["better"],
        "case mix": ", ".join(map(_term, values["case_mix"])),
        "demography": ", ".join(map(_term, values["demography"])),
        "effects": values["effect"],
        "transient": "" if values["transient"] == "auto" else values["transient"],
        "priors": ", ".join(f"{name} {prior!r}" for name, prior in values["priors"].items()),
        "rows read": ", ".join(f"{name} = {text}" for name, text in values["where"].items()),
        "excluded": ", ".join(
            f"{e.column} = {' or '.join(e.values)}" for e in values["exclusions"]
        ),
        "benchmark": _benchmark(values["benchmark"]),
        "peers": _peers(values["peers"]),
        "unit cost": _cost(values["unit_cost"]),
        "status": values["status"],
    }
    return [(name, text) for name, text in facts.items() if text]


def _term(term: Term) -> str:
    if isinstance(term, Interaction):
        return " x ".join(term.columns)
    if isinstance(term, Factor):
        return f"{term.column} (factor)"
    return f"{term.column} (spline, {term.df})" if isinstance(term, Spline) else term


def _benchmark(found: Benchmark | None) -> str:
    if found is None:
        return ""
    return found.kind if found.value is None else f"{found.kind} {found.value:g}"


def _peers(found: Peers | None) -> str:
    if found is None:
        return ""
    shown = "" if found.benchmark else " (the place in a quarter alone, not the benchmark)"
    return f"{found.count} nearest by {', '.join(found.columns)}{shown}"


def _cost(cost: float | Price | None) -> str:
    if cost is None or isinstance(cost, float | int):
        return "" if cost is None else f"{cost:g}"
    year = f" ({cost.price_year})" if cost.price_year else ""
    if isinstance(cost, OwnCost):
        times = "" if cost.factor == 1 else f" x {cost.factor:g}"
        return f"each provider's own ({cost.column}{times}), {cost.currency}{year}"
    if isinstance(cost, LognormalCost):
        return f"{cost.mean:g}, sd {cost.sd:g} (lognormal), {cost.currency}{year}"
    if cost.low == cost.high:
        return f"{cost.mode:g} {cost.currency}{year}"
    return f"{cost.low:g} to {cost.high:g}, mode {cost.mode:g}, {cost.currency}{year}"


def facts_of_model(spec: Any) -> list[tuple[str, str]]:
    """List what a model is, as :func:`listed_facts` does, from the model itself."""
    over = " / ".join(spec.response_columns.values())
    return listed_facts(values_of(spec), over=over, link=spec.family_row.link_name)
