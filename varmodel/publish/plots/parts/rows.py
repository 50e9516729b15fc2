"""Pictures with a row a provider: sizes, marks, and names that never overlap."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from varmodel.publish.plots.parts.layout import (
    BLUE,
    GREEN,
    GREY,
    LITERAL,
    SMALL,
    VERMILLION,
    axes_for,
    in_points,
    ink,
    is_on_page,
    make_room,
    place_axes,
    rewrap,
)
from varmodel.publish.plots.parts.tags import MOST_MARKS, owners_of, tag, tag_lines
from varmodel.values import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

type Order = npt.NDArray[np.int64]

_ROW, _LEAST, _MOST, _ROUND, _TALLEST = 0.2, 1.4, 8.6, 2.0, 10.8  # inches
_LINE = 1.2 * SMALL  # points from one name to the next
_POINTS, _BESIDE = 72, 14.0  # points in an inch, and from a name to the axes
_FIXED = 65_536  # one, as a font's library states widths
#: Of so many of the longest names one is the widest.
_MEASURED = 4
#: Inches: rows with a name each are at most so high on a page; more rows are a crowd.
_TALL_ON_PAGE, _CROWD_ON_PAGE = 5.4, 4.0
#: The ground of whom the reader looks for, and of what bounds those of whom nothing is said.
MARKED, BAND = "#ffe9a8", "0.86"
BAND_NAME = "where the intervals of the others lie"
_NEIGHBOURS = 40
#: Names that are brought forward where not all have room: so many of each end.
ENDS, OTHERS = 8, 6


@dataclass(frozen=True, slots=True)
class Mark:
    """How a provider is drawn: what it is called in the legend, its shape and its colour."""

    shape: str
    colour: str
    filled: bool


GOOD, POOR, UNSURE = Mark("^", BLUE, True), Mark("v", VERMILLION, True), Mark("o", GREY, False)
INSIDE = Mark("s", GREEN, True)


def row_axes(ax: "Axes | None", count: int, *, extra: float = 0.0) -> "Axes":
    """Take or make axes with room for so many rows, the first on top."""
    body = min(max(_ROW * count, _LEAST), _MOST)
    axes = axes_for(ax, height=min(body + _ROUND + extra, _TALLEST))
    axes.set_ylim(count - 0.5, -0.5)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=SMALL)
    return axes


def page_axes(count: int | None = None, *, height: float = 0.0) -> "Axes":
    """Make axes for a page: with room for so many rows, or of this height in inches."""
    from varmodel.publish.plots.parts.canvas import new_page_picture

    if count is None:
        return new_page_picture(height=height)
    named = min(_ROW, max(_TALL_ON_PAGE / count, 1.02 * _LINE / _POINTS))
    body = _CROWD_ON_PAGE if count * named > _TALL_ON_PAGE else max(named * count, _LEAST)
    return new_page_picture(height=height + body)


def shade_rows(ax: "Axes", rows: Order, *, chosen: Sequence[int]) -> None:
    """Shade the rows of the providers to highlight."""
    for row in np.flatnonzero(np.isin(rows, chosen)).tolist():
        shade = ax.axhspan(row - 0.5, row + 0.5, color=MARKED, linewidth=0, zorder=0.6)
        shade.set_gid("highlight")


def whole_ticks(ax: "Axes") -> None:
    """Write whole numbers only below an axis of places."""
    ax.locator_params(axis="x", integer=True)


def mark_size(ax: "Axes", count: int) -> float:
    """Give the diameter in points of marks that fit their rows."""
    return float(np.clip(0.75 * in_points(ax)[1] / count, 1.8, 6.0))


def draw_intervals(
    ax: "Axes",
    rows: Order,
    *,
    lower: Array,
    upper: Array,
    dark: npt.NDArray[np.bool_],
    unnamed: npt.NDArray[np.bool_] | None = None,
) -> None:
    """Draw each row's interval as a line, dark where it says something.

    ``rows`` holds who stands in each row; all other arrays are in the providers' own order. Where
    the rows are too low for a line of text, those that say nothing are a band: the medians of the
    ends of neighbours, which on a page give way to the interval of whom the reader looks for.
    """
    width = max(0.5, 0.22 * mark_size(ax, len(rows)))
    y, low, high, told = np.arange(len(rows)), lower[rows], upper[rows], dark[rows]
    owners = owners_of(rows, unnamed)
    if names_fit(ax):
        colours = [ink(ax) if said else GREY for said in told]
        lines = ax.hlines(y, low, high, colors=colours, linewidth=width, zorder=2)
        lines.set_gid("interval")
        tag(lines, owners)
        return
    if not told.all():
        _draw_band(ax, y[~told], lower=low[~told], upper=high[~told], owners=owners[~told])
    lines = ax.hlines(y[told], low[told], high[told], colors=ink(ax), linewidth=width, zorder=2)
    lines.set_gid("interval")
    tag_lines(lines, owners[told])


def _draw_band(ax: "Axes", y: Order, *, lower: Array, upper: Array, owners: Order) -> None:
    """Draw where intervals lie among their neighbours; on a page each of them too, unseen."""
    left, right = _among_neighbours(lower), _among_neighbours(upper)
    band = ax.fill_betweenx(y, left, right, color=BAND, linewidth=0, zorder=0.7)
    band.set(gid="band", label=BAND_NAME)
    if is_on_page(ax) and len(y) <= MOST_MARKS:
        unseen = ax.hlines(y, lower, upper, colors=GREY, linewidth=1.0)
        unseen.set_gid("unseen")
        tag_lines(unseen, owners, quiet=True)


def _among_neighbours(values: Array) -> Array:
    """Give the median of each value and its neighbours in the order; the ends have their like."""
    beside = len(values) // _NEIGHBOURS + 1
    padded = np.pad(values, beside, mode="edge")
    near = np.lib.stride_tricks.sliding_window_view(padded, 2 * beside + 1)
    return np.asarray(np.partition(near, beside, axis=-1)[:, beside])


def draw_marks(
    ax: "Axes",
    rows: Order,
    *,
    x: Array,
    chosen: npt.NDArray[np.bool_],
    mark: Mark,
    label: str,
    unnamed: npt.NDArray[np.bool_] | None = None,
) -> None:
    """Draw one kind of mark in the rows of those that are chosen."""
    y = np.flatnonzero(chosen[rows])
    if not len(y):
        return
    colour = mark.colour
    (marks,) = ax.plot(
        x[rows][y],
        y,
        linestyle="none",
        marker=mark.shape,
        markersize=mark_size(ax, len(rows)),
        markeredgecolor=colour,
        markerfacecolor=colour if mark.filled else ax.get_facecolor(),
        markeredgewidth=0.8,
        zorder=3,
        label=label,
        gid="estimate",
    )
    tag(marks, owners_of(rows, unnamed)[y])


def name_rows(
    ax: "Axes",
    rows: Order,
    *,
    names: Sequence[str],
    notable: Iterable[int],
    chosen: Sequence[int] = (),
    guides: bool = True,
) -> None:
    """Write all names where they fit; else those chosen, and the notable that have room beside.

    A name stands beside its row: only those chosen move where they would meet.
    """
    place_axes(ax)
    ax.set_yticks([])
    if names_fit(ax):
        written = [names[provider] for provider in rows]
        ax.set_yticks(np.arange(len(rows)), written, fontsize=SMALL, **LITERAL)
        for row in np.flatnonzero(np.isin(rows, chosen)).tolist():
            ax.yaxis.get_major_ticks()[row].label1.set_fontweight("bold")
    else:
        written = _name_some(ax, rows, names=names, notable=notable, chosen=chosen, guides=guides)
    if is_on_page(ax):
        leave_room(ax, written)
    rewrap(ax)


def _name_some(
    ax: "Axes",
    rows: Order,
    *,
    names: Sequence[str],
    notable: Iterable[int],
    chosen: Sequence[int],
    guides: bool,
) -> list[str]:
    count, gap = len(rows), _LINE / _pitch(ax)
    place = np.argsort(rows)
    first = sorted(int(place[provider]) for provider in chosen)
    heights = spread(np.array(first, dtype=np.float64), gap=gap, low=0.0, high=count - 1.0)
    taken = dict(zip(first, heights.tolist(), strict=True))
    for provider in notable:
        row = int(place[provider])
        if all(abs(row - other) >= gap for other in taken.values()):
            taken[row] = float(row)
    for row, y in taken.items():
        if guides:
            ax.axhline(row, color=GREY, linewidth=0.3, alpha=0.6, zorder=0.8, gid="guide")
        _name(ax, names[rows[row]], row=row, y=y, bold=row in first)
    return [names[rows[row]] for row in taken]


def leave_room(ax: "Axes", names: Iterable[str]) -> None:
    """Make the room left of the axes of a page as wide as the widest of the names."""
    longest = sorted(sorted(set(names)), key=len)[-_MEASURED:]
    make_room(ax, left=max(map(_width, longest), default=0.0) + _BESIDE, least=True)


def _width(name: str) -> float:
    """Add up the letters' widths as the font states them, in points.

    Those of a text that is laid out depend on what was drawn before.
    """
    from matplotlib.font_manager import FontProperties, findfont, get_font
    from matplotlib.ft2font import LoadFlags

    font = get_font(findfont(FontProperties(weight="bold")))
    font.set_size(_POINTS, _POINTS)
    known = [glyph for glyph in (font.get_char_index(ord(letter)) for letter in name) if glyph]
    wide = [font.load_glyph(x, flags=LoadFlags.NO_HINTING).linearHoriAdvance for x in known]
    squares = len(name) - len(known)  # what the font lacks is taken to be as wide as high
    return SMALL * (squares + sum(wide) / (_FIXED * _POINTS))


def names_fit(ax: "Axes") -> bool:
    """Whether every row has the height of a line of text."""
    return _pitch(ax) >= _LINE


def _pitch(ax: "Axes") -> float:
    """Measure the height of a row in points."""
    low, high = ax.get_ylim()
    return in_points(ax)[1] / abs(high - low)


def spread(wanted: Array, *, gap: float, low: float, high: float) -> Array:
    """Move sorted positions as little as possible until neighbours stand ``gap`` apart.

    Least squares under the order is isotonic regression of the positions less their gaps.
    """
    from scipy import optimize

    steps = gap * np.arange(len(wanted))
    level = optimize.isotonic_regression(wanted - steps).x if len(wanted) else wanted
    return np.asarray(
        np.clip(level, low, max(low, high - steps[-1] if len(steps) else low)) + steps
    )


def ends_first(rows: Order, others: Iterable[int] = ()) -> list[int]:
    """Order providers by how much their names matter: both ends, then some of the others."""
    ends = zip(rows[:ENDS], rows[::-1][:ENDS], strict=True)
    first = dict.fromkeys(int(provider) for pair in ends for provider in pair)
    further = [provider for provider in others if provider not in first]
    return [*first, *further[:OTHERS]]


def _name(ax: "Axes", name: str, *, row: int, y: float, bold: bool) -> None:
    """Write a name left of the axes at the height y, and lead to its row."""
    at_left = ax.get_yaxis_transform()
    style: dict[str, Any] = {"ha": "right", "va": "center", "fontsize": SMALL, "color": ink(ax)}
    style["fontweight"] = "bold" if bold else "normal"
    ax.text(-0.035, y, name, transform=at_left, gid="name", **style, **LITERAL)
    line: dict[str, Any] = {"color": GREY, "linewidth": 0.4, "clip_on": False, "gid": "leader"}
    if y != row:
        ax.plot([-0.03, -0.003], [y, row], transform=at_left, **line)
