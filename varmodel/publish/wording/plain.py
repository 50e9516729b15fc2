"""Plain text from tables and lines: no colour, no markup, whatever the terminal."""

import io
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

#: Letters on a line of what is printed.
TEXT_WIDTH = 124
#: What a terminal would obey.
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def plain_text(*parts: "str | Table", width: int) -> str:
    """Write lines and tables one below the other; texts are taken literally."""
    from rich.console import Console

    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=width,
        force_terminal=False,
        force_jupyter=False,
        no_color=True,
        markup=False,
        highlight=False,
        emoji=False,
    )
    for part in parts:
        console.print(part)
    lines = _CONTROL.sub("\ufffd", buffer.getvalue()).split("\n")
    return "\n".join(line.rstrip() for line in lines)


def plain_table(first: str, *others: str, title: str | None = None, width: int = 24) -> "Table":
    """Begin a table: the first column holds names, folded at ``width``, the others numbers."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left")
    table.add_column(first, overflow="fold", max_width=width)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table
