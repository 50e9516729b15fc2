"""The folder of a publication: every file of a quarter that may leave the house."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from varmodel.publish.disclosure import disclosed, policy_of
from varmodel.publish.files import write_tables
from varmodel.publish.quarter.facts import QuarterFacts
from varmodel.publish.quarter.publication.checklists import barg_text, rap_text
from varmodel.publish.quarter.publication.markdown import escape_markdown, page_of, table_of
from varmodel.publish.quarter.publication.methods import methods_text
from varmodel.publish.quarter.publication.printed import print_quarter
from varmodel.publish.quarter.publication.rows import frames_of

#: What each file is, for the folder's README.
FILES = {
    "indicators.csv": "an indicator a row: rankability, saving, what was ranked",
    "totals.csv": "the national saving, what is shared counted once, and each share",
    "providers.csv": "a provider a row: its saving over all indicators",
    "ranking.csv": "a provider and indicator a row: rate, place, counts as they may be shown",
    "places.csv": "providers by indicators: each place with its interval",
    "savings.csv": "a provider and indicator a row: saving, probability of being worth it",
    "trend.csv": "a provider, indicator and period a row: adjusted rate",
    "national_trend.csv": "an indicator and period a row: the providers' mean and middle half",
    "refused.csv": "indicators that were not analysed, with their code",
    "assurance.csv": "what was checked, what was found, what it was held to",
    "tables.html": "the tables for readers, with captions and notes",
    "tables.tex": "the same for LaTeX, but for the places by indicators",
    "tables.xlsx": "the same figures as a workbook, a sheet a table",
    "totals.svg, totals.pdf": "national saving by indicator",
    "rankability.svg, rankability.pdf": "how much of the differences is signal, by indicator",
    "methods.md": "methods made of the run: a paragraph to quote, and each model",
    "barg.md": "Bayesian analysis reporting guidelines, filled from the run",
    "rap.md": "levels of a reproducible analytical pipeline, filled from the run",
}

#: A column an indicator: no page of LaTeX is so wide.
_WIDE = ("places",)


def write_publication(folder: Path, facts: QuarterFacts) -> None:
    """Write tables, pictures, methods, checklists and assurance log of a quarter.

    Parameters
    ----------
    folder : Path
        Made where it does not exist.
    facts : QuarterFacts
        Before or after :func:`varmodel.publish.disclosure.disclosed`: they go through it here.

    Raises
    ------
    SpecError
        CONFIG.EXTRA without matplotlib or xlsxwriter; CONFIG.VALUE for an unknown policy.
    """
    shown = disclosed(facts)
    folder.mkdir(parents=True, exist_ok=True)
    frames = frames_of(shown)
    write_tables(frames, folder)
    for name, content in _contents(shown, frames):
        (folder / name).write_bytes(content)


def _contents(
    facts: QuarterFacts, frames: Mapping[str, pd.DataFrame]
) -> Iterator[tuple[str, bytes]]:
    """Give each file that is no data frame, by its name."""
    yield from _printed(facts, frames)
    yield from _pictures(facts)
    texts = {
        "methods.md": methods_text(facts),
        "barg.md": barg_text(facts),
        "rap.md": rap_text(facts),
        "README.md": _readme(facts),
    }
    for name, text in texts.items():
        yield name, text.encode()


def _printed(
    facts: QuarterFacts, frames: Mapping[str, pd.DataFrame]
) -> Iterator[tuple[str, bytes]]:
    from varmodel.publish.tables.workbook import write_workbook
    from varmodel.publish.templating import page_parts, render

    printed = print_quarter(facts)
    tables = list(printed.values())
    page = render("tables.html.j2", title=facts.title, tables=tables, **page_parts())
    yield "tables.html", page.encode()
    narrow = [table for table in tables if table.name not in _WIDE]
    yield "tables.tex", render("tables.tex.j2", what=facts.title, tables=narrow).encode()
    yield "tables.xlsx", write_workbook([(table, frames[name]) for name, table in printed.items()])


def _pictures(facts: QuarterFacts) -> Iterator[tuple[str, bytes]]:
    from varmodel.publish.plots.parts.canvas import page_style, pdf_of, svg_of
    from varmodel.publish.quarter.publication.pictures import draw_rankability, draw_totals

    for name, draw in (("totals", draw_totals), ("rankability", draw_rankability)):
        with page_style():
            ax = draw(facts)
            if ax is not None:
                yield f"{name}.pdf", pdf_of(ax)
                yield f"{name}.svg", svg_of(ax).encode()


def _readme(facts: QuarterFacts) -> str:
    to = f", to {escape_markdown(facts.period)}" if facts.period else ""
    intro = (
        f"{escape_markdown(facts.title)}{to}. Made by varmodel "
        f"{escape_markdown(facts.versions.get('varmodel', ''))}, seed {facts.seed}. Every estimate "
        "stands beside the ends of its 95 % interval. Rates in CSV files are shares or ratios; the "
        "tables for readers have them in the unit of the indicator."
    )
    beside = (
        "Publish this folder and the site, and nothing else of the run: the folders of the single "
        "indicators hold counts as they are."
    )
    again = (
        "To make it again: the same version, tables, models and configuration, and "
        f"`varmodel quarter CONFIG.toml --out DIR --seed {facts.seed}`. Equal inputs give equal "
        "bytes on the same kind of machine; methods.md lists the versions of all packages."
    )
    words = policy_of(facts.disclosure).words
    return page_of(
        "Publication", intro, words, beside, again, table_of(("File", "What it is"), FILES.items())
    )
