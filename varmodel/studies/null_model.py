"""The model without provider effects, fitted to many tables at once.

Its estimate maximises likelihood times the priors of intercept and coefficients, so that
separation (a stratum without events) has a finite answer. Tables are rows: (table, cell). Of
several periods each provider's depart from the predictor, independently, by an sd that is estimated
anew in each table, whether or not the fit has a transient: see `null_transient`.
"""

from dataclasses import dataclass, replace

import numpy as np

from varmodel.estimands.variation.within_periods import PeriodUnits
from varmodel.families import Cells, Family, Pooled, Values
from varmodel.families.grouped import GroupedCounts, by_pattern, group_counts, information_of_design
from varmodel.families.parameters import SCALE
from varmodel.families.summed import TableSums
from varmodel.fits import Fit
from varmodel.frame import cells_of
from varmodel.frame.contents import design_of_patterns
from varmodel.inference import resolve_priors
from varmodel.numerics.sums import first_of_each
from varmodel.studies.null_transient import (
    departing,
    departing_units,
    draw_departing_sums,
    predictor_of_units,
    variance_of_departures,
    variance_of_providers,
    weights_of_cells,
)
from varmodel.values import Array, Index

_STEPS = 100
_TOLERANCE = 1e-9
#: Longest step of the climb on the logit or log scale, where far ahead is flat or very steep.
_LARGEST_STEP = 4.0
#: Rounds in which the departures' sd and the weights of units are found from each other.
_ROUNDS = 6
#: Share of the measurements beyond the first of a unit, below which the scatter within units
#: tells no residual: departures are then part of it.
_LEAST_WITHIN = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class NullModel:
    """A frame without provider effects.

    Attributes
    ----------
    family : Family
    cells : Cells
        Observed cells, sorted by provider.
    starts : ndarray of int, shape (provider,)
        First cell of each provider.
    pattern_index : ndarray of int, shape (cell,)
    design : ndarray, shape (pattern, 1 + term)
        The intercept's ones first.
    prior_mean, prior_precision : ndarray, shape (1 + term,)
    level : float
        National level of eta, where the climb starts.
    own : mapping of str to float
        The family's own parameters, as its functions take them: the posterior mean, which stays,
        or the first guess of a residual.
    residual : str or None
        Name of the parameter that is estimated anew in each table: that which single
        measurements scatter by.
    units : Units or None
        Providers in periods, where these depart from the predictor.
    weight : ndarray, shape (cell,), or None
        What cells count for beside each other: less in a unit that its departure mostly makes.
    grouped : GroupedCounts or None
        Counts put together by unit, or by provider where no units depart.
    """

    family: Family
    cells: Cells
    starts: Index
    pattern_index: Index
    design: Array
    prior_mean: Array
    prior_precision: Array
    level: float
    own: Values
    residual: str | None
    units: PeriodUnits | None = None
    weight: Array | None = None
    grouped: GroupedCounts | None = None

    def total(self, values: Array) -> Array:
        """Sum cells (table, cell) within units, or within providers where no units depart."""
        if self.units is not None:
            return self.units.total(values)
        return np.add.reduceat(values, self.starts, axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Tables of one layout, with their estimates.

    Attributes
    ----------
    response : ndarray, shape (table, cell)
        (table, 0) where tables were drawn as sums.
    psi : ndarray, shape (table, 1 + term)
        Estimated intercept and coefficients.
    by_pattern : ndarray, shape (table, pattern)
        Fitted linear predictor.
    pattern : ndarray of int, shape (cell,)
    own : mapping of str to float or ndarray, shape (table, 1)
        The family's own parameters.
    variance : ndarray, shape (table,), or None
        Of the departures.
    weight : ndarray, shape (cell,), or None
        What the cells counted for.
    sums : tuple of ndarray
        Scores and information at the estimate by unit, or by provider: (table, group) each.
    """

    response: Array
    psi: Array
    by_pattern: Array
    pattern: Index
    own: Values
    variance: Array | None = None
    weight: Array | None = None
    sums: tuple[Array, ...] = ()

    @property
    def eta(self) -> Array:
        """Fitted linear predictor, shape (table, cell)."""
        return np.take(self.by_pattern, self.pattern, axis=1)


def read_null_model(fit: Fit) -> NullModel:
    """Take provider effects out of a fit's model."""
    frame, family, units = fit.frame, fit.spec.family_row, departing_units(fit)
    cells = cells_of(frame)
    priors = resolve_priors(fit.spec, frame)
    first, others = (dict(priors[name].parameters) for name in ("intercept", "coefficients"))
    terms = frame.sizes["term"]
    with np.errstate(divide="ignore"):
        level = float(family.link.forward(np.asarray(frame.attrs["pooled_mean"], dtype=np.float64)))
    design, index = design_of_patterns(frame), frame["pattern_index"].to_numpy()
    if not family.adds_up:  # each cell is a pattern, so that none are added
        design, index = design[index], np.arange(len(index))
    starts = first_of_each(frame["provider_index"].to_numpy())
    group = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(index)))
    group = group if units is None else units.of_cell
    return NullModel(
        family=family,
        cells=cells,
        starts=starts,
        pattern_index=index,
        design=design,
        prior_mean=np.array([first["mu"], *[others["mu"]] * terms]),
        prior_precision=np.array([first["sigma"], *[others["sigma"]] * terms]) ** -2,
        level=level if np.isfinite(level) else first["mu"],
        own=_own_of(fit),
        residual=family.residual_name(fit.spec.form.name),
        units=units,
        grouped=group_counts(family, cells, pattern=index, group=group, patterns=len(design)),
    )


