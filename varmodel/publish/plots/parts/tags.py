"""Whose a mark is: told by a plot, read when its picture becomes a part of a page.

matplotlib lets a mark carry an address, which its SVG holds as a link about the mark. On a page no
picture has links: the address names the provider, and the link becomes a group of that provider.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import numpy.typing as npt

from varmodel.values import Index

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.collections import LineCollection

#: Addresses of marks; those of the second kind are seen only when a reader looks for the provider.
TAG, QUIET = "#provider-", "#quiet-"
#: More marks than a page has pixels for: they are held as pixels, which are nobody's.
MOST_MARKS = 600
#: Whose a mark is that may not be told.
UNNAMED = -1


def tag(artist: "Artist", providers: Index, *, quiet: bool = False) -> None:
    """Say on a page whose each mark is, in the order in which they are drawn.

    Elsewhere it would be a link. What is ``quiet`` is seen only where the reader looks for the
    provider.
    """
    if not getattr(artist.axes, "on_page", False):
        return
    if hasattr(artist, "set_urls"):
        artist.set_urls([f"{QUIET if quiet else TAG}{provider}" for provider in providers])
    else:
        artist.set_url(TAG + ",".join(map(str, providers)))


def tag_lines(lines: "LineCollection", providers: Index, *, quiet: bool = False) -> None:
    """Say whose each straight line of one look is: a page draws them as one, and parts it again."""
    if not getattr(lines.axes, "on_page", False) or not 1 < len(providers) <= MOST_MARKS:
        tag(lines, providers, quiet=quiet)
        return
    whole = np.full((len(providers), 3, 2), np.nan)  # what is no number ends a line
    whole[:, :2] = [line.vertices for line in lines.get_paths()]
    lines.set_segments([whole.reshape(-1, 2)[:-1]])
    lines.get_paths()[0].should_simplify = False
    lines.set_urls([(QUIET if quiet else TAG) + ",".join(map(str, providers))])


def owners_of(rows: Index, unnamed: npt.NDArray[np.bool_] | None) -> Index:
    """Say whose each row is; nobody's where a name may not be told."""
    return rows if unnamed is None else np.where(unnamed[rows], UNNAMED, rows)


def group_by_provider(root: ET.Element, *, codes: Sequence[str], names: Sequence[str]) -> None:
    """Put the marks of each provider into a group that has its code and its name.

    Parameters
    ----------
    root : Element
        A picture without namespaces, changed in place.
    codes, names : sequence of str
        Of the providers, in the order of the draws; without any, marks are nobody's.
    """
    groups: dict[int, ET.Element] = {}
    holders: dict[int, ET.Element] = {}
    for holder in list(root.iter()):
        for link in holder.findall("a"):
            owners = _owners(link)
            marks = _parted(link[0]) if len(link) == 1 and len(owners) > 1 else list(link)
            holder.remove(link)
            if not codes or len(owners) != len(marks):  # a mark out of the picture is not drawn
                holder.extend([] if codes and _is_quiet(link) else marks)
                continue
            for owner, mark in zip(owners, marks, strict=True):
                if owner == UNNAMED:
                    holder.extend([] if _is_quiet(link) else [mark])
                    continue
                if owner not in groups:
                    groups[owner] = _new_group(codes[owner], names[owner])
                if _is_quiet(link):
                    mark.set("class", "quiet")
                groups[owner].append(mark)
                holders[owner] = holder
    for owner, group in groups.items():
        holders[owner].append(group)


def _parted(lines: ET.Element) -> list[ET.Element]:
    """Make a mark of each of the lines that were drawn as one."""
    parts = [f"M{part}" for part in lines.get("d", "").split("M")[1:]]
    marks = [ET.Element(lines.tag, {**lines.attrib, "d": part}) for part in parts]
    for mark in marks:
        mark.tail = lines.tail
    return marks


def _is_quiet(link: ET.Element) -> bool:
    return link.get("href", "").startswith(QUIET)


def _owners(link: ET.Element) -> list[int]:
    """Read the numbers of the providers whose marks stand in a link."""
    address = link.get("href", "").removeprefix(QUIET).removeprefix(TAG)
    return [int(number) for number in address.split(",")]


def _new_group(code: str, name: str) -> ET.Element:
    group = ET.Element("g", {"class": "provider", "data-provider": code})
    ET.SubElement(group, "title").text = name
    return group
