"""What the rooms above read of a frame."""

import numpy as np
import xarray as xr

from varmodel.families import FORMS, Cells, Pooled, Prior
from varmodel.numerics.sums import bounds_of
from varmodel.spec import ModelSpec
from varmodel.values import Array, Index


def cells_of(frame: xr.Dataset) -> Cells:
    """Read the likelihood's cells of a frame."""
    form = FORMS[frame.attrs["form"]]
    return form.cells({name: frame[name].to_numpy() for name in form.statistics})


def bounds_of_providers(frame: xr.Dataset) -> Index:
    """Give each provider's first cell, and the number of cells, shape (provider + 1,)."""
    return bounds_of(frame["provider_index"].to_numpy(), frame.sizes["provider"])


def design_of_patterns(frame: xr.Dataset) -> Array:
    """Give the linear terms of each pattern, the intercept's ones first, (pattern, 1 + term)."""
    columns = frame["design"].to_numpy()
    return np.column_stack([np.ones(len(columns)), columns])


def resolve_priors(spec: ModelSpec, frame: xr.Dataset) -> dict[str, Prior]:
    """Put the spec's priors over the family's defaults, which may depend on pooled figures."""
    pooled = Pooled(frame.attrs["pooled_mean"], frame.attrs["pooled_sd"])
    return {**spec.family_row.default_priors(spec.form.name, pooled), **spec.priors}
