"""The one module that imports jinja2: templates of this room, everything escaped."""

import base64
import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from varmodel.publish.names import literal
from varmodel.publish.tables.latex import (
    column_widths,
    escape_latex,
    is_crowded,
    set_cell,
    set_heading,
)

_FOLDER = Path(__file__).with_name("templates")


def render(name: str, **values: object) -> str:
    """Fill a template; in LaTeX every value goes through the filter ``tex``."""
    return _environment(braces=not name.endswith(".tex.j2")).get_template(name).render(**values)


@cache
def _environment(*, braces: bool) -> Environment:
    """Make what reads templates, once: each is then compiled once, however many pages it fills.

    In LaTeX ``braces`` are the document's own.
    """
    pages = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    pages.filters |= _LATEX | {"literal": literal}
    if not braces:
        pages.block_start_string, pages.block_end_string = "<%", "%>"
        pages.variable_start_string, pages.variable_end_string = "<<", ">>"
    return pages


def trusted(text: str) -> Markup:
    """Say of a text that it is markup of our own making."""
    return Markup(text)  # noqa: S704 (escaped by us, or a file of this room)


def read_part(name: str) -> str:
    """Read a file that stands beside the templates."""
    return (_FOLDER / name).read_text(encoding="utf-8")


_LATEX: dict[str, Callable[..., object]] = {
    "tex": lambda text: trusted(escape_latex(text)),
    "heading": lambda text: trusted(set_heading(text)),
    "cell": lambda cell, crowded: trusted(set_cell(cell, crowded=crowded)),
    "widths": column_widths,
    "crowded": is_crowded,
}


def page_parts() -> dict[str, object]:
    """Give style and script of a page, and the rule that nothing else may run or be fetched."""
    script = read_part("page.js") + read_part("find.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    return {"style": trusted(read_part("page.css")), "script": trusted(script), "policy": policy}
