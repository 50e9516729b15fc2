"""The story behind the number: from the national crude rate to a provider's, part by part."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from varmodel.errors import fail, one_of, show
from varmodel.estimands import summarise
from varmodel.estimands.variation.decomposition import DECOMPOSED
from varmodel.fits import Fit
from varmodel.publish.plots.annotation import (
    Annotation,
    annotation_of_analysis,
    annotation_of_draws,
    annotation_of_fit,
    refuse_kind,
)
from varmodel.publish.plots.parts.layout import (
    BLUE,
    GREY,
    LITERAL,
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
from varmodel.publish.wording.numbers import with_unit
from varmodel.publish.wording.sections.story import PART_NAMES, parts_of
from varmodel.values import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: What is its own is said to last only where what passes has been taken from it.
_LASTING = {"persistent": "its own, lasting"}
_HEIGHT = 3.6
#: Points left of a page's axes for the longest label.
_LABELLED = 84.0


def plot_decomposition(
    x: "Published | Fit | xr.DataArray", *, provider: str | None = None, ax: "Axes | None" = None
) -> "Axes":
    """Draw why a provider's crude rate is not the national one: a waterfall of its parts.

    Parameters
    ----------
    x : Analysis, Fit or DataArray
        An analysis, a fit, or what ``decompose`` gives.
    provider : str, optional
        Code of the provider; by default the one whose crude rate is furthest from the nation's.
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib Axes
        From the national crude rate on top to the provider's at the bottom. Each bar begins where
        the one before ended and is as long as the posterior mean of its part; to the right it
        raises the rate, to the left it lowers it. Thin line: 95 % interval of the part, from where
        the bar begins. Parts that the model has not are left out. They are taken in the order
        drawn; what no column of the table holds is in "its own".

    Raises
    ------
    SpecError
        CONFIG.VALUE for another kind of ``x`` or ``ax``, a code that there is not; CONFIG.EXTRA
        without matplotlib.
    """
    parts, annotation = _read(x)
    number = _find(parts, provider)
    ax = axes_for(ax, height=_HEIGHT)
    make_room(ax, left=_LABELLED)
    fall = _waterfall(parts.isel(provider=number))
    _draw(ax, fall, better=annotation.better)
    ax.set_xlabel(with_unit(annotation.spec, "crude rate"), fontsize=TEXT)
    show_unit(ax.xaxis, annotation.spec)
    subtitle = f"{annotation.names[number]}: from the national crude rate to its own"
    dress(ax, annotation, heading="Decomposition", subtitle=subtitle, caption=_CAPTION)
    return ax


_CAPTION = (
    "Bars: posterior means, in the order in which the parts are taken; lines: 95 % intervals.",
    "What no column of the table holds is in its own part.",
)


@dataclass(frozen=True, slots=True, eq=False)
class _Fall:
    """Parts with their labels, where each begins, its mean and the ends of its interval."""

    labels: list[str]
    start: Array
    mean: Array
    lower: Array
    upper: Array
    national: float


def _read(x: object) -> tuple[xr.DataArray, Annotation]:
    if isinstance(x, Published):
        return parts_of(x.fit), annotation_of_analysis(x)
    if isinstance(x, Fit):
        return parts_of(x), annotation_of_fit(x)
    if not isinstance(x, xr.DataArray) or "part" not in x.dims or "national_rate" not in x.attrs:
        refuse_kind(x, "an Analysis, a Fit or the DataArray that decompose(fit) gives")
    return x, annotation_of_draws(x["provider"].to_numpy(), x.attrs)


def _find(parts: xr.DataArray, provider: object) -> int:
    """Give the number of a provider, by default of the furthest from the nation."""
    codes = [str(code) for code in parts["provider"].to_numpy()]
    if provider is None:
        gap = parts.mean(("chain", "draw")).sum("part").to_numpy()
        return int(np.argmax(np.abs(gap)))
    if provider not in codes:
        fail("CONFIG.VALUE", f"provider: there is no {show(provider)}; {one_of(provider, codes)}")
    return codes.index(str(provider))


def _waterfall(own: xr.DataArray) -> _Fall:
    kept = [part for part in DECOMPOSED if bool((own.sel(part=part) != 0).any())]
    table = summarise(own.sel(part=kept).rename("part of the rate"))
    mean, lower, upper = (table[name].to_numpy() for name in ("mean", "lower", "upper"))
    national = float(own.attrs["national_rate"])
    start = national + np.concatenate([[0.0], np.cumsum(mean)[:-1]])
    labels = {**PART_NAMES, **(_LASTING if "transient" in kept else {})}
    return _Fall([labels[part] for part in kept], start, mean, lower, upper, national)


def _draw(ax: "Axes", fall: _Fall, *, better: str) -> None:
    rows, colour = np.arange(1, len(fall.mean) + 1), ink(ax)
    last = len(rows) + 1
    crude = fall.national + float(fall.mean.sum())
    up, down = (BLUE, VERMILLION) if better == "higher" else (VERMILLION, BLUE)
    bars = ax.barh(rows, fall.mean, left=fall.start, height=0.6, zorder=2)
    for bar, mean in zip(bars, fall.mean, strict=True):
        bar.set(facecolor=up if mean > 0 else down, hatch="" if mean > 0 else "//", gid="part")
        bar.set_edgecolor(colour)
    ax.hlines(rows, fall.start + fall.lower, fall.start + fall.upper, color=colour, linewidth=1.0)
    ax.vlines(
        [fall.national, *(fall.start + fall.mean)],
        [0, *rows],
        [1, *(rows + 1)],
        color=GREY,
        linewidth=0.8,
        linestyle=":",
        zorder=1,
    )
    ax.plot([fall.national, crude], [0, last], "D", color=colour, markersize=5, gid="ends")
    ax.set_yticks(
        [0, *rows, last],
        ["all providers", *fall.labels, "this provider"],
        fontsize=TEXT,
        **LITERAL,
    )
    ax.set_ylim(last + 0.6, -0.6)
    ends = np.concatenate([fall.start, fall.start + fall.lower, fall.start + fall.upper, [crude]])
    margin = 0.05 * (float(np.ptp(ends)) or 1.0)
    ax.set_xlim(ends.min() - margin, ends.max() + margin)
    ax.tick_params(axis="x", labelsize=SMALL)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
