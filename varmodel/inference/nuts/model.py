"""The PyMC model: one builder, its parts in tables keyed by the names of families and priors."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pymc as pm
from pytensor.tensor.variable import TensorVariable

from varmodel.families import FAMILIES, FORMS
from varmodel.inference.nuts.arrays import Arrays, Structure
from varmodel.inference.nuts.likelihoods import LIKELIHOODS, Tensors

type Coords = Mapping[str, npt.NDArray[np.str_]]

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
        named = FAMILIES[structure.family].own(structure.form)
        own = {x.name: _prior(x.name, structure, data) for x in named}
        LIKELIHOODS[structure.family](FORMS[structure.form], data, eta, own)
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


def _prior(
    name: str, structure: Structure, data: Tensors, dims: str | None = None
) -> TensorVariable:
    dist = structure.prior(name)
    given = {key.rpartition("__")[2]: data[key] for key in data if key.startswith(f"{name}__")}
    return DISTRIBUTIONS[dist](name, **given, dims=dims)
