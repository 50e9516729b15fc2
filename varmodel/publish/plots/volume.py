"""Volume and rate: a funnel of what chance alone would do."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from varmodel.estimands.classical.funnel import NO_MORE
from varmodel.estimands.classical.overdispersion import Spread
from varmodel.fits import Fit
from varmodel.publish.plots.parts.funnel import Funnel, limits, read_funnel
from varmodel.publish.plots.parts.layout import (
    BLUE,
    LABELLED,
    SMALL,
    TEXT,
    VERMILLION,
    axes_for,
    dress,
    ink,
    make_room,
    show_unit,
)
from varmodel.publish.plots.parts.point_labels import name_points
from varmodel.publish.plots.parts.rows import UNSURE, Mark
from varmodel.publish.plots.parts.tags import tag
from varmodel.publish.published import Published
from varmodel.publish.wording.numbers import with_unit
from varmodel.values import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INNER, _OUTER = 0.95, 0.998
_GRID, _TICKS = 200, 9
_VOLUMES = {
    "share": "number of cases",
    "trial": "number of cases",
    "expected": "expected events",
    "exposure": "exposure",
    "published": "precision, 1 / standard error",
}
_MIX = {"expected": "Case mix is as the expected counts have it."}
_RATES = {"expected": "observed / expected", "measurements": "mean", "published": "published value"}


def plot_volume(
    x: "Published | Fit",
    *,
    overdispersion: str = NO_MORE,
    highlight: Iterable[str] = (),
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw each provider's crude rate against its volume, with the limits of chance alone.

    Parameters
    ----------
    x : Analysis or Fit
        An analysis, or a fit.
    overdispersion : {"none", "additive", "multiplicative"}
        What the limits allow for beyond chance, as in :func:`varmodel.classical.funnel`: nothing;
        a variance tau2 between providers; a factor sqrt(phi) of the standard errors.
    highlight : iterable of str
        Codes of providers whose points are ringed, and named before others.
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib Axes
        Solid line: the overall rate; dashed and dotted lines: between them lie 95 % and 99.8 %
        of providers that differ by chance alone (exact for counts, normal for normal data;
        other families have none). Triangles lie outside the outer limits and are named where
        there is room. The rates are crude: a triangle may be case mix, and where there is true
        variation large providers will lie outside by right. It flags; ``plot_rates`` tells.

    Raises
    ------
    SpecError
        CONFIG.VALUE for another kind of ``x`` or ``ax``, another ``overdispersion``, or a code
        that is not there; CONFIG.EXTRA without matplotlib.
    """
    read = read_funnel(x, overdispersion=overdispersion)
    chosen = read.annotation.find(highlight)
    ax = axes_for(ax, height=5.2)
    beyond = _beyond(read)
    known = read.known
    _draw_limits(ax, read, known)
    up, down = (VERMILLION, BLUE) if read.annotation.better == "lower" else (BLUE, VERMILLION)
    above, below = Mark("^", up, True), Mark("v", down, True)
    for points, mark, label in (
        (known & (beyond > 0), above, "above the outer limit"),
        (known & (beyond == 0), UNSURE, "provider" if read.spread is None else "within"),
        (known & (beyond < 0), below, "below the outer limit"),
    ):
        _draw_points(ax, read, chosen=points, mark=mark, label=label)
    _ring(ax, read, [provider for provider in chosen if known[provider]])
    _scale(ax, read, known)
    subtitle = f"Volume and crude rate of {len(read.rate):,} providers"
    annotation = read.annotation
    dress(ax, annotation, heading="Volume", subtitle=subtitle, caption=_caption(read, known))
    _name(ax, read, known=known, beyond=beyond, chosen=chosen)
    return ax


def _beyond(read: Funnel) -> Array:
    """Say who lies above (+1) and below (-1) the outer limits."""
    low, high = limits(read, np.maximum(read.volume, 1e-300), prob=_OUTER)
    return (read.rate > high).astype(float) - (read.rate < low)


def _draw_limits(ax: "Axes", read: Funnel, known: npt.NDArray[np.bool_]) -> None:
    colour = ink(ax)
    ax.axhline(read.level, color=colour, linewidth=1.0, label="overall rate", gid="level")
    if read.spread is None:
        return
    ends = read.volume[known].min() / 1.15, read.volume[known].max() * 1.15
    grid = np.geomspace(*ends, _GRID)
    for prob, style in ((_INNER, "--"), (_OUTER, ":")):
        label = f"{_what_is_allowed(read)}, {100 * prob:g} %"
        for side, values in enumerate(limits(read, grid, prob=prob)):
            shown = label if side == 0 else None
            ax.plot(grid, values, style, color=colour, linewidth=0.9, label=shown, gid="limit")


