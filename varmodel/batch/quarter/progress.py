"""One display of all units: what waits, runs, is done or refused, how long, and what is left."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.console import Group

_WAITING, _RUNNING, _DONE, _REFUSED = "waiting", "running", "done", "refused"
#: What is looked at first stands first: a terminal may be too low for all.
_ORDER = (_RUNNING, _REFUSED, _WAITING, _DONE)


@dataclass(slots=True)
class _Unit:
    size: float
    state: str = _WAITING
    started: float = 0.0
    seconds: float = 0.0
    code: str = ""


@dataclass(slots=True)
class Board:
    """The state of every unit.

    Attributes
    ----------
    sizes : mapping of str to float
        Of the units in the order in which they are begun: they take time by it.
    workers : int
        How many run at once.
    kept : int
        Units that were done before.
    clock : callable
    """

    sizes: Mapping[str, float]
    workers: int
    kept: int = 0
    clock: Callable[[], float] = time.monotonic
    units: dict[str, _Unit] = field(init=False)

    def __post_init__(self) -> None:
        self.units = {name: _Unit(max(size, 1.0)) for name, size in self.sizes.items()}
        self._begin()

    def finish(self, name: str, *, seconds: float, code: str) -> None:
        """Note that a unit is done or refused; the next one begins."""
        unit = self.units[name]
        unit.state, unit.seconds, unit.code = _REFUSED if code else _DONE, seconds, code
        self._begin()

    def _begin(self) -> None:
        running = sum(unit.state == _RUNNING for unit in self.units.values())
        waiting = [unit for unit in self.units.values() if unit.state == _WAITING]
        for unit in waiting[: max(0, self.workers - running)]:
            unit.state, unit.started = _RUNNING, self.clock()

    def left(self) -> float | None:
        """Estimate the seconds that are left; None before anything is done."""
        done = [unit for unit in self.units.values() if unit.state in (_DONE, _REFUSED)]
        if not done or not self.workers:
            return None
        pace = sum(unit.seconds for unit in done) / sum(unit.size for unit in done)
        now = self.clock()
        running = [unit for unit in self.units.values() if unit.state == _RUNNING]
        work = sum(max(0.0, pace * unit.size - (now - unit.started)) for unit in running)
        work += sum(pace * unit.size for unit in self.units.values() if unit.state == _WAITING)
        return work / self.workers

    def lines(self) -> Sequence[str]:
        """Write a line of all, then one a unit."""
        counts = {x: sum(u.state == x for u in self.units.values()) for x in _ORDER}
        told = [f"{counts[x]} {x}" for x in (_DONE, _REFUSED, _RUNNING, _WAITING) if counts[x]]
        told += [f"{self.kept} kept"] if self.kept else []
        left = self.left()
        told += [f"about {_duration(left)} left"] if left is not None else []
        width = max(map(len, self.units), default=0)
        rows = [
            f"  {name:<{width}}  {unit.state:<8} {self._seconds(unit):>7}  {unit.code}".rstrip()
            for state in _ORDER
            for name, unit in self.units.items()
            if unit.state == state
        ]
        return [", ".join(told), *rows]

    def _seconds(self, unit: _Unit) -> str:
        if unit.state == _WAITING:
            return ""
        return _duration(self.clock() - unit.started if unit.state == _RUNNING else unit.seconds)


class UnitsProgress:
    """The board on stderr, as a context; only a terminal sees it.

    Parameters
    ----------
    board : Board
    """

    def __init__(self, board: Board) -> None:
        from rich.console import Console
        from rich.live import Live

        self.board = board
        console = Console(stderr=True, markup=False)
        self._live = (
            Live(console=console, get_renderable=self._render, transient=True, refresh_per_second=2)
            if console.is_terminal and board.units
            else None
        )

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def _render(self) -> "Group":
        from rich.console import Group
        from rich.text import Text

        return Group(
            *(Text(line, no_wrap=True, overflow="ellipsis") for line in self.board.lines())
        )


def _duration(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"