def _own_of(fit: Fit) -> Values:
    """Take a dispersion at its posterior mean, a residual at its pooled figure."""
    family, frame = fit.spec.family_row, fit.frame
    pooled = Pooled(frame.attrs["pooled_mean"], frame.attrs["pooled_sd"])
    named = {
        x.name: x.typical(pooled) if x.role == SCALE else float(fit.posterior[x.name].mean())
        for x in family.own(fit.spec.form.name)
    }
    return family.values(named, pooled.mean)


def fit_observed(null: NullModel) -> Tables:
    """Fit the observed table, as a single row."""
    response = null.cells.response[np.newaxis]
    start = np.zeros((1, null.design.shape[1]))
    start[0, 0] = null.level
    spread = np.array([0.0 if null.cells.spread is None else null.cells.spread.sum()])
    found = _estimate(null, response, start=start, spread=spread)
    if null.units is not None:
        for _ in range(_ROUNDS):
            held = found.sums[1][0]
            variance = 0.0 if found.variance is None else float(found.variance[0])
            weight = weights_of_cells(null.units, held, variance=variance)
            weighted = replace(null, weight=weight)
            found = _estimate(weighted, response, start=found.psi, spread=spread)
    return found


def _sums(null: NullModel, found: Tables, *, drawn: TableSums | None) -> tuple[Array, Array]:
    if null.grouped is not None:
        total = null.total(found.response) if drawn is None else drawn.by_group
        return null.grouped.sums(total, found.by_pattern, own=found.own)
    given = replace(null.cells, response=found.response), found.eta, found.own
    return null.total(null.family.score(*given)), null.total(null.family.information(*given))


def simulate_tables(
    null: NullModel, fitted: Tables, *, tables: int, rng: np.random.Generator, summed: bool = False
) -> Tables:
    """Draw tables from the fitted null model, as sums alone where asked, and fit each again."""
    own = {name: float(np.ravel(x)[0]) for name, x in fitted.own.items()}
    start = np.tile(fitted.psi, (tables, 1))
    variance = 0.0 if fitted.variance is None else float(fitted.variance[0])
    null = replace(null, weight=fitted.weight)
    if summed and null.grouped is not None:
        drawn = draw_departing_sums(
            null.grouped,
            fitted.by_pattern[0],
            own=own,
            units=null.units,
            weight=null.weight,
            variance=variance,
            tables=tables,
            rng=rng,
        )
        return _estimate(null, start[:, :0], start=start, spread=start[:, 0], drawn=drawn)
    residual = null.family.residual if null.residual is not None else None
    error = None if null.cells.error is None else null.cells.error[:, np.newaxis]
    columns = Cells(null.cells.response[:, np.newaxis], null.cells.size[:, np.newaxis], error=error)
    eta = np.broadcast_to(fitted.eta.T, (fitted.eta.size, tables))
    if null.units is not None:
        eta = departing(null.family, eta, units=null.units, variance=variance, rng=rng)
    response = null.family.draw(rng, columns, eta, own)  # cell after cell: the quickest order
    spread = residual.draw(rng, null.cells, own, tables) if residual else np.zeros(tables)
    return _estimate(null, np.ascontiguousarray(response.T), start=start, spread=spread)


