"""Which part of the effects a rate holds: what lasts, each period, or the period to come.

What lasts is averaged over what passes, and over the periods by their size; a period has its own
national level; the period to come has that of the last (methods 14).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from varmodel.errors import fail, one_of, show
from varmodel.estimands.draws.stacked import StackedDraws, read_draws, read_period_means
from varmodel.estimands.draws.transient import (
    next_departures,
    period_of_cells,
    require_transient,
)
from varmodel.estimands.rates.standardise import (
    Own,
    Population,
    Reference,
    check_population,
    own_population,
    reference_population,
)
from varmodel.fits import Fit
from varmodel.numerics.once import once
from varmodel.values import Array, Index

PERSISTENT, PERIOD, NEXT = PARTS = ("persistent", "period", "next")


@dataclass(frozen=True, slots=True, eq=False)
class Standard:
    """Joint draws of one part, and whom rates are averaged over.

    Attributes
    ----------
    stacked : StackedDraws
        Its predictor's inverse link, averaged over its spread, is the mean.
    reference : Reference
    own : Own
    """

    stacked: StackedDraws
    reference: Reference
    own: Own

    def whom(self, population: str) -> Population:
        """Give the population of that name."""
        check_population(population)
        return self.reference if population == "reference" else self.own

    def rates(self, population: str) -> Array:
        """Give the mean rates of the providers, shape (S, provider)."""
        return self.whom(population).mean(self.stacked.predictor, self.stacked.effect)


def check_part(part: object) -> None:
    """Refuse a part that there is not."""
    if part not in PARTS:
        fail("CONFIG.VALUE", f"unknown part {show(part)}; {one_of(part, PARTS)}")


def require_one_rate(part: object) -> None:
    """Refuse what has no single rate a provider."""
    check_part(part)
    if part == PERIOD:
        message = "each period has rates of its own: money takes the persistent part or the next"
        fail("CONFIG.VALUE", message, fix='say part="persistent" or part="next"')


def rates_of_part(fit: Fit, part: str) -> Standard:
    """Read the part that has one rate a provider: what lasts, or the period to come."""
    require_one_rate(part)
    if part == PERSISTENT:
        return Standard(read_draws(fit), reference_population(fit), own_population(fit))
    transient = require_transient(fit, f'part="{part}"')
    levels = _Levels.read(fit)
    return levels.standard(len(transient.places) - 1, next_departures(fit, transient))


@once(lambda fit, *, part, population, **_: (fit, part, population))
def mean_rates(fit: Fit, *, part: str, population: str, standard: Standard | None = None) -> Array:
    """Give the mean rates of a part that has one a provider, shape (S, provider).

    ``standard`` is what ``rates_of_part`` gave of it, where that was read already.
    """
    return (standard or rates_of_part(fit, part)).rates(population)


def read_periods(fit: Fit, periods: Index | None = None) -> Iterator[Standard]:
    """Read some periods, by default all, one after the other."""
    transient = require_transient(fit, f'part="{PERIOD}"')
    levels = _Levels.read(fit)
    for period in range(len(transient.places)) if periods is None else periods.tolist():
        yield levels.standard(period, transient.effect[:, :, period])


def effects_of(fit: Fit, part: str) -> Array:
    """Give the effects of a part, shape (S, provider) or, of each period, (S, provider, period)."""
    check_part(part)
    lasting = read_draws(fit).effect
    if part == PERSISTENT:
        return lasting
    transient = require_transient(fit, f'part="{part}"')
    if part == NEXT:
        return lasting + next_departures(fit, transient)
    return lasting[:, :, np.newaxis] + transient.effect


@dataclass(frozen=True, slots=True, eq=False)
class _Levels:
    """A fit with the national levels of its periods taken out of the patterns.

    Attributes
    ----------
    stacked : StackedDraws
        Its design has zeros in the columns of the periods, each distinct pattern once.
    reference : Reference
    own : Own
        Both on these patterns.
    design : ndarray, shape (period, term)
        The columns of the periods in each period, 0 elsewhere.
    """

    stacked: StackedDraws
    reference: Reference
    own: Own
    design: Array

    @staticmethod
    def read(fit: Fit) -> "_Levels":
        """Take the levels out of a fit."""
        stacked, frame = read_period_means(fit), fit.frame
        whole = stacked.predictor.design
        columns = period_columns(frame)
        of_period = np.zeros((frame.sizes.get("period", 1), whole.shape[1]))
        patterns = frame["pattern_index"].to_numpy()
        of_period[period_of_cells(frame)] = np.where(columns, whole[patterns], 0.0)
        rest, merged = np.unique(np.where(columns, 0.0, whole), axis=0, return_inverse=True)
        merged = merged.reshape(-1)
        reference, own = reference_population(fit), own_population(fit)
        weights = np.bincount(merged, reference.weights, len(rest))
        return _Levels(
            replace(stacked, predictor=replace(stacked.predictor, design=rest)),
            Reference(reference.link_name, weights),
            replace(own, pattern=merged[own.pattern]),
            of_period,
        )

    def standard(self, period: int, departures: Array) -> Standard:
        """Put the level of one period, and departures (S, provider), in their places."""
        predictor = self.stacked.predictor
        intercept = predictor.intercept + predictor.coefficients @ self.design[period]
        moved = replace(predictor, intercept=intercept)
        effect = self.stacked.effect + departures
        return Standard(StackedDraws(moved, effect), self.reference, self.own)


def period_columns(frame: xr.Dataset) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Say which terms are the national levels of the periods, shape (term,)."""
    kinds = {f"period[{level}]" for term in _terms(frame) for level in term["levels"]}
    return np.isin(frame["term"].to_numpy().astype(str), sorted(kinds))


def _terms(frame: xr.Dataset) -> list[dict[str, list[str]]]:
    terms = json.loads(frame.attrs.get("terms", "[]"))
    return [term for term in terms if term["kind"] == "period"]
