"""The progress bar: for a terminal only, and no name is markup."""

import io
from types import SimpleNamespace

import pytest
import rich.console
from rich.console import Console

from varmodel.inference import progress
from varmodel.inference.progress import Progress

CHAINS = [
    SimpleNamespace(finished_draws=10, total_draws=2000, divergences=0),
    SimpleNamespace(finished_draws=30, total_draws=2000, divergences=2),
]


def work(*, shown):
    with Progress(shown=shown) as bar:
        bar.say("compiling [red]x[/red] (once for this structure)")
        bar.update([])
        bar.say("sampling x")
        bar.update(CHAINS)


@pytest.mark.parametrize("shown", [True, False])
def test_nothing_is_written_where_there_is_no_terminal(capfd, shown):
    work(shown=shown)
    out, err = capfd.readouterr()
    assert out == err == ""


def test_a_terminal_sees_what_is_done(monkeypatch):
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100, markup=False)
    monkeypatch.setattr(rich.console, "Console", lambda **_: console)
    work(shown=True)
    assert "compiling [red]x[/red]" in screen.getvalue()
    assert "sampling x" in screen.getvalue()
    assert "2 divergences" in screen.getvalue()


@pytest.mark.parametrize("widgets", [True, False])
def test_a_notebook_without_widgets_is_left_alone(monkeypatch, widgets):
    """Rich would warn in it that ipywidgets is absent."""
    console = Console(file=io.StringIO(), force_jupyter=True)
    monkeypatch.setattr(rich.console, "Console", lambda **_: console)
    monkeypatch.setattr(progress, "find_spec", lambda _: object() if widgets else None)
    assert Progress(shown=True)._bar.disable is not widgets


def test_a_terminal_sees_nothing_where_it_is_not_wanted(monkeypatch):
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100)
    monkeypatch.setattr(rich.console, "Console", lambda **_: console)
    work(shown=False)
    assert screen.getvalue() == ""
