"""varmodel's marginal sampler, from the table to gated draws."""

import varmodel as vm
from benchmarks.problems import Problem
from varmodel.fits.importance import WEIGHT, ess_weighted


def run(problem: Problem, random_seed: int) -> vm.Fit:
    frame = vm.prepare(problem.spec, problem.table())
    return vm.fit(
        problem.spec, frame, random_seed=random_seed, sampler="marginal", progressbar=False
    )


def sizes(fit: vm.Fit):
    effect = fit.posterior["provider_effect"]
    return ess_weighted(effect.to_numpy(), effect[WEIGHT].to_numpy())
