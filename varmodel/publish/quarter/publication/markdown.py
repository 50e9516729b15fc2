"""Texts of a quarter as Markdown: nothing in a name is markup, no table breaks."""

import re
from collections.abc import Iterable, Sequence

from varmodel.publish.names import literal

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&])")
#: What makes a paragraph a list or a heading where it begins.
_OPENING = re.compile(r"^(\s*)([-=\d])")


def escape_markdown(text: str) -> str:
    """Write a text so that it reads as it stands, on one line."""
    plain = _SPECIAL.sub(r"\\\1", literal(" ".join(str(text).split())))
    return _OPENING.sub(_at_beginning, plain)


def _at_beginning(found: re.Match[str]) -> str:
    """Keep a figure; a dash or an equals sign that opens a line is no markup."""
    before, sign = found.groups()
    return f"{before}{sign}" if sign.isdigit() else f"{before}\\{sign}"


def table_of(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Write a table, a line a row."""
    lines = [_row(heads), _row(["---"] * len(heads), plain=True)]
    return [*lines, *(_row(row) for row in rows)]


def _row(cells: Sequence[str], *, plain: bool = False) -> str:
    shown = cells if plain else [escape_markdown(cell) for cell in cells]
    return f"| {' | '.join(shown)} |"


def page_of(title: str, *blocks: str | Iterable[str]) -> str:
    """Write a page: its title, then paragraphs and tables with a line between them."""
    texts = [block if isinstance(block, str) else "\n".join(block) for block in blocks]
    return "\n\n".join([f"# {escape_markdown(title)}", *filter(None, texts)]) + "\n"
