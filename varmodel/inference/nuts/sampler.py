"""NUTS through nutpie: build, compile once, climb the ladder, label the draws."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import nutpie
import pymc as pm
import xarray as xr

from varmodel.errors import fail
from varmodel.fits import Diagnosis, Fit, diagnose
from varmodel.fits.diagnostics import CHAINS
from varmodel.inference.labels import label_sampled
from varmodel.inference.nuts.arrays import arrays_of, resolve_priors, structure_of
from varmodel.inference.nuts.centring import centred_share
from varmodel.inference.nuts.compiled import compiled_with, is_compiled
from varmodel.inference.nuts.model import build
from varmodel.inference.progress import Progress
from varmodel.inference.request import Request
from varmodel.numerics.streams import streams
from varmodel.spec import ModelSpec

_TURN_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Rung:
    """One try: the target acceptance, and how many times the draws asked for."""

    target_accept: float
    times: int


LADDER = (Rung(0.95, 1), Rung(0.99, 2))


def model_of(spec: ModelSpec, frame: xr.Dataset) -> pm.Model:
    """Build the model of a frame with the frame's own labels."""
    priors = resolve_priors(spec, frame)
    coords = {name: frame[name].to_numpy() for name in ("provider", "term")}
    arrays = arrays_of(frame, priors, centred=centred_share(frame))
    return build(structure_of(spec, frame, priors=priors), arrays, coords=coords)


def sample_nuts(request: Request) -> tuple[Fit, Diagnosis]:
    """Sample, and climb the ladder until the gate opens or the ladder ends."""
    spec, frame = request.spec, request.frame
    priors = resolve_priors(spec, frame)
    structure = structure_of(spec, frame, priors=priors)
    arrays = arrays_of(frame, priors, centred=centred_share(frame))
    with Progress(shown=request.progressbar) as progress:
        if not is_compiled(structure):
            progress.say(f"compiling {spec.name} (once for this structure)")
        compiled = compiled_with(structure, arrays)
        for attempt, rung in enumerate(LADDER, start=1):
            progress.say(f"sampling {spec.name}" + " again, more carefully" * (attempt > 1))
            raw = _sample(compiled, request, rung=rung, progress=progress)
            fit = Fit(spec, frame, label_sampled(raw, request, thin=rung.times, attempts=attempt))
            diagnosis = diagnose(fit)
            if diagnosis.passed or request.chains < CHAINS:
                break
    return fit, diagnosis


def _sample(
    compiled: nutpie.compile_pymc.CompiledPyMCModel,
    request: Request,
    *,
    rung: Rung,
    progress: Progress,
) -> xr.DataTree:
    """Run the chains in the background, so that an interrupt reaches us and not the chains."""
    running = nutpie.sample(
        compiled,
        draws=request.draws * rung.times,
        tune=request.tune * rung.times,
        chains=request.chains,
        seed=_seed(request),
        target_accept=rung.target_accept,
        save_warmup=False,
        progress_bar=False,
        progress_callback=progress.update,
        blocking=False,
    )
    try:
        raw = _wait(running)
    except BaseException:
        running.cancel()
        raise
    _require_complete(raw, request, rung=rung)
    return raw


def _seed(request: Request) -> int:
    """Give nutpie's own seed, which chains are made of."""
    every = streams(request.random_seed, "nuts", source_hash=request.frame.attrs["source_hash"])
    return int(every.generate_state(1)[0])


def _wait(running: Any) -> xr.DataTree:
    """Wait in short turns: a long wait would keep an interrupt from us."""
    while True:
        with suppress(TimeoutError):
            return running.wait(timeout=_TURN_SECONDS)


def _require_complete(raw: xr.DataTree, request: Request, *, rung: Rung) -> None:
    posterior = raw["posterior"].to_dataset()
    asked = (request.chains, request.draws * rung.times)
    received = (posterior.sizes["chain"], posterior.sizes["draw"])
    if received != asked:
        message = f"{received[0]} chains of {received[1]} draws came back, {asked} were asked for"
        fail("FIT.INCOMPLETE", message, fix="fit again")
    if not all(np.isfinite(posterior[name]).all() for name in posterior.data_vars):
        fail("FIT.INCOMPLETE", "some draws are not finite", fix="look at the priors and the data")
