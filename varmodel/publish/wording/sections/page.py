"""The sections that a page may take, each a heading and its paragraphs."""

from collections.abc import Iterator
from dataclasses import dataclass

from varmodel.publish.published import Published
from varmodel.publish.tables.pooled import mean_figures
from varmodel.publish.tables.printed import names_of
from varmodel.publish.wording.places import BOTTOM, TOP, placed
from varmodel.publish.wording.sections.assumptions import (
    assumption_words,
    certificate_words,
    family_words,
)
from varmodel.publish.wording.sections.grades import order_paragraphs
from varmodel.publish.wording.sections.story import stories, story_intro
from varmodel.publish.wording.sections.variation import variation_words

#: Providers of either end whose story is told.
_EACH_END = 3
#: Beyond so many the parts of all, which each is centred by, take too much memory.
_MOST = 1_000
#: Anchor of the picture of what each choice moves.
TORNADO_FIGURE = "figure-tornado"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its paragraphs.

    Attributes
    ----------
    anchor : str
        Its place on the page.
    heading : str
    paragraphs : tuple of str
    told : tuple of (str, str)
        What is told of single providers: the name, a paragraph.
    pictures : tuple of str
        Anchors of what is drawn below them, where it was drawn.
    """

    anchor: str
    heading: str
    paragraphs: tuple[str, ...]
    told: tuple[tuple[str, str], ...] = ()
    pictures: tuple[str, ...] = ()


def sections_of(x: Published) -> tuple[Section, ...]:
    """Write the sections on variation, the order, single providers, and what was looked at beside.

    Parameters
    ----------
    x : Published

    Returns
    -------
    tuple of Section
        Those that apply. Stories are told of providers that are surely in an outer quarter, at
        most three of either; of nobody where the verdict is nil, or among over 1,000 providers.
    """
    names, codes = names_of(x), [code for end in told_ends(x) for code in end]
    found = stories(x.fit, codes) if codes else {}
    told = tuple((names[code], text) for code, text in found.items())
    intro = (story_intro(x.fit.spec),) if told else ()
    sections = (
        Section("variation", "How much providers differ", tuple(variation_words(x.fit))),
        Section("order", "What is known of the order", tuple(order_paragraphs(x))),
        Section("story", "The story behind the number", intro, told),
        *_of_studies(x),
    )
    return tuple(section for section in sections if section.paragraphs)


def _of_studies(x: Published) -> Iterator[Section]:
    """Write what other studies of the same table say, where they were made."""
    if x.sensitivity is not None:
        words, title = assumption_words(x.sensitivity), "If other choices had been made"
        yield Section("assumptions", title, tuple(words), pictures=(TORNADO_FIGURE,))
    if x.stacking is not None:
        title = "Which model predicts best"
        yield Section("families", title, tuple(family_words(x.stacking)))
    if x.certificate is not None:
        title = "Was the sampler right"
        yield Section("certificate", title, tuple(certificate_words(x.certificate)))


def told_ends(x: Published) -> tuple[list[str], list[str]]:
    """Give the codes of those who are surely at the top and the bottom, the furthest first."""
    many = x.fit.frame.sizes["provider"] > _MOST
    if x.ranks is None or not x.nil.distinguishable or many:
        return [], []
    ranks = mean_figures(x.fit, x.ranks)
    expected, places = ranks["expected_rank"].to_series(), placed(ranks)
    order = expected.sort_values(kind="stable").index
    where = dict(zip(map(str, expected.index), places, strict=True))
    codes = [str(code) for code in order]
    top = [code for code in codes if where[code] == TOP][:_EACH_END]
    bottom = [code for code in codes[::-1] if where[code] == BOTTOM][:_EACH_END]
    return top, bottom
