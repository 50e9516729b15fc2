"""Bambi with nutpie: the formula somebody would write, on cells (on rows for measurements).

Bambi centres the columns itself and has its own parameterisation; priors are ours. It takes no
sums of squares, so lengths of stay enter row by row.
"""

import bambi as bmb
import numpy as np
import pandas as pd

from benchmarks.data import Data


def run(data: Data, random_seed: int):
    table, names = _table(data)
    left = {"binomial": "p(y, n)", "poisson": "y", "normal": "y"}[data.likelihood]
    right = " + ".join([*(names or ["1"]), *["offset(log_n)"] * (data.likelihood == "poisson")])
    family = {"normal": "gaussian"}.get(data.likelihood, data.likelihood)
    model = bmb.Model(
        f"{left} ~ {right} + (1 | provider)",
        table,
        family=family,
        priors=_priors(data, names),
        auto_scale=False,
    )
    tree = model.fit(
        draws=1000,
        tune=1000,
        chains=4,
        random_seed=random_seed,
        inference_method="nutpie",
        progressbar=False,
    )
    return _draws(tree.posterior, names)


def _table(data: Data) -> tuple[pd.DataFrame, list[str]]:
    if data.likelihood == "normal":
        y, provider, design = data.rows()
        table = pd.DataFrame({"y": y})
    else:
        provider, design = data["provider"], data.cell_design()
        table = pd.DataFrame({"y": data["response"].astype(int), "n": data["size"]})
        if data.likelihood == "binomial":
            table["n"] = table["n"].astype(int)
        else:
            table["log_n"] = np.log(table["n"])
    names = [f"x{k}" for k in range(1, design.shape[1] + 1)]
    table[names] = design
    return table.assign(provider=pd.Categorical(provider)), names


def _priors(data: Data, names: list[str]):
    def normal(name: str):
        return bmb.Prior("Normal", mu=data.location(name), sigma=data.scale(name))

    spread = bmb.Prior("HalfNormal", sigma=data.scale("provider_sd"))
    priors = {"Intercept": normal("intercept"), **dict.fromkeys(names, normal("coefficients"))}
    priors["1|provider"] = bmb.Prior("Normal", mu=0, sigma=spread)
    if data.likelihood == "normal":
        priors["sigma"] = bmb.Prior("HalfNormal", sigma=data.scale("residual_sd"))
    return priors


def _draws(posterior, names: list[str]):
    draws = {
        "intercept": posterior["Intercept"].to_numpy(),
        "provider_sd": posterior["1|provider_sigma"].to_numpy(),
        "provider_effect": posterior["1|provider"].to_numpy(),
    }
    columns = [posterior[name].to_numpy() for name in names]
    empty = np.empty((*draws["intercept"].shape, 0))
    draws["coefficients"] = np.stack(columns, axis=-1) if columns else empty
    return draws | ({"residual_sd": posterior["sigma"].to_numpy()} if "sigma" in posterior else {})
