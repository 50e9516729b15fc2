"""Texts and columns for LaTeX: nothing in a name is a command, no table leaves the page."""

import re

from varmodel.publish.cells import Cell, PrintedTable
from varmodel.publish.plots.names import literal

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_\allowbreak{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}\allowbreak{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "-": r"{-}",  # no ligature to a dash
    ",,": r"{,}{,}",  # nor to a quotation mark
    "[": r"{[}",  # no optional argument after a line's end
    "]": r"{]}",
    "*": r"{*}",
    "/": r"/\allowbreak{}",
    "\ufffd": "?",  # no font of pdfLaTeX has the mark
}
_PATTERN = re.compile("|".join(re.escape(sign) for sign in _SPECIAL))
#: A name is broken beyond so many letters; a word wants this much more room than its letters
#: have in a table that fills a narrow page.
_LONGEST, _ROOM = 20, 1.5
_UNTIED = re.compile(r" (?=[^()]*\))")


def escape_latex(text: str) -> str:
    """Write a text so that LaTeX sets it as it stands; control characters show as ?."""
    return _PATTERN.sub(lambda found: _SPECIAL[found.group()], literal(text))


def set_heading(text: str) -> str:
    """Write a heading, which breaks between its words alone."""
    return escape_latex(text).replace(r"\allowbreak{}", "").replace(r" \%", r"~\%")


def set_cell(cell: Cell) -> str:
    """Write a cell; the interval of a figure is not broken."""
    text = escape_latex(cell.text)
    return text if cell.number is None else _UNTIED.sub("~", text)


def column_widths(table: PrintedTable) -> list[float]:
    """Share the width of a line between the columns, by what stands in them; adds up to 1."""
    wanted = [_wanted(table, column) for column in range(len(table.heads))]
    return [width / sum(wanted) for width in wanted]


def _wanted(table: PrintedTable, column: int) -> float:
    """Give the letters that a column wants on a line: its cells whole, its heading by words."""
    texts = [row[column].text for row in table.rows]
    figures = table.is_numeric(column)
    longest = max(map(len, texts), default=0)
    parts = [part for text in texts for part in re.split(r" (?=\()", text)] if figures else []
    words = [len(word) for word in (*table.heads[column].split(), *parts)]
    return max(min(longest, _LONGEST), _ROOM * max(words))
