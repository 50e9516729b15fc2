"""Texts and columns for LaTeX: nothing in a name is a command, no table leaves the page."""

import re

from varmodel.publish.names import literal
from varmodel.publish.tables.cells import Cell, PrintedTable

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
#: A name is broken beyond so many letters, another text beyond fewer.
_LONGEST, _SHORT = 20, 11
#: A word wants this much more room than its letters have in a table that fills a narrow page, a
#: figure less (its interval may stand below it), and a column some to stand apart.
_ROOM, _FIGURE, _APART = 1.5, 1.3, 2.0
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
    """Give the letters that a column wants on a line: its texts and figures, its heading by words.

    The interval of a figure may stand below it.
    """
    texts = [row[column].text for row in table.rows]
    heading = _ROOM * max(map(len, table.heads[column].split()))
    if table.is_numeric(column):
        parts = [len(part) for text in texts for part in re.split(r" (?=\()", text)]
        return _APART + max(heading, _FIGURE * max(parts))
    longest = max(map(len, texts), default=0)
    return _APART + max(heading, min(longest, _SHORT if column else _LONGEST))
