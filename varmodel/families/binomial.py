"""Binomial shares: events of trials, logit link (methods 1)."""

from collections.abc import Mapping

import numpy as np
from scipy import special

from varmodel.families.family import Family, Pooled, canonical_weight
from varmodel.families.forms import Cells
from varmodel.families.links import Array
from varmodel.families.priors import Prior


def default_priors(form: str, pooled: Pooled) -> Mapping[str, Prior]:
    """Weak, about the crude rate; provider sds found in practice run from .17 to 1.15."""
    del form
    return {
        "intercept": Prior("normal", mu=float(special.logit(pooled.mean)), sigma=2.5),
        "coefficients": Prior("normal", mu=0.0, sigma=1.0),
        "provider_sd": Prior("half_normal", sigma=0.7),
    }


def constant(cells: Cells) -> Array:
    """Give log C(trials, events)."""
    y, n = cells.response, cells.size
    return special.gammaln(n + 1) - special.gammaln(y + 1) - special.gammaln(n - y + 1)


def log_likelihood(cells: Cells, eta: Array, residual_sd: Array | float) -> Array:
    """Give log Binomial(events | trials, expit(eta))."""
    del residual_sd
    kernel = cells.response * eta - cells.size * np.logaddexp(0.0, eta)
    return np.asarray(constant(cells) + kernel)


def score(cells: Cells, eta: Array, residual_sd: Array | float) -> Array:
    """Give events less expected events."""
    del residual_sd
    return np.asarray(cells.response - cells.size * special.expit(eta))


def information(cells: Cells, eta: Array, residual_sd: Array | float) -> Array:
    """Give n p (1 - p), written so that it does not cancel in the tails."""
    del residual_sd
    odds = np.exp(-np.abs(eta))
    return np.asarray(cells.size * odds / np.square(1.0 + odds))


def draw(rng: np.random.Generator, cells: Cells, eta: Array, residual_sd: Array | float) -> Array:
    """Draw events; the half trial of a shared patient has half an event or none."""
    del residual_sd
    whole, chance = np.floor(cells.size), special.expit(eta)
    events = rng.binomial(whole.astype(np.int64), chance).astype(np.float64)
    part = cells.size - whole
    return events + part * rng.binomial(1, chance) if part.any() else events


BINOMIAL = Family(
    name="binomial",
    link_name="logit",
    scale_name="logit",
    form_names=("share", "trial"),
    default_priors=default_priors,
    constant=constant,
    log_likelihood=log_likelihood,
    score=score,
    information=information,
    draw=draw,
    weight=canonical_weight,
)
