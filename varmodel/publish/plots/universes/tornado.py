"""The tornado: each option alone, and how far it moves the total from the base."""

from typing import TYPE_CHECKING

import numpy as np

from varmodel.errors import fail
from varmodel.publish.plots.parts.layout import BLUE, GREY, LITERAL, TEXT, VERMILLION, dress, ink
from varmodel.publish.plots.parts.rows import row_axes
from varmodel.publish.plots.total import unit_of
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
from varmodel.studies.universes.comparisons import within_error

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BAR = 0.56
_UNMOVED = "Grey bars: within twice the simulation error, to be read as no change."


def plot_tornado(x: Sensitivity, *, ax: "Axes | None" = None) -> "Axes":
    """Draw how far each option, alone, moves the total saving from the base.

    Parameters
    ----------
    x : Sensitivity
        What ``vm.studies.sensitivity`` gives.
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure of the size that the options need.

    Returns
    -------
    matplotlib Axes
        A row an option, the dimension that moves the total most on top. The bar goes from the
        base's posterior mean (the vertical line) to the option's; the thin line is the 95 %
        interval under the option, the shaded band that of the base. A bar that stays in the band
        moves the total by less than the posterior itself leaves open; a grey one by no more than
        twice the Monte Carlo error of the difference, which is to be read as not at all. Options
        that change together may do more: see ``plot_sensitivity``.

    Raises
    ------
    SpecError
        CONFIG.VALUE for another kind of ``x`` or ``ax``, where no universe has a total, and
        where no option ran alone; CONFIG.EXTRA without matplotlib.
    """
    found = read_universes(x)
    rows = found.tornado[found.tornado["total"].notna()]
    if rows.empty or np.isnan(found.table["total"].iloc[0]):
        fix = "run each option alone: a product, or a sample that is large enough"
        fail("CONFIG.VALUE", "no option ran alone about a base with a total", fix=fix)
    base = found.table.iloc[0]
    ax = row_axes(ax, len(rows))
    divisor, unit = unit_of(float(max(rows["upper"].max(), base["upper"])))
    centre = base["total"] / divisor
    total, lower, upper = (rows[name].to_numpy() / divisor for name in ("total", "lower", "upper"))
    at = np.arange(len(rows))
    band = ax.axvspan(base["lower"] / divisor, base["upper"] / divisor, color=GREY, alpha=0.13)
    band.set_gid("base")
    unmoved = within_error(rows).to_numpy()
    colours = np.where(unmoved, GREY, np.where(total >= centre, BLUE, VERMILLION))
    for bar in ax.barh(at, total - centre, left=centre, height=_BAR, color=colours):
        bar.set_gid("bar")
    ax.hlines(at, lower, upper, colors=ink(ax), linewidth=0.8).set_gid("interval")
    ax.axvline(centre, color=ink(ax), linewidth=1.0, gid="level")
    ax.set_xlabel(money_label(found, unit), fontsize=TEXT, **LITERAL)
    labels = zip(rows["dimension"], rows["option"], strict=True)
    name_options(ax, [option_label(*row) for row in labels])
    subtitle = f"{name_saving(found)}: {len(rows):,} options, each alone"
    caption = ["Vertical line: the base, with its 95 % interval shaded.", INTERVALS]
    told = [*caption, *([_UNMOVED] if unmoved.any() else []), *told_refused(found.tornado)]
    annotation = annotation_of_universes(found)
    dress(ax, annotation, heading="Sensitivity", subtitle=subtitle, caption=told)
    return ax
