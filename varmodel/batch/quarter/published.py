"""What a quarter takes from the room of pages: facts, tables without small numbers, site, papers."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from varmodel.publish.published import Published
from varmodel.publish.quarter.facts import IndicatorFacts, QuarterFacts


def make_facts(x: Published, *, costs: float | None) -> IndicatorFacts:
    """Give the facts of an analysis, and who is worth acting on at this cost."""
    from varmodel.publish.site import facts_of

    return facts_of(x, costs=costs)
