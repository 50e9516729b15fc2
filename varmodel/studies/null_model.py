"""The model without provider effects, fitted to many tables at once.

Its estimate maximises likelihood times the priors of intercept and coefficients, so that
separation (a stratum without events) has a finite answer. Tables are rows: (table, cell). Of
several periods each provider's depart from the predictor, independently, by an sd that is estimated
anew in each table, whether or not the fit has a transient: see `null_transient`.
"""

from dataclasses import dataclass, replace

import numpy as np

from varmodel.estimands.variation.within_periods import PeriodUnits, units_in
from varmodel.families import Cells, Family, Pooled, Values
from varmodel.families.parameters import SCALE
from varmodel.fits import Fit
from varmodel.frame import cells_of, tells_what_lasts
from varmodel.frame.contents import design_of_patterns
from varmodel.inference import resolve_priors
from varmodel.numerics.blocks import blocks
from varmodel.numerics.sums import first_of_each
from varmodel.studies.null_transient import (
    departing,
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
_BLOCK_CELLS = 500_000
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


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Tables of one layout, with their estimates.

    Attributes
    ----------
    response : ndarray, shape (table, cell)
    psi : ndarray, shape (table, 1 + term)
        Estimated intercept and coefficients.
    eta : ndarray, shape (table, cell)
        Fitted linear predictor.
    own : mapping of str to float or ndarray, shape (table, 1)
        The family's own parameters.
    variance : ndarray, shape (table,), or None
        Of the departures.
    weight : ndarray, shape (cell,), or None
        What the cells counted for.
    """

    response: Array
    psi: Array
    eta: Array
    own: Values
    variance: Array | None = None
    weight: Array | None = None


def read_null_model(fit: Fit) -> NullModel:
    """Take provider effects out of a fit's model."""
    frame = fit.frame
    cells = cells_of(frame)
    priors = resolve_priors(fit.spec, frame)
    first, others = (dict(priors[name].parameters) for name in ("intercept", "coefficients"))
    terms = frame.sizes["term"]
    link = fit.spec.family_row.link
    with np.errstate(divide="ignore"):
        level = float(link.forward(np.asarray(frame.attrs["pooled_mean"], dtype=np.float64)))
    design, index = design_of_patterns(frame), frame["pattern_index"].to_numpy()
    if not fit.spec.family_row.adds_up:  # each cell is a pattern, so that none are added
        design, index = design[index], np.arange(len(index))
    return NullModel(
        family=fit.spec.family_row,
        cells=cells,
        starts=first_of_each(frame["provider_index"].to_numpy()),
        pattern_index=index,
        design=design,
        prior_mean=np.array([first["mu"], *[others["mu"]] * terms]),
        prior_precision=np.array([first["sigma"], *[others["sigma"]] * terms]) ** -2,
        level=level if np.isfinite(level) else first["mu"],
        own=_own_of(fit),
        residual=fit.spec.family_row.residual_name(fit.spec.form.name),
        units=_units(fit),
    )


def _units(fit: Fit) -> PeriodUnits | None:
    """Give the units that depart, whatever the fit has; of one period there is nothing to tell."""
    return units_in(fit.frame) if tells_what_lasts(fit.frame) else None


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
            weighted = replace(null, weight=_weights(null.units, null, found))
            found = _estimate(weighted, response, start=found.psi, spread=spread)
    return found


def _weights(units: PeriodUnits, null: NullModel, found: Tables) -> Array:
    """Give the weights of cells by the departures' variance of the only table."""
    variance = 0.0 if found.variance is None else float(found.variance[0])
    return weights_of_cells(units, units.total(_at(null, found)[1])[0], variance=variance)


def _at(null: NullModel, found: Tables) -> tuple[Array, Array]:
    """Give score and information of the cells at the estimate, (table, cell) each."""
    cells = replace(null.cells, response=found.response)
    score = null.family.score(cells, found.eta, found.own)
    return score, null.family.information(cells, found.eta, found.own)


def block_sizes(null: NullModel, *, tables: int) -> list[int]:
    """Part tables into blocks of bounded memory."""
    per_block = max(1, _BLOCK_CELLS // null.cells.response.size)
    return [min(per_block, tables - first) for first in range(0, tables, per_block)]


def simulate_tables(
    null: NullModel, fitted: Tables, *, tables: int, rng: np.random.Generator
) -> Tables:
    """Draw tables from the fitted null model and fit each again."""
    own = {name: float(np.ravel(x)[0]) for name, x in fitted.own.items()}
    residual = null.family.residual if null.residual is not None else None
    error = None if null.cells.error is None else null.cells.error[:, np.newaxis]
    columns = Cells(null.cells.response[:, np.newaxis], null.cells.size[:, np.newaxis], error=error)
    eta = np.broadcast_to(fitted.eta.T, (fitted.eta.size, tables))
    if null.units is not None and fitted.variance is not None:
        eta = departing(null.family, eta, units=null.units, variance=fitted.variance[0], rng=rng)
        null = replace(null, weight=fitted.weight)
    response = null.family.draw(rng, columns, eta, own)  # cell after cell: the quickest order
    spread = residual.draw(rng, null.cells, own, tables) if residual else np.zeros(tables)
    start = np.tile(fitted.psi, (tables, 1))
    return _estimate(null, np.ascontiguousarray(response.T), start=start, spread=spread)


def spread_statistic(null: NullModel, tables: Tables) -> Array:
    """Give X2 = sum_j (O_j - E_j)^2 / V_j of each table, shape (table,).

    Written as score squared over information: the same for a canonical link. With departures
    V_j is the variance of the provider's periods together (methods 7).
    """
    of_cells, information = _at(null, tables)
    score, variance = _by_provider(null, of_cells), _by_provider(null, information)
    if null.units is not None and tables.variance is not None:
        held = null.units.total(information)
        variance = variance_of_providers(null.units, held, variance=tables.variance)
    known = variance > 0
    return np.divide(score**2, variance, out=np.zeros_like(score), where=known).sum(axis=1)


def _by_provider(null: NullModel, values: Array) -> Array:
    return np.add.reduceat(values, null.starts, axis=1)


def _estimate(null: NullModel, response: Array, *, start: Array, spread: Array) -> Tables:
    """Climb to each table's mode by Newton steps, on the sums of each pattern's cells."""
    patterns, outer = _by_pattern(null, response), _outer(null)
    psi = start
    longest = np.inf if null.family.scale_name == "identity" else _LARGEST_STEP
    for _ in range(_STEPS):
        eta = psi @ null.design.T
        gradient = (null.family.score(patterns, eta, null.own) * outer) @ null.design
        gradient -= (psi - null.prior_mean) * null.prior_precision
        curvature = _curvature(null, null.family.information(patterns, eta, null.own) * outer)
        step = np.linalg.solve(curvature, gradient[..., np.newaxis])[..., 0]
        reach = np.abs(step @ null.design.T).max(axis=1, keepdims=True)
        psi = psi + step * np.minimum(1.0, longest / np.maximum(reach, 1e-300))
        if reach.max() <= _TOLERANCE * (1 + np.abs(eta).max()):
            break
    eta = (psi @ null.design.T)[:, null.pattern_index]
    own = _own(null, response, eta=eta, spread=spread)
    found = Tables(response, psi, eta, own, weight=null.weight)
    if null.units is None:
        return found
    score, information = (null.units.total(x) for x in _at(null, found))
    variance = variance_of_departures(score, information, parameters=null.design.shape[1])
    return replace(found, variance=variance)


def _outer(null: NullModel) -> Array | float:
    """Give weights that multiply scores of patterns: of cells that were not added up."""
    return 1.0 if null.weight is None or null.family.adds_up else null.weight


def _by_pattern(null: NullModel, response: Array) -> Cells:
    """Put each pattern's cells together: without provider effects they share a predictor."""
    from scipy import sparse

    cells, shape = null.cells, (len(null.pattern_index), len(null.design))
    member = sparse.csr_array(
        (np.ones(shape[0]), (np.arange(shape[0]), null.pattern_index)), shape=shape
    )
    counted = null.weight if null.weight is not None and null.family.adds_up else 1.0
    size = (cells.size * counted) @ member
    if cells.spread is None and cells.error is None:  # counts add up
        return Cells((response * counted) @ member, size)
    weight = cells.weight * counted
    total = weight @ member
    error = None if cells.error is None else total**-0.5
    return Cells(((response * weight) @ member) / total, size, error=error)


def _curvature(null: NullModel, information: Array) -> Array:
    """Sum information times design times design for each table: (table, 1 + term, 1 + term)."""
    width = null.design.shape[1]
    total = np.tile(np.diag(null.prior_precision).ravel(), (len(information), 1))
    for part in blocks(len(null.design), width**2):
        rows = null.design[part]
        squares = rows[:, :, np.newaxis] * rows[:, np.newaxis, :]
        total += information[:, part] @ squares.reshape(len(rows), -1)
    return total.reshape(-1, width, width)


def _own(null: NullModel, response: Array, *, eta: Array, spread: Array) -> Values:
    """Estimate each table's residual; what else the family has stays."""
    residual = null.family.residual
    if null.residual is None or residual is None:
        return null.own
    cells = replace(null.cells, response=response)
    freedom = cells.size.sum() - null.design.shape[1]
    if null.units is not None:
        within = cells.size.sum() - len(null.units.place) - null.design.shape[1]
        if within > _LEAST_WITHIN * cells.size.sum():
            freedom = within
            eta = predictor_of_units(null.family, cells, eta=eta, own=null.own, units=null.units)
    scatter = spread + residual.deviation(cells, eta).sum(axis=1)
    return {**null.own, null.residual: residual.estimate(scatter / freedom)[:, np.newaxis]}
