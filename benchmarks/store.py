"""Write a problem's files: simulate the table, prepare it, note the seconds."""

import hashlib
import json
import time
from pathlib import Path

import numpy as np
import xarray as xr

import varmodel as vm
from benchmarks import simulate
from benchmarks.data import META
from benchmarks.problems import Problem
from varmodel.frame import cells_of
from varmodel.spec import ModelSpec

FRAME, MODEL = "frame.json", "model.toml"


def write(problem: Problem, folder: Path) -> None:
    """Write the arrays for every peer, and the frame for varmodel."""
    spec, table = problem.spec(), problem.table()
    start = time.perf_counter()
    frame = vm.prepare(spec, table)
    seconds = time.perf_counter() - start
    arrays = _cells(frame)
    if spec.family in {"normal", "lognormal"}:
        arrays |= _rows(problem, frame, log=spec.family == "lognormal")
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", values)
    _write_frame(frame, folder / "frame")
    (folder / MODEL).write_text(spec.to_toml(), encoding="utf-8")
    priors = {name: _normal(prior) for name, prior in spec.priors.items()}
    meta = {
        "name": problem.name,
        "identity": identity(problem),
        "family": spec.family,
        "effect": spec.effect,
        "transient": spec.transient if spec.period else "none",
        "priors": priors,
        "centred": problem.centred,
        "providers": frame.sizes["provider"],
        "rows": len(table),
        "cells": frame.sizes["cell"],
        "prepare": seconds,
        "hash": _hash(arrays, priors, spec.effect),
    }
    (folder / META).write_text(json.dumps(meta, indent=2) + "\n", encoding="utf-8")


def identity(problem: Problem) -> str:
    """Name what the files are made of: the model and the code of the simulation."""
    text = problem.spec().to_toml() + Path(simulate.__file__).read_text(encoding="utf-8")
    return hashlib.sha256(text.encode()).hexdigest()


def read_frame(folder: Path) -> tuple[ModelSpec, xr.Dataset]:
    """Read model and frame back, as fast as the peers read their arrays."""
    spec = ModelSpec.from_toml((folder / MODEL).read_text(encoding="utf-8"))
    about = json.loads((folder / "frame" / FRAME).read_text(encoding="utf-8"))
    variables = {
        name: (dims, np.load(folder / "frame" / f"{name}.npy"))
        for name, dims in about["dims"].items()
    }
    frame = xr.Dataset(variables, attrs=about["attrs"]).set_coords(about["coords"])
    return spec, frame


def _cells(frame: xr.Dataset) -> dict[str, np.ndarray]:
    cells = cells_of(frame)
    arrays = {
        "response": cells.response,
        "size": cells.size,
        "provider": frame["provider_index"].to_numpy().astype(np.int32),
        "pattern": frame["pattern_index"].to_numpy().astype(np.int32),
        "design": frame["design"].to_numpy(),
    }
    if "period_index" in frame:
        arrays["period"] = frame["period_index"].to_numpy().astype(np.int32)
    return arrays if cells.spread is None else arrays | {"spread": cells.spread}


def _rows(problem: Problem, frame: xr.Dataset, *, log: bool) -> dict[str, np.ndarray]:
    """Give each row's provider and pattern in the frame's order: labels and values sorted."""
    table = problem.table()
    x = table[[f"x{k}" for k in range(1, problem.terms + 1)]].to_numpy()
    profiles, pattern = np.unique(x, axis=0, return_inverse=True)
    scaled = (profiles - frame["term_mean"].to_numpy()) / frame["term_sd"].to_numpy()
    if not np.allclose(scaled, frame["design"]):
        raise ValueError("the frame's patterns stand in another order")
    value = table["days"].to_numpy()
    return {
        "row_value": np.log(value) if log else value,
        "row_provider": np.unique(table["trust"], return_inverse=True)[1].astype(np.int32),
        "row_pattern": pattern.astype(np.int32),
    }


def _write_frame(frame: xr.Dataset, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name, variable in frame.variables.items():
        np.save(folder / f"{name}.npy", variable.to_numpy())
    about = {
        "dims": {str(name): list(v.dims) for name, v in frame.variables.items()},
        "coords": [str(name) for name in frame.coords],
        "attrs": frame.attrs,
    }
    (folder / FRAME).write_text(json.dumps(about), encoding="utf-8")


def _normal(prior: vm.Prior) -> tuple[float, float]:
    parameters = dict(prior.parameters)
    return parameters.get("mu", 0.0), parameters["sigma"]


def _hash(arrays: dict[str, np.ndarray], priors: object, effect: str) -> str:
    """Name the posterior: cells, priors and effect, and nothing else."""
    digest = hashlib.sha256(json.dumps([priors, effect], sort_keys=True).encode())
    for name in sorted(arrays):
        digest.update(name.encode() + np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()
