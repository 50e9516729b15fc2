"""Normal measurements (by sufficient statistics) and published values with their errors."""

import numpy as np

from varmodel.families.family import Family, Residual, canonical_weight
from varmodel.families.forms import Cells
from varmodel.families.parameters import (
    Pooled,
    Values,
    coefficients,
    intercept,
    provider_sd,
    residual_sd,
)
from varmodel.families.priors import Prior
from varmodel.values import Array


def _spread_of_providers(form: str, pooled: Pooled) -> Prior | None:
    """Scale with single measurements; a published value has none, so no default."""
    return Prior("half_normal", sigma=pooled.sd) if form == "measurements" else None


#: They move and scale with the measurements: nothing depends on where zero lies.
PARAMETERS = (
    intercept(lambda _, pooled: Prior("normal", mu=pooled.mean, sigma=2.5 * pooled.sd)),
    coefficients(lambda _, pooled: Prior("normal", mu=0.0, sigma=pooled.sd)),
    residual_sd(form_names=("measurements",)),
    provider_sd(_spread_of_providers),
)


def log_likelihood(cells: Cells, eta: Array, values: Values) -> Array:
    """Give log N(y | eta, sd) summed over the measurements of a cell."""
    sd = _unit_sd(cells, values)
    spread = 0.0 if cells.spread is None else cells.spread
    squares = spread + cells.size * (cells.response - eta) ** 2
    return np.asarray(-0.5 * (cells.size * np.log(2 * np.pi * sd**2) + squares / sd**2))


def score(cells: Cells, eta: Array, values: Values) -> Array:
    """Give n (mean - eta) / sd^2."""
    return np.asarray((cells.response - eta) * information(cells, eta, values))


def information(cells: Cells, eta: Array, values: Values) -> Array:
    """Give n / sd^2."""
    sd = _unit_sd(cells, values)
    return np.asarray(cells.size / sd**2 + np.zeros_like(eta))


def draw(rng: np.random.Generator, cells: Cells, eta: Array, values: Values) -> Array:
    """Draw the mean of a cell's measurements (or the published value)."""
    sd = np.sqrt(1.0 / information(cells, eta, values))
    return eta + sd * rng.standard_normal(sd.shape)


def deviation(cells: Cells, eta: Array) -> Array:
    """Give n (mean - eta)^2."""
    return np.asarray(cells.size * (cells.response - eta) ** 2)


def _draw_spread(rng: np.random.Generator, cells: Cells, values: Values, count: int) -> Array:
    """Draw sd^2 chi^2 with the cells' degrees of freedom together."""
    freedom = float((cells.size - 1).sum())
    variance = np.square(values["residual_sd"])
    return variance * rng.chisquare(freedom, count) if freedom > 0 else np.zeros(count)


def _unit_sd(cells: Cells, values: Values) -> Array | float:
    return values["residual_sd"] if cells.error is None else cells.error


RESIDUAL = Residual(deviation, np.sqrt, _draw_spread)

NORMAL = Family(
    name="normal",
    link_name="identity",
    scale_name="identity",
    form_names=("measurements", "published"),
    listed=PARAMETERS,
    constant=None,
    log_likelihood=log_likelihood,
    score=score,
    information=information,
    draw=draw,
    weight=canonical_weight,
    residual=RESIDUAL,
    is_steady=True,
)
