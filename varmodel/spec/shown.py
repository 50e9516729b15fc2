"""What a value shows of itself: a heading and some facts, as text and as HTML."""

import html
from collections.abc import Iterable
from typing import TYPE_CHECKING

from varmodel.spec.parts import UnitCost
from varmodel.spec.terms import Factor, Interaction, Spline, Term

if TYPE_CHECKING:
    from varmodel.spec.model import ModelSpec

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


def facts_of(spec: "ModelSpec") -> list[tuple[str, str]]:
    """Say in a line each what a model measures, how, and what it is compared with."""
    over = " / ".join(spec.response_columns.values())
    facts = {
        "title": spec.title,
        "response": f"{over} ({spec.family}, {spec.family_row.link_name} link)",
        "provider": spec.provider,
        "period": spec.period or "",
        "better": spec.better,
        "case mix": ", ".join(map(_term, spec.case_mix)),
        "demography": ", ".join(map(_term, spec.demography)),
        "effects": spec.effect,
        "priors": ", ".join(f"{name} {prior!r}" for name, prior in spec.priors.items()),
        "excluded": ", ".join(f"{e.column} = {' or '.join(e.values)}" for e in spec.exclusions),
        "benchmark": _benchmark(spec),
        "unit cost": _cost(spec),
        "status": spec.status,
    }
    return [(name, text) for name, text in facts.items() if text]


def _term(term: Term) -> str:
    if isinstance(term, Interaction):
        return " x ".join(term.columns)
    if isinstance(term, Factor):
        return f"{term.column} (factor)"
    return f"{term.column} (spline, {term.df})" if isinstance(term, Spline) else term


def _benchmark(spec: "ModelSpec") -> str:
    found = spec.benchmark
    if found is None:
        return ""
    return found.kind if found.value is None else f"{found.kind} {found.value:g}"


def _cost(spec: "ModelSpec") -> str:
    cost = spec.unit_cost
    if not isinstance(cost, UnitCost):
        return "" if cost is None else f"{cost:g}"
    year = f" ({cost.price_year})" if cost.price_year else ""
    if cost.low == cost.high:
        return f"{cost.mode:g} {cost.currency}{year}"
    return f"{cost.low:g} to {cost.high:g}, mode {cost.mode:g}, {cost.currency}{year}"
