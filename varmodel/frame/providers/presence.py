"""Presence: which periods a provider reports, and over how many its activity is a mean.

A provider that lacks periods between others has forgotten to send them: its activity is the mean
of those it reports. One without rows after (before) some period has stopped (begun): its
activity is spread over all periods of the table (methods 7).
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from varmodel.errors import Problem, Where, some
from varmodel.families import FORMS, Form
from varmodel.frame.contents import cells_of
from varmodel.values import Array, Index, Mask

#: Number of empty periods to expect by chance in the table, above which a small provider's empty
#: periods are taken for periods without a case.
_EXPECTED_BY_CHANCE = 0.01
_COUNTED_IN_CASES = {"share", "trial", "measurements", "log_measurements", "positive_measurements"}


@dataclass(frozen=True, slots=True, eq=False)
class Presence:
    """The periods of each provider.

    Attributes
    ----------
    periods : int
        Of the table.
    reported, first, last : ndarray of int64
        How many periods it has rows of, and which are the first and the last, shape (provider,).
    empty_by_chance : ndarray of bool
        Whether it is so small that periods without a case are no surprise.
    """

    periods: int
    reported: Index
    first: Index
    last: Index
    empty_by_chance: Mask

    @property
    def lacking(self) -> Mask:
        """Whether periods lack that chance does not explain."""
        return np.asarray((self.reported < self.periods) & ~self.empty_by_chance)

    @property
    def stopped(self) -> Mask:
        """Whether no row comes after some period before the table's last."""
        return np.asarray(self.lacking & (self.last < self.periods - 1))

    @property
    def began(self) -> Mask:
        """Whether no row comes before some period after the table's first."""
        return np.asarray(self.lacking & (self.first > 0))

    @property
    def interrupted(self) -> Mask:
        """Whether periods lack only between others."""
        return np.asarray(self.lacking & ~self.stopped & ~self.began)

    @property
    def divisor(self) -> Index:
        """Periods over which the activity is a mean."""
        return np.where(self.interrupted, self.reported, self.periods)


def find_presence(
    form: Form, *, provider: Index, period: Index, size: Array, providers: int, periods: int
) -> Presence:
    """Say which periods each provider reports.

    Parameters
    ----------
    form : Form
    provider, period : ndarray of int64
        Of each cell.
    size : ndarray
        Of each cell: cases, exposure or expected events.
    providers, periods : int
        Their numbers.
    """
    held = np.unique(provider * periods + period)
    owner, when = held // periods, held % periods
    reported = np.bincount(owner, minlength=providers)
    first, last = np.full(providers, periods - 1), np.zeros(providers, dtype=np.int64)
    np.minimum.at(first, owner, when)
    np.maximum.at(last, owner, when)
    small = np.zeros(providers, dtype=bool)
    if form.name in _COUNTED_IN_CASES:
        cases = np.bincount(provider, weights=size, minlength=providers) / reported
        small = providers * periods * np.exp(-cases) > _EXPECTED_BY_CHANCE
    return Presence(periods, reported, first, last, small)


def presence_of(frame: xr.Dataset) -> Presence | None:
    """Read the presence of a frame's providers; None without a period column."""
    if "period" not in frame.dims:
        return None
    return find_presence(
        FORMS[frame.attrs["form"]],
        provider=frame["provider_index"].to_numpy(),
        period=frame["period_index"].to_numpy(),
        size=cells_of(frame).size,
        providers=frame.sizes["provider"],
        periods=frame.sizes["period"],
    )


def absent_periods(frame: xr.Dataset) -> dict[str, tuple[str, ...]]:
    """Name the periods of which providers have no rows.

    Whether chance explains them is no question here: a rate of such a period is the model's alone.

    Parameters
    ----------
    frame : xarray.Dataset

    Returns
    -------
    dict of str to tuple of str
        By provider; one with rows of all periods is not in it.
    """
    if "period" not in frame.dims:
        return {}
    held = np.zeros((frame.sizes["provider"], frame.sizes["period"]), dtype=bool)
    held[frame["provider_index"].to_numpy(), frame["period_index"].to_numpy()] = True
    periods = frame["period"].to_numpy()
    return {
        str(code): tuple(map(str, periods[~own]))
        for code, own in zip(frame["provider"].to_numpy(), held, strict=True)
        if not own.all()
    }


def period_problem(
    presence: Presence, *, providers: list[str], periods: list[str], column: str
) -> list[Problem]:
    """Name the providers that lack periods, stopped or began."""
    places = np.flatnonzero(presence.lacking)
    if not len(places):
        return []
    first = providers[places[0]]
    message = f"not every provider has rows of all {presence.periods} periods: "
    message += "; ".join(_kinds(presence, providers=providers, periods=periods))
    fix = (
        "add the rows that lack; where providers merged or changed their code, name the new one "
        "under [successors]: their figures are added"
    )
    where = Where(column=column)
    return [Problem("DESIGN.PERIODS", message, where, len(places), fix, first)]


def _kinds(presence: Presence, *, providers: list[str], periods: list[str]) -> list[str]:
    """Say who lacks periods in which way, and what becomes of its activity."""
    last = [f"{name} (last {periods[k]})" for name, k in zip(providers, presence.last, strict=True)]
    starts = zip(providers, presence.first, strict=True)
    first = [f"{name} (first {periods[k]})" for name, k in starts]
    lacks = [
        f"{name} ({presence.periods - count} lacking)"
        for name, count in zip(providers, presence.reported.tolist(), strict=True)
    ]
    ways = (
        (lacks, presence.interrupted, "interrupted, activity a mean of the periods it has"),
        (last, presence.stopped, "stopped, activity spread over all periods"),
        (first, presence.began, "began, activity spread over all periods"),
    )
    return [
        f"{some([names[j] for j in np.flatnonzero(held)])} {words}"
        for names, held, words in ways
        if held.any()
    ]
