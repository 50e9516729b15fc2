"""Volume and rate: a funnel of what chance alone would do."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from varmodel.estimands import observed_rates
from varmodel.estimands.classical.limits import binomial_limits, normal_limits, poisson_limits
from varmodel.fits import Fit
from varmodel.publish.plots.annotation import (
    Annotation,
    annotation_of_analysis,
    annotation_of_fit,
    refuse_kind,
)
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
    x: "Published | Fit", *, highlight: Iterable[str] = (), ax: "Axes | None" = None
) -> "Axes":
    """Draw each provider's crude rate against its volume, with the limits of chance alone.

    Parameters
    ----------
    x : Analysis or Fit
        An analysis, or a fit.
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
        CONFIG.VALUE for another kind of ``x`` or ``ax``, or a code that is not there;
        CONFIG.EXTRA without matplotlib.
    """
    read = _read(x)
    chosen = read.annotation.find(highlight)
    ax = axes_for(ax, height=5.2)
    beyond = _beyond(read)
    known = np.isfinite(read.rate) & (read.volume > 0)
    _draw_limits(ax, read, known)
    up, down = (VERMILLION, BLUE) if read.annotation.better == "lower" else (BLUE, VERMILLION)
    above, below = Mark("^", up, True), Mark("v", down, True)
    for points, mark, label in (
        (known & (beyond > 0), above, "above the outer limit"),
        (known & (beyond == 0), UNSURE, "within" if read.limits else "provider"),
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


@dataclass(frozen=True, slots=True, eq=False)
class _Funnel:
    """Crude rate and volume (provider,), the overall rate, and which limits chance has."""

    rate: Array
    volume: Array
    level: float
    sd: float
    form: str
    limits: str
    annotation: Annotation


_LIMITS = {"binomial": "binomial", "poisson": "poisson", "normal": "normal"}


def _read(x: object) -> _Funnel:
    if isinstance(x, Published):
        fit, annotation = x.fit, annotation_of_analysis(x)
    elif isinstance(x, Fit):
        fit, annotation = x, annotation_of_fit(x)
    else:
        refuse_kind(x, "an Analysis or a Fit")
    frame, form = fit.frame, fit.spec.form.name
    return _Funnel(
        rate=observed_rates(frame).to_numpy(),
        volume=_volume(frame),
        level=float(frame.attrs["pooled_mean"]),
        sd=1.0 if form == "published" else float(frame.attrs["pooled_sd"]),
        form=form,
        limits=_LIMITS.get(fit.spec.family, ""),
        annotation=annotation,
    )


def _volume(frame: xr.Dataset) -> Array:
    if "activity" in frame:
        return frame["activity"].to_numpy() * float(frame.attrs["periods"])
    weight = frame["standard_error"].to_numpy() ** -2.0
    count = frame.sizes["provider"]
    return np.sqrt(np.bincount(frame["provider_index"].to_numpy(), weight, count))


def limits(read: _Funnel, volume: Array, *, prob: float) -> tuple[Array, Array]:
    """Give the rates between which chance alone leaves ``prob`` at each volume."""
    if read.limits == "normal":
        power = 1.0 if read.form == "published" else 0.5
        return normal_limits(read.sd / volume**power, mean=read.level, prob=prob)
    if read.limits == "binomial":
        low, high = binomial_limits(volume, rate=read.level, prob=prob)
    else:
        low, high = poisson_limits(volume * read.level, prob=prob)
    return low / volume, high / volume


def _beyond(read: _Funnel) -> Array:
    """Say who lies above (+1) and below (-1) the outer limits."""
    if not read.limits:
        return np.zeros(len(read.rate))
    low, high = limits(read, np.maximum(read.volume, 1e-300), prob=_OUTER)
    return (read.rate > high).astype(float) - (read.rate < low)


def _draw_limits(ax: "Axes", read: _Funnel, known: npt.NDArray[np.bool_]) -> None:
    colour = ink(ax)
    ax.axhline(read.level, color=colour, linewidth=1.0, label="overall rate", gid="level")
    if not read.limits or not known.any():
        return
    ends = read.volume[known].min() / 1.15, read.volume[known].max() * 1.15
    grid = np.geomspace(*ends, _GRID)
    for prob, style in ((_INNER, "--"), (_OUTER, ":")):
        label = f"chance alone, {100 * prob:g} %"
        for side, values in enumerate(limits(read, grid, prob=prob)):
            shown = label if side == 0 else None
            ax.plot(grid, values, style, color=colour, linewidth=0.9, label=shown, gid="limit")


def _draw_points(
    ax: "Axes", read: _Funnel, *, chosen: npt.NDArray[np.bool_], mark: Mark, label: str
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


def _ring(ax: "Axes", read: _Funnel, chosen: list[int]) -> None:
    """Put a ring about the points of the providers to highlight."""
    if chosen:
        style: dict[str, Any] = {"marker": "o", "markersize": 11, "linestyle": "none"}
        style |= {"markerfacecolor": "none", "markeredgecolor": ink(ax), "markeredgewidth": 1.4}
        ax.plot(read.volume[chosen], read.rate[chosen], gid="highlight", zorder=2.5, **style)


def _scale(ax: "Axes", read: _Funnel, known: npt.NDArray[np.bool_]) -> None:
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
    read: _Funnel,
    *,
    known: npt.NDArray[np.bool_],
    beyond: Array,
    chosen: list[int],
) -> None:
    distance = np.abs(read.rate - read.level) * np.sqrt(read.volume)
    order = np.argsort(-np.nan_to_num(distance), kind="stable")
    few = len(order) <= 40
    notable = [int(j) for j in order if known[j] and (few or beyond[j] or not read.limits)]
    notable = [*(j for j in chosen if known[j]), *(j for j in notable if j not in chosen)]
    x, y = np.where(known, read.volume, 1.0), np.where(known, read.rate, read.level)
    name_points(ax, x, y=y, names=read.annotation.names, notable=notable)


def _caption(read: _Funnel, known: npt.NDArray[np.bool_]) -> list[str]:
    told = [_MIX.get(read.form, "Crude rates, without case mix.")]
    if read.limits:
        told.append("Limits: what chance alone would do about the overall rate.")
        told.append("Where variation is true, large providers lie outside by right.")
    absent = int((~known).sum())
    return [*told, *([f"{absent} without any case are not drawn."] if absent else [])]
