"""Lognormal measurements: the logs are normal, the rate is the mean of what was measured."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from varmodel.families.family import Pooled
from varmodel.families.forms import Cells
from varmodel.families.links import Array
from varmodel.families.normal import NORMAL, RESIDUAL
from varmodel.families.priors import Prior


def default_priors(form: str, pooled: Pooled) -> Mapping[str, Prior]:
    """Scale with the logs, about the log of the geometric mean."""
    del form
    return {
        "intercept": Prior("normal", mu=float(np.log(pooled.mean)), sigma=2.5 * pooled.sd),
        "coefficients": Prior("normal", mu=0.0, sigma=pooled.sd),
        "provider_sd": Prior("half_normal", sigma=0.3),
        "residual_sd": Prior("half_normal", sigma=2.0 * pooled.sd),
    }


def constant(cells: Cells) -> Array:
    """Give - sum log y, by which the density of y differs from that of log y."""
    return -cells.size * cells.response


def log_likelihood(cells: Cells, eta: Array, residual_sd: Array | float) -> Array:
    """Give log N(log y | eta, sd) - log y summed over the measurements of a cell."""
    return constant(cells) + NORMAL.log_likelihood(cells, eta, residual_sd)


def shift(residual_sd: Array | float) -> Array | float:
    """Give sd^2 / 2: the mean of y is exp(eta + sd^2 / 2)."""
    return residual_sd**2 / 2


LOGNORMAL = replace(
    NORMAL,
    name="lognormal",
    link_name="log",
    form_names=("log_measurements",),
    default_priors=default_priors,
    constant=constant,
    log_likelihood=log_likelihood,
    residual=replace(RESIDUAL, shift=shift),
)
