"""The PyMC models: one builder, its parts in tables keyed by the names of families and priors."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pymc as pm
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from varmodel.families import FORMS, Form
from varmodel.inference.arrays import Arrays, Structure

type Data = Mapping[str, TensorVariable]
type Likelihood = Callable[[Form, Data, TensorVariable, TensorVariable | None], None]
type Coords = Mapping[str, npt.NDArray[np.str_]]


def _binomial(form: Form, data: Data, eta: TensorVariable, sd: TensorVariable | None) -> None:
    del sd
    size = data["size"].astype("int64")
    _observe(
        form.response,
        data["response"],
        size,
        eta,
        data["constant"],
        dist=_events,
        logp=_events_logp,
    )


def _events(
    n: TensorVariable, eta: TensorVariable, constant: TensorVariable, size: TensorVariable
) -> TensorVariable:
    """Draw events as reals: PyMC would cut an observed 2.5 down to a whole number."""
    del constant
    return pt.cast(pm.Binomial.dist(n=n, logit_p=eta, size=size), "float64")


def _events_logp(
    y: TensorVariable, n: TensorVariable, eta: TensorVariable, constant: TensorVariable
) -> TensorVariable:
    return constant + y * eta - n * pt.softplus(eta)


def _poisson(form: Form, data: Data, eta: TensorVariable, sd: TensorVariable | None) -> None:
    del sd
    size = data["size"]
    _observe(
        form.response,
        data["response"],
        size,
        eta,
        data["constant"],
        dist=_counts,
        logp=_counts_logp,
    )


def _counts(
    exposure: TensorVariable, eta: TensorVariable, constant: TensorVariable, size: TensorVariable
) -> TensorVariable:
    del constant
    return pt.cast(pm.Poisson.dist(mu=exposure * pt.exp(eta), size=size), "float64")


def _counts_logp(
    y: TensorVariable, exposure: TensorVariable, eta: TensorVariable, constant: TensorVariable
) -> TensorVariable:
    return constant + y * eta - exposure * pt.exp(eta)


def _normal(form: Form, data: Data, eta: TensorVariable, sd: TensorVariable | None) -> None:
    error = data["error"] if sd is None else sd / pt.sqrt(data["size"])
    pm.Normal(form.response, mu=eta, sigma=error, observed=data["response"], dims="cell")
    if sd is not None:
        freedom = data["size"] - 1
        _observe(form.spread, data["spread"], freedom, sd, dist=_squares, logp=_squares_logp)


def _lognormal(form: Form, data: Data, eta: TensorVariable, sd: TensorVariable | None) -> None:
    sigma = _needed(sd)
    spread, freedom, constant = data["spread"], data["size"] - 1, data["constant"]
    pm.Normal(
        form.response,
        mu=eta,
        sigma=sigma / pt.sqrt(data["size"]),
        observed=data["response"],
        dims="cell",
    )
    _observe(
        form.spread, spread, freedom, sigma, constant, dist=_log_squares, logp=_log_squares_logp
    )


def _squares(freedom: TensorVariable, sd: TensorVariable, size: TensorVariable) -> TensorVariable:
    """Draw sd^2 chi^2(freedom): 0 where a cell holds one measurement."""
    drawn = pm.ChiSquared.dist(nu=pt.maximum(freedom, 1), size=size)
    return pt.switch(freedom > 0, sd**2 * drawn, 0.0)


def _squares_logp(
    squares: TensorVariable, freedom: TensorVariable, sd: TensorVariable
) -> TensorVariable:
    """Give its density, but for the part that no parameter touches."""
    return -freedom * pt.log(sd) - squares / (2 * sd**2)


def _log_squares(
    freedom: TensorVariable, sd: TensorVariable, constant: TensorVariable, size: TensorVariable
) -> TensorVariable:
    del constant
    return _squares(freedom, sd, size)


def _log_squares_logp(
    squares: TensorVariable, freedom: TensorVariable, sd: TensorVariable, constant: TensorVariable
) -> TensorVariable:
    return constant + _squares_logp(squares, freedom, sd)


def _gamma(form: Form, data: Data, eta: TensorVariable, sd: TensorVariable | None) -> None:
    shape, size = _needed(sd) ** -2, data["size"]
    _observe(form.response, data["response"], size, eta, shape, dist=_means, logp=_means_logp)
    spread, constant = data["spread"], data["constant"]
    _observe(form.spread, spread, size, shape, constant, dist=_scatters, logp=_scatters_logp)


def _means(
    n: TensorVariable, eta: TensorVariable, shape: TensorVariable, size: TensorVariable
) -> TensorVariable:
    return pm.Gamma.dist(alpha=n * shape, beta=n * shape * pt.exp(-eta), size=size)


def _means_logp(
    mean: TensorVariable, n: TensorVariable, eta: TensorVariable, shape: TensorVariable
) -> TensorVariable:
    """Give the part of the measurements' density that the predictor touches."""
    log_ratio = pt.log(mean) - eta
    return -shape * n * (pt.expm1(log_ratio) - log_ratio)


