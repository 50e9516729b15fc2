"""How Sphinx makes the pages: ``make docs``."""

import re
from pathlib import Path

from sphinx.application import Sphinx

import varmodel as vm

ROOT = Path(__file__).resolve().parents[1]

project = "varmodel"
author = project_copyright = "The varmodel developers"
version = release = vm.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc"]
exclude_patterns = ["_build"]

myst_heading_anchors = 4

autodoc_typehints = "none"  # the docstrings say what an argument is
autodoc_member_order = "alphabetical"
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = f"varmodel {version}"
html_theme_options = {
    "navbar_end": ["theme-switcher"],
    "show_prev_next": True,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_sidebars = {"tutorial": [], "tutorial_panel": []}
html_copy_source = False
html_show_sphinx = False

#: Pages outside this folder, and those of this folder that include them.
OUTSIDE = {
    "README.md": "outside/readme.md",
    "CONTRIBUTING.md": "outside/contributing.md",
    "CHANGELOG.md": "outside/changelog.md",
    "models/README.md": "outside/models.md",
    "benchmarks/README.md": "outside/running_benchmarks.md",
    "benchmarks/results/published/README.md": "outside/published_runs.md",
}
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?\)")


def relink(source: str, *, page: Path, shown: Path) -> str:
    """Turn a page's links to pages outside this folder to those that include them.

    ``page`` is where the text stands, ``shown`` the page of this folder that shows it.
    """

    def turned(found: re.Match[str]) -> str:
        target = (page.parent / found[1]).resolve()
        inside = OUTSIDE.get(_below(target, ROOT))
        if inside is not None:
            target = ROOT / "docs" / inside
        elif page == shown:
            return found[0]
        place = target.relative_to(shown.parent, walk_up=True).as_posix()
        return f"]({place}{found[2] or ''})"

    return LINK.sub(turned, source)


def _below(path: Path, folder: Path) -> str:
    return path.relative_to(folder, walk_up=True).as_posix()


def read_source(_app: Sphinx, docname: str, source: list[str]) -> None:
    """Relink a page of this folder."""
    page = ROOT / "docs" / f"{docname}.md"
    source[0] = relink(source[0], page=page, shown=page)


def read_included(_app: Sphinx, path: Path, _parent: str, content: list[str]) -> None:
    """Relink a page outside this folder that one of this folder includes."""
    page = (ROOT / "docs" / path).resolve()
    shown = ROOT / "docs" / OUTSIDE[_below(page, ROOT)]
    content[0] = relink(content[0], page=page, shown=shown)


def setup(app: Sphinx) -> None:
    """Relink what is read."""
    app.connect("source-read", read_source)
    app.connect("include-read", read_included)
