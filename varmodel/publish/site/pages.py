"""The folder of pages: the nation, each indicator, each provider."""

from html import escape
from pathlib import Path

from varmodel.publish.quarter.facts import QuarterFacts


def write_site(folder: Path, facts: QuarterFacts) -> None:
    """Write the site of a quarter into a folder.

    Parameters
    ----------
    folder : path
        It is made where it is not there.
    facts : QuarterFacts
        Equal facts give equal bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    titles = "".join(f"<li>{escape(one.title)}</li>" for one in facts.indicators)
    page = f"<!DOCTYPE html><html lang='en'><title>{escape(facts.title)}</title><ul>{titles}</ul>"
    (folder / "index.html").write_text(page, encoding="utf-8")
