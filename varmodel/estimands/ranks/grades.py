"""Grades: groups of providers that may be parted without misordering many (methods 4).

Symbols: P_ij the probability that provider i is better than j, ties counted half; w the weight of
discordance. Putting i in a better grade than j costs (1 - w) P_ji - w (P_ij - P_ji), and putting
them in one grade nothing. The loss of a report card is the mean cost over all pairs,

    loss = (1 - w) D - w K,    D the mean of P_ji, K that of P_ij - P_ji, over pairs parted so,

each 0 for pairs within a grade (Kline, Rose & Walters 2024). Two providers alone are parted where
P > 1 / (1 + w), .8 at w = .25. Grades are runs of an order, by expected rank or by posterior mean;
among all cuts of an order the best is found by dynamic programming, and the better order is kept.
"""

import numpy as np
import xarray as xr

from varmodel.errors import fail, show
from varmodel.estimands.draws.labelled import over_providers, passed_on, sign_of
from varmodel.estimands.ranks.comparisons import prob_ahead
from varmodel.estimands.ranks.ranking import ranked, share_of_places
from varmodel.values import Array, Index, is_number

#: What a further grade must gain: rounding makes none.
_GAIN = 1e-12


def grade(
    rates: xr.DataArray,
    *,
    better: str,
    discordance_weight: float = 0.25,
    most_off_by_two: float | None = None,
) -> xr.Dataset:
    """Group the providers into as many grades as the data can tell apart.

    Parameters
    ----------
    rates : xarray.DataArray, dims (chain, draw, provider)
        Joint draws, all finite.
    better : {"higher", "lower"}
        Which direction is good: grade 1 is the best.
    discordance_weight : float
        w, from 0 to 1. At 0 no pair may be misordered, and all share a grade; at 1 providers are
        parted as soon as one is more probably better. At .25 two alone need probability .8.
    most_off_by_two : float, optional
        Fewer grades are made until the mean probability of standing two grades off, or more, is
        at most this. By default nothing is asked for.

    Returns
    -------
    xarray.Dataset
        ``grade`` (provider), whole numbers from 1. ``discordance`` (): the mean over all pairs
        of the probability that they are graded in the wrong order; ``concordance`` (): that of
        the right order less that of the wrong one; ``loss`` (): (1 - w) discordance -
        w concordance, 0 for a single grade. ``prob_misgraded`` and ``prob_off_by_two``
        (provider): the probability that its place in the true order is not among the places of
        its grade, or is two grades off. Providers of one grade are not said to be alike: the
        data do not part them. The source is Kline, Rose & Walters (2024), "A discrimination
        report card"; the best cut of two orders stands for the best of all groupings, so that
        the loss may lie a little above the least.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an unknown ``better``, a weight or probability outside 0 to 1, wrong
        dimensions or labels.
    InputError
        VALUE.NONFINITE.
    """
    most_off = 1.0 if most_off_by_two is None else most_off_by_two
    for name, x in (("discordance_weight", discordance_weight), ("most_off_by_two", most_off)):
        if not is_number(x) or not 0 <= x <= 1:
            fail("CONFIG.VALUE", f"{name} must lie between 0 and 1, not {show(x)}")
    sign = sign_of(better)
    draws, ranks = ranked(rates, better=better)
    values = draws.to_numpy().reshape(ranks.shape)
    ahead = prob_ahead(ranks)
    orders = _orders(values, ranks, sign=sign)
    weight = float(discordance_weight)
    grades = _best_grades(ahead, orders, weight=weight, most=None)
    chances = _grade_chances(ranks, grades)
    while _off(chances, grades, by=2).mean() > most_off and grades.max() > 1:
        grades = _best_grades(ahead, orders, weight=weight, most=int(grades.max()) - 1)
        chances = _grade_chances(ranks, grades)
    figures = {"prob_misgraded": _off(chances, grades, by=1)}
    figures |= {"prob_off_by_two": _off(chances, grades, by=2)}
    attrs = passed_on(draws.attrs) | {"better": better, "discordance_weight": weight}
    result = {name: over_providers(draws, x, name=name) for name, x in figures.items()}
    result["grade"] = result["prob_misgraded"].copy(data=grades).rename("grade")
    rates_of_loss = _rates_of_loss(ahead, grades, weight=weight)
    return xr.Dataset({**result, **rates_of_loss}, attrs=attrs)


