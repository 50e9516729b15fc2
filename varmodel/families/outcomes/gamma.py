"""Gamma measurements: the sd is in proportion to the mean, log link (methods 1).

The residual sd is the coefficient of variation; its shape is kappa = residual_sd^-2.
"""

import numpy as np

from varmodel.families.family import Family, Residual
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
from varmodel.numerics import special
from varmodel.values import Array

_STEPS = 4
_LARGE_SHAPE = 16.0
_SMALL = 1e-6
_LEAST = 1e-100


def _about_mean(form: str, pooled: Pooled) -> Prior:
    del form
    return Prior("normal", mu=float(np.log(pooled.mean)), sigma=2.5)


#: Weak on the log scale; the residual sd scales with the coefficient of variation.
PARAMETERS = (
    intercept(_about_mean),
    coefficients(lambda *_: Prior("normal", mu=0.0, sigma=1.0)),
    provider_sd(lambda *_: Prior("half_normal", sigma=0.3)),
    residual_sd(),
)


def constant(cells: Cells) -> Array:
    """Give - sum log y."""
    return np.asarray(_spread(cells) - cells.size * np.log(cells.response))


def log_likelihood(cells: Cells, eta: Array, values: Values) -> Array:
    """Give log Gamma(y | shape kappa, mean exp(eta)) summed over the measurements of a cell."""
    kappa = np.asarray(values["residual_sd"], dtype=np.float64) ** -2.0
    scatter = deviation(cells, eta) + _spread(cells)
    return np.asarray(constant(cells) + cells.size * log_normaliser(kappa) - kappa * scatter)


def score(cells: Cells, eta: Array, values: Values) -> Array:
    """Give kappa n (mean exp(-eta) - 1)."""
    relative = np.expm1(np.log(cells.response) - eta)
    return np.asarray(relative * information(cells, eta, values))


def information(cells: Cells, eta: Array, values: Values) -> Array:
    """Give kappa n."""
    return np.asarray(cells.size / np.asarray(values["residual_sd"]) ** 2 + np.zeros_like(eta))


def draw(rng: np.random.Generator, cells: Cells, eta: Array, values: Values) -> Array:
    """Draw the mean of a cell's measurements: a gamma of n times the shape, never quite 0."""
    shape = information(cells, eta, values)
    return np.asarray(np.exp(eta) * np.maximum(rng.gamma(shape) / shape, _LEAST))


def weight(cells: Cells, eta: Array, values: Values) -> Array:
    """Give n / mean: the variance is in proportion to the mean's square."""
    del values
    return np.asarray(cells.size * np.exp(-eta))


def deviation(cells: Cells, eta: Array) -> Array:
    """Give n (r - 1 - log r) with r = mean exp(-eta): half the deviance."""
    log_ratio = np.log(cells.response) - eta
    return np.asarray(cells.size * (np.expm1(log_ratio) - log_ratio))


def estimate(scatter: Array) -> Array:
    """Give kappa^-1/2 where log kappa - digamma(kappa) is half the mean deviance.

    Newton's steps for 1 / kappa (Minka 2002, Estimating a Gamma distribution, eq. 10) from the
    approximation of Greenwood and Durand by Thom; that alone where kappa is so large that the
    difference would be rounding.
    """
    half = np.asarray(scatter, dtype=np.float64)
    kappa = (3 - half + np.sqrt((half - 3) ** 2 + 24 * half)) / (12 * half)
    for _ in range(_STEPS):
        gap = np.log(kappa) - special.digamma(kappa) - half
        slope = kappa**2 * (1 / kappa - special.polygamma(1, kappa))
        kappa = np.where(half > _SMALL, 1 / (1 / kappa + gap / slope), kappa)
    return np.asarray(kappa**-0.5)


def _draw_spread(rng: np.random.Generator, cells: Cells, values: Values, count: int) -> Array:
    """Draw the spreads' sum from the gamma of its mean and variance, which are exact.

    A cell's mean and its spread are independent, since neither depends on the other's scale
    (Basu 1955); the distribution of the spread itself is Bartlett's, close to a scaled chi^2.
    """
    kappa, n = np.asarray(values["residual_sd"]) ** -2.0, cells.size
    mean = (n * (special.digamma(n * kappa) - np.log(n) - special.digamma(kappa))).sum()
    variance = (n * special.polygamma(1, kappa) - n**2 * special.polygamma(1, n * kappa)).sum()
    if not (n > 1).any():
        return np.zeros(count)
    return np.asarray(rng.gamma(mean**2 / variance, variance / mean, count))


def log_normaliser(kappa: Array) -> Array:
    """Give kappa log kappa - kappa - log gamma(kappa), by Stirling's series where it cancels."""
    large = np.maximum(kappa, _LARGE_SHAPE)
    series = 1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * large**2)) / large**2) / large**2
    by_series = 0.5 * np.log(large / (2 * np.pi)) - series / large
    small = np.minimum(kappa, _LARGE_SHAPE)
    directly = special.xlogy(small, small) - small - special.gammaln(small)
    return np.asarray(np.where(kappa > _LARGE_SHAPE, by_series, directly))


def _spread(cells: Cells) -> Array:
    return np.zeros_like(cells.size) if cells.spread is None else cells.spread


GAMMA = Family(
    name="gamma",
    link_name="log",
    scale_name="log",
    form_names=("positive_measurements",),
    listed=PARAMETERS,
    constant=constant,
    log_likelihood=log_likelihood,
    score=score,
    information=information,
    draw=draw,
    weight=weight,
    residual=Residual(deviation, estimate, _draw_spread),
    is_steady=True,
)
