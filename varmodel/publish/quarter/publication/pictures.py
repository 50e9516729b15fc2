"""Two pictures of a quarter, a row an indicator: savings and rankability with their intervals."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from varmodel.publish.names import literal, shorten
from varmodel.publish.plots.annotation import Annotation
from varmodel.publish.plots.parts.layout import BLUE, GREY, LITERAL, SMALL, TEXT, dress, ink
from varmodel.publish.plots.parts.rows import row_axes
from varmodel.publish.plots.total import unit_of
from varmodel.publish.quarter.facts import IndicatorFacts, Interval, QuarterFacts
from varmodel.publish.wording.money import GROSS, NIL_BAR
from varmodel.publish.wording.verdict import MOSTLY_NOISE, trust_scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAME = 44
_INTERVALS = "Points: posterior means. Lines: 95 % intervals."


def draw_totals(facts: QuarterFacts) -> "Axes | None":
    """Draw the national saving of each indicator, the largest on top; None where there is none.

    Those of another currency than the sum's are not in it.

    Parameters
    ----------
    facts : QuarterFacts

    Returns
    -------
    matplotlib Axes or None
    """
    alike = [x for x in facts.indicators if facts.is_alike(x)]
    held = [(x, x.total) for x in alike if x.total is not None]
    if not held:
        return None
    held.sort(key=lambda one: (-_size(one[1]), one[0].name))
    divisor, unit = unit_of(max(total.upper or 0.0 for _, total in held))
    rows = [(x, _over(total, divisor)) for x, total in held]
    ax = _draw(rows, label=f"saving, {unit}{shorten(literal(facts.currency))}")
    nil = [NIL_BAR] if any(total.mean is None for _, total in held) else []
    _dress(ax, facts, "National saving by indicator", [_INTERVALS, *nil, GROSS])
    return ax


def draw_rankability(facts: QuarterFacts) -> "Axes | None":
    """Draw how much of the differences is signal, indicator by indicator; None without any.

    Parameters
    ----------
    facts : QuarterFacts

    Returns
    -------
    matplotlib Axes or None
    """
    if not facts.indicators:
        return None
    ordered = sorted(facts.indicators, key=lambda x: (-_size(x.rankability), x.name))
    ax = _draw([(x, x.rankability) for x in ordered], label="rankability")
    ax.set_xlim(0, 1)
    ax.axvline(MOSTLY_NOISE, color=GREY, linewidth=0.8, linestyle="--", gid="level")
    caption = ["Points: posterior medians. Lines: 95 % intervals.", trust_scale()]
    _dress(ax, facts, "Rankability by indicator", caption)
    return ax


def _size(found: Interval) -> float:
    return found.mean if found.mean is not None else found.upper or 0.0


def _over(found: Interval, divisor: float) -> Interval:
    ends = (found.mean, found.lower, found.upper)
    return Interval(*(None if end is None else end / divisor for end in ends))


def _draw(rows: Sequence[tuple[IndicatorFacts, Interval]], *, label: str) -> "Axes":
    ax = row_axes(None, len(rows))
    for at, (_, found) in enumerate(rows):
        upper = found.upper or 0.0
        line = ax.hlines(at, found.lower or 0.0, upper, colors=ink(ax), linewidth=1.0)
        line.set_gid("interval")
        if found.mean is not None:
            ax.plot([found.mean], [at], "o", color=BLUE, markersize=5, gid="mean")
    ax.set_xlim(left=0)
    names = [shorten(literal(x.title or x.name), _NAME) for x, _ in rows]
    ax.set_yticks(range(len(rows)), names, fontsize=SMALL, **LITERAL)
    ax.set_xlabel(label, fontsize=TEXT, **LITERAL)
    return ax


def _dress(ax: "Axes", facts: QuarterFacts, heading: str, caption: Sequence[str]) -> None:
    title = shorten(literal(facts.title), 90)
    about = Annotation(title, (), "neither", "")
    dress(ax, about, heading=heading, subtitle=heading, caption=list(caption))
