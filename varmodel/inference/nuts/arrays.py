"""From a frame to the plain arrays that a sampler reads, and the structure they share."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr

from varmodel.families import FAMILIES, Prior
from varmodel.frame import cells_of, resolve_priors
from varmodel.spec import ModelSpec

__all__ = ["Arrays", "Structure", "arrays_of", "resolve_priors", "structure_of"]

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


def structure_of(spec: ModelSpec, frame: xr.Dataset, *, priors: Mapping[str, Prior]) -> Structure:
    """Describe the structure of the model of a frame."""
    kinds = tuple(sorted((name, prior.dist) for name, prior in priors.items()))
    sizes = frame.sizes
    return Structure(spec.family, frame.attrs["form"], kinds, sizes["provider"], sizes["term"])


def arrays_of(
    frame: xr.Dataset, priors: Mapping[str, Prior], *, centred: npt.NDArray[np.float64]
) -> Arrays:
    """Collect the arrays of a frame; cells of size 0 say nothing and are left out."""
    cells = cells_of(frame)
    known = cells.size > 0
    arrays: Arrays = {
        "provider_index": frame["provider_index"].to_numpy()[known].astype(np.int32),
        "response": cells.response[known],
        "pattern_index": frame["pattern_index"].to_numpy()[known].astype(np.int32),
        "design": frame["design"].to_numpy(),
        "centred": centred,
    }
    family = FAMILIES[frame.attrs["family"]]
    if family.constant is not None:
        arrays["constant"] = family.constant(cells)[known]
    if family.reads_pooled_mean:
        arrays["pooled_mean"] = np.asarray(frame.attrs["pooled_mean"])
    if cells.error is None:  # a value with its error has no size: a model takes no idle array
        arrays["size"] = cells.size[known]
    for name in ("spread", "error"):
        values = getattr(cells, name)
        if values is not None:
            arrays[name] = values[known]
    for name, prior in priors.items():
        for parameter, value in prior.parameters:
            arrays[f"{name}__{parameter}"] = np.asarray(value)
    return arrays
