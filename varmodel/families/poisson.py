"""Poisson counts against an expected count or an exposure, log link (methods 1)."""

from collections.abc import Mapping

import numpy as np
from scipy import special

from varmodel.families.family import Family, Pooled, canonical_weight
from varmodel.families.forms import Cells
from varmodel.families.links import Array
from varmodel.families.priors import Prior


def default_priors(form: str, pooled: Pooled) -> Mapping[str, Prior]:
    """Weak on the log scale; a ratio to expected lies near 1, a rate near the crude rate."""
    intercept = (
        Prior("normal", mu=0.0, sigma=1.0)
        if form == "expected"
        else Prior("normal", mu=float(np.log(pooled.mean)), sigma=2.5)
    )
    return {
        "intercept": intercept,
        "coefficients": Prior("normal", mu=0.0, sigma=1.0),
        "provider_sd": Prior("half_normal", sigma=0.3),
    }


def constant(cells: Cells) -> Array:
    """Give y log(size) - log y!."""
    y, n = cells.response, cells.size
    return np.asarray(special.xlogy(y, n) - special.gammaln(y + 1))


def log_likelihood(cells: Cells, eta: Array, residual_sd: Array | float) -> Array:
    """Give log Poisson(events | size exp(eta))."""
    del residual_sd
    kernel = cells.response * eta - cells.size * np.exp(eta)
    return np.asarray(constant(cells) + kernel)


def score(cells: Cells, eta: Array, residual_sd: Array | float) -> Array:
    """Give events less expected events."""
    del residual_sd
    return np.asarray(cells.response - cells.size * np.exp(eta))


def information(cells: Cells, eta: Array, residual_sd: Array | float) -> Array:
    """Give the expected events."""
    del residual_sd
    return np.asarray(cells.size * np.exp(eta))


def draw(rng: np.random.Generator, cells: Cells, eta: Array, residual_sd: Array | float) -> Array:
    """Draw events."""
    del residual_sd
    return np.asarray(rng.poisson(cells.size * np.exp(eta)), dtype=np.float64)


POISSON = Family(
    name="poisson",
    link_name="log",
    scale_name="log",
    form_names=("expected", "exposure"),
    default_priors=default_priors,
    constant=constant,
    log_likelihood=log_likelihood,
    score=score,
    information=information,
    draw=draw,
    weight=canonical_weight,
)
