"""The folder of pages: each is made, written and forgotten before the next."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from varmodel.publish.disclosure import disclosed, policy_of
from varmodel.publish.names import literal
from varmodel.publish.quarter.facts import QuarterFacts
from varmodel.publish.site.entries import Entry, EntryList, entries_of, indicator_files
from varmodel.publish.site.indicator_page import indicator_page
from varmodel.publish.site.nation_page import (
    list_page,
    nation_page,
    reading_page,
    unranked_page,
)
from varmodel.publish.site.provider_page import provider_page

type Page = tuple[str, str, dict[str, object]]

#: Nothing may run or be fetched but what lies in the folder.
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)


def write_site(folder: Path, facts: QuarterFacts) -> None:
    """Write the site of a quarter into a folder.

    Parameters
    ----------
    folder : path
        It is made where it is not there. Files of the same names are replaced, others stay.
    facts : QuarterFacts
        Equal facts give equal bytes. Small numbers go by the policy that they name, first of all.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an unknown policy.
    """
    from varmodel.publish.templating import read_part, render

    facts = disclosed(facts)
    entries, files = entries_of(facts), indicator_files(facts)
    for name in ("trust", "indicator"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    shared = {
        "quarter": facts,
        "site_title": literal(facts.title),
        "policy": _POLICY,
        "small_numbers": policy_of(facts.disclosure).words,
    }
    for path, template, values in _pages(facts, entries, files):
        root = "../" * path.count("/")
        text = render(f"site/{template}.html.j2", root=root, path=path, **shared, **values)
        (folder / path).write_text(text, encoding="utf-8", newline="\n")
    script = f"{_index(entries)}{read_part('page.js')}{read_part('site/site.js')}"
    (folder / "site.js").write_text(script, encoding="utf-8", newline="\n")
    (folder / "site.css").write_text(read_part("site/site.css"), encoding="utf-8", newline="\n")


def _pages(facts: QuarterFacts, entries: EntryList, files: Mapping[str, str]) -> Iterator[Page]:
    """Give each page: its file, its template, what it holds."""
    yield "index.html", "nation", nation_page(facts, files=files, entries=entries)
    yield "trusts.html", "list", list_page(entries)
    yield "not-ranked.html", "unranked", unranked_page(entries, files=files)
    words = policy_of(facts.disclosure).words
    yield "reading.html", "reading", reading_page(facts, small_numbers=words)
    for of in facts.indicators:
        yield files[of.name], "indicator", indicator_page(facts, of, entries=entries)
    for entry in entries.every:
        yield entry.file, "provider", provider_page(facts, entry, files=files, entries=entries)


def _index(entries: EntryList) -> str:
    """Write what the search knows: code, name and file of each provider."""
    known = [[literal(x.code), _found_as(x), x.file] for x in entries.every]
    return f"const PROVIDERS = {json.dumps(known, separators=(',', ':'))};\n"


def _found_as(entry: Entry) -> str:
    """Give the name by which the search shows a provider, told from one of the same code."""
    return f"{entry.label}, {entry.beside}" if entry.beside else entry.name
