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
    place_axes,
    rewrap,
)
from varmodel.values import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

type Order = npt.NDArray[np.int64]

_ROW, _LEAST, _MOST, _ROUND, _TALLEST = 0.2, 1.4, 8.6, 2.0, 10.8  # inches
_LINE = 1.2 * SMALL  # points from one name to the next
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


def whole_ticks(ax: "Axes") -> None:
    """Write whole numbers only below an axis of places."""
    ax.locator_params(axis="x", integer=True)


def mark_size(ax: "Axes", count: int) -> float:
    """Give the diameter in points of marks that fit their rows."""
    return float(np.clip(0.75 * in_points(ax)[1] / count, 1.8, 6.0))


def draw_intervals(
    ax: "Axes", rows: Order, *, lower: Array, upper: Array, dark: npt.NDArray[np.bool_]
) -> None:
    """Draw each row's interval as a line, dark where it says something.

    ``rows`` holds who stands in each row; all other arrays are in the providers' own order.
    """
    width = max(0.5, 0.22 * mark_size(ax, len(rows)))
    colours = [ink(ax) if dark[provider] else GREY for provider in rows]
    y = np.arange(len(rows))
    lines = ax.hlines(y, lower[rows], upper[rows], colors=colours, linewidth=width, zorder=2)
    lines.set_gid("interval")


def draw_marks(
    ax: "Axes", rows: Order, *, x: Array, chosen: npt.NDArray[np.bool_], mark: Mark, label: str
) -> None:
    """Draw one kind of mark in the rows of those that are chosen."""
    y = np.flatnonzero(chosen[rows])
    if not len(y):
        return
    colour = mark.colour
    ax.plot(
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


def name_rows(
    ax: "Axes",
    rows: Order,
    *,
    names: Sequence[str],
    notable: Iterable[int],
    guides: bool = True,
) -> None:
    """Write all names where they fit; else those of the notable providers, with a line each."""
    place_axes(ax)
    ax.set_yticks([])
    if names_fit(ax):
        written = [names[provider] for provider in rows]
        ax.set_yticks(np.arange(len(rows)), written, fontsize=SMALL, **LITERAL)
    else:
        _name_some(ax, rows, names=names, notable=notable, guides=guides)
    rewrap(ax)


def _name_some(
    ax: "Axes", rows: Order, *, names: Sequence[str], notable: Iterable[int], guides: bool
) -> None:
    count, pitch = len(rows), _pitch(ax)
    place = np.argsort(rows)
    most = max(1, int(0.95 * count * pitch / _LINE))
    chosen = sorted({int(place[provider]) for provider in list(dict.fromkeys(notable))[:most]})
    wanted = np.array(chosen, dtype=np.float64)
    heights = spread(wanted, gap=_LINE / pitch, low=0.0, high=count - 1.0)
    for row, y in zip(chosen, heights, strict=True):
        if guides:
            ax.axhline(row, color=GREY, linewidth=0.3, alpha=0.6, zorder=0.8, gid="guide")
        _name(ax, names[rows[row]], row=row, y=float(y))


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


def _name(ax: "Axes", name: str, *, row: int, y: float) -> None:
    """Write a name left of the axes at the height y, and lead to its row."""
    at_left = ax.get_yaxis_transform()
    style: dict[str, Any] = {"ha": "right", "va": "center", "fontsize": SMALL, "color": ink(ax)}
    ax.text(-0.035, y, name, transform=at_left, gid="name", **style, **LITERAL)
    line: dict[str, Any] = {"color": GREY, "linewidth": 0.4, "clip_on": False, "gid": "leader"}
    ax.plot([-0.03, -0.003], [y, row], transform=at_left, **line)
