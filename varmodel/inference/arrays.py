"""From a frame to the plain arrays that a sampler reads, and the structure they share."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr

from varmodel.errors import fail
from varmodel.families import FORMS, Cells, Pooled, Prior
from varmodel.spec import ModelSpec

type Arrays = dict[str, npt.NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class Structure:
    """What must be compiled anew when it changes; everything else is data.

    Attributes
    ----------
    family : str
        Key of the family table.
    form : str
        Response form.
    priors : tuple of (parameter, distribution)
        Names only; the parameters of a prior are data.
    providers, terms : int
        Lengths of the provider and term dimensions.
    """

    family: str
    form: str
    priors: tuple[tuple[str, str], ...]
    providers: int
    terms: int

    @property
    def prior_names(self) -> tuple[str, ...]:
        """The parameters that have a prior."""
        return tuple(name for name, _ in self.priors)

    def prior(self, name: str) -> str:
        """Name the distribution of a parameter's prior."""
        return dict(self.priors)[name]


def resolve_priors(spec: ModelSpec, frame: xr.Dataset) -> dict[str, Prior]:
    """Put the spec's priors over the family's defaults, which may depend on pooled figures."""
    pooled = Pooled(frame.attrs["pooled_mean"], frame.attrs["pooled_sd"])
    priors = {**spec.family_row.default_priors(spec.form.name, pooled), **spec.priors}
    if "provider_sd" not in priors:
        message = "the national mean is 0: provider_sd has no default scale"
        fail("CONFIG.VALUE", message, fix="state priors.provider_sd in the model")
    return priors


def structure_of(spec: ModelSpec, frame: xr.Dataset, priors: Mapping[str, Prior]) -> Structure:
    """Describe the structure of the model of a frame."""
    kinds = tuple(sorted((name, prior.dist) for name, prior in priors.items()))
    sizes = frame.sizes
    return Structure(spec.family, frame.attrs["form"], kinds, sizes["provider"], sizes["term"])


def frame_cells(frame: xr.Dataset) -> Cells:
    """Read the likelihood's cells from a frame."""
    form = FORMS[frame.attrs["form"]]
    return form.cells({name: frame[name].to_numpy() for name in form.statistics})


def arrays_of(
    frame: xr.Dataset, priors: Mapping[str, Prior], centred: npt.NDArray[np.float64]
) -> Arrays:
    """Collect the arrays of a frame; cells of size 0 say nothing and are left out."""
    cells = frame_cells(frame)
    known = cells.size > 0
    arrays: Arrays = {
        "provider_index": frame["provider_index"].to_numpy()[known].astype(np.int32),
        "response": cells.response[known],
        "size": cells.size[known],
        "pattern_index": frame["pattern_index"].to_numpy()[known].astype(np.int32),
        "design": frame["design"].to_numpy(),
        "centred": centred,
    }
    for name in ("spread", "error"):
        values = getattr(cells, name)
        if values is not None:
            arrays[name] = values[known]
    for name, prior in priors.items():
        for parameter, value in prior.parameters:
            arrays[f"{name}__{parameter}"] = np.asarray(value)
    return arrays
