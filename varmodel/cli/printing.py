"""What a command prints: results as they come, warnings last, nothing that a terminal obeys."""

import os
import sys
import warnings
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager

import click

from varmodel.errors import VarmodelWarning
from varmodel.texts import visible


def print_all(texts: Generator[str]) -> None:
    """Print as it comes; what cannot be printed ends the work, which takes its folder away."""
    with closing(texts):
        for text in texts:
            print_line(text)


def print_line(text: str) -> None:
    """Write a result to standard output. That its reader has left stops no work."""
    try:
        click.echo(_printable(text))
    except BrokenPipeError:
        drop_output()


def _printable(text: str) -> str:
    """Write what the terminal would obey, or cannot show, as escapes."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return visible(text).encode(encoding, "backslashreplace").decode(encoding)


def drop_output() -> None:
    """Let go of standard output, and of what is buffered for it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def warnings_last() -> Iterator[None]:
    """Hold warnings back until the work is done: after a refusal stderr holds one message."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", VarmodelWarning)
        yield
    for item in caught:
        click.echo(f"warning: {item.message}", err=True)
