"""Stan without a C++ toolchain: stanli compiles and samples the same model as the PyMC peer."""

import numpy as np
import stanli

from benchmarks.data import Data

_MODELS = {}

_BLOCKS = """
data {
  int cells; int providers; int patterns; int terms;
  vector[cells] y; vector[cells] n;
  array[cells] int provider; array[cells] int pattern;
  matrix[patterns, terms] design;
  real spread;
  array[3] real location; array[4] real scale;
}
parameters {
  real intercept; vector[terms] coefficients; real<lower=0> provider_sd; PARAMETERS
  vector[providers] RAW;
}
transformed parameters { vector[providers] provider_effect = EFFECT; }
model {
  intercept ~ normal(location[1], scale[1]);
  coefficients ~ normal(0, scale[2]);
  provider_sd ~ normal(0, scale[3]);
  PRIORS
  RAW ~ LAW;
  vector[cells] eta = intercept + provider_effect[provider] + (design * coefficients)[pattern];
  target += KERNEL;
}
"""
_KERNELS = {
    "binomial": "dot_product(y, eta) - dot_product(n, log1p_exp(eta))",
    "poisson": "dot_product(y, eta) - dot_product(n, exp(eta))",
    "normal": "-sum(n) * log(residual_sd)"
    " - 0.5 * (spread + dot_product(n, square(y - eta))) / square(residual_sd)",
}


def run(data: Data, random_seed: int):
    if data.folder not in _MODELS:
        _MODELS[data.folder] = stanli.Model(stan_code=_code(data), data=_values(data))
    fit = _MODELS[data.folder].sample(chains=4, seed=random_seed, refresh=0, parallel_chains=2)
    names = ["intercept", "provider_sd"] + ["residual_sd"] * (data.likelihood == "normal")
    draws = {name: fit.draws(name) for name in names}
    shape = draws["intercept"].shape
    draws["provider_effect"] = fit["provider_effect"].reshape(*shape, -1)
    terms = data["design"].shape[1]
    draws["coefficients"] = (
        fit["coefficients"].reshape(*shape, -1) if terms else np.empty((*shape, 0))
    )
    return draws


def _code(data: Data) -> str:
    normal, heavy = data.likelihood == "normal", data.meta["effect"] == "student_t"
    scale = "provider_sd * sqrt((nu - 2) / nu)" if heavy else "provider_sd"
    if data.meta["centred"]:
        raw, effect, place = "level", "level - intercept", f"intercept, {scale}"
    else:
        raw, effect, place = "raw", f"{scale} * raw", "0, 1"
    parts = {
        "PARAMETERS": "real<lower=2> nu; " * heavy + "real<lower=0> residual_sd;" * normal,
        "PRIORS": "nu - 2 ~ gamma(2, 0.1); " * heavy
        + "residual_sd ~ normal(0, scale[4]);" * normal,
        "RAW": raw,
        "EFFECT": effect,
        "LAW": f"student_t(nu, {place})" if heavy else f"normal({place})",
        "KERNEL": _KERNELS[data.likelihood],
    }
    code = _BLOCKS
    for name, text in parts.items():
        code = code.replace(name, text)
    return code


def _values(data: Data):
    design, normal = data["design"], data.likelihood == "normal"
    names = ("intercept", "coefficients", "provider_sd")
    return {
        "cells": len(data["response"]),
        "providers": data.providers,
        "patterns": design.shape[0],
        "terms": design.shape[1],
        "y": data["response"],
        "n": data["size"],
        "provider": data["provider"] + 1,
        "pattern": data["pattern"] + 1,
        "design": design,
        "spread": float(data["spread"].sum()) if normal else 0.0,
        "location": [data.location(name) for name in names],
        "scale": [data.scale(name) for name in (*names, "residual_sd" if normal else names[0])],
    }
