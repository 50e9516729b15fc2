"""What the pictures of a sensitivity analysis share: what is drawn, its unit, what is said."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from varmodel.errors import fail
from varmodel.publish.names import literal, shorten
from varmodel.publish.plots.annotation import Annotation, refuse_kind
from varmodel.publish.plots.parts.layout import LITERAL, SMALL, place_axes
from varmodel.publish.wording.periods.annual import saving_name
from varmodel.studies import Sensitivity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LABEL, _TITLE, _REFUSED = 40, 90, 3
INTERVALS = "Lines: 95 % intervals within a universe."


def read_universes(x: object) -> Sensitivity:
    """Take a sensitivity analysis that has totals, and nothing else."""
    if not isinstance(x, Sensitivity):
        refuse_kind(x, "what vm.studies.sensitivity gives")
    if not x.table["total"].notna().any():
        fix = "give the model a benchmark and a unit_cost"
        fail("CONFIG.VALUE", "no universe has a total saving to draw", fix=fix)
    return x


def annotation_of_universes(found: Sensitivity) -> Annotation:
    """Say what the pictures are about."""
    title = shorten(literal(found.spec.title or found.spec.name), _TITLE)
    return Annotation(title, (), found.spec.better, "")


def money_label(found: Sensitivity, unit: str) -> str:
    """Name the axis of totals."""
    currency = f"{unit}{shorten(literal(found.currency))}".strip()
    return f"total, {currency}"


def name_saving(found: Sensitivity) -> str:
    """Say what is saved, and over what time."""
    return saving_name(found.spec).capitalize()


def option_label(dimension: str, option: str) -> str:
    """Name an option as a row: "effect: student_t"."""
    return shorten(literal(f"{dimension}: {option}"), _LABEL)


def told_refused(table: pd.DataFrame) -> list[str]:
    """Say how many universes were refused, and by which codes."""
    refused = table.loc[table["code"] != "", "code"]
    if not len(refused):
        return []
    codes = sorted(set(refused))
    more = f" and {len(codes) - _REFUSED} more" if len(codes) > _REFUSED else ""
    return [f"Not drawn, because refused: {len(refused):,} ({', '.join(codes[:_REFUSED])}{more})."]


def name_options(ax: "Axes", labels: Sequence[str]) -> None:
    """Write the options left of their rows, so that the width is known that they leave."""
    ax.set_yticks(range(len(labels)), labels, fontsize=SMALL, **LITERAL)
    place_axes(ax)