def spread_statistic(null: NullModel, tables: Tables) -> Array:
    """Give X2 = sum_j (O_j - E_j)^2 / V_j of each table, shape (table,).

    Written as score squared over information: the same for a canonical link. With departures
    V_j is the variance of the provider's periods together (methods 7).
    """
    score, variance = tables.sums
    if null.units is not None and tables.variance is not None:
        score = np.add.reduceat(score, first_of_each(null.units.provider), axis=1)
        variance = variance_of_providers(null.units, variance, variance=tables.variance)
    known = variance > 0
    return np.divide(score**2, variance, out=np.zeros_like(score), where=known).sum(axis=1)


def _estimate(
    null: NullModel, response: Array, *, start: Array, spread: Array, drawn: TableSums | None = None
) -> Tables:
    """Climb to each table's mode by Newton steps, on the sums of each pattern's cells."""
    patterns = _patterns(null, response) if drawn is None else Cells(drawn.by_pattern, drawn.size)
    psi = start
    # weights of cells that were not added up
    outer = 1.0 if null.weight is None or null.family.adds_up else null.weight
    longest = np.inf if null.family.scale_name == "identity" else _LARGEST_STEP
    for _ in range(_STEPS):
        eta = psi @ null.design.T
        gradient = (null.family.score(patterns, eta, null.own) * outer) @ null.design
        gradient -= (psi - null.prior_mean) * null.prior_precision
        information = null.family.information(patterns, eta, null.own) * outer
        curvature = information_of_design(information, null.design) + np.diag(null.prior_precision)
        step = np.linalg.solve(curvature, gradient[..., np.newaxis])[..., 0]
        reach = np.abs(step @ null.design.T).max(axis=1, keepdims=True)
        psi = psi + step * np.minimum(1.0, longest / np.maximum(reach, 1e-300))
        if reach.max() <= _TOLERANCE * (1 + np.abs(eta).max()):
            break
    eta, index = psi @ null.design.T, null.pattern_index
    found = Tables(response, psi, eta, index, null.own, weight=null.weight)
    found = replace(found, own=_own(null, found, spread=spread))
    found = replace(found, sums=_sums(null, found, drawn=drawn))
    if null.units is None:
        return found
    variance = variance_of_departures(*found.sums, parameters=null.design.shape[1])
    return replace(found, variance=variance)


def _patterns(null: NullModel, response: Array) -> Cells:
    """Put each pattern's cells together: without provider effects they share a predictor."""
    index, counted = null.pattern_index, null.weight if null.family.adds_up else None
    return by_pattern(
        null.cells, response, pattern=index, patterns=len(null.design), weight=counted
    )


def _own(null: NullModel, found: Tables, *, spread: Array) -> Values:
    """Estimate each table's residual; what else the family has stays."""
    residual = null.family.residual
    if null.residual is None or residual is None:
        return null.own
    cells, eta = replace(null.cells, response=found.response), found.eta
    freedom = cells.size.sum() - null.design.shape[1]
    if null.units is not None:
        within = cells.size.sum() - len(null.units.place) - null.design.shape[1]
        if within > _LEAST_WITHIN * cells.size.sum():
            freedom = within
            eta = predictor_of_units(null.family, cells, eta=eta, own=null.own, units=null.units)
    scatter = spread + residual.deviation(cells, eta).sum(axis=1)
    return {**null.own, null.residual: residual.estimate(scatter / freedom)[:, np.newaxis]}
