"""What the rooms above read of a frame."""

import numpy as np
import xarray as xr

from varmodel.families import FORMS, Cells
from varmodel.frame.periods import is_year
from varmodel.numerics.sums import bounds_of
from varmodel.spec import ModelSpec
from varmodel.values import Array, Index

#: Each provider's own price, where the model names a column of prices; in attrs, which column.
OWN_PRICE = "own_price"


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


def has_years(frame: xr.Dataset) -> bool:
    """Tell whether the periods of a frame are years, not quarters."""
    return "period" in frame.dims and is_year(str(frame["period"].to_numpy()[0]))


def period_word(frame: xr.Dataset) -> str:
    """Call the periods of a frame what they are: "quarter" or "year"; "period" without a column."""
    if "period" not in frame.dims:
        return "period"
    return "year" if has_years(frame) else "quarter"


def annual_factor(spec: ModelSpec, frame: xr.Dataset) -> float | None:
    """Give the periods a year: as the model states, else as the frame's periods are."""
    return 1.0 if spec.annualise is None and has_years(frame) else spec.annual_factor


def describing_of(spec: ModelSpec) -> dict[str, object]:
    """Name what a model takes to describe providers, part by part; empty where it takes none."""
    named = {
        "effect_predictors": list(spec.effect_predictors),
        "within_between": list(spec.within_between),
        "classes": spec.classes,
        "levels": list(spec.levels),
    }
    return {name: value for name, value in named.items() if value}
