"""The verbs of this room: build_model and fit."""

from typing import TYPE_CHECKING

import xarray as xr

from varmodel.errors import Problem, fail, refuse
from varmodel.fits import Fit
from varmodel.fits.diagnostics import require
from varmodel.inference.cache import ensure_cache
from varmodel.inference.samplers import Request, choose
from varmodel.spec import ModelSpec

if TYPE_CHECKING:
    import pymc as pm


def fit(
    spec: ModelSpec,
    frame: xr.Dataset,
    *,
    random_seed: int,
    sampler: str = "auto",
    draws: int = 1000,
    tune: int = 1000,
    chains: int = 4,
    progressbar: bool = True,
    provisional: bool = False,
) -> Fit:
    """Draw from the joint posterior of a model and a frame.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    frame : xarray.Dataset
        What :func:`varmodel.prepare` made of a table with the same model.
    random_seed : int
        At least 0; the same seed gives the same draws on the same machine and versions.
    sampler : {"auto", "nuts"}
        "nuts": the No-U-Turn sampler, which climbs a ladder (target acceptance .95, then .99 with
        twice the draws) before it gives up. "auto" chooses.
    draws, tune, chains : int
        Kept and tuning draws a chain; at least four chains are needed to pass the gate.
    progressbar : bool
        Whether a terminal shows what is compiled or sampled.
    provisional : bool
        Return draws that failed the gate all the same; every figure made of them says so.

    Returns
    -------
    Fit
        Joint posterior draws; read them through the estimands (adjusted_rates, rank, savings).

    Raises
    ------
    ConvergenceError
        FIT.CONVERGENCE: the draws failed the gate (see :func:`varmodel.diagnose`).
    IncompleteFitError
        FIT.INCOMPLETE: fewer or other draws than asked for came back.
    SpecError
        CONFIG.VALUE for an argument that is not allowed, or a frame of another model.
    KeyboardInterrupt
        When interrupted; a partial fit is never returned.
    """
    refuse([*_argument_problems(random_seed, draws, tune, chains), *_frame_problems(spec, frame)])
    request = Request(spec, frame, int(random_seed), draws, tune, chains, progressbar)
    result, diagnosis = choose(sampler)(request)
    if not provisional:
        require(diagnosis, what="draws")
    result.draws.attrs["provisional"] = int(not diagnosis.passed)
    return result


def build_model(spec: ModelSpec, frame: xr.Dataset) -> "pm.Model":
    """Write the PyMC model that the NUTS sampler samples.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    frame : xarray.Dataset
        What :func:`varmodel.prepare` made of a table with the same model.

    Returns
    -------
    pymc.Model
        An ordinary model with named dims (provider, cell, pattern, term). Data and the
        parameters of the priors are ``pm.Data``. ``provider_raw`` holds each provider's level
        or standardised deviation, whichever suits its information; ``provider_effect`` is the
        effect on the link scale.

    Raises
    ------
    SpecError
        CONFIG.VALUE where the frame was prepared for another model.
    """
    refuse(_frame_problems(spec, frame))
    ensure_cache()
    from varmodel.inference.nuts import model_of

    return model_of(spec, frame)


def _argument_problems(seed: object, draws: object, tune: object, chains: object) -> list[Problem]:
    rules = {
        "random_seed": (seed, 0),
        "draws": (draws, 4),
        "tune": (tune, 0),
        "chains": (chains, 1),
    }
    return [
        Problem(
            "CONFIG.VALUE", f"{name} must be a whole number, at least {least}", value=repr(given)
        )
        for name, (given, least) in rules.items()
        if isinstance(given, bool) or not isinstance(given, int) or given < least
    ]


def _frame_problems(spec: object, frame: object) -> list[Problem]:
    if not isinstance(spec, ModelSpec):
        fail("CONFIG.VALUE", f"spec must be a ModelSpec, not {type(spec).__name__}")
    if not isinstance(frame, xr.Dataset) or "form" not in frame.attrs:
        fail("CONFIG.VALUE", "frame must be what vm.prepare(spec, table) returns")
    if (frame.attrs["family"], frame.attrs["form"]) == (spec.family, spec.form.name):
        return []
    message = f"the frame holds {frame.attrs['form']} for {frame.attrs['family']}"
    fix = f"prepare the table with this model ({spec.form.name} for {spec.family})"
    return [Problem("CONFIG.VALUE", message, fix=fix)]
