"""What a provider's lasting effect is made of beside its own (methods 2)."""

import json

import xarray as xr


def level_groups(frame: xr.Dataset) -> dict[str, list[str]]:
    """Give the groups of each level of a frame, by column."""
    found: dict[str, list[str]] = json.loads(frame.attrs.get("levels", "{}"))
    return found


def shared_effect(
    frame: xr.Dataset, values: xr.Dataset, *, adjusted: bool = False
) -> xr.DataArray | float:
    """Give the part of each provider's effect that it shares with its like.

    Parameters
    ----------
    frame : xarray.Dataset
    values : xarray.Dataset
        Posterior, or truth: class_mean, level_effect_<column>, effect_coefficients; what a model
        has not adds nothing.
    adjusted : bool
        Whether the effects of classes and levels are left out.

    Returns
    -------
    xarray.DataArray, (..., provider), or 0
        m_c + w_g + z'gamma, on the link scale. With provider_effect it is b_j.
    """
    total = 0.0 if adjusted else _of_groups(frame, values)
    if "effect_coefficients" in values:
        design = frame["effect_design"]
        total = total + xr.dot(values["effect_coefficients"], design, dim="predictor")
    return total


def _of_groups(frame: xr.Dataset, values: xr.Dataset) -> xr.DataArray | float:
    """Give the effects of each provider's class and levels, m_c + w_g."""
    total: xr.DataArray | float = 0.0
    if "class_mean" in values:
        total = total + _taken(values["class_mean"], "class", frame["class_index"])
    for place, column in enumerate(level_groups(frame)):
        name = f"level_effect_{column}"
        if name in values:
            which = frame["level_index"].isel(level=place)
            total = total + _taken(values[name], f"level_{column}", which)
    return total


def _taken(values: xr.DataArray, dim: str, which: xr.DataArray) -> xr.DataArray:
    """Give every provider the value of its group."""
    bare = values.drop_vars(dim, errors="ignore")
    return bare.isel({dim: which.reset_coords(drop=True)})
