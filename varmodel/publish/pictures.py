"""The pictures of the report: what each shows, how high it is, what stands in its place.

analysis, its check -> drawings       drawings_of
drawing -> a part of the page         inline.draw_figure
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from varmodel.publish.inline import Drawing, Providers
from varmodel.publish.names import literal, shorten
from varmodel.publish.over_time import time_drawings
from varmodel.publish.plots import (
    plot_decomposition,
    plot_ranks,
    plot_rates,
    plot_savings,
    plot_shrinkage,
    plot_trace,
    plot_volume,
)
from varmodel.publish.plots.annotation import annotation_of_analysis
from varmodel.publish.plots.predictive_check import crude_rates_of, draw_check
from varmodel.publish.plots.universes.tornado import plot_tornado
from varmodel.publish.published import Published
from varmodel.publish.tables.printed import names_of
from varmodel.publish.wording.kinds import rate_name
from varmodel.publish.wording.money import unnamed_note
from varmodel.publish.wording.page import (
    CHECK,
    RANKS,
    RATES,
    SAVINGS_BELOW,
    SHRINKAGE,
    STORY,
    TORNADO,
    TRACE,
    VOLUME,
)
from varmodel.publish.wording.periods.annual import saving_name
from varmodel.publish.wording.sections.page import TORNADO_FIGURE, told_ends

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Inches: of a plot without rows, of a panel of the check, of the total above savings.
_HEIGHT, _PANEL, _TOTAL, _NIL, _STORY = 3.4, 0.85, 1.7, 1.2, 2.4
#: Anchors of the pictures of single stories begin so.
STORY_FIGURE = "figure-story-"
_LONGEST = 40


def drawn_providers(x: Published) -> Providers:
    """Give codes and names, as a picture tells whose a mark is."""
    codes = [str(code) for code in x.fit.frame["provider"].to_numpy()]
    names = names_of(x)
    return Providers(
        [literal(code) for code in codes],
        [shorten(literal(names[code]), _LONGEST) for code in codes],
    )


def drawings_of(x: Published, found: xr.Dataset, *, highlight: Sequence[str]) -> Iterator[Drawing]:
    """Give the pictures in the order of the page."""
    yield from _of_the_order(x, highlight)
    if x.savings is not None:
        yield _of_savings(x, highlight)
    yield from _of_stories(x)
    yield from _of_choices(x)
    yield from time_drawings(x, highlight)
    yield from _of_the_model(x, found, highlight)


def _of_the_order(x: Published, highlight: Sequence[str]) -> Iterator[Drawing]:
    rows = x.fit.frame.sizes["provider"]
    if x.ranks is not None:
        alt = (
            f"Rank intervals of {rows:,} providers, by expected rank; who belongs to the top, the "
            "middle or the bottom with probability .95 is marked. All figures are in the table of "
            "providers."
        )
        title, caption = RANKS
        ranks = partial(plot_ranks, x, highlight=highlight)
        yield Drawing("figure-ranks", lambda ax: ranks(ax=ax), alt, title, rows, caption=caption)
    alt = (
        f"{rate_name(x.fit).capitalize()}s of {rows:,} providers with 95 % intervals, against a "
        "level with its own interval. All figures are in the table of providers."
    )
    rates = partial(plot_rates, x, highlight=highlight)
    title = f"{rate_name(x.fit).capitalize()} of each provider"
    yield Drawing("figure-rates", lambda ax: rates(ax=ax), alt, title, rows, caption=RATES)


def _of_choices(x: Published) -> Iterator[Drawing]:
    """Draw what each choice moves the total by, where a total is shown at all."""
    found = x.sensitivity
    if found is None or x.savings is None or not x.nil.distinguishable:
        return
    alone = int(found.tornado["total"].notna().sum())
    if alone and np.isfinite(found.table["total"].iloc[0]):
        title, caption = TORNADO
        alt = f"How far each of {alone} choices alone moves the total saving, as in the text above."
        draw = partial(plot_tornado, found)
        yield Drawing(TORNADO_FIGURE, lambda ax: draw(ax=ax), alt, title, alone, caption=caption)


def _of_stories(x: Published) -> Iterator[Drawing]:
    """Draw the story of the furthest at either end, of those whose story is told."""
    codes = [code for end in told_ends(x) for code in end[:1]]
    names = names_of(x)
    for number, code in enumerate(codes, start=1):
        alt = f"The parts of the crude rate of {names[code]}, as in the text below."
        name = f"{STORY_FIGURE}{number}"
        yield Drawing(name, _story(x, code), alt, names[code], None, _STORY, STORY)


def _story(x: Published, code: str) -> "Callable[[Axes], Axes]":
    return lambda ax: plot_decomposition(x, provider=code, ax=ax)


def _of_savings(x: Published, highlight: Sequence[str]) -> Drawing:
    alt = "The total saving by its estimators, as in the list above."
    title = f"{saving_name(x.spec).capitalize()} at the benchmark"
    plot = partial(plot_savings, x, highlight=highlight)
    if not x.nil.distinguishable:
        return Drawing("figure-savings", lambda ax: plot(ax=ax), alt, title, height=_NIL)
    alt += " Below it the saving of each provider with its interval."
    rows = x.fit.frame.sizes["provider"]
    told = " ".join([SAVINGS_BELOW, *unnamed_note(_hidden(x, highlight))])
    return Drawing(
        "figure-savings", lambda ax: plot(ax=ax), alt, title, rows, height=_TOTAL, caption=told
    )


def _hidden(x: Published, highlight: Sequence[str]) -> int:
    """Count those asked for whose saving may not be named."""
    if x.savings is None:
        return 0
    return int((~x.savings["named"].sel(provider=list(highlight))).sum())


def _of_the_model(x: Published, found: xr.Dataset, highlight: Sequence[str]) -> Iterator[Drawing]:
    rows = x.fit.frame.sizes["provider"]
    alt = (
        f"How far each of {rows:,} providers moves from its raw rate to its adjusted one; the "
        "least reliable on top move furthest."
    )
    title, caption = SHRINKAGE
    shrinkage = partial(plot_shrinkage, x, highlight=highlight)
    yield Drawing(
        "figure-shrinkage", lambda ax: shrinkage(ax=ax), alt, title, rows, caption=caption
    )
    alt = f"Crude rate against volume of {rows:,} providers, with the limits of chance alone."
    title, caption = VOLUME
    volume = partial(plot_volume, x, highlight=highlight)
    yield Drawing("figure-volume", lambda ax: volume(ax=ax), alt, title, None, _HEIGHT, caption)
    annotation = annotation_of_analysis(x)
    marked = crude_rates_of(x.fit, annotation, highlight=highlight)
    check = partial(draw_check, found, annotation, marked=marked)
    alt = "The observed table among those of the model, as in the table above."
    height = _PANEL * found.sizes["statistic"]
    yield Drawing("figure-check", lambda ax: check(ax=ax), alt, CHECK, height=height)
    alt = "What the sampler did; its figures are in the tables of this section."
    height = _trace_height(x)
    yield Drawing("figure-trace", lambda ax: plot_trace(x, ax=ax), alt, TRACE, height=height)


def _trace_height(x: Published) -> float:
    """Leave each quantity of chains a row; independent draws have two panels."""
    if x.fit.draws.attrs.get("independent_draws") or "pareto_k" in x.fit.draws["sample_stats"]:
        return _HEIGHT
    return _PANEL * 1.3 * len(x.fit.posterior.data_vars)
