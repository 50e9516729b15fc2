"""varmodel's own NUTS path, from the table to gated draws."""

import varmodel as vm
from benchmarks.problems import Problem

NEEDS = ("varmodel",)
SAMPLER = "nuts"


def run(problem: Problem, random_seed: int) -> vm.Fit:
    frame = vm.prepare(problem.spec, problem.table())
    return vm.fit(problem.spec, frame, random_seed=random_seed, sampler=SAMPLER, progressbar=False)


def effects(fit: vm.Fit):
    return fit.posterior["provider_effect"].to_numpy()
