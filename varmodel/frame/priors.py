"""The priors of a model on the data of a frame."""

import xarray as xr

from varmodel.families import Pooled, Prior
from varmodel.spec import ModelSpec


def resolve_priors(spec: ModelSpec, frame: xr.Dataset) -> dict[str, Prior]:
    """Put the spec's priors over the family's defaults, which may depend on pooled figures."""
    pooled = Pooled(frame.attrs["pooled_mean"], frame.attrs["pooled_sd"])
    return {**spec.family_row.default_priors(spec.form.name, pooled), **spec.priors}
