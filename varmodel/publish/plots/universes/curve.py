"""The specification curve: all totals in order, and below them the options that made each."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from varmodel.publish.plots.parts.layout import (
    BLUE,
    GREY,
    LITERAL,
    SMALL,
    TEXT,
    VERMILLION,
    dress,
    ink,
)
from varmodel.publish.plots.parts.rows import row_axes
from varmodel.publish.plots.total import panel_above, unit_of
from varmodel.publish.plots.universes.drawn import (
    INTERVALS,
    annotation_of_universes,
    money_label,
    name_options,
    name_saving,
    option_label,
    read_universes,
    told_refused,
)
from varmodel.studies import Sensitivity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PANEL = 170.0  # points
_FOUND = "distinguishable"


def plot_sensitivity(x: Sensitivity, *, ax: "Axes | None" = None) -> "Axes":
    """Draw the total saving of every universe in order, and the options that made it.

    Parameters
    ----------
    x : Sensitivity
        What ``vm.studies.sensitivity`` gives.
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure of the size that the options need.

    Returns
    -------
    matplotlib Axes
        The upper panel has a mark a universe, posterior mean with its 95 % interval, the smallest
        total first; open marks are those whose verdict is not "distinguishable", and the base is
        a square. Below, a row an option: a mark where the universe took it. Read the range before
        the base; an option whose marks all stand at one end is what the total leans on. Universes
        weigh alike: how many lie where says nothing of how likely they are.

    Raises
    ------
    SpecError
        CONFIG.VALUE for another kind of ``x`` or ``ax``, and where no universe has a total;
        CONFIG.EXTRA without matplotlib.
    """
    found = read_universes(x)
    ran = found.table[found.table["total"].notna()].sort_values("total", kind="stable")
    rows = [(name, option) for name in found.dimensions for option in found.table[name].unique()]
    ax = row_axes(ax, len(rows), extra=_PANEL / 72 + 0.4)
    _draw_options(ax, ran, rows)
    ax.set_xlim(-0.6, len(ran) - 0.4)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    ax.set_xlabel("universes, the smallest total first", fontsize=TEXT, **LITERAL)
    name_options(ax, [option_label(*row) for row in rows])
    subtitle = f"{name_saving(found)}: {len(ran):,} of {len(found.table):,} universes"
    caption = [INTERVALS, "Square: the base. Open: the verdict is not “distinguishable”."]
    annotation = annotation_of_universes(found)
    told = [*caption, *told_refused(found.table)]
    dress(ax, annotation, heading="Sensitivity", subtitle=subtitle, caption=told)
    _draw_totals(panel_above(ax, len(rows), height=_PANEL), found, ran)
    return ax


def _draw_options(ax: "Axes", ran: pd.DataFrame, rows: list[tuple[str, str]]) -> None:
    for place, (name, option) in enumerate(rows):
        at = np.flatnonzero((ran[name] == option).to_numpy())
        new = place > 0 and rows[place - 1][0] != name
        if new:
            ax.axhline(place - 0.5, color=GREY, linewidth=0.4, alpha=0.6)
        style: dict[str, Any] = {
            "linestyle": "none",
            "marker": "|",
            "markersize": 7.0,
            "color": ink(ax),
        }
        ax.plot(at, np.full(len(at), place), gid="option", **style)


def _draw_totals(panel: "Axes", found: Sensitivity, ran: pd.DataFrame) -> None:
    divisor, unit = unit_of(float(ran["upper"].max()))
    total, lower, upper = (ran[name].to_numpy() / divisor for name in ("total", "lower", "upper"))
    at, is_base = np.arange(len(ran)), (ran.index == 0)
    width = float(np.clip(60 / len(ran), 0.5, 1.4))
    panel.vlines(at, lower, upper, colors=GREY, linewidth=width).set_gid("interval")
    sure = (ran["verdict"] == _FOUND).to_numpy()
    size = float(np.clip(240 / len(ran), 2.0, 6.0))
    for chosen, shape, colour, filled in (
        (sure & ~is_base, "o", BLUE, True),
        (~sure & ~is_base, "o", BLUE, False),
        (is_base, "s", VERMILLION, bool(sure[is_base].all())),
    ):
        panel.plot(
            at[chosen],
            total[chosen],
            linestyle="none",
            marker=shape,
            markersize=size + 2 * (shape == "s"),
            markeredgecolor=colour,
            markerfacecolor=colour if filled else panel.get_facecolor(),
            gid="estimate",
        )
    panel.set_xlim(-0.6, len(ran) - 0.4)
    panel.set_xticks([])
    panel.set_ylim(bottom=0.0)
    panel.spines["left"].set_visible(True)
    panel.tick_params(axis="y", length=3)
    panel.set_ylabel(money_label(found, unit), fontsize=SMALL, **LITERAL)
