"""A picture as a part of a page: SVG without identities that clash, with a text in its place."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from varmodel.publish.plots.parts.layout import require_matplotlib
from varmodel.publish.plots.parts.tags import group_by_provider

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: A style would hold for the whole page; what matplotlib writes in it stands at the root.
_DROPPED = ("metadata", "style")
_LINES = {"stroke-linejoin": "round", "stroke-linecap": "butt"}
_POINTING = "url(#"
_POINTED = re.compile(r"url\(#([^)]+)\)")


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture of a page.

    Attributes
    ----------
    name : str
        Its anchor, and the beginning of every identity in it.
    svg : str
        Markup without any address, hidden from who cannot see it behind ``alt``.
    alt : str
        What it shows, in words.
    title, caption : str
        What stands above and below it.
    """

    name: str
    svg: str
    alt: str
    title: str = ""
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """How a picture is drawn.

    Attributes
    ----------
    name : str
        Its anchor.
    plot : callable
        Draws into the axes that it is given, and gives them back.
    alt : str
        What it shows, in words.
    title : str
        What stands above it.
    rows : int, optional
        So many rows of providers; otherwise ``height`` says how high it is, in inches.
    height : float
        Of the axes, beside the rows.
    caption : str
        What stands below it, for readers who are no statisticians; by default what the plot says.
    """

    name: str
    plot: "Callable[[Axes], Axes]"
    alt: str
    title: str
    rows: int | None = None
    height: float = 0.0
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Providers:
    """Codes and names of the providers, in the order of the draws."""

    codes: Sequence[str] = ()
    names: Sequence[str] = ()


NOBODY = Providers()


def draw_figure(drawing: Drawing, *, providers: Providers = NOBODY) -> Figure:
    """Draw a picture in matplotlib's own style, and make it a part of a page."""
    require_matplotlib()
    from varmodel.publish.plots.parts.canvas import page_style, svg_of
    from varmodel.publish.plots.parts.rows import page_axes

    with page_style():
        ax = drawing.plot(page_axes(drawing.rows, height=drawing.height))
        text = svg_of(ax)
    svg = inline_svg(text, name=drawing.name, alt=drawing.alt, providers=providers)
    caption = drawing.caption or ax.caption  # type: ignore[attr-defined]
    return Figure(drawing.name, svg, drawing.alt, drawing.title, caption)


def inline_svg(text: str, *, name: str, alt: str, providers: Providers = NOBODY) -> str:
    """Make SVG that may stand in a page: no namespace, no metadata, identities of its own."""
    root = ET.fromstring(text)  # noqa: S314 (matplotlib's own, names escaped by it)
    for node in root.iter():
        node.tag = _bare(node.tag)
        node.attrib = {_bare(key): value for key, value in node.attrib.items()}
    for part, kind in ((part, kind) for part in list(root.iter()) for kind in _DROPPED):
        for child in part.findall(kind):
            part.remove(child)
    group_by_provider(root, codes=providers.codes, names=providers.names)
    _own_identities(root, f"{name}-")
    size, named = root.get("viewBox", ""), f"{name}-alt"
    root.attrib = {"viewBox": size, "role": "img", "aria-labelledby": named, **_LINES}
    title = ET.Element("title", {"id": named})
    title.text = alt
    root.insert(0, title)
    return ET.tostring(root, encoding="unicode")


def _bare(name: str) -> str:
    return name.rpartition("}")[2]


def _own_identities(root: ET.Element, prefix: str) -> None:
    """Drop identities that nothing points at, and begin the others with ``prefix``."""
    pointed = {found for node in root.iter() for found in _targets(node)}
    for node in root.iter():
        identity = node.attrib.pop("id", None)
        if identity in pointed:
            node.set("id", f"{prefix}{identity}")
        for key, value in node.attrib.items():
            if key == "href" and value.startswith("#"):
                node.set(key, f"#{prefix}{value[1:]}")
            elif _POINTING in value:
                node.set(key, _POINTED.sub(rf"url(#{prefix}\1)", value))


def _targets(node: ET.Element) -> list[str]:
    pointing = (value for value in node.attrib.values() if _POINTING in value)
    found = [name for value in pointing for name in _POINTED.findall(value)]
    link = node.get("href", "")
    return [*found, link[1:]] if link.startswith("#") else found
