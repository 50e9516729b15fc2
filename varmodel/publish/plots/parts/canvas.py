"""The one module that imports matplotlib: new figures that pyplot knows nothing of."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.collections import LineCollection
from matplotlib.colorbar import Colorbar
from matplotlib.colors import Normalize, PowerNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D

from varmodel.publish.plots.parts.tags import MOST_MARKS

#: Inches: a picture of a page is as wide as a phone, so that its letters are read there.
PAGE_WIDTH = 4.4
_POINTS = 72
_SHOWN_DPI = 100
_SHARPER = 2
#: Marks in their thousands, which a page holds as pixels.
_CROWDS = ("trace", "weight")


class Picture(Axes):
    """Axes of a figure of their own, which a notebook shows when they end a cell."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]] | None:
        """Draw the whole figure, sharp on a fine screen."""
        figure = self.get_figure(root=True)
        if figure is None:  # the axes were taken out of their figure
            return None
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=_SHARPER * _SHOWN_DPI)
        width, height = (round(inches * _SHOWN_DPI) for inches in figure.get_size_inches())
        return stream.getvalue(), {"width": width, "height": height}


def new_picture(*, width: float, height: float) -> Axes:
    """Make axes in a figure of this size in inches, which nothing but the axes refers to."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)  # keeps what measures a text; without, each text's is made anew
    return figure.add_subplot(axes_class=Picture)


class PagePicture(Picture):
    """Axes of a picture that a page holds, which says title and caption in letters of its own.

    Attributes
    ----------
    caption : str
        What stands below the picture.
    room : dict
        Points at each side of the axes, whose height stays.
    """

    on_page = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.caption = ""
        self.room = {"left": 8.0, "right": 10.0, "top": 6.0, "bottom": 30.0}
        super().__init__(*args, **kwargs)

    def set_room(self, **points: float) -> None:
        """Change the room beside the axes, and with it the figure's height."""
        figure = self.get_figure(root=True)
        if figure is None:
            return
        height = self.bbox.height * _POINTS / figure.dpi
        self.room |= points
        left, right, top, bottom = self.room.values()
        whole = height + top + bottom
        figure.set_size_inches(PAGE_WIDTH, whole / _POINTS)
        wide = PAGE_WIDTH * _POINTS
        box = (left / wide, bottom / whole, (wide - left - right) / wide, height / whole)
        self.set_position(box)


def new_page_picture(*, height: float) -> Axes:
    """Make axes of this height in inches for a page, which nothing has to lay out."""
    figure = Figure(figsize=(PAGE_WIDTH, height))
    FigureCanvasAgg(figure)
    ax = figure.add_axes((0.0, 0.0, 1.0, 1.0), axes_class=PagePicture)
    assert isinstance(ax, PagePicture)  # noqa: S101 (what add_axes was told to make)
    ax.set_room()
    return ax


def is_axes(thing: object) -> bool:
    """Whether it is a matplotlib Axes."""
    return isinstance(thing, Axes)


def root_scale(most: float) -> Normalize:
    """Map 0 to ``most`` by the square root, so that small probabilities are seen."""
    return PowerNorm(0.5, vmin=0.0, vmax=most)


def draw_scale(field: AxesImage, ax: Axes) -> None:
    """Draw the scale of a field of colours into axes of its own."""
    Colorbar(ax, field)


@contextmanager
def page_style() -> Iterator[None]:
    """Draw as matplotlib does by itself, whatever style the user has set."""
    with matplotlib.style.context("default"):
        yield


def _is_crowd(artist: Artist) -> bool:
    """Whether an artist's marks are better held as pixels."""
    if isinstance(artist, LineCollection):
        return len(artist.get_paths()) > MOST_MARKS
    if isinstance(artist, Line2D):
        return artist.get_gid() in _CROWDS or len(np.atleast_1d(artist.get_xdata())) > MOST_MARKS
    return False


def _marks(axes: Sequence[Any]) -> Iterator[Artist]:
    """Give what is drawn into axes and their panels; to ask an axis for its parts makes them."""
    for ax in axes:
        yield from (*ax.collections, *ax.lines)
        yield from _marks(ax.child_axes)


def svg_of(ax: Axes) -> str:
    """Write the whole figure as SVG, equal for equal pictures, its text as text."""
    figure = ax.get_figure(root=True)
    if figure is None:
        return ""
    for artist in _marks(figure.axes):
        if _is_crowd(artist):
            artist.set_rasterized(True)
    stream = io.StringIO()
    with rc_context({"svg.hashsalt": "varmodel", "svg.fonttype": "none"}):
        figure.set_dpi(_SHARPER * _SHOWN_DPI)
        write = FigureCanvasSVG(figure).print_svg  # savefig would draw twice
        write(stream, metadata={"Date": None})  # type: ignore[no-untyped-call]
    return stream.getvalue()


def pdf_of(ax: Axes) -> bytes:
    """Write the whole figure as PDF, equal for equal pictures, its letters as letters."""
    figure = ax.get_figure(root=True)
    if figure is None:
        return b""
    from matplotlib.backends.backend_pdf import FigureCanvasPdf  # no page needs it

    stream = io.BytesIO()
    with rc_context({"pdf.fonttype": 42}):
        write = FigureCanvasPdf(figure).print_pdf
        metadata = {"CreationDate": None, "Creator": None, "Producer": None}
        write(stream, metadata=metadata)  # type: ignore[no-untyped-call]
    return stream.getvalue()
