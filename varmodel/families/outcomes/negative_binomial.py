"""Over-dispersed counts against an expected count or an exposure, log link: NB2 (methods 1).

mu = size exp(eta); the variance is mu + mu^2 / phi, phi = dispersion^-2: the dispersion is the sd,
in proportion, of a unit's own rate about exp(eta). A cell is one unit: counts do not add up.
"""

import numpy as np

from varmodel.families.family import Family
from varmodel.families.forms import Cells
from varmodel.families.outcomes.poisson import PARAMETERS, constant
from varmodel.families.parameters import LARGEST_PHI, Values, dispersion
from varmodel.numerics import special
from varmodel.numerics.rising import log_rising
from varmodel.values import Array


def derived(values: Values, pooled_mean: float) -> Values:
    """Give phi = dispersion^-2."""
    del pooled_mean
    with np.errstate(divide="ignore"):
        phi = np.asarray(values["dispersion"], dtype=np.float64) ** -2.0
    return {"phi": np.minimum(phi, LARGEST_PHI)}


def log_likelihood(cells: Cells, eta: Array, values: Values) -> Array:
    """Give log NB2(events | mean size exp(eta), phi)."""
    y, phi = cells.response, np.asarray(values["phi"])
    beyond = np.logaddexp(0.0, _log_ratio(cells, eta, phi))  # log(1 + mu / phi)
    return np.asarray(constant(cells) + log_rising(phi, y) + y * eta - (y + phi) * beyond)


def score(cells: Cells, eta: Array, values: Values) -> Array:
    """Give (y - mu) / (1 + mu / phi)."""
    phi = np.asarray(values["phi"])
    ratio = _log_ratio(cells, eta, phi)
    return np.asarray(cells.response * special.expit(-ratio) - phi * special.expit(ratio))


def information(cells: Cells, eta: Array, values: Values) -> Array:
    """Give mu / (1 + mu / phi)."""
    phi = np.asarray(values["phi"])
    return np.asarray(phi * special.expit(_log_ratio(cells, eta, phi)))


def draw(rng: np.random.Generator, cells: Cells, eta: Array, values: Values) -> Array:
    """Draw events: Poisson about a unit's own rate, which is gamma."""
    mu, phi = cells.size * np.exp(eta), np.asarray(values["phi"])
    own = rng.gamma(np.broadcast_to(phi, mu.shape)) / phi
    return np.asarray(rng.poisson(mu * own), dtype=np.float64)


def weight(cells: Cells, eta: Array, values: Values) -> Array:
    """Give size / (1 + mu / phi): a large unit says little more than its own rate."""
    ratio = _log_ratio(cells, eta, np.asarray(values["phi"]))
    return np.asarray(cells.size * special.expit(-ratio))


def _log_ratio(cells: Cells, eta: Array, phi: Array) -> Array:
    """Give log(mu / phi)."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(cells.size) + eta - np.log(phi))


NEGATIVE_BINOMIAL = Family(
    name="negative_binomial",
    link_name="log",
    scale_name="log",
    form_names=("expected", "exposure"),
    listed=(*PARAMETERS, dispersion()),
    constant=constant,
    log_likelihood=log_likelihood,
    score=score,
    information=information,
    draw=draw,
    weight=weight,
    derived=derived,
)
