"""A figure at the right of each row, or of some where rows are too low for text."""

from typing import TYPE_CHECKING, Any

import numpy as np

from varmodel.publish.plots.parts.layout import LITERAL, SMALL
from varmodel.publish.plots.parts.rows import names_fit
from varmodel.publish.wording.numbers import probability
from varmodel.values import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TOLD = 12
_RIGHT = 1.02


def write_beside(ax: "Axes", values: Array, *, heading: str, gid: str) -> None:
    """Write probabilities, (row,), at the right of the rows in their order, under a heading."""
    count = len(values)
    told = np.arange(count)
    if not names_fit(ax):
        told = np.unique(np.linspace(0, count - 1, _TOLD).round().astype(int))
    style: dict[str, Any] = {"fontsize": SMALL, "va": "center", "clip_on": False, "gid": gid}
    for row in told.tolist():
        text = probability(float(values[row]))
        ax.text(_RIGHT, row, text, transform=ax.get_yaxis_transform(), **style, **LITERAL)
    ax.annotate(
        heading,
        (_RIGHT, 1.0),
        xycoords="axes fraction",
        xytext=(0, 4),
        textcoords="offset points",
        fontsize=SMALL,
        annotation_clip=False,
        **LITERAL,
    )
