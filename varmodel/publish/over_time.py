"""The report's section on time: how much lasts, who really moved, what was foreseen."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from varmodel.publish.inline import Figure, draw_figure
from varmodel.publish.plots import plot_change, plot_trend
from varmodel.publish.published import Published
from varmodel.publish.tables.printed import names_of
from varmodel.publish.wording.numbers import probability
from varmodel.publish.wording.periods.foreseen import forecast_sentence
from varmodel.publish.wording.periods.moves import (
    Moves,
    has_time,
    moves_of,
    moves_words,
    persistence_words,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

type Movers = list[tuple[str, str]]

#: Movers that are listed each way.
_LISTED = 10


def time_section(x: Published) -> dict[str, object] | None:
    """Give what the section needs; None where the fit has no time."""
    if not has_time(x.fit):
        return None
    moves = moves_of(x)
    return {
        "lasts": persistence_words(x),
        "moved": "" if moves is None else moves_words(moves, x.fit.frame.sizes["provider"]),
        "movers": [] if moves is None else _movers(x, moves),
        "trends": [_anchor(place) for place in range(len(_notable(x, moves)))],
        "foreseen": "" if x.forecast is None else forecast_sentence(x.forecast),
    }


def time_figures(x: Published) -> Iterator[Figure]:
    """Draw who moved, and the notable ones over time."""
    if not has_time(x.fit):
        return
    moves, names = moves_of(x), names_of(x)
    if moves is not None:
        count = f"{x.fit.frame.sizes['provider']:,}"
        alt = (
            f"Change of {count} providers from {moves.earlier} to {moves.later} with 95 % "
            "intervals; who really moved against the others is marked, and listed above."
        )
        yield draw_figure("figure-change", _change(x, moves), alt=alt)
    for place, code in enumerate(_notable(x, moves)):
        alt = f"{names[code]} over time, among the middle of the providers."
        yield draw_figure(_anchor(place), _trend(x, code), alt=alt)


def _change(x: Published, moves: Moves) -> "Callable[[], Axes]":
    return lambda: plot_change(x, earlier=moves.earlier, later=moves.later)


def _trend(x: Published, code: str) -> "Callable[[], Axes]":
    return lambda: plot_trend(x, provider=code)


def _anchor(place: int) -> str:
    return f"figure-trend-{place + 1}"


def _notable(x: Published, moves: Moves | None) -> Sequence[str]:
    """Name the surest mover each way; where nobody moved, both ends of the order."""
    found = [] if moves is None else [*moves.improved[:1], *moves.worsened[:1]]
    if found or x.ranks is None:
        return found
    order = x.ranks["expected_rank"].to_series().sort_values(kind="stable").index
    return [str(order[0]), str(order[-1])]


def _movers(x: Published, moves: Moves) -> Movers:
    """List who really moved, each way, with the probability."""
    names = names_of(x)
    found: Movers = []
    for codes, words, sign in (
        (moves.improved, "improved", 1),
        (moves.worsened, "fell behind", -1),
    ):
        for code in codes[:_LISTED]:
            prob = moves.prob(code) if sign > 0 else 1 - moves.prob(code)
            found.append((names[code], f"{words}, probability {probability(prob)}"))
        if len(codes) > _LISTED:
            found.append((f"{len(codes) - _LISTED:,} more", words))
    return found
