"""From a sampler's arrays to the project's tree: names, labels, groups and attributes."""

import json
import platform
from functools import cache
from importlib import metadata

import numpy as np
import xarray as xr

from varmodel.families import FORMS
from varmodel.frame import level_groups, predictor_of, transient_of
from varmodel.inference.request import Request

#: nutpie's name -> ArviZ's name of a sample statistic.
SAMPLE_STATISTICS = {
    "diverging": "diverging",
    "energy": "energy",
    "depth": "tree_depth",
    "maxdepth_reached": "reached_max_treedepth",
    "n_steps": "n_steps",
    "step_size": "step_size",
    "mean_tree_accept": "acceptance_rate",
    "logp": "lp",
}
_PACKAGES = ("varmodel", "pymc", "pytensor", "nutpie", "numba", "numpy", "scipy", "xarray")
_CONSTANT = ("provider_index", "pattern_index", "period_index", "design", "pattern_weight")


def label_sampled(raw: xr.DataTree, request: Request, *, thin: int, attempts: int) -> xr.DataTree:
    """Keep every ``thin``-th draw, cut the padding off, and put the groups together."""
    kept = {"draw": slice(None, None, thin)}
    posterior = _posterior(raw["posterior"].to_dataset().isel(kept), request)
    statistics = _statistics(raw["sample_stats"].to_dataset().isel(kept))
    return assemble(request, posterior, statistics=statistics, sampler="nuts", attempts=attempts)


def assemble(
    request: Request, posterior: xr.Dataset, *, statistics: xr.Dataset, sampler: str, attempts: int
) -> xr.DataTree:
    """Put a fit's groups together, with the attributes that every figure may ask for."""
    if not request.frame.sizes["term"]:  # a variable of size 0 is more than a plot can take
        posterior = posterior.drop_vars(["coefficients", "term"], errors="ignore")
    groups = {
        "posterior": posterior,
        "sample_stats": statistics,
        "observed_data": _observed(request.frame),
        "constant_data": _constant(request.frame),
    }
    tree = xr.DataTree.from_dict({name: _count_draws(group) for name, group in groups.items()})
    tree.attrs = {
        "sampler": sampler,
        "random_seed": request.random_seed,
        "spec_digest": request.spec.digest,
        "source_hash": request.frame.attrs["source_hash"],
        "versions": versions(),
        "attempts": attempts,
        "provisional": 0,
        "independent_draws": int(sampler == "marginal"),
        "transient": transient_of(request.spec, request.frame),
    }
    return tree


@cache
def versions() -> str:
    """Name the versions that made the draws, as JSON; they are read from disk once."""
    found = {name: metadata.version(name) for name in _PACKAGES}
    return json.dumps({"python": platform.python_version(), **found})


def _posterior(draws: xr.Dataset, request: Request) -> xr.Dataset:
    spec, frame = request.spec, request.frame
    predictor = predictor_of(spec, frame)
    named = [x.name for x in predictor.parameters(spec.family_row, spec.form.name)]
    effects = ("provider_sd", "provider_effect")
    place = named.index("provider_sd") if "provider_sd" in named else len(named)
    names = [*named[:place], *effects, *named[place + 1 :], "transient_effect"]
    kept = draws[[name for name in names if name in draws]].assign(_levels(draws, frame))
    dims = [name for name in kept.dims if name in frame.dims]
    cut = kept.isel({name: slice(frame.sizes[name]) for name in dims})
    labelled = cut.assign_coords({name: frame[name].to_numpy() for name in dims})
    labels = {f"level_{column}": groups for column, groups in level_groups(frame).items()}
    labelled = labelled.assign_coords(labels)
    return labelled.astype(np.float64).transpose("chain", "draw", ...)


def _levels(draws: xr.Dataset, frame: xr.Dataset) -> dict[str, xr.DataArray]:
    """Part the effects of the levels by column, each with its own groups."""
    return {
        f"level_effect_{column}": draws["level_effect"]
        .isel(level=place, group=slice(len(groups)))
        .drop_vars(("level", "group"), errors="ignore")
        .rename(group=f"level_{column}")
        for place, (column, groups) in enumerate(level_groups(frame).items())
    }


def _statistics(stats: xr.Dataset) -> xr.Dataset:
    return stats[list(SAMPLE_STATISTICS)].rename(SAMPLE_STATISTICS).drop_attrs()


def _observed(frame: xr.Dataset) -> xr.Dataset:
    return frame[list(FORMS[frame.attrs["form"]].statistics)]


def _constant(frame: xr.Dataset) -> xr.Dataset:
    return frame[[name for name in _CONSTANT if name in frame]]


def _count_draws(group: xr.Dataset) -> xr.Dataset:
    """Number chains and draws from 0, for thinning leaves gaps; leave attributes out."""
    counted = {
        name: np.arange(group.sizes[name]) for name in ("chain", "draw") if name in group.dims
    }
    bare = group.assign_coords(counted)  # xarray's own drop_attrs would copy the draws
    bare.attrs = {}
    for variable in bare.variables.values():
        variable.attrs = {}
    return bare
