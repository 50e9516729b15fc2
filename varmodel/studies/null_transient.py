"""What passes in the null model: each provider's periods differ, and nothing of it lasts.

Symbols: a unit u is a provider in a period; s_u the score and w_u the Fisher information of its
cells at a predictor without departures; v_u ~ N(0, sd^2) its departure, independent of all others,
so that

    Var(s_u) = w_u + w_u^2 sd^2

and the scores of one provider's units add up without covariance. An AR(1) would take up effects
that last; independent departures cannot.
"""

import numpy as np

from varmodel.estimands.variation.within_periods import PeriodUnits, units_in
from varmodel.families import Cells, Family, Values
from varmodel.families.grouped import GroupedCounts
from varmodel.families.summed import TableSums, draw_sums
from varmodel.fits import Fit
from varmodel.frame import tells_what_lasts
from varmodel.numerics.blocks import once_each
from varmodel.numerics.sums import first_of_each
from varmodel.values import Array

_STEPS, _TOLERANCE = 60, 1e-10


def departing_units(fit: Fit) -> PeriodUnits | None:
    """Give the units that depart, whatever the fit has; of one period there is nothing to tell."""
    return units_in(fit.frame) if tells_what_lasts(fit.frame) else None


def variance_of_departures(score: Array, information: Array, *, parameters: int) -> Array:
    """Solve sum s_u^2 / (w_u + w_u^2 sd^2) = units - parameters for sd^2 in each table.

    Paule and Mandel's equation (1982): moments alone, so that no distribution of a table's scores
    is leant on. 0 where the scores vary no more than chance. Newton's steps of the reciprocal,
    which is concave in sd^2, rise to the root from the left.

    Parameters
    ----------
    score, information : ndarray, shape (table, unit)
    parameters : int
        Of the predictor, which the scores have lost.
    """
    known = information > 0
    square = np.divide(score**2, information, out=np.zeros_like(score), where=known)
    aim = np.maximum(known.sum(axis=1) - parameters, 1)
    variance = np.zeros(len(score))
    for _ in range(_STEPS):
        shrunk = 1 / (1 + information * variance[:, np.newaxis])
        total = (square * shrunk).sum(axis=1)
        slope = (square * information * shrunk**2).sum(axis=1)
        step = np.divide(
            total * (total / aim - 1), slope, out=np.zeros_like(total), where=slope > 0
        )
        step = np.maximum(step, -variance)
        variance = variance + step
        if np.all(np.abs(step) <= _TOLERANCE * variance):
            break
    return variance


def variance_of_providers(units: PeriodUnits, information: Array, *, variance: Array) -> Array:
    """Give the variance of each provider's summed score, shape (table, provider)."""
    of_unit = information + information**2 * variance[:, np.newaxis]
    return np.asarray(np.add.reduceat(of_unit, first_of_each(units.provider), axis=1))


def weights_of_cells(units: PeriodUnits, information: Array, *, variance: float) -> Array:
    """Give 1 / (1 + w_u sd^2) of each cell's unit: what a unit counts for beside others."""
    return np.asarray((1 / (1 + information * variance))[units.of_cell])


def centred_for_departures(family: Family, eta: Array, *, variance: float) -> Array:
    """Move a predictor so that the mean response over departures is what it was without them.

    Exact on the log and identity scales, to the second order on the logit's.
    """
    if family.scale_name == "log":
        return eta - variance / 2
    if family.scale_name == "logit":
        inverse = family.scale.inverse
        return once_each(lambda x: x - variance / 2 * (1 - 2 * inverse(x)), eta)
    return eta


def departing(
    family: Family, eta: Array, *, units: PeriodUnits, variance: float, rng: np.random.Generator
) -> Array:
    """Add to a predictor (cell, table) a departure of each unit in each table."""
    drawn = np.sqrt(variance) * rng.standard_normal((len(units.place), eta.shape[1]))
    centred = centred_for_departures(family, eta, variance=variance)
    return np.asarray(centred + np.take(drawn, units.of_cell, axis=0))


def draw_departing_sums(
    grouped: GroupedCounts,
    eta: Array,
    *,
    own: Values,
    units: PeriodUnits | None,
    weight: Array | None,
    variance: float,
    tables: int,
    rng: np.random.Generator,
) -> TableSums:
    """Draw tables of counts as their sums, of a predictor (pattern,) from which units depart."""
    shape = grouped.size.shape[1], tables
    drawn, of_group = np.zeros(shape), np.ones(shape[0])
    if units is not None and weight is not None:
        drawn = np.sqrt(variance) * rng.standard_normal(shape)
        eta = centred_for_departures(grouped.family, eta, variance=variance)
        of_group = weight[units.cells[units.first]]
    return draw_sums(grouped, eta, own=own, departures=drawn, weight=of_group, rng=rng)


def predictor_of_units(
    family: Family, cells: Cells, *, eta: Array, own: Values, units: PeriodUnits
) -> Array:
    """Give the predictor (table, cell) with each unit at its own mean.

    What scatters about it is the noise of single measurements, and no departure.
    """
    score, information = (
        units.total(function(cells, eta, own)) for function in (family.score, family.information)
    )
    beyond = np.divide(score, information, out=np.zeros_like(score), where=information > 0)
    if family.scale_name == "log":  # a mean's ratio to what was expected, less 1
        beyond = np.log1p(beyond)
    return np.asarray(eta + np.take(beyond, units.of_cell, axis=1))