def _scatters(
    n: TensorVariable, shape: TensorVariable, constant: TensorVariable, size: TensorVariable
) -> TensorVariable:
    """Draw from the gamma of its mean and variance: 0 where a cell holds one measurement."""
    del constant
    several = pt.maximum(n, 2)
    mean = several * (pt.psi(several * shape) - pt.log(several) - pt.psi(shape))
    variance = several * pt.tri_gamma(shape) - several**2 * pt.tri_gamma(several * shape)
    drawn = pm.Gamma.dist(alpha=mean**2 / variance, beta=mean / variance, size=size)
    return pt.switch(n > 1, drawn, 0.0)


def _scatters_logp(
    spread: TensorVariable, n: TensorVariable, shape: TensorVariable, constant: TensorVariable
) -> TensorVariable:
    """Give the rest of it, constants included."""
    normaliser = shape * pt.log(shape) - shape - pt.gammaln(shape)
    return constant + n * normaliser - shape * spread


def _needed(sd: TensorVariable | None) -> TensorVariable:
    """Take the residual sd that every model of these families has."""
    return pt.as_tensor_variable(sd)


def _observe(
    name: str, observed: TensorVariable, *parameters: TensorVariable, **functions: object
) -> None:
    """Observe cells by a density of our own: its constant is data, for it costs the most."""
    pm.CustomDist(name, *parameters, observed=observed, dims="cell", **functions)


#: Likelihood of the cells, by family.
LIKELIHOODS: dict[str, Likelihood] = {
    "binomial": _binomial,
    "poisson": _poisson,
    "normal": _normal,
    "lognormal": _lognormal,
    "gamma": _gamma,
}

#: PyMC's distribution, by the prior's name.
DISTRIBUTIONS: dict[str, type[pm.Distribution]] = {
    "normal": pm.Normal,
    "half_normal": pm.HalfNormal,
    "half_cauchy": pm.HalfCauchy,
    "half_student_t": pm.HalfStudentT,
    "exponential": pm.Exponential,
}


def build(structure: Structure, arrays: Arrays, *, coords: Coords) -> pm.Model:
    """Write the model down, with all data and prior parameters as shared variables.

    Each provider's raw parameter lies between its level (``arrays["centred"]`` = 1) and its
    standardised deviation (0): with a share c, raw ~ N(c intercept, sd^c) and the effect is
    sd^(1-c) (raw - c intercept) ~ N(0, sd), whatever c is (Papaspiliopoulos, Roberts & Skoeld
    2007, section 3).
    """
    with pm.Model(coords={name: list(labels) for name, labels in coords.items()}) as model:
        data = {name: _data(name, values) for name, values in arrays.items()}
        intercept = _prior("intercept", structure, data)
        provider_sd = _prior("provider_sd", structure, data)
        centred = data["centred"]
        raw = pm.Normal(
            "provider_raw", mu=centred * intercept, sigma=provider_sd**centred, dims="provider"
        )
        effect = provider_sd ** (1 - centred) * (raw - centred * intercept)
        pm.Deterministic("provider_effect", effect, dims="provider")
        eta = (intercept + effect)[data["provider_index"]]
        coefficients = _prior("coefficients", structure, data, dims="term")
        eta = eta + (data["design"] @ coefficients)[data["pattern_index"]]
        scaled = "residual_sd" in structure.prior_names
        residual_sd = _prior("residual_sd", structure, data) if scaled else None
        LIKELIHOODS[structure.family](FORMS[structure.form], data, eta, residual_sd)
    return model


_DIMS: dict[str, tuple[str, ...]] = {
    "design": ("pattern", "term"),
    "centred": ("provider",),
    **dict.fromkeys(("provider_index", "pattern_index", "response", "size"), ("cell",)),
    **dict.fromkeys(("spread", "error", "constant"), ("cell",)),
}


def _data(name: str, values: npt.NDArray[np.generic]) -> TensorVariable:
    """Share an array; without static dims, so that the number of cells may change."""
    return pm.Data(name, values, dims=_DIMS.get(name))


def _prior(name: str, structure: Structure, data: Data, dims: str | None = None) -> TensorVariable:
    dist = structure.prior(name)
    given = {key.rpartition("__")[2]: data[key] for key in data if key.startswith(f"{name}__")}
    return DISTRIBUTIONS[dist](name, **given, dims=dims)
