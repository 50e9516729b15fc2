"""Caterpillar: adjusted rates with their intervals, against a level with its own."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from varmodel.estimands import benchmark_rates, summarise
from varmodel.estimands.draws.labelled import DRAW_DIMS, check_rates, over_draws
from varmodel.estimands.money.kinds.targets import DIRECTED
from varmodel.fits import Fit
from varmodel.publish.names import in_words
from varmodel.publish.plots.annotation import (
    Annotation,
    annotation_of_analysis,
    annotation_of_draws,
    refuse_kind,
)
from varmodel.publish.plots.parts.layout import GREY, TEXT, dress, ink, show_unit
from varmodel.publish.plots.parts.rows import (
    GOOD,
    POOR,
    UNSURE,
    Order,
    draw_intervals,
    draw_marks,
    ends_first,
    name_rows,
    row_axes,
    shade_rows,
)
from varmodel.publish.published import Published
from varmodel.publish.tables.pooled import pooled, summary
from varmodel.publish.wording.kinds import rate_name
from varmodel.publish.wording.numbers import with_unit
from varmodel.publish.wording.places import SIDES_NOTE, SURE_OF_SIDE, UNPLACED, sides_of
from varmodel.spec.rules import has_own_levels
from varmodel.values import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_rates(
    x: "Published | xr.DataArray", *, highlight: Iterable[str] = (), ax: "Axes | None" = None
) -> "Axes":
    """Draw each provider's adjusted rate with its interval, against the benchmark with its own.

    Parameters
    ----------
    x : Analysis or DataArray (chain, draw, provider)
        An analysis, or draws such as ``adjusted_rates`` gives; without an analysis the level is
        the providers' mean in each draw.
    highlight : iterable of str
        Codes of providers whose rows are shaded and named.
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure of the size that the providers need, which a
        notebook shows and pyplot does not hold.

    Returns
    -------
    matplotlib Axes
        One row a provider, the better end on top, by posterior mean. Point: posterior mean;
        line: 95 % equal-tailed interval; dashed line and band: the level and its interval,
        found anew in each draw. A filled triangle says that the provider lies on that side of
        the level with probability above .975, in joint draws; an open circle says nothing.
        Overlapping intervals do not show that two providers are equal; ``pairwise`` tells.
        Where not all names have room, a band holds the intervals of whoever is not surely on
        one side, and both ends and the surest are named. The axis is in the model's unit.

    Raises
    ------
    SpecError
        CONFIG.VALUE for another kind of ``x`` or ``ax``, or a code that is not there;
        CONFIG.EXTRA without matplotlib.
    """
    read = _read(x)
    chosen = read.annotation.find(highlight)
    table = summary(read.fit, read.draws)
    mean = table["mean"].to_numpy()
    rows = _order(mean, read.annotation.better)
    ax = row_axes(ax, len(rows))
    shade_rows(ax, rows, chosen=chosen)
    _draw_level(ax, read)
    lower, upper = (table[name].to_numpy() for name in ("lower", "upper"))
    above = pooled(read.fit, _prob_above(read))
    credible = np.maximum(above, 1 - above) > SURE_OF_SIDE
    told = credible | np.isin(np.arange(len(rows)), chosen)
    draw_intervals(ax, rows, lower=lower, upper=upper, dark=told)
    _draw_sides(ax, rows, mean=mean, above=above, read=read)
    ax.set_xlabel(_label(read), fontsize=TEXT)
    show_unit(ax.xaxis, read.annotation.spec)
    subtitle, caption = _words(read)
    dress(ax, read.annotation, heading="Adjusted rates", subtitle=subtitle, caption=caption)
    clear = np.argsort(-np.abs(mean - float(read.level.mean())) / table["sd"].to_numpy())
    outliers = [int(provider) for provider in clear if credible[provider]]
    notable = ends_first(rows, outliers)
    name_rows(ax, rows, names=read.annotation.names, notable=notable, chosen=chosen)
    return ax


@dataclass(frozen=True, slots=True, eq=False)
class _Rates:
    """Draws (chain, draw, provider), the level (chain, draw), its name, the fit if known."""

    draws: xr.DataArray
    level: xr.DataArray
    level_name: str
    annotation: Annotation
    fit: Fit | None = None


def _read(x: object) -> _Rates:
    if isinstance(x, Published):
        draws = check_rates(x.rates, name="rates")
        level, name = _level_of(x, draws)
        draws = draws.rename(rate_name(x.fit))
        return _Rates(draws, level, name, annotation_of_analysis(x), x.fit)
    if not isinstance(x, xr.DataArray):
        refuse_kind(x, "an Analysis or draws of rates (chain, draw, provider)")
    draws = check_rates(x, name="x").rename(x.name)
    level = draws.mean("provider")
    return _Rates(draws, level, _MEAN, annotation_of_draws(draws["provider"].to_numpy(), x.attrs))


_MEAN = "mean of the providers"


def _level_of(x: Published, draws: xr.DataArray) -> tuple[xr.DataArray, str]:
    """Find the benchmark of what is ranked on the reference population, where it is one for all."""
    spec, benchmark = x.fit.spec, x.fit.spec.benchmark
    undirected = benchmark is None or (benchmark.kind in DIRECTED and spec.better == "neither")
    if benchmark is None or has_own_levels(spec) or undirected:
        return draws.mean("provider"), _MEAN
    levels = benchmark_rates(x.fit, benchmark, population="reference", part=x.figures.part)
    level = over_draws(draws, levels.isel(provider=0).to_numpy(), name="benchmark")
    value = "" if benchmark.value is None else f" {benchmark.value:g}"
    return level, f"benchmark ({benchmark.kind}{value})"


def _order(mean: Array, better: str) -> Order:
    """Put the better end first; the higher where none is better."""
    return np.asarray(np.argsort(mean if better == "lower" else -mean, kind="stable"))


def _prob_above(read: _Rates) -> Array:
    """Give Pr(rate > level) in joint draws; half of what is equal counts."""
    gap = np.sign((read.draws - read.level).transpose(*DRAW_DIMS, "provider").to_numpy())
    return np.asarray(0.5 + 0.5 * gap.mean(axis=(0, 1)))


def _draw_level(ax: "Axes", read: _Rates) -> None:
    row = summarise(read.level).iloc[0]
    band = ax.axvspan(row["lower"], row["upper"], facecolor=GREY, alpha=0.25, linewidth=0, zorder=1)
    band.set_gid("level interval")
    line = ax.axvline(
        row["mean"],
        color=ink(ax),
        linestyle=(0, (5, 2)),
        linewidth=1.0,
        zorder=1.5,
        label=f"{read.level_name}, with its 95 % interval",
    )
    line.set_gid("level")


def _draw_sides(ax: "Axes", rows: Order, *, mean: Array, above: Array, read: _Rates) -> None:
    better = read.annotation.better or "neither"
    good = 1 - above if better == "lower" else above
    what = "the benchmark" if read.level_name != _MEAN else "the mean"
    first, second = sides_of(what, better=better)
    sure, poor = good > SURE_OF_SIDE, good < 1 - SURE_OF_SIDE
    draw_marks(ax, rows, x=mean, chosen=sure, mark=GOOD, label=first)
    draw_marks(ax, rows, x=mean, chosen=~(sure | poor), mark=UNSURE, label=UNPLACED)
    draw_marks(ax, rows, x=mean, chosen=poor, mark=POOR, label=second)


def _called(draws: xr.DataArray) -> str:
    """Say what the draws are of, as the estimand named them."""
    return "rate" if draws.name is None else in_words(str(draws.name))


def _label(read: _Rates) -> str:
    name = with_unit(read.annotation.spec, _called(read.draws))
    better = read.annotation.better
    return f"{name} ({better} is better)" if better in ("higher", "lower") else name


def _words(read: _Rates) -> tuple[str, list[str]]:
    subtitle = f"{_called(read.draws).capitalize()}, {read.draws.sizes['provider']:,} providers"
    subtitle = "; ".join(part for part in (subtitle, read.annotation.order) if part)
    caption = [
        "Points: posterior means, which order the rows; lines: 95 % equal-tailed intervals.",
        SIDES_NOTE,
    ]
    return subtitle, caption
