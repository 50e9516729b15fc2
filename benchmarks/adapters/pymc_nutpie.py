"""PyMC with nutpie, written by hand by somebody who knows: non-centred, cells aggregated."""

import numpy as np
import nutpie
import pymc as pm

import varmodel as vm
from benchmarks.problems import Problem

NEEDS = ("pymc", "nutpie")


def run(problem: Problem, random_seed: int):
    frame = vm.prepare(problem.spec, problem.table())
    form = problem.spec.form
    response, size = frame[form.response].to_numpy(), frame[form.size].to_numpy()
    provider, pattern = frame["provider_index"].to_numpy(), frame["pattern_index"].to_numpy()
    design = frame["design"].to_numpy()[pattern]
    logit = problem.spec.family == "binomial"
    with pm.Model() as model:
        intercept = pm.Normal("intercept", 0, 2.5 if logit else 1.0)
        sd = pm.HalfNormal("provider_sd", 0.7 if logit else 0.3)
        raw = pm.Normal("raw", shape=frame.sizes["provider"])
        effect = pm.Deterministic("provider_effect", sd * raw)
        eta = intercept + effect[provider]
        if design.shape[1]:
            eta = eta + design @ pm.Normal("coefficients", 0, 1, shape=design.shape[1])
        if logit:
            pm.Binomial("y", n=size.astype(np.int64), logit_p=eta, observed=response)
        else:
            pm.Poisson("y", mu=size * pm.math.exp(eta), observed=response)
    compiled = nutpie.compile_pymc_model(model)
    return nutpie.sample(
        compiled, draws=1000, tune=1000, chains=4, seed=random_seed, progress_bar=False
    )


def effects(tree):
    return tree.posterior["provider_effect"].to_numpy()
