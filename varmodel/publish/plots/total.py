"""The total saving: the estimators side by side, or nil."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from varmodel.estimands import summarise
from varmodel.fits import Fit
from varmodel.publish.names import literal, shorten
from varmodel.publish.plots.annotation import Annotation
from varmodel.publish.plots.parts.layout import (
    BLUE,
    GREEN,
    GREY,
    LITERAL,
    PURPLE,
    SMALL,
    TEXT,
    VERMILLION,
    axes_for,
    dress,
    in_points,
    ink,
    is_on_page,
)
from varmodel.publish.plots.parts.rows import Mark, leave_room
from varmodel.publish.wording.money import NIL_BAR, TENDENCIES, flexible_total, nil_to
from varmodel.publish.wording.numbers import END, supported
from varmodel.publish.wording.periods.annual import SAVING, if_it_lasted, saving_name
from varmodel.publish.wording.verdict import shape_doubts, volume_doubts
from varmodel.studies import NilVerdict, Shape, Volume

if TYPE_CHECKING:
    from matplotlib.axes import Axes

JOINT, OTHER_LABEL = Mark("o", BLUE, True), Mark("o", GREY, False)
_FLEXIBLE = Mark("h", PURPLE, True)
_SIZED = Mark("P", PURPLE, False)
#: The marks of what others would publish.
PLUG_INS = {
    "plug_in_observed": Mark("D", VERMILLION, False),
    "plug_in_shrunken": Mark("s", GREEN, False),
}
_ESTIMATOR, _PAUSE = 22.0, 44.0  # points: a row of the panel, and what lies below the panel
_NIL_SIZE = 11  # points
_UNITS = ((1e9, "billion "), (1e6, "million "), (1e3, "thousand "), (1.0, ""))


@dataclass(frozen=True, slots=True, eq=False)
class Savings:
    """Savings, who may be named, the verdicts and the fit where they are known."""

    savings: xr.Dataset
    named: npt.NDArray[np.bool_]
    nil: NilVerdict | None
    shape: Shape | None
    annotation: Annotation
    fit: Fit | None = None
    volume: Volume | None = None

    @property
    def doubt(self) -> list[str]:
        """Say that savings are provisional: by the effects' shape, or because size matters."""
        shape = [] if self.shape is None else shape_doubts(self.shape, money=True)
        return [*shape, *volume_doubts(self.volume, money=True)]

    @property
    def name(self) -> str:
        """Say what the saving is called; an array alone does not tell what time it is of."""
        return SAVING if self.fit is None else saving_name(self.fit.spec)

    @property
    def lasted(self) -> list[str]:
        """Say what a year's saving takes for granted."""
        lasted = "" if self.fit is None else if_it_lasted(self.fit)
        return [f"It reads: {lasted}."] if lasted else []

    def money(self, unit: str) -> str:
        """Name the currency, in this unit, with the year of its prices."""
        attrs = self.savings.attrs
        currency = shorten(literal(str(attrs.get("units", ""))))
        year = f" ({attrs['price_year']} prices)" if "price_year" in attrs else ""
        return f"{unit}{currency}{year}".strip()


def unit_of(most: float) -> tuple[float, str]:
    """Choose thousands, millions or billions: the divisor and its name."""
    return next((step, name) for step, name in _UNITS if most >= step or step == 1.0)


def draw_total(ax: "Axes", read: Savings, *, rows: int) -> None:
    """Draw the estimators of the total above ``rows`` rows of providers, each with its number."""
    estimates = list(_estimates(read))
    panel = panel_above(ax, rows, height=_ESTIMATOR * len(estimates))
    divisor, unit = unit_of(max(max(estimate.ends) for estimate in estimates))
    for place, estimate in enumerate(estimates):
        low, high = (value / divisor for value in estimate.ends)
        lines = panel.hlines(place, low, high, colors=ink(panel), linewidth=1.4)
        lines.set_gid("interval")
        mark, value = estimate.mark, estimate.value / divisor
        face = mark.colour if mark.filled else panel.get_facecolor()
        style: dict[str, Any] = {"markeredgecolor": mark.colour, "markerfacecolor": face}
        panel.plot([value], [place], marker=mark.shape, markersize=6, **style, gid="estimate")
    told = [estimate.told(divisor) for estimate in estimates]
    if is_on_page(ax):  # whose cards have the figures
        told = [estimate.name for estimate in estimates]
        leave_room(ax, told)
    panel.set_yticks(range(len(told)), told, fontsize=SMALL, **LITERAL)
    panel.set_ylim(len(told) - 0.5, -0.5)
    panel.set_xlim(left=0.0)
    panel.set_xlabel(f"total, {read.money(unit)}", fontsize=SMALL, **LITERAL)


