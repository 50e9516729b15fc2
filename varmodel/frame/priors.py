"""The priors of a model on the data of a frame."""

import xarray as xr

from varmodel.families import Pooled, Prior
from varmodel.frame.transient import predictor_of
from varmodel.spec import ModelSpec


def resolve_priors(spec: ModelSpec, frame: xr.Dataset) -> dict[str, Prior]:
    """Put the spec's priors over the defaults, which may depend on pooled figures."""
    pooled = Pooled(frame.attrs["pooled_mean"], frame.attrs["pooled_sd"])
    predictor = predictor_of(spec, frame)
    return predictor.priors(spec.family_row, spec.form.name, pooled=pooled, stated=spec.priors)