def _draw_points(
    ax: "Axes", read: Funnel, *, chosen: npt.NDArray[np.bool_], mark: Mark, label: str
) -> None:
    if not chosen.any():
        return
    (points,) = ax.plot(
        read.volume[chosen],
        read.rate[chosen],
        linestyle="none",
        marker=mark.shape,
        markersize=4.5,
        markeredgecolor=mark.colour,
        markerfacecolor=mark.colour if mark.filled else "none",
        markeredgewidth=0.8,
        label=label,
        gid="estimate",
    )
    tag(points, np.flatnonzero(chosen))


def _ring(ax: "Axes", read: Funnel, chosen: list[int]) -> None:
    """Put a ring about the points of the providers to highlight."""
    if chosen:
        style: dict[str, Any] = {"marker": "o", "markersize": 11, "linestyle": "none"}
        style |= {"markerfacecolor": "none", "markeredgecolor": ink(ax), "markeredgewidth": 1.4}
        ax.plot(read.volume[chosen], read.rate[chosen], gid="highlight", zorder=2.5, **style)


def _scale(ax: "Axes", read: Funnel, known: npt.NDArray[np.bool_]) -> None:
    """Let the points, not the limits, fix the range."""
    ax.set_xscale("log")
    _tick(ax, read.volume[known])
    values = np.append(read.rate[known], read.level)
    margin = 0.08 * (np.ptp(values) or 1.0)
    ax.set_ylim(values.min() - margin, values.max() + margin)
    ax.set_xlabel(_VOLUMES.get(read.form, "number of measurements"), fontsize=TEXT)
    spec = read.annotation.spec
    ax.set_ylabel(with_unit(spec, _RATES.get(read.form, "crude rate")), fontsize=TEXT)
    show_unit(ax.yaxis, spec)
    make_room(ax, left=LABELLED)
    ax.tick_params(which="both", labelsize=SMALL)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)


def _tick(ax: "Axes", volume: Array) -> None:
    """Write round numbers: 1, 2, 5 of each power of ten, or fewer where the range is long."""
    if not len(volume):
        return
    low, high = volume.min() / 1.3, volume.max() * 1.3
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        ticks = np.sort(np.outer(powers, steps).ravel())
        ticks = ticks[(ticks >= low) & (ticks <= high)]
        if len(ticks) <= _TICKS:
            break
    ax.set_xticks(ticks, [f"{tick:,.10g}" for tick in ticks])
    ax.set_xticks([], minor=True)
    ax.set_xlim(low, high)


def _name(
    ax: "Axes",
    read: Funnel,
    *,
    known: npt.NDArray[np.bool_],
    beyond: Array,
    chosen: list[int],
) -> None:
    distance = np.abs(read.rate - read.level) * np.sqrt(read.volume)
    order = np.argsort(-np.nan_to_num(distance), kind="stable")
    few = len(order) <= 40
    notable = [int(j) for j in order if known[j] and (few or beyond[j] or read.spread is None)]
    notable = [*(j for j in chosen if known[j]), *(j for j in notable if j not in chosen)]
    x, y = np.where(known, read.volume, 1.0), np.where(known, read.rate, read.level)
    name_points(ax, x, y=y, names=read.annotation.names, notable=notable)


def _what_is_allowed(read: Funnel) -> str:
    return "chance alone" if read.overdispersion == NO_MORE else "chance and usual spread"


def _caption(read: Funnel, known: npt.NDArray[np.bool_]) -> list[str]:
    told = [_MIX.get(read.form, "Crude rates, without case mix.")]
    if read.spread is not None:
        told += _about_limits(read, read.spread)
    absent = int((~known).sum())
    return [*told, *([f"{absent} without any case are not drawn."] if absent else [])]


def _about_limits(read: Funnel, spread: Spread) -> list[str]:
    """Say what the limits allow for, and how large it is."""
    figures = f"phi {spread.phi:.3g}, tau2 {spread.tau2:.2g}"
    if read.overdispersion == NO_MORE:
        return [
            "Limits: what chance alone would do about the overall rate.",
            "Where variation is true, large providers lie outside by right.",
        ]
    allowed = f"{read.overdispersion} over-dispersion: {figures}"
    return [
        f"Limits: chance, and a spread beyond it that is common to all providers ({allowed}).",
        "Who lies outside is unlike the others.",
    ]
