"""Normal measurements (by sufficient statistics) and published values with their errors."""

from collections.abc import Mapping

import numpy as np

from varmodel.families.family import Family, Pooled, Residual, canonical_weight
from varmodel.families.forms import Cells
from varmodel.families.links import Array
from varmodel.families.priors import Prior


def default_priors(form: str, pooled: Pooled) -> Mapping[str, Prior]:
    """Move and scale with the measurements: nothing depends on where zero lies.

    A published value has no default for ``provider_sd``.
    """
    priors = {
        "intercept": Prior("normal", mu=pooled.mean, sigma=2.5 * pooled.sd),
        "coefficients": Prior("normal", mu=0.0, sigma=pooled.sd),
    }
    if form == "measurements":
        priors["residual_sd"] = Prior("half_normal", sigma=2.0 * pooled.sd)
        priors["provider_sd"] = Prior("half_normal", sigma=pooled.sd)
    return priors


def log_likelihood(cells: Cells, eta: Array, residual_sd: Array | float) -> Array:
    """Give log N(y | eta, sd) summed over the measurements of a cell."""
    sd = _unit_sd(cells, residual_sd)
    spread = 0.0 if cells.spread is None else cells.spread
    squares = spread + cells.size * (cells.response - eta) ** 2
    return np.asarray(-0.5 * (cells.size * np.log(2 * np.pi * sd**2) + squares / sd**2))


def score(cells: Cells, eta: Array, residual_sd: Array | float) -> Array:
    """Give n (mean - eta) / sd^2."""
    return np.asarray((cells.response - eta) * information(cells, eta, residual_sd))


def information(cells: Cells, eta: Array, residual_sd: Array | float) -> Array:
    """Give n / sd^2."""
    sd = _unit_sd(cells, residual_sd)
    return np.asarray(cells.size / sd**2 + np.zeros_like(eta))


def draw(rng: np.random.Generator, cells: Cells, eta: Array, residual_sd: Array | float) -> Array:
    """Draw the mean of a cell's measurements (or the published value)."""
    sd = np.sqrt(1.0 / information(cells, eta, residual_sd))
    return eta + sd * rng.standard_normal(sd.shape)


def deviation(cells: Cells, eta: Array) -> Array:
    """Give n (mean - eta)^2."""
    return np.asarray(cells.size * (cells.response - eta) ** 2)


def _draw_spread(rng: np.random.Generator, cells: Cells, residual_sd: float, count: int) -> Array:
    """Draw sd^2 chi^2 with the cells' degrees of freedom together."""
    freedom = float((cells.size - 1).sum())
    return residual_sd**2 * rng.chisquare(freedom, count) if freedom > 0 else np.zeros(count)


def _unit_sd(cells: Cells, residual_sd: Array | float) -> Array | float:
    return residual_sd if cells.error is None else cells.error


RESIDUAL = Residual(deviation, np.sqrt, _draw_spread)

NORMAL = Family(
    name="normal",
    link_name="identity",
    scale_name="identity",
    form_names=("measurements", "published"),
    default_priors=default_priors,
    constant=None,
    log_likelihood=log_likelihood,
    score=score,
    information=information,
    draw=draw,
    weight=canonical_weight,
    residual=RESIDUAL,
)
