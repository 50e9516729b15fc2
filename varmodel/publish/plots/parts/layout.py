"""What every picture stands on: its axes, heading, caption and legend."""

import importlib.util
import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from varmodel.errors import fail
from varmodel.publish.plots.annotation import Annotation
from varmodel.publish.wording.numbers import unit_factor
from varmodel.publish.wording.verdict import PROVISIONAL
from varmodel.spec import ModelSpec

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

#: A name is drawn as it stands: neither mathematics nor TeX.
LITERAL: dict[str, Any] = {"parse_math": False, "usetex": False}
#: Okabe & Ito (2008): told apart by the colour-blind; every mark also has a shape of its own.
BLUE, VERMILLION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
GREY = "0.55"
TITLE, TEXT, SMALL = 10.5, 8.5, 7.5  # points
FIGURE_WIDTH = 7.5
#: Points left of a page's axes whose vertical scale has a name.
LABELLED = 46.0
#: Bold letters are so much wider.
_BOLD = 1.25
_LEGEND_ROW, _LEGEND_COLUMNS = 13.0, 2
_POINTS = 72


def axes_for(ax: "Axes | None", *, width: float = FIGURE_WIDTH, height: float) -> "Axes":
    """Take the axes that are given, or make new ones of this size in inches."""
    require_matplotlib()
    from varmodel.publish.plots.parts.canvas import is_axes, new_picture

    if ax is None:
        return new_picture(width=width, height=height)
    if not is_axes(ax):
        fail("CONFIG.VALUE", f"ax must be a matplotlib Axes or None, not {type(ax).__name__}")
    return ax


def is_on_page(ax: object) -> bool:
    """Whether a page holds the picture, and says in its own letters what stands about it."""
    return bool(getattr(ax, "on_page", False))


def make_room(ax: "Axes", *, least: bool = False, **points: float) -> None:
    """Make room beside the axes of a picture on a page; others have a layout engine for it.

    With ``least`` a side that has more room already keeps it.
    """
    if not is_on_page(ax):
        return
    room: dict[str, float] = ax.room  # type: ignore[attr-defined]
    wanted = {side: max(room[side], size) if least else size for side, size in points.items()}
    ax.set_room(**wanted)  # type: ignore[attr-defined]


def require_matplotlib() -> None:
    """Name the extra where matplotlib is missing."""
    if importlib.util.find_spec("matplotlib") is None:
        message = "a plot needs matplotlib, which is not installed"
        fail("CONFIG.EXTRA", message, fix="pip install 'varmodel[plots]'")


def ink(ax: "Axes") -> str:
    """Give the colour that the figure's style writes in."""
    return str(ax.xaxis.label.get_color())


def place_axes(ax: "Axes") -> None:
    """Let a layout engine place the axes, so that sizes in points are known."""
    figure = ax.get_figure(root=True)
    if figure is not None and figure.get_layout_engine() is not None:
        figure.draw_without_rendering()


def in_points(ax: "Axes") -> tuple[float, float]:
    """Measure the width and the height of the axes in points."""
    figure = ax.get_figure(root=True)
    dpi = _POINTS if figure is None else figure.dpi
    return ax.bbox.width * _POINTS / dpi, ax.bbox.height * _POINTS / dpi


def dress(
    ax: "Axes", annotation: Annotation, *, heading: str, subtitle: str, caption: Sequence[str]
) -> None:
    """Write title and subtitle above the axes, the caption below, and a stamp where it is due."""
    above = 6.0 + _legend(ax)
    if is_on_page(ax):
        _leave_words(ax, annotation, caption=caption, above=above)
        return
    width = in_points(ax)[0]
    lines = [*_wrapped(subtitle, width, TEXT)]
    if lines:
        _beside(ax, "\n".join(lines), y=1, offset=above, size=TEXT, gid="subtitle")
    title = annotation.title or heading
    text = "\n".join(_wrapped(title, width, TITLE * _BOLD))
    if annotation.stamp:
        text = f"{annotation.stamp}\n{text}"
        _stamp(ax)
    pad = above + 1.25 * TEXT * len(lines) + 3
    weight: dict[str, Any] = {"fontsize": TITLE, "fontweight": "bold", "gid": "title"}
    ax.set_title(text, loc="left", pad=pad, **weight, **LITERAL)
    told = " ".join([*caption, *annotation.notes])
    if told:
        below = "\n".join(_wrapped(told, width, SMALL))
        _beside(ax, below, y=0, offset=-36, size=SMALL, gid="caption")


def _leave_words(
    ax: "Axes", annotation: Annotation, *, caption: Sequence[str], above: float
) -> None:
    """Leave to the page what stands below the picture; the stamp stands in it."""
    ax.caption = " ".join(caption)  # type: ignore[attr-defined]
    make_room(ax, top=above)
    if annotation.stamp:
        _stamp(ax)


def show_unit(axis: "Axis", spec: ModelSpec | None) -> None:
    """Write a rate's axis in the model's unit; what is drawn stays a rate."""
    factor = 1.0 if spec is None else unit_factor(spec)
    if factor != 1:
        axis.set_major_formatter(lambda value, _: f"{factor * value:.10g}")


def rewrap(ax: "Axes") -> None:
    """Break the caption anew, once names beside the axes have taken their room."""
    if is_on_page(ax):
        return
    place_axes(ax)
    width = in_points(ax)[0]
    for text in [text for text in ax.texts if text.get_gid() == "caption"]:
        text.set_text("\n".join(_wrapped(text.get_text(), width, SMALL)))


def _wrapped(text: str, width: float, size: float) -> list[str]:
    """Break a text into lines that fit the width, both in points."""
    return textwrap.wrap(text, max(24, int(width / (0.52 * size))), break_on_hyphens=False)


def _beside(ax: "Axes", text: str, *, y: int, offset: float, size: float, gid: str) -> None:
    """Write above (y = 1) or below (y = 0) the axes, at their left edge."""
    ax.annotate(
        text,
        (0, y),
        xytext=(0, offset),
        xycoords="axes fraction",
        textcoords="offset points",
        va="bottom" if y else "top",
        annotation_clip=False,
        fontsize=size,
        gid=gid,
        **LITERAL,
    )


def _legend(ax: "Axes") -> float:
    """Put the legend between axes and subtitle; give its height in points."""
    count = len(ax.get_legend_handles_labels()[1])
    if not count:
        return 0.0
    columns = 1 if is_on_page(ax) else _LEGEND_COLUMNS
    legend = ax.legend(
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=columns,
        fontsize=SMALL,
        frameon=False,
        borderaxespad=0.3,
        borderpad=0.2,
        handlelength=2.2,
    )
    for text in legend.get_texts():
        text.set(**LITERAL)
    for handle in legend.legend_handles:
        if handle is not None and hasattr(
            handle, "set_markersize"
        ):  # a mark is seen here however small its rows
            handle.set_markersize(5.0)
    return _LEGEND_ROW * math.ceil(count / columns) + 2


def _stamp(ax: "Axes") -> None:
    ax.text(
        0.5,
        0.5,
        PROVISIONAL,
        transform=ax.transAxes,
        fontsize=34,
        rotation=30,
        ha="center",
        va="center",
        color=GREY,
        alpha=0.3,
        zorder=0.5,
        clip_on=True,
        gid="stamp",
        **LITERAL,
    )
