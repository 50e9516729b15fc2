"""The verbs of this room: build_model and fit."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import xarray as xr

from varmodel.errors import Problem, fail, refuse, show
from varmodel.fits import Fit
from varmodel.fits.diagnostics import require, within_reach
from varmodel.frame.contents import describing_of
from varmodel.frame.transient import transient_problems
from varmodel.inference.request import Request
from varmodel.inference.samplers import choose, refuse_shape
from varmodel.inference.share import part_by_share
from varmodel.numerics.loops.cache import ensure_cache
from varmodel.numerics.threads import one_blas_thread
from varmodel.spec import ModelSpec, Spline, Term
from varmodel.spec.terms import term_label
from varmodel.values import is_whole

if TYPE_CHECKING:
    import pymc as pm

#: Least and largest value of each number that may be asked for.
LIMITS = {
    "random_seed": (0, 2**63 - 1),
    "draws": (4, 1_000_000),
    "tune": (0, 1_000_000),
    "chains": (1, 1_000),
}


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
    sampler : {"auto", "marginal", "nuts"}
        "marginal" integrates the provider effects out, samples the few parameters left by
        importance sampling and draws the effects from their exact conditionals: independent
        draws, nothing compiled per fit. "nuts": the No-U-Turn sampler, which climbs a ladder
        (target acceptance .95, then .99 with twice the draws) before it gives up; it knows
        normal effects only. "auto" takes the first, and the second where the first fails its
        gate; the draws' attribute ``instead_of_marginal`` then says why.
    draws, tune, chains : int
        Kept and tuning draws a chain. NUTS needs at least four chains to pass the gate; the
        marginal sampler has no tuning.
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
        FIT.CONVERGENCE: the draws failed the gate (see :func:`varmodel.diagnose`), or are
        too few to pass it, which is said before anything is drawn.
    IncompleteFitError
        FIT.INCOMPLETE: fewer or other draws than asked for came back.
    SpecError
        CONFIG.VALUE for an argument that is not allowed, or a frame of another model.
    DesignError
        DESIGN.IDENTIFICATION for a transient that nothing in the frame can tell.
    KeyboardInterrupt
        When interrupted; a partial fit is never returned.
    """
    numbers = {"random_seed": random_seed, "draws": draws, "tune": tune, "chains": chains}
    refuse([*_number_problems(numbers), *_frame_problems(spec, frame)])
    whole = {name: int(value) for name, value in numbers.items()}
    sample = choose(sampler)
    if not provisional:
        counts = {"draws": whole["draws"], "chains": whole["chains"]}
        require(within_reach(**counts, independent=sampler != "nuts"), what="draws")
    with one_blas_thread():
        result, diagnosis = sample(Request(spec, frame, progressbar=progressbar, **whole))
    if not provisional:
        require(diagnosis, what="draws")
    result = part_by_share(result, random_seed=whole["random_seed"])
    result.draws.attrs["provisional"] = int(not diagnosis.passed)
    return result


def draw_more(fit: Fit, *, draws: int, progressbar: bool) -> Fit:
    """Draw a posterior of the marginal sampler again, the effects more often than the rest.

    Parameters
    ----------
    fit : Fit
        Of the marginal sampler.
    draws : int
        Draws a chain, more than the fit has.
    progressbar : bool

    Returns
    -------
    Fit
        Joint draws, as exact as the fit's: its own points of the parameters that providers share,
        each kept several times with all effects drawn anew. What is said of many effects at
        once, such as all ranks, needs many draws of the effects, and of the rest few.

    Raises
    ------
    ConvergenceError, SpecError
        As :func:`fit`.
    """
    have = fit.posterior.sizes
    request = Request(
        fit.spec,
        fit.frame,
        random_seed=int(fit.draws.attrs["random_seed"]),
        draws=draws,
        tune=0,
        chains=have["chain"],
        progressbar=progressbar,
        points_for=have["chain"] * have["draw"],
    )
    with one_blas_thread():
        result, diagnosis = choose("marginal")(request)
    require(diagnosis, what="draws")
    return part_by_share(result, random_seed=request.random_seed)


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
        An ordinary model with named dims (provider, cell, pattern, term, and period with a
        transient). Data and the parameters of the priors are ``pm.Data``. ``provider_raw`` holds
        each provider's level or standardised deviation, whichever suits its information, as
        does ``transient_raw`` of its periods; ``provider_effect`` and ``transient_effect`` are
        the effects on the link scale.

    Raises
    ------
    SpecError
        CONFIG.VALUE where the frame was prepared for another model, or ``effect`` is not
        ``"normal"``.
    """
    refuse(_frame_problems(spec, frame))
    refuse_shape(spec)
    ensure_cache()
    from varmodel.inference.nuts.sampler import model_of

    return model_of(spec, frame)


def _number_problems(numbers: Mapping[str, object]) -> list[Problem]:
    found = []
    for name, value in numbers.items():
        least, most = LIMITS[name]
        if not is_whole(value) or not least <= value <= most:
            message = f"{name} must be a whole number from {least} to {most:,}"
            found.append(Problem("CONFIG.VALUE", message, value=show(value)))
    return found


def _frame_problems(spec: object, frame: object) -> list[Problem]:
    if not isinstance(spec, ModelSpec):
        fail("CONFIG.VALUE", f"spec must be a ModelSpec, not {type(spec).__name__}")
    if not isinstance(frame, xr.Dataset) or "form" not in frame.attrs:
        fail("CONFIG.VALUE", "frame must be what vm.prepare(spec, table) returns")
    made_of, wanted = _columns_of(frame), [_entry(term) for term in spec.terms]
    unit = tuple(json.loads(frame.attrs.get("dispersion_unit", "[]")))
    family, form = frame.attrs["family"], frame.attrs["form"]
    described = json.loads(frame.attrs.get("describing", "{}")) == describing_of(spec)
    same = (family, form, made_of, unit) == (spec.family, spec.form.name, wanted, spec.unit_columns)
    if same and described:
        return transient_problems(spec, frame)
    message = f"the frame holds {form} for {family}, adjusted for {', '.join(made_of) or 'nothing'}"
    message += f", by {', '.join(unit)}" if unit else ""
    message += "" if described else ", its providers described by other columns"
    fix = "prepare the table with this model"
    return [Problem("CONFIG.VALUE", message, fix=fix)]


def _columns_of(frame: xr.Dataset) -> list[str]:
    """Name the columns whose terms stand in a frame's design; its quarters are none."""
    terms = json.loads(frame.attrs["terms"])
    return [
        f"{term['column']} (spline {len(term['knots']) - 1})"
        if term["kind"] == "spline"
        else term["column"]
        for term in terms
        if term["kind"] != "period"
    ]


def _entry(term: Term) -> str:
    """Name a term as :func:`_columns_of` names its part of a frame."""
    label = term_label(term)
    return f"{label} (spline {term.df})" if isinstance(term, Spline) else label
