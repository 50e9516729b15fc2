"""A progress bar that says what is compiled or sampled; only a terminal or notebook sees it."""

from collections.abc import Sequence
from importlib.util import find_spec
from types import TracebackType
from typing import Protocol, Self


class Chain(Protocol):
    """What nutpie tells of one chain."""

    finished_draws: int
    total_draws: int
    divergences: int


class Progress:
    """A bar on stderr, as a context.

    Parameters
    ----------
    shown : bool
        Whether to show it where there is a terminal.
    """

    def __init__(self, *, shown: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        console = Console(stderr=True, markup=False)
        notebook = console.is_jupyter and find_spec("ipywidgets") is not None  # else it warns
        visible = shown and (console.is_terminal or notebook)
        self._bar = Bar(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not visible,
        )
        self._task = self._bar.add_task("", total=None, note="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def say(self, text: str) -> None:
        """Name what goes on now."""
        self._bar.reset(self._task, description=text, total=None, note="")

    def update(self, chains: Sequence[Chain]) -> None:
        """Take nutpie's report."""
        done = sum(chain.finished_draws for chain in chains)
        total = sum(chain.total_draws for chain in chains)
        divergences = sum(chain.divergences for chain in chains)
        note = f"{divergences} divergences" if divergences else ""
        self._bar.update(self._task, completed=done, total=total or None, note=note)
