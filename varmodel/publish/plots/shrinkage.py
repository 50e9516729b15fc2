"""Shrinkage: from the raw rate to the adjusted one, the least reliable on top."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from varmodel.estimands import adjusted_rates, observed_rates, reliability
from varmodel.fits import Fit
from varmodel.publish.plots.annotation import (
    Annotation,
    annotation_of_analysis,
    annotation_of_fit,
    refuse_kind,
)
from varmodel.publish.plots.parts.beside import write_beside
from varmodel.publish.plots.parts.layout import (
    BLUE,
    GREY,
    TEXT,
    dress,
    ink,
    make_room,
    show_unit,
)
from varmodel.publish.plots.parts.rows import (
    Mark,
    Order,
    draw_marks,
    mark_size,
    name_rows,
    row_axes,
    shade_rows,
)
from varmodel.publish.plots.parts.tags import tag_lines
from varmodel.publish.published import Published
from varmodel.publish.tables.pooled import pooled
from varmodel.publish.wording.numbers import with_unit
from varmodel.values import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DRAWS = ("chain", "draw")
_RAW, _ADJUSTED, _OWN = Mark("o", GREY, False), Mark("D", BLUE, True), Mark("|", GREY, False)


def plot_shrinkage(
    x: "Published | Fit", *, highlight: Iterable[str] = (), ax: "Axes | None" = None
) -> "Axes":
    """Draw how far each provider moves from its raw rate to its adjusted one.

    Parameters
    ----------
    x : Analysis or Fit
        An analysis, or a fit.
    highlight : iterable of str
        Codes of providers whose rows are shaded and named.
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure of the size that the providers need.

    Returns
    -------
    matplotlib Axes
        One row a provider, the least reliable on top, its reliability (posterior mean) on the
        right. Circle: raw (crude) rate; diamond: posterior mean of the adjusted rate. Where the
        model has case mix, a stroke marks the posterior mean on the provider's own cases:
        circle to stroke is shrinkage, stroke to diamond is case mix. A provider without cases
        has no circle. Long lines on top are chance taken out, not performance lost.

    Raises
    ------
    SpecError
        CONFIG.VALUE for another kind of ``x`` or ``ax``, or a code that is not there;
        CONFIG.EXTRA without matplotlib.
    """
    read = _read(x)
    chosen = read.annotation.find(highlight)
    rows = np.asarray(np.argsort(read.reliability, kind="stable"))
    ax = row_axes(ax, len(rows))
    make_room(ax, right=44.0)
    shade_rows(ax, rows, chosen=chosen)
    _draw(ax, rows, read)
    annotation = read.annotation
    ax.set_xlabel(with_unit(annotation.spec, "rate"), fontsize=TEXT)
    show_unit(ax.xaxis, annotation.spec)
    subtitle = f"Shrinkage of {len(rows):,} providers, the least reliable on top"
    subtitle = "; ".join(part for part in (subtitle, annotation.order) if part)
    dress(ax, annotation, heading="Shrinkage", subtitle=subtitle, caption=_caption(read))
    moved = np.argsort(-np.abs(np.nan_to_num(read.raw - read.adjusted)), kind="stable")
    notable = moved[:20].tolist()
    name_rows(ax, rows, names=annotation.names, notable=notable, chosen=chosen)
    write_beside(ax, read.reliability[rows], heading="reliability", gid="reliability")
    return ax


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """Raw rate, posterior means on own and on reference cases, reliability: (provider,) each.

    ``lasting`` says that the rates are of what lasts, where those published are not.
    """

    raw: Array
    own: Array | None
    adjusted: Array
    reliability: Array
    annotation: Annotation
    lasting: bool = False


def _read(x: object) -> _Steps:
    if isinstance(x, Published):
        fit, annotation = x.fit, annotation_of_analysis(x)
    elif isinstance(x, Fit):
        fit, annotation = x, annotation_of_fit(x)
    else:
        refuse_kind(x, "an Analysis or a Fit")
    own = adjusted_rates(fit, population="own") if fit.frame.sizes["term"] else None
    return _Steps(
        raw=observed_rates(fit.frame).to_numpy(),
        own=None if own is None else pooled(fit, own.mean(_DRAWS).to_numpy()),
        adjusted=pooled(fit, _rates(x, fit).mean(_DRAWS).to_numpy()),
        reliability=pooled(fit, _reliability(x, fit).to_numpy()),
        annotation=annotation,
        lasting=isinstance(x, Published) and x.figures.lasting is not None,
    )


def _rates(x: object, fit: Fit) -> xr.DataArray:
    """Give the rates of what lasts, which an analysis has."""
    if not isinstance(x, Published):
        return adjusted_rates(fit)
    return (x.figures.lasting or x.figures).rates


def _reliability(x: object, fit: Fit) -> xr.DataArray:
    """Give posterior means, which an analysis has."""
    found = x.figures.reliability if isinstance(x, Published) else None
    return reliability(fit).mean(_DRAWS) if found is None else found


def _draw(ax: "Axes", rows: Order, read: _Steps) -> None:
    known, everybody = np.isfinite(read.raw), np.ones(len(rows), bool)
    middle = read.adjusted if read.own is None else read.own
    y, width = np.arange(len(rows)), max(0.5, 0.2 * mark_size(ax, len(rows)))
    shrunk = known[rows]
    start, stop = read.raw[rows][shrunk], middle[rows][shrunk]
    lines = ax.hlines(y[shrunk], start, stop, colors=ink(ax), linewidth=width, zorder=2)
    lines.set_gid("shrinkage")
    tag_lines(lines, rows[shrunk])
    if read.own is not None:
        mix = ax.hlines(y, read.own[rows], read.adjusted[rows], colors=GREY, linewidth=width)
        mix.set(gid="case mix", linestyle=":", zorder=1.9)
        tag_lines(mix, rows)
        label = "on its own cases, shrunken"
        draw_marks(ax, rows, x=read.own, chosen=everybody, mark=_OWN, label=label)
    draw_marks(ax, rows, x=read.raw, chosen=known, mark=_RAW, label="raw rate")
    label = "adjusted rate (posterior mean)"
    draw_marks(ax, rows, x=read.adjusted, chosen=everybody, mark=_ADJUSTED, label=label)


def _caption(read: _Steps) -> list[str]:
    mix = [] if read.own is None else ["Solid line: shrinkage; dotted line: case mix."]
    absent = int((~np.isfinite(read.raw)).sum())
    return [
        *mix,
        "Reliability: share of signal in the raw rate.",
        *(["Rates and reliability are of what lasts, not of the coming period."] * read.lasting),
        *([f"{absent} without any case have no raw rate."] if absent else []),
    ]