@dataclass(frozen=True, slots=True)
class _Estimate:
    """One estimator of the total; both ends are its value where it has no interval."""

    name: str
    value: float
    ends: tuple[float, float]
    mcse: float
    mark: Mark

    def told(self, divisor: float) -> str:
        """Write the number with the digits that it supports."""
        error = self.mcse / divisor
        value = supported(self.value / divisor, error)
        if self.ends[0] == self.ends[1]:
            return f"{self.name}: {value}"
        ends = [supported(end / divisor, END * error) for end in self.ends]
        return f"{self.name}: {value} ({' to '.join(ends)})"


def _estimates(read: Savings) -> Iterator[_Estimate]:
    joint = _drawn("joint draws", read.savings["total"], JOINT)
    yield joint
    if read.shape is not None and read.shape.total is not None:
        yield _drawn("flexible shape", read.shape.total, _FLEXIBLE)
    if read.volume is not None and read.volume.total is not None:
        yield _drawn("size known", read.volume.total, _SIZED)
    for name, mark in PLUG_INS.items():
        if name in read.savings:
            total = float(read.savings[name].sum())
            yield _Estimate(TENDENCIES[name][0], total, (total, total), joint.mcse, mark)


def _drawn(name: str, total: xr.DataArray, mark: Mark) -> _Estimate:
    row = summarise(total).iloc[0]
    ends = float(row["lower"]), float(row["upper"])
    return _Estimate(name, float(row["mean"]), ends, float(row["mcse"]), mark)


def panel_above(ax: "Axes", rows: int, *, height: float) -> "Axes":
    """Lift the rows' upper end, and put a panel of this height in points into the room."""
    share = min(0.5, (height + _PAUSE) / in_points(ax)[1])
    ax.set_ylim(rows - 0.5, -0.5 - rows * share / (1 - share))
    panel_share = share * height / (height + _PAUSE)
    panel = ax.inset_axes((0.0, 1 - panel_share, 1.0, panel_share))
    panel.set_gid("total")
    _strip(panel)
    panel.tick_params(axis="y", length=0)
    return panel


def draw_nil(read: Savings, nil: NilVerdict, *, ax: "Axes | None") -> "Axes":
    """Draw the one thing that may be said: nil to U."""
    ax = axes_for(ax, height=2.6)
    divisor, unit = unit_of(nil.upper)
    upper = nil.upper / divisor
    bar = ax.barh([0], [upper], height=0.5, color="none", edgecolor=ink(ax), hatch="///")
    bar[0].set_gid("nil")
    most = _upper(nil.upper, read.savings["total"], divisor)
    text = nil_to(f"{most} {read.money(unit)}")
    style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": _NIL_SIZE}
    box = {"facecolor": ax.get_facecolor(), "linewidth": 0}
    ax.text(upper / 2, 0, text, bbox=box, gid="written", **style, **LITERAL)
    ax.set(yticks=[], ylim=(-0.5, 0.5), xlim=(0.0, 1.1 * upper or 1.0))
    _strip(ax)
    ax.set_xlabel(f"total, {read.money(unit)}", fontsize=TEXT, **LITERAL)
    subtitle = f"{read.name.capitalize()} at the benchmark: nil"
    dress(ax, read.annotation, heading="Savings", subtitle=subtitle, caption=_nil_caption(read))
    return ax


def _nil_caption(read: Savings) -> list[str]:
    told = [NIL_BAR]
    if read.shape is not None and read.shape.total is not None:
        divisor, unit = unit_of(read.shape.upper)
        upper = _upper(read.shape.upper, read.shape.total, divisor)
        told.append(flexible_total(nil_to(f"{upper} {read.money(unit)}")))
    return [*told, *read.lasted, *read.doubt]


def _upper(value: float, total: xr.DataArray, divisor: float) -> str:
    return supported(value / divisor, END * float(summarise(total).iloc[0]["mcse"]) / divisor)


def _strip(ax: "Axes") -> None:
    ax.tick_params(labelsize=SMALL)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
