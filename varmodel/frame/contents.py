"""What the rooms above read of a frame."""

import xarray as xr

from varmodel.families import FORMS, Cells


def cells_of(frame: xr.Dataset) -> Cells:
    """Read the likelihood's cells of a frame."""
    form = FORMS[frame.attrs["form"]]
    return form.cells({name: frame[name].to_numpy() for name in form.statistics})
