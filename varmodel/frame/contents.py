"""What the rooms above read of a frame."""

import numpy as np
import xarray as xr

from varmodel.families import FORMS, Cells
from varmodel.numerics.sums import bounds_of
from varmodel.values import Array, Index


def cells_of(frame: xr.Dataset) -> Cells:
    """Read the likelihood's cells of a frame."""
    form = FORMS[frame.attrs["form"]]
    return form.cells({name: frame[name].to_numpy() for name in form.statistics})


def bounds_of_providers(frame: xr.Dataset) -> Index:
    """Find the cells of each provider.

    Returns
    -------
    ndarray of int64, shape (provider + 1,)
        Its first cell, and at the end the number of cells: they are sorted by provider.
    """
    return bounds_of(frame["provider_index"].to_numpy(), frame.sizes["provider"])


def design_of_patterns(frame: xr.Dataset) -> Array:
    """Give the linear terms of each pattern, the intercept's ones first, (pattern, 1 + term)."""
    columns = frame["design"].to_numpy()
    return np.column_stack([np.ones(len(columns)), columns])
