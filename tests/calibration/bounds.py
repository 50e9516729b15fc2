"""What records say, cell by cell and pooled, and whether it keeps to the stated bounds.

Standard errors are between panels: providers of one panel share its sds.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from tests.calibration.records import PROB, SHARED

#: Coverage of intervals of effects whose truth was drawn, and of places of shared truths.
DRAWN = (0.88, 0.92)
#: Coverage of the next period's effects where the truth is fixed.
FIXED = (0.85, 0.93)
#: Coverage of rank intervals, which are whole numbers and so hold more, by number of providers.
RANKS = {12: (0.94, 0.99), 30: (0.91, 0.96), 150: (0.89, 0.93)}
#: So many standard errors beyond a bound are a miss.
_ERRORS = 3.0
#: Fewer panels than this have no error worth the name; of fewer than these a figure is shown and
#: not judged: shares that end at 1 are skewed, and their sd comes out too small.
_FEWEST, _JUDGED = 5, 30
#: The least p of the places of a shared truth among its draws.
_LEAST_P = 0.01 / len(SHARED)
EFFECTS, ORDER = ("persistent", "next"), ("rank_persistent", "rank_next")


@dataclass(frozen=True, slots=True)
class Figure:
    """A coverage over so many panels with its standard error and its bounds."""

    where: str
    what: str
    value: float
    error: float
    low: float
    high: float
    panels: int

    @property
    def judged(self) -> bool:
        """Whether there are panels enough to say."""
        return self.panels >= _JUDGED

    @property
    def missed(self) -> bool:
        """Whether it lies beyond a bound, and farther from their middle than chance takes it."""
        away = abs(self.value - (self.low + self.high) / 2)
        outside = not self.low <= self.value <= self.high
        return self.judged and outside and away > _ERRORS * self.error


def read(records: list[dict]) -> pd.DataFrame:
    """Give a row a record: its cell in three columns, and where shared truths lie."""
    table = pd.json_normalize(records)
    cells = table["cell"].str.extract(r"(\d+)x(\d+)x(\d+)").astype(int)
    return table.assign(providers=cells[0], periods=cells[1], size=cells[2])


def figures(table: pd.DataFrame) -> Iterator[Figure]:
    """Give all that is held to a bound, of the panels that passed the gate."""
    passed = table[table["passed"]]
    drawn, fixed = passed[passed["rho"].isna()], passed[passed["rho"].notna()]
    for cell, rows in drawn.groupby("cell", sort=False):
        for name in EFFECTS:
            yield _coverage(str(cell), name, rows[name], DRAWN)
    for name in EFFECTS:
        yield _coverage("all cells", name, drawn[name], DRAWN)
    for providers, rows in drawn.groupby("providers"):
        for name in EFFECTS:
            yield _coverage(f"{providers} providers", name, rows[name], DRAWN)
        for name in ORDER:
            yield _coverage(f"{providers} providers", name, rows[name], RANKS[int(providers)])
    for rho, rows in fixed.groupby("rho"):
        yield _coverage(f"all cells, rho {rho:g}", "next", rows["next"], FIXED)
    for name in SHARED:
        held = (drawn[f"place.{name}"] - 0.5).abs() <= PROB / 2
        yield _coverage("all cells", name, held.astype(float), DRAWN)


def misses(table: pd.DataFrame) -> list[str]:
    """Say what lies beyond its bounds."""
    found = [
        f"{one.where}: {one.what} {one.value:.3f} (se {one.error:.3f}), "
        f"bounds {one.low:g} to {one.high:g}"
        for one in figures(table)
        if one.missed
    ]
    uneven = {name: p for name, p in evenness(table).items() if p < _LEAST_P}
    return found + [f"all cells: places of {name} uneven, p {p:.2g}" for name, p in uneven.items()]


def evenness(table: pd.DataFrame) -> dict[str, float]:
    """Give the p of each shared truth lying anywhere among its draws, by ten bins."""
    drawn = table[table["passed"] & table["rho"].isna()]
    bins = np.linspace(0, 1, 11)
    return {
        name: float(stats.chisquare(np.histogram(drawn[f"place.{name}"], bins)[0]).pvalue)
        for name in SHARED
    }


def _coverage(where: str, what: str, shares: pd.Series, bounds: tuple[float, float]) -> Figure:
    return Figure(where, what, float(shares.mean()), error_of(shares), *bounds, len(shares))


def error_of(shares: pd.Series) -> float:
    """Give the standard error of a mean over panels; infinite where there are too few to say."""
    enough = len(shares) >= _FEWEST
    return float(shares.std(ddof=1) / np.sqrt(len(shares))) if enough else np.inf
