"""Predictive check: the observed table among those that the fitted model would give."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from varmodel.estimands import observed_rates
from varmodel.estimands.prediction.predictive import NEW, SAME, predictive_statistics
from varmodel.fits import Fit
from varmodel.publish.names import shorten
from varmodel.publish.plots.annotation import (
    Annotation,
    annotation_of_analysis,
    annotation_of_fit,
    refuse_kind,
)
from varmodel.publish.plots.parts.layout import (
    BLUE,
    GREY,
    LITERAL,
    SMALL,
    VERMILLION,
    axes_for,
    dress,
    ink,
)
from varmodel.publish.published import Published
from varmodel.publish.wording.check import statistic_in_unit, statistic_words
from varmodel.publish.wording.numbers import probability, unit_factor
from varmodel.values import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BINS, _FEWEST, _MOST_WHOLE = 40, 8, 60
#: The panels in which a single provider's crude rate says something.
_EXTREMES = ("lowest", "highest")
_LONGEST = 48
_NOBODY: Mapping[str, float] = MappingProxyType({})
_STYLES: dict[str, dict[str, Any]] = {
    SAME: {"fill": True, "facecolor": GREY, "alpha": 0.45, "linewidth": 0},
    NEW: {"edgecolor": BLUE, "linewidth": 1.2, "linestyle": "--"},
}
_LABELS = {SAME: "same providers, new noise", NEW: "new providers of the fitted law"}


def plot_predictive_check(
    x: "Published | Fit", *, highlight: Iterable[str] = (), ax: "Axes | None" = None
) -> "Axes":
    """Draw spread, extremes and zeros of the observed table among those of new tables.

    Parameters
    ----------
    x : Analysis or Fit
        An analysis, or a fit; new tables are drawn with the seed of its draws.
    highlight : iterable of str
        Codes of providers whose crude rates are marked beside the lowest and the highest.
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib Axes
        A panel a statistic (as :func:`varmodel.predictive_check` gives them): the solid line is
        the observed table, the field new tables of the same providers, the dashed outline new
        tables of providers drawn anew, each with p, the share above the line. A line far out
        of the field says that noise or case mix are not as the model has them (over-dispersion
        that the family has not shows as too many zeros and a spread beyond the field); one out
        of the outline alone that the law of the effects is not. A line within shows little: the
        data were used to fit the model.

    Raises
    ------
    SpecError
        CONFIG.VALUE for another kind of ``x`` or ``ax``, or a code that is not there;
        CONFIG.EXTRA without matplotlib.
    """
    fit, annotation = _read(x)
    marked = crude_rates_of(fit, annotation, highlight=highlight)
    found = predictive_statistics(fit, random_seed=int(fit.draws.attrs.get("random_seed", 0)))
    return draw_check(found, annotation, marked=marked, ax=ax)


def crude_rates_of(
    fit: Fit, annotation: Annotation, *, highlight: Iterable[str]
) -> dict[str, float]:
    """Give the crude rates of the providers to highlight, by their names."""
    chosen = annotation.find(highlight)
    rates = observed_rates(fit.frame).to_numpy()
    return {annotation.names[place]: float(rates[place]) for place in chosen}


def draw_check(
    found: xr.Dataset,
    annotation: Annotation,
    *,
    marked: Mapping[str, float] = _NOBODY,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw a panel a statistic; ``marked`` are crude rates by name."""
    names = found["statistic"].to_numpy().tolist()
    ax = axes_for(ax, height=1.9 + 1.15 * len(names))
    ax.set_axis_off()
    _name_marks(ax)
    if marked:
        label = shorten(f"crude rate: {', '.join(marked)}", _LONGEST)
        ax.plot([], [], color=VERMILLION, linestyle=":", linewidth=1.2, label=label)
    pitch = 1 / len(names)
    for row, name in enumerate(names):
        bottom = 1 - (row + 1) * pitch
        panel = ax.inset_axes((0.02, bottom + 0.14 * pitch, 0.96, 0.56 * pitch))
        spec = annotation.spec
        figures, words = statistic_in_unit(found, name, spec=spec), statistic_words(name, spec)
        factor = 1.0 if spec is None else unit_factor(spec)
        rates = {who: factor * rate for who, rate in marked.items() if np.isfinite(rate)}
        _draw(panel, figures, words=words, marked=rates if name in _EXTREMES else {})
    count = found.sizes["table"]
    subtitle = f"Observed table among {count:,} that the fitted model would give"
    caption = ["p: share of new tables above the observed one, ties counted half."]
    dress(ax, annotation, heading="Predictive check", subtitle=subtitle, caption=caption)
    return ax


def _read(x: object) -> tuple[Fit, Annotation]:
    if isinstance(x, Published):
        return x.fit, annotation_of_analysis(x)
    if not isinstance(x, Fit):
        refuse_kind(x, "an Analysis or a Fit")
    return x, annotation_of_fit(x)


def _name_marks(ax: "Axes") -> None:
    """Give the legend its marks, which stand in the panels."""
    ax.plot([], [], color=ink(ax), linewidth=1.4, label="observed")
    for providers, label in _LABELS.items():
        ax.fill([], [], label=label, **_STYLES[providers] | {"fill": providers == SAME})


def _draw(panel: "Axes", found: xr.Dataset, *, words: str, marked: Mapping[str, float]) -> None:
    observed, told = float(found["observed"]), []
    edges = _edges(found["new"].to_numpy(), observed)
    for rate in marked.values():
        panel.axvline(rate, color=VERMILLION, linestyle=":", linewidth=1.2, gid="highlight")
    for providers, style in _STYLES.items():
        new = found["new"].sel(providers=providers).to_numpy()
        counts = np.histogram(new, edges)[0]
        panel.stairs(counts, edges, gid=providers, **style)
        above = float((new > observed).mean() + 0.5 * (new == observed).mean())
        told.append(f"{probability(above)} ({providers})")
    panel.axvline(observed, color=ink(panel), linewidth=1.4, gid="observed")
    title = f"{words}: {observed:.3g}; p = {', '.join(told)}"
    panel.set_title(title, loc="left", fontsize=SMALL, **LITERAL)
    panel.set_yticks([])
    panel.set_ylim(bottom=0)
    panel.locator_params(axis="x", nbins=7)
    panel.tick_params(labelsize=SMALL - 1)
    for side in ("top", "right", "left"):
        panel.spines[side].set_visible(False)


def _edges(new: Array, observed: float) -> Array:
    """Give the edges of bins that hold all but the furthest tables, and the observed one."""
    low, high = np.quantile(new, [0.001, 0.999])
    low, high = min(float(low), observed), max(float(high), observed)
    if np.array_equal(new, np.round(new)) and high - low <= _MOST_WHOLE:
        return np.arange(np.floor(low), np.ceil(high) + 2) - 0.5
    margin = 0.02 * (high - low) or 0.5
    bins = max(_FEWEST, min(_BINS, new.shape[-1] // 10))
    return np.linspace(low - margin, high + margin, bins + 1)
