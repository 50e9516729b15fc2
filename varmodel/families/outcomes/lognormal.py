"""Lognormal measurements: the logs are normal, the rate is the mean of what was measured."""

from dataclasses import replace

import numpy as np

from varmodel.families.forms import Cells
from varmodel.families.outcomes.normal import NORMAL, RESIDUAL
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


def _about_geometric_mean(form: str, pooled: Pooled) -> Prior:
    del form
    return Prior("normal", mu=float(np.log(pooled.mean)), sigma=2.5 * pooled.sd)


#: They scale with the logs.
PARAMETERS = (
    intercept(_about_geometric_mean),
    coefficients(lambda _, pooled: Prior("normal", mu=0.0, sigma=pooled.sd)),
    provider_sd(lambda *_: Prior("half_normal", sigma=0.3)),
    residual_sd(),
)


def constant(cells: Cells) -> Array:
    """Give - sum log y, by which the density of y differs from that of log y."""
    return -cells.size * cells.response


def log_likelihood(cells: Cells, eta: Array, values: Values) -> Array:
    """Give log N(log y | eta, sd) - log y summed over the measurements of a cell."""
    return constant(cells) + NORMAL.log_likelihood(cells, eta, values)


def shift(values: Values) -> Array | float:
    """Give sd^2 / 2: the mean of y is exp(eta + sd^2 / 2)."""
    return values["residual_sd"] ** 2 / 2


LOGNORMAL = replace(
    NORMAL,
    name="lognormal",
    link_name="log",
    form_names=("log_measurements",),
    listed=PARAMETERS,
    constant=constant,
    log_likelihood=log_likelihood,
    residual=replace(RESIDUAL, shift=shift),
)
