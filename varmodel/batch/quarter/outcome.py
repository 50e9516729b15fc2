"""What a run of a quarter gives: its tables, its site, what was refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from varmodel.publish.quarter.facts import IndicatorFacts, Interval, QuarterFacts, Together
from varmodel.publish.wording.numbers import supported

_ENDS = ("mean", "lower", "upper")


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
        Units that this run made; the others were there.
    """

    facts: QuarterFacts
    folder: Path
    made: tuple[str, ...] = ()

    @property
    def site(self) -> Path:
        """The folder of the site: open ``index.html`` in it."""
        return self.folder / "site"

    def tables(self) -> dict[str, pd.DataFrame]:
        """Tabulate the quarter.

        Returns
        -------
        dict of str to pandas.DataFrame
            ``indicators``: a row an indicator that ran. ``providers``: a row a provider and
            indicator. ``savings``: by provider, what all its indicators come to. ``totals``: the
            nation's, the plain sum, each indicator's share. ``refused``. Intervals are of 95 %;
            read none of the means without them.
        """
        made = {
            "indicators": [_indicator_row(x) for x in self.facts.indicators],
            "providers": list(_provider_rows(self.facts)),
            "savings": [
                {"provider": code, **_sum_row(x)} for code, x in self.facts.by_provider.items()
            ],
            "totals": list(_total_rows(self.facts.nation)),
            "refused": [
                {"indicator": x.name, "title": x.title, "code": x.code, "message": x.message}
                for x in self.facts.refused
            ],
        }
        return {name: pd.DataFrame(rows) for name, rows in made.items()}

    def __repr__(self) -> str:
        """Say how much ran, what it comes to, and where the site is."""
        ran, all_of_it = len(self.facts.indicators), len(self.facts.refused)
        head = f"{self.facts.title}: {ran} of {ran + all_of_it} indicators"
        nation = self.facts.nation
        if nation is not None:
            mean, lower, upper = (
                supported(float(x or 0), float(x or 0) / 1e3) for x in _of(nation.total).values()
            )
            head += f"\nTogether {self.facts.currency} {mean} ({lower} to {upper})"
        return f"{head}\nSite: {self.site / 'index.html'}"


def _indicator_row(x: IndicatorFacts) -> dict[str, object]:
    return {
        "indicator": x.name,
        **{name: getattr(x, name) for name in ("title", "group", "level")},
        "period": x.periods[-1] if x.periods else "",
        "ranked": sum(provider.place is not None for provider in x.providers),
        **_ends("rankability", x.rankability),
        "distinguishable": x.distinguishable,
        **_ends("saving", x.total),
        "provisional": x.provisional or x.doubts,
    }


def _provider_rows(facts: QuarterFacts) -> Iterator[dict[str, object]]:
    for indicator in facts.indicators:
        for x in indicator.providers:
            yield {
                "indicator": indicator.name,
                "provider": x.code,
                "name": x.name,
                "observed": x.observed,
                **_ends("rate", x.rate),
                "expected_rank": None if x.place is None else x.place.expected,
                "rank_lower": None if x.place is None else x.place.lower,
                "rank_upper": None if x.place is None else x.place.upper,
                "placed": x.placed,
                "grade": x.grade,
                **_ends("saving", None if x.money is None else x.money.saving),
                "prob_worth": None if x.money is None else x.money.prob_worth,
                "reason": x.reason,
            }


def _sum_row(found: Together) -> dict[str, object]:
    return {
        **_ends("total", found.total),
        **_ends("plain_total", found.plain_total),
        "indicators": len(found.shares),
        "assumption": found.assumption,
    }


def _total_rows(nation: Together | None) -> Iterator[dict[str, object]]:
    if nation is None:
        return
    rows = {"total": nation.total, "plain_total": nation.plain_total}
    rows |= {f"share of {name}": interval for name, interval in nation.shares.items()}
    for name, interval in rows.items():
        yield {"quantity": name, **_of(interval), "assumption": nation.assumption}


def _ends(name: str, interval: Interval | None) -> dict[str, object]:
    """Name a mean as what it is, and its ends after it."""
    mean, lower, upper = _of(interval).values()
    return {name: mean, f"{name}_lower": lower, f"{name}_upper": upper}


def _of(interval: Interval | None) -> dict[str, float | None]:
    return {name: None if interval is None else getattr(interval, name) for name in _ENDS}
