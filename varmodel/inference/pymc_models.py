"""The PyMC models: one builder, its parts in tables keyed by the names of families and priors."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pymc as pm
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from varmodel.families import FORMS
from varmodel.inference.arrays import Arrays, Structure

type Data = Mapping[str, TensorVariable]
type Likelihood = Callable[[str, Data, TensorVariable, TensorVariable | None], None]
type Coords = Mapping[str, npt.NDArray[np.str_]]


def _binomial(name: str, data: Data, eta: TensorVariable, sd: TensorVariable | None) -> None:
    del sd
    size = data["size"].astype("int64")
    _observe(name, data["response"], size, eta, data["constant"], dist=_events, logp=_events_logp)


def _events(
    n: TensorVariable, eta: TensorVariable, constant: TensorVariable, size: TensorVariable
) -> TensorVariable:
    del constant
    return pm.Binomial.dist(n=n, logit_p=eta, size=size)


def _events_logp(
    y: TensorVariable, n: TensorVariable, eta: TensorVariable, constant: TensorVariable
) -> TensorVariable:
    return constant + y * eta - n * pt.softplus(eta)


def _poisson(name: str, data: Data, eta: TensorVariable, sd: TensorVariable | None) -> None:
    del sd
    size = data["size"]
    _observe(name, data["response"], size, eta, data["constant"], dist=_counts, logp=_counts_logp)


def _counts(
    exposure: TensorVariable, eta: TensorVariable, constant: TensorVariable, size: TensorVariable
) -> TensorVariable:
    del constant
    return pm.Poisson.dist(mu=exposure * pt.exp(eta), size=size)


def _counts_logp(
    y: TensorVariable, exposure: TensorVariable, eta: TensorVariable, constant: TensorVariable
) -> TensorVariable:
    return constant + y * eta - exposure * pt.exp(eta)


def _normal(name: str, data: Data, eta: TensorVariable, sd: TensorVariable | None) -> None:
    error = data["error"] if sd is None else sd / pt.sqrt(data["size"])
    pm.Normal(name, mu=eta, sigma=error, observed=data["response"], dims="cell")
    if sd is not None:
        freedom = data["size"] - 1
        _observe("sum_of_squares", data["spread"], freedom, sd, dist=_squares, logp=_squares_logp)


def _squares(freedom: TensorVariable, sd: TensorVariable, size: TensorVariable) -> TensorVariable:
    """Draw sd^2 chi^2(freedom): 0 where a cell holds one measurement."""
    drawn = pm.ChiSquared.dist(nu=pt.maximum(freedom, 1), size=size)
    return pt.switch(freedom > 0, sd**2 * drawn, 0.0)


def _squares_logp(
    squares: TensorVariable, freedom: TensorVariable, sd: TensorVariable
) -> TensorVariable:
    """Give its density, but for the part that no parameter touches."""
    return -freedom * pt.log(sd) - squares / (2 * sd**2)


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
        LIKELIHOODS[structure.family](FORMS[structure.form].response, data, eta, residual_sd)
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
