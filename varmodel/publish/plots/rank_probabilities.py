"""Heatmap: with what probability each provider stands where."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from varmodel.estimands import rank_probabilities
from varmodel.publish.plots.annotation import (
    Annotation,
    annotation_of_draws,
    refuse_kind,
)
from varmodel.publish.plots.parts.layout import SMALL, TEXT, VERMILLION, dress
from varmodel.publish.plots.parts.rows import ends_first, name_rows, row_axes, whole_ticks
from varmodel.publish.plots.ranks import read_ranks
from varmodel.publish.published import Published
from varmodel.publish.tables.pooled import pooled
from varmodel.publish.wording.numbers import probability
from varmodel.publish.wording.places import ORDER_NOTE
from varmodel.values import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Up to so many providers each place has a column of its own ...
_PLACES = 40
#: ... and up to so many its probability is written in it.
_WRITTEN = 15
_SLICES = 25
_DIMS = {"position": "place", "bin": "slice"}


def plot_rank_probabilities(
    x: "Published | xr.Dataset | xr.DataArray",
    *,
    highlight: Iterable[str] = (),
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw with what probability each provider stands at each place of the order.

    Parameters
    ----------
    x : Analysis, Dataset or DataArray
        An analysis, what ``rank`` gives, its ``probability`` (provider, position), or what
        ``rank_probabilities`` gives (provider, bin).
    highlight : iterable of str
        Codes of providers whose rows are framed and named.
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure of the size that the providers need.

    Returns
    -------
    matplotlib Axes
        One row a provider, by expected rank; one column a place, or one of 25 equal slices of
        the order where there are more than 40 providers; the darker, the likelier (by the square
        root). A dark diagonal is a sure order; a pale field is none. Each row sums to one.

    Raises
    ------
    SpecError
        CONFIG.VALUE for another kind of ``x`` or ``ax``, a code that is not there, and for an
        analysis without ranks; CONFIG.EXTRA without matplotlib.
    """
    read = _read(x)
    chosen = read.annotation.find(highlight)
    columns = np.arange(read.shares.shape[1])
    rows = np.argsort(read.shares @ columns, kind="stable")
    if read.expected is not None:
        rows = np.argsort(read.expected, kind="stable")
    ax = row_axes(ax, len(rows), extra=0.2)
    _draw(ax, read.shares[rows])
    _frame_rows(ax, np.flatnonzero(np.isin(rows, chosen)).tolist())
    ax.set_xlabel(_axis(read), fontsize=TEXT)
    annotation = read.annotation
    subtitle = f"Rank probabilities of {len(rows):,} providers"
    subtitle = "; ".join(part for part in (subtitle, annotation.order) if part)
    caption = [ORDER_NOTE, "Each row sums to one; a pale field is an order that nobody knows."]
    dress(ax, annotation, heading="Rank probabilities", subtitle=subtitle, caption=caption)
    surest = np.argsort(-read.shares.max(axis=1), kind="stable").tolist()
    notable, rows = ends_first(rows, surest), np.asarray(rows)
    name_rows(ax, rows, names=annotation.names, notable=notable, chosen=chosen, guides=False)
    return ax


@dataclass(frozen=True, slots=True, eq=False)
class _Shares:
    """Probabilities (provider, column), what a column is, and expected ranks where known."""

    shares: Array
    column: str
    places: int
    annotation: Annotation
    expected: Array | None = None


def _read(x: object) -> _Shares:
    if isinstance(x, xr.DataArray):
        column = next((dim for dim in _DIMS if set(x.dims) == {"provider", dim}), None)
        if column is None:
            refuse_kind(x, f"{_WANTED}; this array has dimensions {x.dims}")
        shares = x.transpose("provider", column)
        annotation = annotation_of_draws(x["provider"].to_numpy(), x.attrs)
        return _Shares(shares.to_numpy(), _DIMS[column], len(shares), annotation)
    if not isinstance(x, Published | xr.Dataset):
        refuse_kind(x, _WANTED)
    ranks, annotation = read_ranks(x)
    count = ranks.sizes["provider"]
    bins = count if count <= _PLACES else _SLICES
    fit = x.fit if isinstance(x, Published) else None
    found = pooled(fit, rank_probabilities(ranks["rank"], bins=bins).to_numpy())
    column = "place" if count <= _PLACES else "slice"
    return _Shares(found, column, count, annotation, ranks["expected_rank"].to_numpy())


_WANTED = "an Analysis, what rank(rates, better=...) gives, or (provider, position) of it"


def _axis(read: _Shares) -> str:
    width = read.shares.shape[1]
    if read.column == "place":
        return "place, 1 the better end"
    return f"slice of the order, 1 the better end ({read.places / width:g} places each)"


def _draw(ax: "Axes", shares: Array) -> None:
    """Draw the field, its scale beside it, and the numbers where they have room."""
    rows, columns = shares.shape
    extent = (0.5, columns + 0.5, rows - 0.5, -0.5)
    from varmodel.publish.plots.parts.canvas import draw_scale, root_scale

    most = float(shares.max())
    field = ax.imshow(
        shares,
        cmap="Blues",
        norm=root_scale(most),
        aspect="auto",
        interpolation="nearest",
        extent=extent,
    )
    field.set_gid("probability")
    whole_ticks(ax)
    scale = ax.inset_axes((1.02, 0.0, 0.025, 1.0))
    draw_scale(field, scale)
    scale.set_ylabel("probability", fontsize=TEXT)
    scale.tick_params(labelsize=SMALL)
    if max(rows, columns) <= _WRITTEN:
        _write_numbers(ax, shares)


def _frame_rows(ax: "Axes", rows: list[int]) -> None:
    """Frame the rows of the providers to highlight."""
    for row in rows:
        frame = ax.axhspan(row - 0.5, row + 0.5, facecolor="none", edgecolor=VERMILLION)
        frame.set(linewidth=1.4, zorder=3, gid="highlight")


def _write_numbers(ax: "Axes", shares: Array) -> None:
    dark = 0.35 * float(shares.max())
    for row, column in np.ndindex(*shares.shape):
        share = float(shares[row, column])
        if share < 0.005:
            continue
        ax.text(
            column + 1,
            row,
            probability(share).removeprefix("0"),
            ha="center",
            va="center",
            fontsize=SMALL - 1,
            color="white" if share > dark else "black",
            gid="written",
        )
