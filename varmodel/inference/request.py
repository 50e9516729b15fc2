"""What a sampler is asked for."""

from dataclasses import dataclass

import xarray as xr

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
    points_for : int
        How many draws in all the marginal sampler proposes points for; 0: for all of them. Where
        it is fewer each point is kept more often, every time with effects drawn anew.
    """

    spec: ModelSpec
    frame: xr.Dataset
    random_seed: int
    draws: int
    tune: int
    chains: int
    progressbar: bool
    points_for: int = 0
