"""Which indicators of the library a nation has, and how their savings hang together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from varmodel.errors import fail, show
from varmodel.frame.simulation.nation import displacing
from varmodel.spec import ModelSpec, list_models, load_model

#: A published example of twelve hospitals: not an indicator of a nation.
_NOT_OF_A_NATION = ("surgical_mortality",)
#: Those that a small nation has first, so that it too has every kind of thing to see.
_FIRST = (
    *("day_case_rate", "readmission_30_day_rate", "low_cost_statin_share", "length_of_stay"),
    *("preoperative_bed_days", "staff_turnover_rate"),
)
#: Share of a saving that is spent elsewhere.
DELTA = 0.3
#: Indicators that would free the same bed days; the first says what they cost.
_BED_DAYS = ("length_of_stay", "preoperative_bed_days", "nonelective_preprocedure_bed_days")


@dataclass(frozen=True, slots=True)
class Overlap:
    """Indicators whose savings are partly the same money, and the one whose cost they share."""

    name: str
    indicators: tuple[str, ...]
    cost_base: str


def nation_models() -> dict[str, ModelSpec]:
    """Load the library's models that a nation can have, in the order in which it has them."""
    names = [name for name in list_models() if name not in _NOT_OF_A_NATION]
    first = [name for name in _FIRST if name in names]
    return {name: load_model(name) for name in dict.fromkeys([*first, *names])}


def choose_indicators(models: Mapping[str, ModelSpec], number: int | None) -> dict[str, ModelSpec]:
    """Take the first of the models, or all.

    Raises
    ------
    SpecError
        CONFIG.VALUE for more indicators than the library has.
    """
    wanted = len(models) if number is None else number
    if not 1 <= wanted <= len(models):
        message = f"indicators must be a whole number from 1 to {len(models)}, not {show(wanted)}"
        fail("CONFIG.VALUE", message, fix="leave it out for all models of the library")
    return dict(list(models.items())[:wanted])


def overlaps_of(names: Sequence[str]) -> list[Overlap]:
    """Say which of the indicators share money."""
    held = tuple(name for name in _BED_DAYS if name in names)
    shared = len(held) > 1 and held[0] == _BED_DAYS[0]
    return [Overlap("bed days", held, held[0])] if shared else []


def displacements_of(names: Sequence[str]) -> list[tuple[str, str, float]]:
    """Say which savings come back as costs of which indicator, and their share."""
    return [(cause, effect, DELTA) for cause, effect in displacing(names)]