def _orders(values: Array, ranks: Array, *, sign: int) -> list[Index]:
    """Give the orders that are cut: by expected rank, by posterior mean."""
    keys = ranks.mean(axis=0), -sign * values.mean(axis=0)
    return [np.argsort(key, kind="stable") for key in keys]


def _best_grades(ahead: Array, orders: list[Index], *, weight: float, most: int | None) -> Index:
    """Cut each order at best, and keep the grades of the smaller loss: (J,)."""
    found = []
    for order in orders:
        behind = ahead.T[np.ix_(order, order)]
        cost = (1 - weight) * behind - weight * (1 - 2 * behind)  # of i before j
        starts = _cut(_between(cost), most)
        grades = np.empty(len(order), dtype=np.int64)
        grades[order] = np.searchsorted(starts, np.arange(len(order)), side="right")
        found.append((float(_rates_of_loss(ahead, grades, weight=weight)["loss"]), grades))
    return min(found, key=lambda pair: pair[0])[1]


def _between(cost: Array) -> Array:
    """Give the cost of a grade from place l up to place k, less one, against all before it: [l, k].

    It is the sum of cost[i, j] over i < l and l <= j < k, infinite where l >= k.
    """
    count = len(cost)
    total = np.zeros((count + 1, count + 1))
    total[1:, 1:] = cost.cumsum(axis=0).cumsum(axis=1)
    against = total - np.diag(total)[:, np.newaxis]
    return np.where(np.tri(count + 1, dtype=np.bool_), np.inf, against)


def _cut(against: Array, most: int | None) -> list[int]:
    """Give the places at which the grades of least cost begin, at most so many grades."""
    return _cut_freely(against) if most is None else _cut_at_most(against, most)


def _cut_freely(against: Array) -> list[int]:
    count = len(against) - 1
    best, start = np.zeros(count + 1), np.zeros(count + 1, dtype=np.int64)
    for end in range(1, count + 1):
        costs = best[:end] + against[:end, end] + _GAIN * (np.arange(end) > 0)
        start[end] = int(np.argmin(costs))
        best[end] = costs[start[end]]
    found, end = [], count
    while end > 0:
        end = int(start[end])
        found.append(end)
    return found[::-1]


def _cut_at_most(against: Array, most: int) -> list[int]:
    """Add one grade after the other; layer g holds the best cost of each beginning in g grades."""
    layers, starts = [against[0]], []
    for _ in range(most - 1):
        costs = layers[-1][:, np.newaxis] + against
        starts.append(np.argmin(costs, axis=0))
        layers.append(costs.min(axis=0) + _GAIN)
    taken = int(np.argmin([layer[-1] for layer in layers]))
    found, end = [], len(against) - 1
    for start in reversed(starts[:taken]):
        end = int(start[end])
        found.append(end)
    return [0, *found[::-1]]


def _rates_of_loss(ahead: Array, grades: Index, *, weight: float) -> dict[str, float]:
    """Give discordance, concordance and loss of grades: means over all pairs."""
    parted = grades[:, np.newaxis] < grades[np.newaxis, :]
    pairs = max(1, len(grades) * (len(grades) - 1) // 2)
    right, wrong = (float(x[parted].sum()) / pairs for x in (ahead, ahead.T))
    loss = (1 - weight) * wrong - weight * (right - wrong)
    return {"discordance": wrong, "concordance": right - wrong, "loss": loss}


def _grade_chances(ranks: Array, grades: Index) -> Array:
    """Give the probability that a provider's true place is one of each grade's: (J, grade)."""
    shares = share_of_places(ranks, len(grades))
    starts = np.searchsorted(np.sort(grades), np.arange(1, grades.max() + 1))
    return np.add.reduceat(shares, starts, axis=1)


def _off(chances: Array, grades: Index, *, by: int) -> Array:
    """Give the probability of a place so many grades off, or more: (J,)."""
    gap = np.abs(np.arange(1, chances.shape[1] + 1) - grades[:, np.newaxis])
    return np.asarray(np.where(gap >= by, chances, 0.0).sum(axis=1))
