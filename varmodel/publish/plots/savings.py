"""Savings: each provider's, and the total by the three estimators side by side."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from varmodel.publish.plots.annotation import (
    annotation_of_analysis,
    annotation_of_draws,
    refuse_absent,
    refuse_kind,
)
from varmodel.publish.plots.parts.layout import LITERAL, TEXT, dress, place_axes
from varmodel.publish.plots.parts.rows import (
    Order,
    draw_intervals,
    draw_marks,
    name_rows,
    row_axes,
    shade_rows,
)
from varmodel.publish.plots.total import (
    JOINT,
    OTHER_LABEL,
    PLUG_INS,
    Savings,
    draw_nil,
    draw_total,
    unit_of,
)
from varmodel.publish.published import Published
from varmodel.publish.tables.pooled import pooled_savings, summary
from varmodel.publish.wording.money import (
    CREDIBLE,
    NO_RULE,
    NOT_CREDIBLE,
    PLUG_INS_ERR,
    credible_note,
    plug_in_label,
    unnamed_note,
)
from varmodel.studies.figures import NAMED_PROB

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Up to so many providers the plug-ins are drawn in each row.
_FEW = 40


def plot_savings(
    x: "Published | xr.Dataset", *, highlight: Iterable[str] = (), ax: "Axes | None" = None
) -> "Axes":
    """Draw the saving of each provider at the benchmark, and the total by three estimators.

    Parameters
    ----------
    x : Analysis or Dataset
        An analysis, or what ``savings`` gives; the nil rule is known to an analysis only.
    highlight : iterable of str
        Codes of providers whose rows are shaded; named only where the saving may be named.
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure of the size that the providers need.

    Returns
    -------
    matplotlib Axes
        The upper panel is the total: posterior mean with its 95 % interval from joint draws,
        beside it that of a flexible shape of the effects where it is known, and the two plug-ins
        that others would publish. The saving is annual only where the model says what a year
        is. Below, one row a provider, the largest saving on top; filled and named are those
        whose saving is credible (above the smallest that counts, see ``Nil``, with probability
        .95). Where the verdict is nil, no provider is drawn and the total reads "nil to U". An
        interval of a sum of positive parts never holds 0, and a small provider's mean saving is
        mostly its uncertainty.

    Raises
    ------
    SpecError
        CONFIG.VALUE for another kind of ``x`` or ``ax``, a code that is not there, and for an
        analysis without savings; CONFIG.EXTRA without matplotlib.
    """
    read = _read(x)
    chosen = read.annotation.find(highlight)
    if read.nil is not None and not read.nil.distinguishable:
        return draw_nil(read, read.nil, ax=ax)
    table = summary(read.fit, read.savings["saving"])
    rows = np.asarray(np.argsort(-table["mean"].to_numpy(), kind="stable"))
    ax = row_axes(ax, len(rows), extra=1.6)
    shade_rows(ax, rows, chosen=chosen)
    divisor, unit = unit_of(float(table["upper"].max()))
    _draw_providers(ax, rows, read=read, table=table, divisor=divisor)
    ax.set_xlabel(_label(read, unit), fontsize=TEXT, **LITERAL)
    ax.set_xlim(left=-0.015 * ax.get_xlim()[1])
    subtitle = f"{read.name.capitalize()} at the benchmark, {len(rows):,} providers"
    subtitle = "; ".join(part for part in (subtitle, read.annotation.order) if part)
    hidden = sum(not read.named[provider] for provider in chosen)
    caption = [*_caption(read), *unnamed_note(hidden)]
    dress(ax, read.annotation, heading="Savings", subtitle=subtitle, caption=caption)
    place_axes(ax)
    draw_total(ax, read, rows=len(rows))
    names = np.where(read.named, np.array(read.annotation.names, dtype=object), "")
    notable = [int(provider) for provider in rows if read.named[provider]]
    first = [provider for provider in chosen if read.named[provider]]
    name_rows(ax, rows, names=names.tolist(), notable=notable, chosen=first)
    return ax


def _read(x: object) -> Savings:
    if isinstance(x, Published):
        if x.savings is None:
            refuse_absent("savings", fix="give the model a direction, a benchmark and a unit_cost")
        savings = pooled_savings(x.fit, x.savings)
        annotation = annotation_of_analysis(x)
        return Savings(savings, _named(savings), x.nil, x.shape, annotation, x.fit, x.checks.volume)
    if not isinstance(x, xr.Dataset) or not {"saving", "total", "prob_saving"} <= set(x.data_vars):
        refuse_kind(x, "an Analysis or the Dataset that savings(...) gives")
    annotation = annotation_of_draws(x["provider"].to_numpy(), x.attrs)
    return Savings(x, _named(x), None, None, annotation)


def _named(savings: xr.Dataset) -> npt.NDArray[np.bool_]:
    if "named" in savings:
        return np.asarray(savings["named"].to_numpy(), dtype=bool)
    return np.asarray(savings["prob_saving"].to_numpy() >= NAMED_PROB)


def _draw_providers(
    ax: "Axes", rows: Order, *, read: Savings, table: pd.DataFrame, divisor: float
) -> None:
    lower, upper, mean = (table[name].to_numpy() / divisor for name in ("lower", "upper", "mean"))
    hidden = ~read.named
    draw_intervals(ax, rows, lower=lower, upper=upper, dark=read.named, unnamed=hidden)
    everybody = np.ones(len(rows), dtype=bool)
    for name, mark in PLUG_INS.items():
        if name in read.savings and len(rows) <= _FEW:
            values, label = read.savings[name].to_numpy() / divisor, plug_in_label(name)
            draw_marks(ax, rows, x=values, chosen=everybody, mark=mark, label=label, unnamed=hidden)
    draw_marks(
        ax, rows, x=mean, chosen=hidden, mark=OTHER_LABEL, label=NOT_CREDIBLE, unnamed=hidden
    )
    draw_marks(ax, rows, x=mean, chosen=read.named, mark=JOINT, label=CREDIBLE)


def _label(read: Savings, unit: str) -> str:
    return f"{read.name} by provider, {read.money(unit)}"


def _caption(read: Savings) -> list[str]:
    rule = [] if read.nil is not None else [NO_RULE]
    return [
        *read.doubt,
        *read.lasted,
        credible_note(int(read.named.sum()), has_bar="named" in read.savings),
        "Lines: 95 % equal-tailed intervals. Total and providers have scales of their own.",
        PLUG_INS_ERR,
        *rule,
    ]
