"""From a frame to the plain arrays that a sampler reads, and the structure they share."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr

from varmodel.families import FAMILIES, Prior
from varmodel.frame import calendar, cells_of, level_groups, resolve_priors, transient_of
from varmodel.inference.nuts.centring import centred_periods
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
    transient : {"none", "iid", "ar1"}
        How a provider departs from its lasting level.
    periods : int
        Length of the period dimension; 0 without a transient.
    predictors, classes, levels, groups : int
        Lengths of the predictor and class dimensions, number of levels, and of the groups of
        the level that has most; 0 where the model has none.
    """

    family: str
    form: str
    priors: tuple[tuple[str, str], ...]
    providers: int
    terms: int
    transient: str = "none"
    periods: int = 0
    predictors: int = 0
    classes: int = 0
    levels: int = 0
    groups: int = 0

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
    sizes, transient = frame.sizes, transient_of(spec, frame)
    return Structure(
        family=spec.family,
        form=frame.attrs["form"],
        priors=kinds,
        providers=sizes["provider"],
        terms=sizes["term"],
        transient=transient,
        periods=0 if transient == "none" else sizes["period"],
        predictors=sizes.get("predictor", 0),
        classes=sizes.get("class", 0),
        levels=sizes.get("level", 0),
        groups=max(map(len, level_groups(frame).values()), default=0),
    )


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
    arrays |= _period_arrays(frame, known=known) if "transient_sd" in priors else {}
    return arrays | _group_arrays(frame)


def _group_arrays(frame: xr.Dataset) -> Arrays:
    """Collect what describes providers."""
    arrays: Arrays = {}
    if "effect_design" in frame:
        arrays["effect_design"] = frame["effect_design"].to_numpy()
    if "class_index" in frame:
        index = frame["class_index"].to_numpy().astype(np.int32)
        count = np.bincount(index, minlength=frame.sizes["class"])
        arrays |= {"class_index": index, "class_share": count / count.sum()}
    if "level_index" in frame:
        index = frame["level_index"].to_numpy().astype(np.int32)
        groups = index.max() + 1
        share = [np.bincount(x, minlength=groups) / len(x) for x in index.T]
        arrays |= {"level_index": index, "level_share": np.stack(share)}
    return arrays


def _period_arrays(frame: xr.Dataset, *, known: npt.NDArray[np.bool_]) -> Arrays:
    """Collect what a transient reads; the national means of the periods leave the design."""
    design = frame["design"].to_numpy()
    of_period = np.char.startswith(frame["term"].to_numpy().astype(str), "period[")
    periods, patterns = (frame[f"{name}_index"].to_numpy() for name in ("period", "pattern"))
    means = np.zeros((frame.sizes["period"], design.shape[1]))
    means[periods] = np.where(of_period, design[patterns], 0.0)
    return {
        "period_index": periods[known].astype(np.int32),
        "period_place": calendar(frame),
        "period_design": means,
        "design": np.where(of_period, 0.0, design),
        "transient_centred": centred_periods(frame),
    }
