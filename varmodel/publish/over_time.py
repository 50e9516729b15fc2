"""The report's section on time: how much lasts, who really moved, what was foreseen."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from varmodel.publish.inline import Drawing
from varmodel.publish.plots import plot_change, plot_trend
from varmodel.publish.published import Published
from varmodel.publish.tables.printed import names_of
from varmodel.publish.wording.numbers import probability
from varmodel.publish.wording.page import CHANGE, TREND
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
#: Courses of those that the reader looks for, and the height of each in inches.
_MOST, _HEIGHT = 4, 2.6


def time_section(x: Published, highlight: Sequence[str] = ()) -> dict[str, object] | None:
    """Give what the section needs; None where the fit has no time."""
    if not has_time(x.fit):
        return None
    moves = moves_of(x)
    return {
        "lasts": persistence_words(x),
        "moved": "" if moves is None else moves_words(moves, x.fit.frame.sizes["provider"]),
        "movers": [] if moves is None else _movers(x, moves),
        "trends": [_anchor(place) for place in range(len(_shown(x, moves, highlight)))],
        "foreseen": "" if x.forecast is None else forecast_sentence(x.forecast),
    }


def time_drawings(x: Published, highlight: Sequence[str]) -> Iterator[Drawing]:
    """Draw who moved, and the notable ones and those highlighted over time."""
    if not has_time(x.fit):
        return
    moves, names = moves_of(x), names_of(x)
    if moves is not None:
        count = f"{x.fit.frame.sizes['provider']:,}"
        alt = (
            f"Change of {count} providers from {moves.earlier} to {moves.later} with 95 % "
            "intervals; who really moved against the others is marked, and listed above."
        )
        plot = _change(x, moves, highlight)
        title = f"Change from {moves.earlier} to {moves.later}"
        yield Drawing(
            "figure-change", plot, alt, title, x.fit.frame.sizes["provider"], caption=CHANGE
        )
    for place, code in enumerate(_shown(x, moves, highlight)):
        alt = f"{names[code]} over time, among the middle of the providers."
        yield Drawing(_anchor(place), _trend(x, code), alt, names[code], None, _HEIGHT, TREND)


def _change(x: Published, moves: Moves, highlight: Sequence[str]) -> "Callable[[Axes], Axes]":
    ends = {"earlier": moves.earlier, "later": moves.later}
    return lambda ax: plot_change(x, **ends, highlight=highlight, ax=ax)


def _trend(x: Published, code: str) -> "Callable[[Axes], Axes]":
    return lambda ax: plot_trend(x, provider=code, ax=ax)


def _shown(x: Published, moves: Moves | None, highlight: Sequence[str]) -> list[str]:
    """Name those whose course is drawn: whom the reader looks for, then the notable."""
    return list(dict.fromkeys([*highlight[:_MOST], *_notable(x, moves)]))


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
