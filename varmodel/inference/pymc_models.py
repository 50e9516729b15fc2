"""The PyMC models: one builder, its parts in tables keyed by the names of families and priors."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pymc as pm
from pytensor.tensor.variable import TensorVariable

from varmodel.families import FORMS
from varmodel.inference.arrays import Arrays, Structure

type Data = Mapping[str, TensorVariable]
type Likelihood = Callable[[str, Data, TensorVariable, TensorVariable | None], None]
type Coords = Mapping[str, npt.NDArray[np.str_]]


def _binomial(name: str, data: Data, eta: TensorVariable, sd: TensorVariable | None) -> None:
    del sd
    pm.Binomial(name, n=data["size"], logit_p=eta, observed=data["response"], dims="cell")


def _poisson(name: str, data: Data, eta: TensorVariable, sd: TensorVariable | None) -> None:
    del sd
    rate = data["size"] * pm.math.exp(eta)
    pm.Poisson(name, mu=rate, observed=data["response"], dims="cell")


def _normal(name: str, data: Data, eta: TensorVariable, sd: TensorVariable | None) -> None:
    error = data["error"] if sd is None else sd / pm.math.sqrt(data["size"])
    pm.Normal(name, mu=eta, sigma=error, observed=data["response"], dims="cell")
    if sd is not None:
        freedom = (data["size"] - 1).sum()
        within = -freedom * pm.math.log(sd) - data["spread"].sum() / (2 * sd**2)
        pm.Potential("within_cells", within)


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


def build(structure: Structure, arrays: Arrays, coords: Coords) -> pm.Model:
    """Write the model down, with all data and prior parameters as shared variables.

    Each provider's raw parameter lies between its level (``arrays["centred"]`` = 1) and its
    standardised deviation (0); the posterior of the level is the same.
    """
    with pm.Model(coords={name: list(labels) for name, labels in coords.items()}) as model:
        data = {name: _data(name, values) for name, values in arrays.items()}
        intercept = _prior("intercept", structure, data)
        provider_sd = _prior("provider_sd", structure, data)
        centred = data["centred"]
        raw = pm.Normal(
            "provider_raw", mu=centred * intercept, sigma=provider_sd**centred, dims="provider"
        )
        level = centred * raw + (1 - centred) * (intercept + provider_sd * raw)
        pm.Deterministic("provider_effect", level - intercept, dims="provider")
        eta = level[data["provider_index"]]
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
    **dict.fromkeys(("spread", "error"), ("cell",)),
}


def _data(name: str, values: npt.NDArray[np.generic]) -> TensorVariable:
    """Share an array; without static dims, so that the number of cells may change."""
    return pm.Data(name, values, dims=_DIMS.get(name))


def _prior(name: str, structure: Structure, data: Data, dims: str | None = None) -> TensorVariable:
    dist = structure.prior(name)
    given = {key.rpartition("__")[2]: data[key] for key in data if key.startswith(f"{name}__")}
    return DISTRIBUTIONS[dist](name, **given, dims=dims)
