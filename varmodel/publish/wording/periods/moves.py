"""What lasts in plain words, and who has moved against the others."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from varmodel.estimands import change, rank_overlap
from varmodel.fits import Fit
from varmodel.frame import period_word
from varmodel.numerics.once import once
from varmodel.publish.published import Published
from varmodel.publish.tables.pooled import mean_figures
from varmodel.publish.wording.numbers import probability
from varmodel.publish.wording.periods.ranked import (
    coming_period,
    has_several_periods,
    is_of_coming_period,
    share_that_lasts,
)

#: A change against the others is real where its probability of being better lies outside these.
REAL = (0.025, 0.975)
REAL_NOTE = "Real: probability of having moved that way against the others above .975."
#: Shares that last, and what is said of them.
_LASTS = ((0.8, "Most of the differences last."), (0.5, "More of the differences last than pass."))
_PASSES = "Most of the differences pass."


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """Changes from the first period of the table to the last.

    Attributes
    ----------
    earlier, later : str
    found : xarray.Dataset
        As :func:`varmodel.change` gives it.
    """

    earlier: str
    later: str
    found: xr.Dataset

    @property
    def improved(self) -> list[str]:
        """Who really improved against the others, the surest first."""
        return self._beyond(1)

    @property
    def worsened(self) -> list[str]:
        """Who really fell behind, the surest first."""
        return self._beyond(-1)

    def prob(self, code: str) -> float:
        """Give the probability that a provider improved against the others."""
        return float(self.found["prob_improved_relative"].sel(provider=code))

    def _beyond(self, sign: int) -> list[str]:
        prob = self.found["prob_improved_relative"]
        values = prob.to_numpy() if sign > 0 else 1 - prob.to_numpy()
        size = np.abs(self.found["relative"].mean(("chain", "draw")).to_numpy())
        order = np.lexsort((-size, -values))
        labels = prob["provider"].to_numpy()
        return [str(labels[k]) for k in order if values[k] > REAL[1]]


@once(lambda fit, *, earlier, later: (fit, earlier, later))
def changes_of(fit: Fit, *, earlier: str, later: str) -> xr.Dataset:
    """Compare two periods, for sentences and picture alike: see ``change``."""
    return change(fit, earlier=earlier, later=later)


@once(lambda x: (x,))
def moves_of(x: Published) -> Moves | None:
    """Compare the last period with the first; None without a transient or a direction."""
    if not has_time(x.fit) or x.spec.better == "neither":
        return None
    names = [str(name) for name in x.fit.frame["period"].to_numpy()]
    found = mean_figures(x.fit, changes_of(x.fit, earlier=names[0], later=names[-1]))
    return Moves(names[0], names[-1], found)


def has_time(fit: Fit) -> bool:
    """Whether a fit parts what lasts from what passes in several periods."""
    return has_several_periods(fit) and fit.transient != "none"


def persistence_words(x: Published) -> list[str]:
    """Say in plain words how much lasts, and how long the order of neighbours does."""
    fit, word = x.fit, period_word(x.fit.frame)
    low, middle, high = (f"{100 * share:.0f}" for share in share_that_lasts(fit))
    if is_of_coming_period(x):
        first = (
            f"The table has too few {word}s to tell what lasts from what passes. Between {low} and "
            f"{high} % of the differences last. So ranks and savings are those of the coming "
            f"{word}, {coming_period(fit)}."
        )
    else:
        first = (
            f"{_how_much(fit)} Of the differences between providers in a {word}, {middle} % last "
            f"(95 % interval {low} to {high} %). The rest passes: a good {word} fades."
        )
    found = [first]
    if x.ranks is not None:
        kept = probability(float(rank_overlap(fit).mean()))
        found.append(
            f"Two neighbours of the lasting order keep their order in the next {word} with "
            f"probability {kept}."
        )
    return found


def _how_much(fit: Fit) -> str:
    middle = share_that_lasts(fit)[1]
    return next((text for least, text in _LASTS if middle >= least), _PASSES)


def moves_words(moves: Moves, count: int) -> str:
    """Count who really moved, of so many providers."""
    up, down = len(moves.improved), len(moves.worsened)
    if not up + down:
        return (
            f"From {moves.earlier} to {moves.later} no provider is shown to have moved against the "
            "others. Changes of place between the two may be chance."
        )
    return (
        f"From {moves.earlier} to {moves.later} {up:,} of {count:,} providers improved against the "
        f"others and {down:,} fell behind, each with probability above {REAL[1]:.3f}. All other "
        "changes of place may be chance."
    ).replace("0.975", ".975")
