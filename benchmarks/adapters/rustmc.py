"""rustmc: NUTS in Rust on a graph of expressions, of the same model as the PyMC peer.

An expression cannot be indexed, so the design is multiplied once a cell. Priors of vectors have
fixed numbers: where levels are centred, the density takes such a prior back and adds theirs.
"""

import numpy as np
import rustmc as rmc

from benchmarks.data import Data

_TAKEN_BACK = 10.0  # sd of the prior that levels do not have
_COMPILED = {}


def run(data: Data, random_seed: int):
    if data.folder not in _COMPILED:
        _COMPILED[data.folder] = _model(data).compile()
    fit = _COMPILED[data.folder].sample(
        _columns(data), chains=4, draws=1000, warmup=1000, seed=random_seed, show_progress=False
    )
    found = fit.get_samples_2d()
    draws = {name: found[name] for name in found if "[" not in name}
    intercept, sd = (draws[name][..., np.newaxis] for name in ("intercept", "provider_sd"))
    vectors = {"coefficients": data["design"].shape[1], "effect": data.providers}
    for name, length in vectors.items():
        draws[name] = np.empty((*intercept.shape[:2], length))
        for place in range(length):
            draws[name][..., place] = found[f"{name}[{place}]"]
    effect = draws.pop("effect")
    draws["provider_effect"] = effect - intercept if data.meta["centred"] else effect * sd
    return draws


def _model(data: Data) -> rmc.ModelBuilder:
    model = rmc.ModelBuilder(dims={"every": "provider"} if data.meta["centred"] else None)
    y, n = model.data("y"), model.data("n")
    eta = _of_providers(model, data)
    if terms := data["design"].shape[1]:
        beta = model.vector_normal_prior("coefficients", terms, 0.0, data.scale("coefficients"))
        eta = eta + beta @ "design"
    if data.likelihood == "binomial":
        kernel = (y * eta - n * eta.softplus()).sum()
    elif data.likelihood == "poisson":
        kernel = (y * eta - n * eta.exp()).sum()
    else:
        sd = model.half_normal_prior("residual_sd", data.scale("residual_sd"))
        squares = float(data["spread"].sum()) + (n * (y - eta) ** 2.0).sum()
        kernel = -float(data["size"].sum()) * sd.log() - 0.5 * squares / sd**2.0
    model.potential("likelihood", kernel)
    return model


def _of_providers(model: rmc.ModelBuilder, data: Data) -> rmc.Expr:
    """Give each cell its provider's level."""
    middle = data.location("intercept")
    intercept = model.normal_prior("intercept", middle, data.scale("intercept"))
    sd = model.half_normal_prior("provider_sd", data.scale("provider_sd"))
    if not data.meta["centred"]:
        raw = model.vector_normal_prior("effect", data.providers, 0.0, 1.0)
        return intercept + sd * raw["provider"]
    level = model.vector_normal_prior("effect", data.providers, middle, _TAKEN_BACK)
    each = level["every"]
    taken_back = ((each - middle) / _TAKEN_BACK) ** 2.0
    own = (0.5 * (taken_back - ((each - intercept) / sd) ** 2.0)).sum()
    model.potential("levels", own - float(data.providers) * sd.log())
    return level["provider"]


def _columns(data: Data) -> dict[str, np.ndarray]:
    columns = {"y": data["response"], "n": data["size"], "provider": data["provider"]}
    if data.meta["centred"]:
        columns["every"] = np.arange(data.providers)
    if data["design"].shape[1]:
        columns["design"] = np.ascontiguousarray(data["design"][data["pattern"]])
    return columns
