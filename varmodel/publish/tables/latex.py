"""Texts and columns for LaTeX: nothing in a name is a command, no table leaves the page."""

import re
import unicodedata

from varmodel.publish.names import literal
from varmodel.publish.tables.cells import Cell, PrintedTable

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{\allowbreak{}",
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
    "=": r"=\allowbreak{}",
    "\ufffd": "?",  # no font of pdfLaTeX has the mark
    "\u2212": r"\ensuremath{-}",
    "\u2264": r"\ensuremath{\leq}",
    "\u2265": r"\ensuremath{\geq}",
}
#: What has no width and no sign: joiners, non-joiners, marks of the byte order.
_UNSEEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
_PATTERN = re.compile("|".join(re.escape(sign) for sign in _SPECIAL))
#: A name is broken beyond so many letters, another text beyond fewer; a sentence, which is one
#: beyond so many, wants some more.
_LONGEST, _SHORT, _SENTENCE, _PROSE = 20, 11, 40, 16
#: Letters on a line of small print; a table that wants more breaks its intervals.
_LINE = 100.0
#: A word wants this much more room than its letters have in a table that fills a narrow page, a
#: figure less (its interval may stand below it), and a column some to stand apart.
_ROOM, _FIGURE, _APART = 1.5, 1.3, 2.0
_UNTIED = re.compile(r" (?=[^()]*\))")
_BEFORE = re.compile(r" (?=\()")
#: An interval of more letters is broken in a crowded table, where it does not fit on a line.
_LONG = 14
_WITHIN = "~to "


def escape_latex(text: str) -> str:
    """Write a text so that LaTeX sets it as it stands; control characters show as ?."""
    whole = unicodedata.normalize("NFC", literal(text).translate(_UNSEEN))
    return _PATTERN.sub(lambda found: _SPECIAL[found.group()], whole)


def set_heading(text: str) -> str:
    """Write a heading, which breaks between its words alone."""
    return escape_latex(text).replace(r"\allowbreak{}", "").replace(r" \%", r"~\%")


def set_cell(cell: Cell, *, crowded: bool = False) -> str:
    """Write a cell; the interval of a figure is broken in a crowded table alone, after "to"."""
    text = escape_latex(cell.text)
    if cell.number is None:
        return text
    tied = _UNTIED.sub("~", text)
    return tied.replace("~to~", _WITHIN) if crowded and _is_long(cell.text) else tied


def _is_long(text: str) -> bool:
    return max(map(len, _BEFORE.split(text))) > _LONG


def _parts(text: str, *, crowded: bool) -> list[str]:
    """Break a figure as it is broken: before its interval, one that is too long within it."""
    parts = _BEFORE.split(text)
    if crowded and _is_long(text):
        parts = [piece for part in parts for piece in re.split("(?<= to) ", part)]
    return parts


def is_crowded(table: PrintedTable) -> bool:
    """Whether a table wants more letters than a line has, its intervals unbroken."""
    return sum(_wanted(table, x, crowded=False) for x in range(len(table.heads))) > _LINE


def column_widths(table: PrintedTable) -> list[float]:
    """Share the width of a line between the columns, by what stands in them; adds up to 1."""
    crowded = is_crowded(table)
    wanted = [_wanted(table, column, crowded=crowded) for column in range(len(table.heads))]
    return [width / sum(wanted) for width in wanted]


def _wanted(table: PrintedTable, column: int, *, crowded: bool) -> float:
    """Give the letters that a column wants on a line: its texts and figures, its heading by words.

    The interval of a figure may stand below it.
    """
    texts = [row[column].text for row in table.rows]
    heading = _ROOM * max(map(len, table.heads[column].split()))
    if table.is_numeric(column):
        parts = [len(part) for text in texts for part in _parts(text, crowded=crowded)]
        return _APART + max(heading, _FIGURE * max(parts))
    longest = max(map(len, texts), default=0)
    most = _LONGEST if not column else _PROSE if longest > _SENTENCE else _SHORT
    return _APART + max(heading, min(longest, most))
