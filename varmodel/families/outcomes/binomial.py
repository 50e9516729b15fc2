"""Binomial shares: events of trials, logit link (methods 1)."""

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
    del form
    return Prior("normal", mu=float(special.logit(pooled.mean)), sigma=2.5)


#: Weak, about the crude rate; provider sds found in practice run from .17 to 1.15.
PARAMETERS = (
    intercept(_about_crude),
    coefficients(lambda *_: Prior("normal", mu=0.0, sigma=1.0)),
    provider_sd(lambda *_: Prior("half_normal", sigma=0.7)),
)

#: Beyond it no trial is without an event; it keeps odds far inside float64.
_CERTAIN = 300.0


def constant(cells: Cells) -> Array:
    """Give log C(trials, events)."""
    y, n = cells.response, cells.size
    return special.gammaln(n + 1) - special.gammaln(y + 1) - special.gammaln(n - y + 1)


def log_likelihood(cells: Cells, eta: Array, values: Values) -> Array:
    """Give log Binomial(events | trials, expit(eta))."""
    del values
    # log(1 + e^eta), as logaddexp has it, whose loop NumPy does not vectorise: a third of the time
    log_odds_against = np.log1p(np.exp(-np.abs(eta))) + np.maximum(eta, 0.0)
    return np.asarray(constant(cells) + cells.response * eta - cells.size * log_odds_against)


def score(cells: Cells, eta: Array, values: Values) -> Array:
    """Give events less expected events."""
    del values
    return np.asarray(cells.response - cells.size * special.expit(eta))


def information(cells: Cells, eta: Array, values: Values) -> Array:
    """Give n p (1 - p), written so that it does not cancel in the tails."""
    del values
    odds = np.exp(-np.abs(eta))
    return np.asarray(cells.size * odds / np.square(1.0 + odds))


def draw(rng: np.random.Generator, cells: Cells, eta: Array, values: Values) -> Array:
    """Draw events; the half trial of a shared patient has half an event or none."""
    del values
    whole, chance = np.floor(cells.size), once_each(special.expit, eta)
    events = rng.binomial(whole.astype(np.int64), chance).astype(np.float64)
    part = cells.size - whole
    return events + part * rng.binomial(1, chance) if part.any() else events


def recursion(cells: Cells, eta: Array, values: Values) -> Recursion:
    """Give how the probabilities of so many events of whole trials follow from each other."""
    del values
    return Recursion(np.exp(np.minimum(eta, _CERTAIN)), cells.size + 1.0, -1.0)


BINOMIAL = Family(
    name="binomial",
    link_name="logit",
    scale_name="logit",
    form_names=("share", "trial"),
    listed=PARAMETERS,
    constant=constant,
    log_likelihood=log_likelihood,
    score=score,
    information=information,
    draw=draw,
    weight=canonical_weight,
    recursion=recursion,
)
