"""The folders of a run that are published, and who writes each.

They are looked up when they are written: pictures and templates load packages that a run of a
worker does without.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from varmodel.publish.quarter.facts import QuarterFacts

type Writer = Callable[[Path, QuarterFacts], None]


def _site(folder: Path, facts: QuarterFacts) -> None:
    from varmodel.publish.site.pages import write_site

    write_site(folder, facts)


def _publication(folder: Path, facts: QuarterFacts) -> None:
    from varmodel.publish.quarter.publication.written import write_publication

    write_publication(folder, facts)


#: Folder of a run -> what writes it, of facts without small numbers.
PARTS: Mapping[str, Writer] = {"site": _site, "publication": _publication}
