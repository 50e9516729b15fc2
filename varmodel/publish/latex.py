"""Texts for LaTeX: nothing in a name is a command."""

import re

from varmodel.publish.plots.names import literal

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "-": r"{-}",  # no ligature to a dash
    "[": r"{[}",  # no optional argument after a line's end
    "]": r"{]}",
    "*": r"{*}",
    "\ufffd": "?",  # no font of pdfLaTeX has the mark
}
_PATTERN = re.compile("|".join(re.escape(sign) for sign in _SPECIAL))


def escape_latex(text: str) -> str:
    """Write a text so that LaTeX sets it as it stands; control characters show as ?."""
    return _PATTERN.sub(lambda found: _SPECIAL[found.group()], literal(text))
