"""Rank intervals: where each provider may stand."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import xarray as xr

from varmodel.estimands.ranks.ranking import outer_places
from varmodel.publish.plots.annotation import (
    Annotation,
    annotation_of_analysis,
    annotation_of_draws,
    refuse_absent,
    refuse_kind,
)
from varmodel.publish.plots.parts.layout import GREY, TEXT, dress
from varmodel.publish.plots.parts.rows import (
    GOOD,
    INSIDE,
    POOR,
    UNSURE,
    Order,
    draw_intervals,
    draw_marks,
    ends_first,
    name_rows,
    row_axes,
    shade_rows,
    whole_ticks,
)
from varmodel.publish.published import Published
from varmodel.publish.tables.pooled import mean_figures, summary
from varmodel.publish.wording.places import (
    BOTTOM,
    GROUPS,
    MIDDLE,
    ORDER_NOTE,
    PROBS,
    TOP,
    UNPLACED,
    place_titles,
    placed,
)
from varmodel.publish.wording.sections.grades import ONE_GRADE, leading_grades
from varmodel.values import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_ranks(
    x: "Published | xr.Dataset", *, highlight: Iterable[str] = (), ax: "Axes | None" = None
) -> "Axes":
    """Draw where each provider may stand: its rank with a 95 % interval.

    Parameters
    ----------
    x : Analysis or Dataset
        An analysis, or what ``rank`` gives.
    highlight : iterable of str
        Codes of providers whose rows are shaded and named.
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure of the size that the providers need.

    Returns
    -------
    matplotlib Axes
        One row a provider, by expected rank, 1 the better end. Point: expected rank; line: 95 %
        interval in whole places; dotted lines: the ends of the top and the bottom quarter. A
        filled triangle says that the provider belongs to that quarter with probability .95 or
        more, a filled square that it belongs to the middle half. Read the lines before the
        order: where they span half of the places, so does what is known. Of an analysis whose
        rankability is below .5, rows go by grade, and lines across part the grades. The
        intervals cover for the providers that are published, less well for those that truly
        stand at an end. Where rows are too low for names, a band holds the intervals of whoever
        belongs nowhere.

    Raises
    ------
    SpecError
        CONFIG.VALUE for another kind of ``x`` or ``ax``, a code that is not there, and for an
        analysis without ranks; CONFIG.EXTRA without matplotlib.
    """
    ranks, annotation = read_ranks(x)
    table = summary(x.fit if isinstance(x, Published) else None, ranks["rank"])
    expected, groups = ranks["expected_rank"].to_numpy(), np.array(placed(ranks))
    graded = leading_grades(x) if isinstance(x, Published) else None
    grades = np.ones(len(expected)) if graded is None else graded["grade"].to_numpy()
    rows, chosen = np.lexsort((expected, grades)), annotation.find(highlight)
    ax = row_axes(ax, len(rows))
    shade_rows(ax, rows, chosen=chosen)
    _draw_quarters(ax, len(rows))
    for last in np.flatnonzero(np.diff(grades[rows])):
        ax.axhline(last + 0.5, color=GREY, linewidth=1.0, zorder=1, gid="grade")
    lower, upper = (table[name].to_numpy().astype(np.float64) for name in ("lower", "upper"))
    told = (groups != UNPLACED) | np.isin(np.arange(len(rows)), chosen)
    draw_intervals(ax, rows, lower=lower, upper=upper, dark=told)
    _draw_points(ax, rows, expected=expected, groups=groups)
    ax.set_xlabel("rank, 1 the better end", fontsize=TEXT)
    whole_ticks(ax)
    ax.set_xlim(1 - 0.02 * len(rows), 1.02 * len(rows))
    subtitle, caption = _words(len(rows), annotation)
    if graded is not None:
        caption = [_GRADE_LINES if grades.max() > 1 else ONE_GRADE, *caption]
    dress(ax, annotation, heading="Ranks", subtitle=subtitle, caption=caption)
    outer = bool(np.isin(groups, (TOP, BOTTOM)).any())  # where nobody is, no end is worth a name
    names = ends_first(rows, np.argsort(upper - lower, kind="stable").tolist()) if outer else []
    name_rows(ax, rows, names=annotation.names, notable=names, chosen=chosen)
    return ax


_POINTS = ("expected_rank", *PROBS.values())
_MARKS = {TOP: GOOD, MIDDLE: INSIDE, BOTTOM: POOR, UNPLACED: UNSURE}


def read_ranks(x: object) -> tuple[xr.Dataset, Annotation]:
    """Take ranks out of an analysis, or as they are given."""
    if isinstance(x, Published):
        if x.ranks is None:
            refuse_absent("ranks", fix='give the model better = "higher" or "lower"')
        return mean_figures(x.fit, x.ranks), annotation_of_analysis(x)
    if not isinstance(x, xr.Dataset) or not {"rank", *_POINTS} <= set(x.data_vars):
        refuse_kind(x, "an Analysis or the Dataset that rank(rates, better=...) gives")
    return x, annotation_of_draws(x["provider"].to_numpy(), x.attrs)


def _draw_quarters(ax: "Axes", count: int) -> None:
    quarter = outer_places(count)
    for place in (quarter + 0.5, count - quarter + 0.5):
        ax.axvline(place, color=GREY, linestyle=":", linewidth=1.0, zorder=1, gid="quarter")
    ax.plot([], [], color=GREY, linestyle=":", linewidth=1.0, label="ends of the outer quarters")


def _draw_points(ax: "Axes", rows: Order, *, expected: Array, groups: npt.NDArray[np.str_]) -> None:
    names = place_titles(len(rows))
    for group in GROUPS:
        label = names[group] if group == UNPLACED else f"{names[group]}, probability .95 or more"
        chosen = groups == group
        draw_marks(ax, rows, x=expected, chosen=chosen, mark=_MARKS[group], label=label)


_GRADE_LINES = "Lines across part grades, the better on top: groups that the figures tell apart."


def _words(count: int, annotation: Annotation) -> tuple[str, list[str]]:
    subtitle = f"Ranks of {count:,} providers"
    caption = [
        ORDER_NOTE,
        "Points: expected ranks; lines: 95 % equal-tailed intervals, in whole places.",
        "They cover for those published at an end, less well for those truly there.",
    ]
    return "; ".join(part for part in (subtitle, annotation.order) if part), caption
