"""One table of samplers: name -> function."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import xarray as xr

from varmodel.errors import ConvergenceError, fail, one_of
from varmodel.families.effects import NORMAL_EFFECTS
from varmodel.fits import Diagnosis, Fit
from varmodel.fits.diagnostics import within_reach
from varmodel.inference.request import Request
from varmodel.numerics.loops.cache import ensure_cache
from varmodel.spec import ModelSpec

type Sampler = Callable[[Request], tuple[Fit, Diagnosis]]


def _nuts(request: Request) -> tuple[Fit, Diagnosis]:
    refuse_shape(request.spec)
    ensure_cache()
    from varmodel.inference.nuts.sampler import sample_nuts

    return sample_nuts(request)


def _marginal(request: Request) -> tuple[Fit, Diagnosis]:
    ensure_cache()
    from varmodel.inference.marginal.entry import sample_marginal

    with _within_doubles(request.frame):
        return sample_marginal(request)


@contextmanager
def _within_doubles(frame: xr.Dataset) -> Iterator[None]:
    """Refuse what doubles cannot hold, such as the likelihood of counts beyond all measure."""
    try:
        with np.errstate(invalid="raise", divide="raise"):
            yield
    except (FloatingPointError, np.linalg.LinAlgError) as error:
        most = float(frame["activity"].max()) if "activity" in frame else math.nan
        message = f"the likelihood cannot be computed ({error}): a provider has {most:.3g} cases"
        fix = "check the unit of the counts, or model rates as values with their standard error"
        fail("FIT.CONVERGENCE", message, fix=fix)


def _auto(request: Request) -> tuple[Fit, Diagnosis]:
    """Take the marginal sampler; where its gate stays shut, NUTS if it can, and say why."""
    reach = within_reach(draws=request.draws, chains=request.chains, independent=False)
    try:
        fit, diagnosis = _marginal(request)
        reasons = "; ".join(diagnosis.reasons)
    except ConvergenceError as error:
        if request.spec.effect != NORMAL_EFFECTS.name or not reach.passed:
            raise
        reasons = "; ".join(problem.message for problem in error.problems)
    else:
        if diagnosis.passed or request.spec.effect != NORMAL_EFFECTS.name or not reach.passed:
            return fit, diagnosis
    fit, diagnosis = _nuts(request)
    fit.draws.attrs["instead_of_marginal"] = reasons
    return fit, diagnosis


def refuse_shape(spec: ModelSpec) -> None:
    """Refuse a distribution of effects that only the marginal sampler knows."""
    if spec.effect != NORMAL_EFFECTS.name:
        message = f"NUTS samples normal effects, not effect = {spec.effect!r}"
        fail("CONFIG.VALUE", message, fix='take sampler="marginal" (or "auto")')


#: Name -> sampler.
SAMPLERS: dict[str, Sampler] = {"auto": _auto, "marginal": _marginal, "nuts": _nuts}


def choose(name: str) -> Sampler:
    """Find a sampler by its name."""
    if name not in tuple(SAMPLERS):  # also what cannot be a key
        fail("CONFIG.VALUE", f"unknown sampler {name!r}; {one_of(name, SAMPLERS)}")
    return SAMPLERS[name]
