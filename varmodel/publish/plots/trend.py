"""Trend: one provider over time, among the others."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from varmodel.errors import fail
from varmodel.estimands import summarise
from varmodel.estimands.draws.transient import require_transient
from varmodel.fits import Fit
from varmodel.frame import period_word
from varmodel.publish.plots.annotation import Annotation
from varmodel.publish.plots.over_time import find_provider, read_fit
from varmodel.publish.plots.parts.layout import (
    BLUE,
    GREEN,
    LABELLED,
    PURPLE,
    SMALL,
    TEXT,
    VERMILLION,
    axes_for,
    dress,
    ink,
    make_room,
    show_unit,
)
from varmodel.publish.published import Published
from varmodel.publish.tables.crude import crude_by_period, level_by_period, rates_by_period
from varmodel.publish.wording.kinds import rate_name
from varmodel.publish.wording.numbers import with_unit
from varmodel.values import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEIGHT, _TICKS = 4.2, 12
#: Shares of the providers that a band leaves out at each end, and its grey.
_BANDS = {0.1: "0.91", 0.25: "0.8"}
_OTHERS = ((VERMILLION, "s"), (GREEN, "D"), (PURPLE, "v"), ("#E69F00", "^"), ("#56B4E9", "P"))


def plot_trend(
    x: "Published | Fit",
    *,
    provider: str,
    highlight: Iterable[str] = (),
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw one provider's adjusted rate in each period, among those of the others.

    Parameters
    ----------
    x : Analysis or Fit
        An analysis, or a fit, of a model with a transient.
    provider : str
        Its code.
    highlight : iterable of str
        Codes of others to draw beside it, at most five.
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib Axes
        Points and bars: the provider's posterior mean with its 95 % interval in each period;
        circles: its crude rate. Bands: the middle half and the middle eight tenths of the
        providers, in the mean over joint draws. All rates are on the reference population, at
        the national level of the period. Read whether the bars leave the bands, and whether they
        stay out: one period beyond them is seldom news.

    Raises
    ------
    SpecError
        CONFIG.VALUE for another kind of ``x`` or ``ax``, a model without a transient, a code
        that the fit has not, or more than five others; CONFIG.EXTRA without matplotlib.
    """
    fit, annotation = read_fit(x)
    ax = axes_for(ax, height=_HEIGHT)
    require_transient(fit, "plot_trend")
    read = _read(fit, annotation, provider=provider, highlight=highlight)
    _draw_bands(ax, read)
    _draw_provider(ax, read)
    _draw_others(ax, read)
    _scale(ax, read)
    name = rate_name(fit).capitalize()
    subtitle = f"{name} of {annotation.names[read.chosen]} by {period_word(fit.frame)}"
    caption = [
        "Bars: 95 % equal-tailed intervals.",
        *([] if read.crude is None else ["Crude rates carry case mix and chance."]),
        "Bands: where the providers lie, in the mean over joint draws.",
    ]
    dress(ax, annotation, heading="Trend", subtitle=subtitle, caption=caption)
    return ax


@dataclass(frozen=True, slots=True, eq=False)
class _Trend:
    """Rates (chain, draw, provider, period), who is drawn, and its crude rates."""

    rates: xr.DataArray
    periods: list[str]
    chosen: int
    others: list[int]
    crude: Array | None
    annotation: Annotation
    label: str


def _read(fit: Fit, annotation: Annotation, *, provider: str, highlight: Iterable[str]) -> _Trend:
    chosen = find_provider(fit, provider)
    others = [other for other in annotation.find(highlight) if other != chosen]
    if len(others) > len(_OTHERS):
        fail("CONFIG.VALUE", f"highlight: at most {len(_OTHERS)} others, not {len(others)}")
    rates = rates_by_period(fit)
    better = fit.spec.better
    name = with_unit(fit.spec, rate_name(fit))
    label = f"{name} ({better} is better)" if better != "neither" else name
    periods = [str(name) for name in rates["period"].to_numpy()]
    crude = crude_by_period(fit)
    own = None if crude is None else crude[chosen]
    return _Trend(rates, periods, chosen, others, own, annotation, label)


def _draw_bands(ax: "Axes", read: _Trend) -> None:
    """Draw where the providers lie: quantiles over providers in each draw, then their mean."""
    places = np.arange(len(read.periods))
    for tail, grey in _BANDS.items():
        low, high = (level_by_period(read.rates, share) for share in (tail, 1 - tail))
        share = f"{100 * (1 - 2 * tail):g} %"
        label = f"middle {share} of the providers"
        band = ax.fill_between(places, low, high, color=grey, linewidth=0, label=label)
        band.set(gid="band", zorder=1)


def _draw_others(ax: "Axes", read: _Trend) -> None:
    for other, (colour, shape) in zip(read.others, _OTHERS, strict=False):
        mean = read.rates.isel(provider=other).mean(("chain", "draw")).to_numpy()
        style: dict[str, Any] = {"color": colour, "marker": shape, "markersize": 4}
        name = read.annotation.names[other]
        ax.plot(mean, linewidth=1.0, zorder=2.5, label=name, gid="other", **style)


def _draw_provider(ax: "Axes", read: _Trend) -> None:
    table = summarise(read.rates.isel(provider=read.chosen, drop=True))
    mean, low, high = (table[name].to_numpy() for name in ("mean", "lower", "upper"))
    places = np.arange(len(mean))
    bars = ax.vlines(places, low, high, colors=BLUE, linewidth=1.6, zorder=3)
    bars.set_gid("interval")
    style: dict[str, Any] = {"color": BLUE, "marker": "o", "markersize": 5, "linewidth": 1.4}
    name = read.annotation.names[read.chosen]
    ax.plot(places, mean, zorder=3.2, label=name, gid="estimate", **style)
    if read.crude is not None:
        style = {"marker": "o", "markersize": 5, "markerfacecolor": "none"}
        style |= {"markeredgecolor": ink(ax), "markeredgewidth": 0.8, "linestyle": "none"}
        ax.plot(places, read.crude, zorder=3.4, label="its crude rate", gid="crude", **style)


def _scale(ax: "Axes", read: _Trend) -> None:
    """Write as many periods as have room."""
    count = len(read.periods)
    step = -(-count // _TICKS)
    told = list(range((count - 1) % step, count, step))
    ax.set_xticks(told, [read.periods[place] for place in told])
    ax.set_xlim(-0.4, count - 0.6)
    ax.set_ylabel(read.label, fontsize=TEXT)
    show_unit(ax.yaxis, read.annotation.spec)
    make_room(ax, left=LABELLED)
    ax.tick_params(labelsize=SMALL)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
