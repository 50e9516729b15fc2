"""One table of samplers: what is asked of one, and what comes back."""

from collections.abc import Callable
from dataclasses import dataclass

import xarray as xr

from varmodel.errors import fail, one_of
from varmodel.fits import Diagnosis, Fit
from varmodel.inference.cache import ensure_cache
from varmodel.spec import ModelSpec


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """What a sampler is asked for.

    Attributes
    ----------
    spec : ModelSpec
    frame : xarray.Dataset
    random_seed : int
    draws, tune, chains : int
        Kept draws a chain, tuning draws a chain, chains.
    progressbar : bool
        Whether a terminal is told what goes on.
    """

    spec: ModelSpec
    frame: xr.Dataset
    random_seed: int
    draws: int
    tune: int
    chains: int
    progressbar: bool


type Sampler = Callable[[Request], tuple[Fit, Diagnosis]]


def _nuts(request: Request) -> tuple[Fit, Diagnosis]:
    ensure_cache()
    from varmodel.inference.nuts import sample_nuts

    return sample_nuts(request)


#: Name -> sampler. "auto" takes the first.
SAMPLERS: dict[str, Sampler] = {"nuts": _nuts}


def choose(name: str) -> Sampler:
    """Find a sampler by its name."""
    allowed = ("auto", *SAMPLERS)
    if name not in allowed:
        fail("CONFIG.VALUE", f"unknown sampler {name!r}; {one_of(name, allowed)}")
    return next(iter(SAMPLERS.values())) if name == "auto" else SAMPLERS[name]
