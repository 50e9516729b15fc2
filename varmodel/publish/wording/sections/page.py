"""The sections that a page may take, each a heading and its paragraphs."""

from dataclasses import dataclass

from varmodel.publish.published import Published
from varmodel.publish.tables.pooled import mean_figures
from varmodel.publish.wording.places import BOTTOM, TOP, placed
from varmodel.publish.wording.sections.grades import order_notes
from varmodel.publish.wording.sections.story import stories
from varmodel.publish.wording.sections.variation import variation_words

#: Providers of either end whose story is told.
_EACH_END = 3
#: Beyond so many the parts of all, which each is centred by, take too much memory.
_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its paragraphs.

    Attributes
    ----------
    anchor : str
        Its place on the page.
    heading : str
    paragraphs : tuple of str
    """

    anchor: str
    heading: str
    paragraphs: tuple[str, ...]


def sections_of(x: Published) -> tuple[Section, ...]:
    """Write the sections on the order, on variation and on single providers.

    Parameters
    ----------
    x : Published

    Returns
    -------
    tuple of Section
        Those that apply. Stories are told of providers that are surely in an outer quarter, at
        most three of either; of nobody where the verdict is nil, or among over 1,000 providers.
    """
    found = (
        ("order", "What is known of the order", order_notes(x)),
        ("variation", "How much providers differ", variation_words(x.fit)),
        ("story", "The story behind the number", list(_stories(x).values())),
    )
    return tuple(Section(at, heading, tuple(told)) for at, heading, told in found if told)


def _stories(x: Published) -> dict[str, str]:
    """Tell the stories of those who are surely at an end, the furthest first."""
    many = x.fit.frame.sizes["provider"] > _MOST
    if x.ranks is None or not x.nil.distinguishable or many:
        return {}
    ranks = mean_figures(x.fit, x.ranks)
    expected, places = ranks["expected_rank"].to_series(), placed(ranks)
    order = expected.sort_values(kind="stable").index
    where = dict(zip(map(str, expected.index), places, strict=True))
    codes = [str(code) for code in order]
    top = [code for code in codes if where[code] == TOP][:_EACH_END]
    bottom = [code for code in codes[::-1] if where[code] == BOTTOM][:_EACH_END]
    return stories(x.fit, [*top, *bottom]) if top or bottom else {}
