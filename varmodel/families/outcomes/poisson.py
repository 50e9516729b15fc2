"""Poisson counts against an expected count or an exposure, log link (methods 1)."""

import numpy as np

from varmodel.families.family import Family, canonical_weight
from varmodel.families.forms import Cells
from varmodel.families.parameters import Pooled, Values, coefficients, intercept, provider_sd
from varmodel.families.priors import Prior
from varmodel.families.recursion import Recursion
from varmodel.numerics import special
from varmodel.numerics.blocks import once_each
from varmodel.values import Array


def _about_crude(form: str, pooled: Pooled) -> Prior:
    """Give a ratio to expected near 1, a rate near the crude rate."""
    if form == "expected":
        return Prior("normal", mu=0.0, sigma=1.0)
    return Prior("normal", mu=float(np.log(pooled.mean)), sigma=2.5)


#: Weak on the log scale.
PARAMETERS = (
    intercept(_about_crude),
    coefficients(lambda *_: Prior("normal", mu=0.0, sigma=1.0)),
    provider_sd(lambda *_: Prior("half_normal", sigma=0.3)),
)


def constant(cells: Cells) -> Array:
    """Give y log(size) - log y!."""
    y, n = cells.response, cells.size
    return np.asarray(special.xlogy(y, n) - special.gammaln(y + 1))


def log_likelihood(cells: Cells, eta: Array, values: Values) -> Array:
    """Give log Poisson(events | size exp(eta))."""
    del values
    kernel = cells.response * eta - cells.size * np.exp(eta)
    return np.asarray(constant(cells) + kernel)


def score(cells: Cells, eta: Array, values: Values) -> Array:
    """Give events less expected events."""
    del values
    return np.asarray(cells.response - cells.size * np.exp(eta))


def information(cells: Cells, eta: Array, values: Values) -> Array:
    """Give the expected events."""
    del values
    return np.asarray(cells.size * np.exp(eta))


def draw(rng: np.random.Generator, cells: Cells, eta: Array, values: Values) -> Array:
    """Draw events."""
    del values
    return np.asarray(rng.poisson(cells.size * once_each(np.exp, eta)), dtype=np.float64)


def recursion(cells: Cells, eta: Array, values: Values) -> Recursion:
    """Give how the probabilities of so many events follow from each other."""
    del values
    return Recursion(cells.size * np.exp(eta), np.ones_like(cells.size), 0.0)


POISSON = Family(
    name="poisson",
    link_name="log",
    scale_name="log",
    form_names=("expected", "exposure"),
    listed=PARAMETERS,
    constant=constant,
    log_likelihood=log_likelihood,
    score=score,
    information=information,
    draw=draw,
    weight=canonical_weight,
    recursion=recursion,
)
