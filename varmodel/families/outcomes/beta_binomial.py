"""Over-dispersed shares: beta-binomial counts, logit link (methods 1).

p = expit(eta); a unit's own share is Beta(phi p, phi (1 - p)), so that the variance of its events
is n p (1 - p) {1 + (n - 1) / (phi + 1)}. phi = 1 / {dispersion^2 p0 (1 - p0)} with p0 the pooled
share: the dispersion is about the sd of a unit's own logit. A cell is one unit: counts do not add
up.
"""

import numpy as np

from varmodel.families.family import Family
from varmodel.families.forms import Cells
from varmodel.families.outcomes.binomial import PARAMETERS, constant
from varmodel.families.parameters import LARGEST_PHI, Values, dispersion
from varmodel.numerics import special
from varmodel.numerics.rising import falling_shares, log_rising
from varmodel.values import Array

#: Least shape of a beta: below it a share is 0 or 1.
_LEAST = 1e-300


def derived(values: Values, pooled_mean: float) -> Values:
    """Give phi."""
    unit = pooled_mean * (1 - pooled_mean)
    with np.errstate(divide="ignore"):
        phi = np.asarray(values["dispersion"], dtype=np.float64) ** -2.0 / unit
    return {"phi": np.minimum(phi, LARGEST_PHI)}


def log_likelihood(cells: Cells, eta: Array, values: Values) -> Array:
    """Give log BetaBinomial(events | trials, expit(eta), phi)."""
    y, n, phi = cells.response, cells.size, np.asarray(values["phi"])
    a, b = _shapes(eta, phi)
    kernel = y * eta - n * np.logaddexp(0.0, eta)
    more = log_rising(a, y) + log_rising(b, n - y) - log_rising(phi, n)
    return np.asarray(constant(cells) + kernel + more)


def score(cells: Cells, eta: Array, values: Values) -> Array:
    """Give (1 - p) T(phi p, y) - p T(phi (1 - p), n - y): see `rising`."""
    y, n = cells.response, cells.size
    a, b = _shapes(eta, np.asarray(values["phi"]))
    up, down = falling_shares(a, y), falling_shares(b, n - y)
    return np.asarray(special.expit(-eta) * up - special.expit(eta) * down)


def information(cells: Cells, eta: Array, values: Values) -> Array:
    """Give n p (1 - p) / {1 + (n - 1) / (phi + 1)}, which the variance tells."""
    odds = np.exp(-np.abs(eta))
    return np.asarray(weight(cells, eta, values) * odds / np.square(1.0 + odds))


def draw(rng: np.random.Generator, cells: Cells, eta: Array, values: Values) -> Array:
    """Draw a unit's own share, and events of it."""
    a, b = _shapes(eta, np.asarray(values["phi"]))
    share = rng.beta(a, b)
    size = np.broadcast_to(cells.size.astype(np.int64), share.shape)
    return np.asarray(rng.binomial(size, share), dtype=np.float64)


def weight(cells: Cells, eta: Array, values: Values) -> Array:
    """Give n / {1 + (n - 1) / (phi + 1)}: a large unit says little more than its own share."""
    del eta
    n, phi = cells.size, np.asarray(values["phi"])
    return np.asarray(n * (phi + 1) / (phi + np.maximum(n, 1.0)))


def _shapes(eta: Array, phi: Array) -> tuple[Array, Array]:
    a, b = phi * special.expit(eta), phi * special.expit(-eta)
    return np.maximum(a, _LEAST), np.maximum(b, _LEAST)


BETA_BINOMIAL = Family(
    name="beta_binomial",
    link_name="logit",
    scale_name="logit",
    form_names=("share",),
    listed=(*PARAMETERS, dispersion()),
    constant=constant,
    log_likelihood=log_likelihood,
    score=score,
    information=information,
    draw=draw,
    weight=weight,
    derived=derived,
    reads_pooled_mean=True,
)
