"""Names beside points of a scatter, where there is room for them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from varmodel.publish.plots.parts.layout import LITERAL, SMALL, place_axes
from varmodel.values import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST = 25
#: Where a name may stand: its offset in points, and how it is aligned there.
_PLACES = (
    (5, 0, "left", "center"),
    (-5, 0, "right", "center"),
    (0, 5, "center", "bottom"),
    (0, -5, "center", "top"),
    (5, 5, "left", "bottom"),
    (-5, 5, "right", "bottom"),
    (5, -5, "left", "top"),
    (-5, -5, "right", "top"),
)


def name_points(
    ax: "Axes", x: Array, *, y: Array, names: Sequence[str], notable: Iterable[int]
) -> None:
    """Name points in the order of ``notable``: none over a point, another name or the edge."""
    place_axes(ax)
    at = ax.transData.transform(np.column_stack([x, y]))
    edge = np.array(ax.get_window_extent().extents)
    taken: list[Array] = []
    for point in list(notable)[:_MOST]:
        text = ax.annotate(
            names[point],
            (x[point], y[point]),
            xytext=(0, 0),
            textcoords="offset points",
            fontsize=SMALL,
            bbox={"facecolor": ax.get_facecolor(), "linewidth": 0, "alpha": 0.75, "pad": 0.3},
            gid="name",
            **LITERAL,
        )
        text.set_in_layout(False)
        for dx, dy, across, up in _PLACES:
            text.set(position=(dx, dy), ha=across, va=up)
            box = np.array(text.get_window_extent().extents)
            if _inside(box, edge) and not _covers(box, at) and not _meets(box, taken):
                taken.append(box)
                break
        else:
            text.remove()


def _inside(box: Array, edge: Array) -> bool:
    return bool((box[:2] >= edge[:2]).all() and (box[2:] <= edge[2:]).all())


def _covers(box: Array, points: Array) -> bool:
    return bool(((points > box[:2] - 2) & (points < box[2:] + 2)).all(axis=1).any())


def _meets(box: Array, others: Sequence[Array]) -> bool:
    return any((box[:2] < other[2:]).all() and (other[:2] < box[2:]).all() for other in others)
