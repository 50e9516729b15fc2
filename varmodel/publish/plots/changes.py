"""Change between two periods: who moved, and how sure it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from varmodel.fits import Fit
from varmodel.publish.plots.annotation import Annotation
from varmodel.publish.plots.over_time import read_fit
from varmodel.publish.plots.parts.beside import write_beside
from varmodel.publish.plots.parts.layout import (
    TEXT,
    dress,
    ink,
    make_room,
    show_unit,
)
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
from varmodel.publish.wording.periods.moves import REAL, REAL_NOTE, changes_of
from varmodel.values import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_change(
    x: "Published | Fit",
    *,
    earlier: str,
    later: str,
    highlight: Iterable[str] = (),
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw how each provider's adjusted rate changed between two periods, and who really moved.

    Parameters
    ----------
    x : Analysis or Fit
        An analysis, or a fit, of a model with a transient and a better direction.
    earlier, later : str
        Two periods, as :func:`varmodel.change` takes them.
    highlight : iterable of str
        Codes of providers whose rows are shaded and named.
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure of the size that the providers need.

    Returns
    -------
    matplotlib Axes
        One row a provider, the better change on top. Point: posterior mean of the change of its
        adjusted rate; line: 95 % interval; dashed line: the mean change of all providers. On the
        right the probability that it improved against the others. A filled triangle says that
        this lies outside .025 to .975: the move is real. An open circle says nothing, however
        far it lies out. Both periods are shrunken, so that the return from a bad period to a
        usual one is no improvement by itself.

    Raises
    ------
    SpecError
        CONFIG.VALUE for another kind of ``x`` or ``ax``, a period or code that the fit has not,
        and where :func:`varmodel.change` refuses; CONFIG.EXTRA without matplotlib.
    """
    fit, annotation = read_fit(x)
    ax = row_axes(ax, fit.frame.sizes["provider"])
    make_room(ax, right=52.0)
    found = changes_of(fit, earlier=earlier, later=later)
    chosen = annotation.find(highlight)
    read = _read(fit, found, annotation)
    rows = _order(read)
    _draw(ax, rows, read, chosen=chosen)
    ax.set_xlabel(f"{_change_of(fit)} ({fit.spec.better} is better)", fontsize=TEXT)
    show_unit(ax.xaxis, fit.spec)
    periods = f"{found.attrs['earlier']} to {found.attrs['later']}"
    subtitle = f"Change from {periods} of {len(rows):,} providers"
    dress(ax, annotation, heading="Change", subtitle=subtitle, caption=_CAPTION)
    surest = np.argsort(-np.abs(read.improved - 0.5), kind="stable")
    real = [int(provider) for provider in surest if read.real[provider]]
    notable = ends_first(rows, real)
    name_rows(ax, rows, names=annotation.names, notable=notable, chosen=chosen)
    write_beside(ax, read.improved[rows], heading="Pr improved", gid="prob")
    return ax


def _change_of(fit: Fit) -> str:
    """Name what is drawn: a difference of per cents is in percentage points."""
    words = f"change of the {rate_name(fit)}"
    points = fit.spec.unit == "%" and fit.spec.value is None
    return f"{words} in percentage points" if points else with_unit(fit.spec, words)


_CAPTION = (
    "Points: posterior means, which order the rows; lines: 95 % equal-tailed intervals.",
    REAL_NOTE,
)


@dataclass(frozen=True, slots=True, eq=False)
class _Changes:
    """Change of each provider with its interval, the mean change, Pr of having improved."""

    mean: Array
    lower: Array
    upper: Array
    level: float
    improved: Array
    sign: int
    annotation: Annotation

    @property
    def real(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Who really moved."""
        return np.asarray((self.improved < REAL[0]) | (self.improved > REAL[1]))


def _read(fit: Fit, found: xr.Dataset, annotation: Annotation) -> _Changes:
    table = summary(fit, found["difference"])
    mean, lower, upper = (table[name].to_numpy() for name in ("mean", "lower", "upper"))
    improved = pooled(fit, found["prob_improved_relative"].to_numpy())
    sign = 1 if fit.spec.better == "higher" else -1
    return _Changes(mean, lower, upper, float(mean.mean()), improved, sign, annotation)


def _order(read: _Changes) -> Order:
    """Put the better change first."""
    return np.asarray(np.argsort(-read.sign * read.mean, kind="stable"))


def _draw(ax: "Axes", rows: Order, read: _Changes, *, chosen: list[int]) -> None:
    shade_rows(ax, rows, chosen=chosen)
    ax.axvline(0.0, color=ink(ax), linewidth=0.6, zorder=1, label="no change", gid="none")
    style: dict[str, Any] = {"color": ink(ax), "linestyle": (0, (5, 2)), "linewidth": 1.0}
    ax.axvline(read.level, label="mean change of all providers", gid="level", **style)
    told = read.real | np.isin(np.arange(len(rows)), chosen)
    draw_intervals(ax, rows, lower=read.lower, upper=read.upper, dark=told)
    better, worse = read.improved > REAL[1], read.improved < REAL[0]
    for sure, mark, label in (
        (better, GOOD, "improved against the others"),
        (~read.real, UNSURE, "not sure"),
        (worse, POOR, "fell behind the others"),
    ):
        draw_marks(ax, rows, x=read.mean, chosen=sure, mark=mark, label=label)
