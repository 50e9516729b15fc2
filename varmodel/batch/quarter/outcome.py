"""What a run of a quarter gives: its tables, its site, what was refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from varmodel.errors import VarmodelError
from varmodel.publish.quarter.facts import QuarterFacts
from varmodel.publish.quarter.publication.rows import frames_of
from varmodel.publish.wording.numbers import supported


@dataclass(frozen=True, slots=True, eq=False)
class Quarter:
    """A quarter as it is published: small numbers are taken out.

    Attributes
    ----------
    facts : QuarterFacts
        All that pages and tables are made of.
    folder : Path
        The run's folder.
    made : tuple of str
        Units that this run made; the others were there, of the same model and table.
    refused : mapping of str to VarmodelError
        What stood in an indicator's way, word for word: not for publication, for it may tell of
        small numbers.
    """

    facts: QuarterFacts
    folder: Path
    made: tuple[str, ...] = ()
    refused: Mapping[str, VarmodelError] = field(default_factory=dict)

    @property
    def site(self) -> Path:
        """The folder of the site: open ``index.html`` in it."""
        return self.folder / "site"

    def tables(self) -> dict[str, pd.DataFrame]:
        """Tabulate the quarter, as its publication does.

        Returns
        -------
        dict of str to pandas.DataFrame
            ``indicators``: a row an indicator that ran. ``totals``: the nation's saving, the plain
            sum, each indicator's share. ``providers``: what each provider's savings come to.
            ``ranking``, ``savings``, ``trend``: a row a provider on an indicator (and period).
            ``national_trend``, ``assurance``, ``refused``: of an indicator. Intervals are of 95 %;
            read no mean without its ends.
        """
        return frames_of(self.facts)

    @property
    def headline(self) -> str:
        """How much ran, and what it comes to."""
        ran, refused = len(self.facts.indicators), len(self.facts.refused)
        head = f"{self.facts.title}: {ran} of {ran + refused} indicators"
        nation = self.facts.nation
        if nation is not None and nation.total.mean is not None:
            ends = (nation.total.mean, nation.total.lower, nation.total.upper)
            mean, lower, upper = (supported(x or 0.0, abs(x or 0.0) / 1e3) for x in ends)
            head += f"\nTogether {self.facts.currency} {mean} (95 % interval {lower} to {upper})"
        return head

    def __repr__(self) -> str:
        """Say how much ran, what it comes to, and where the site is."""
        return f"{self.headline}\nSite: {self.site / 'index.html'}"
