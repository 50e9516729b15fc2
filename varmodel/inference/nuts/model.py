"""The PyMC model: one builder, its parts by the terms of the predictor, families and priors."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pymc as pm
from pytensor.tensor.variable import TensorVariable

from varmodel.families import FAMILIES, FORMS
from varmodel.inference.nuts.arrays import Arrays, Structure
from varmodel.inference.nuts.likelihoods import LIKELIHOODS
from varmodel.inference.nuts.parts import period_level, prior, provider_level, provider_mean

type Coords = Mapping[str, npt.NDArray[np.str_]]


def build(structure: Structure, arrays: Arrays, *, coords: Coords) -> pm.Model:
    """Write the model down, with all data and prior parameters as shared variables."""
    with pm.Model(coords={name: list(labels) for name, labels in coords.items()}) as model:
        data = {name: _data(name, values) for name, values in arrays.items()}
        level = provider_level(structure, data, mean=provider_mean(structure, data))
        coefficients = prior("coefficients", structure, data=data, dims="term")
        place = data["provider_index"]
        if structure.transient != "none":
            level = period_level(structure, data, level=level, coefficients=coefficients)
            place = place * level.shape[1] + data["period_index"]
        eta = level.reshape((-1,))[place] if level.ndim > 1 else level[place]
        eta = eta + (data["design"] @ coefficients)[data["pattern_index"]]
        named = FAMILIES[structure.family].own(structure.form)
        own = {x.name: prior(x.name, structure, data=data) for x in named}
        LIKELIHOODS[structure.family](FORMS[structure.form], data, eta, own)
    return model


#: Array -> its dimensions.
DIMS: dict[str, tuple[str, ...]] = {
    "design": ("pattern", "term"),
    **dict.fromkeys(("centred", "class_index"), ("provider",)),
    "effect_design": ("provider", "predictor"),
    "class_share": ("class",),
    "level_index": ("provider", "level"),
    "level_share": ("level", "group"),
    "period_place": ("period",),
    "period_design": ("period", "term"),
    "transient_centred": ("provider", "period"),
    **dict.fromkeys(("provider_index", "pattern_index", "period_index"), ("cell",)),
    **dict.fromkeys(("response", "size", "spread", "error", "constant"), ("cell",)),
}


def _data(name: str, values: npt.NDArray[np.generic]) -> TensorVariable:
    """Share an array; without static dims, so that the number of cells may change."""
    return pm.Data(name, values, dims=DIMS.get(name))
