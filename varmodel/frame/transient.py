"""The transient: which one a frame can tell from lasting effects and from noise (methods 1, 2)."""

import numpy as np
import xarray as xr

from varmodel.errors import Problem, Where
from varmodel.families import FORMS, Pooled, Predictor, Prior
from varmodel.frame.checks.dispersion_units import ALONE
from varmodel.frame.contents import cells_of
from varmodel.frame.periods import place
from varmodel.spec import ModelSpec
from varmodel.values import Array

#: Periods from which an AR(1) is told from the noise of single measurements by its correlation.
LEAST_FOR_CORRELATION = 6


def transient_of(spec: ModelSpec, frame: xr.Dataset) -> str:
    """Say which transient a model takes on a frame: "none", "iid" or "ar1"."""
    if spec.transient != "auto":
        return spec.transient
    if spec.transient_share is not None or not tells_what_lasts(frame):
        return "none"
    too_short = frame.sizes["period"] < LEAST_FOR_CORRELATION
    return "none" if too_short and is_alone(spec, frame) else "ar1"


def pin_transient(spec: ModelSpec, transient: str) -> ModelSpec:
    """State the transient of a model; priors of parameters that it then has not go with them."""
    left = {"none": (), "iid": ("transient_sd",)}.get(transient, ("transient_sd", "transient_rho"))
    priors = {
        name: prior
        for name, prior in spec.priors.items()
        if not name.startswith("transient_") or name in left
    }
    return spec.replace(transient=transient, priors=priors)


def predictor_of(spec: ModelSpec, frame: xr.Dataset) -> Predictor:
    """Say what the linear predictor of a model holds on a frame."""
    return spec.predictor(transient_of(spec, frame))


def resolve_priors(spec: ModelSpec, frame: xr.Dataset) -> dict[str, Prior]:
    """Put the spec's priors over the defaults, which may depend on pooled figures."""
    pooled = Pooled(frame.attrs["pooled_mean"], frame.attrs["pooled_sd"])
    predictor = predictor_of(spec, frame)
    return predictor.priors(spec.family_row, spec.form.name, pooled=pooled, stated=spec.priors)


def prior_of_spread(spec: ModelSpec, frame: xr.Dataset) -> Prior:
    """Give the prior of the sd of the providers' own effects: of all, or of a class."""
    priors = resolve_priors(spec, frame)
    return priors["class_sd" if spec.classes else "provider_sd"]


def transient_problems(spec: ModelSpec, frame: xr.Dataset) -> list[Problem]:
    """Refuse a declared transient that nothing in the table can tell from another part.

    A declared share is for what cannot be told: it is refused where several periods tell it.
    """
    if spec.transient_share is not None and frame.sizes.get("period", 1) > 1:
        message = f"transient_share is for one period, and the table has {frame.sizes['period']}"
        fix = "leave it out: what passes is learnt from the periods; or give one period"
        where = Where(column="transient_share")
        return [Problem("DESIGN.IDENTIFICATION", message, where, fix=fix)]
    if spec.transient in {"auto", "none"}:
        return []
    where = Where(column="transient")
    if not tells_what_lasts(frame):
        message = (
            f'transient = "{spec.transient}" with one period a provider: what passes and what '
            "lasts are one number"
        )
        fix = 'give several periods, declare transient_share, or take transient = "none"'
        return [Problem("DESIGN.IDENTIFICATION", message, where, fix=fix)]
    if spec.transient != "iid" or not is_alone(spec, frame):
        return []
    one = "one dispersion unit" if spec.unit_columns else "one measurement"
    message = (
        f'transient = "iid" with {one} in nine of ten (provider, period) or more: it and the '
        f"{'dispersion' if spec.unit_columns else 'noise of a measurement'} are one number"
    )
    fix = (
        'take transient = "ar1", which is told by its correlation over the periods, or "none", '
        "or give several in a period"
    )
    return [Problem("DESIGN.IDENTIFICATION", message, where, fix=fix)]


def is_alone(spec: ModelSpec, frame: xr.Dataset) -> bool:
    """Tell whether nine in ten (provider, period) hold one dispersion unit, or measurement."""
    sizes = cells_of(frame).size
    if spec.unit_columns:
        counted = (sizes > 0).astype(np.float64)
    elif FORMS[frame.attrs["form"]].spread:
        counted = sizes
    else:
        return False
    held = np.bincount(_pairs(frame), weights=counted)
    held = held[held > 0]
    return bool((held <= 1).mean() >= ALONE)


def calendar(frame: xr.Dataset) -> Array:
    """Give the place of each period in the calendar, from 0: lags are their differences."""
    places = np.array([place(str(label)) for label in frame["period"].to_numpy()], dtype=float)
    return np.asarray(places - places[0])


def periods_of(frame: xr.Dataset) -> list[str]:
    """Name the periods of a frame; without a column of periods the table is one."""
    return [str(label) for label in frame["period"].to_numpy()] if "period" in frame.dims else [""]


def tells_what_lasts(frame: xr.Dataset) -> bool:
    """Tell whether more than one in ten providers has cases in two periods or more."""
    if frame.sizes.get("period", 1) < 2:
        return False
    held = np.unique(_pairs(frame)[cells_of(frame).size > 0]) // frame.sizes["period"]
    periods = np.bincount(held, minlength=frame.sizes["provider"])
    return bool((periods[periods > 0] <= 1).mean() < ALONE)


def _pairs(frame: xr.Dataset) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Number the (provider, period) of each cell."""
    periods = frame["period_index"].to_numpy()
    return np.asarray(frame["provider_index"].to_numpy() * frame.sizes["period"] + periods)
