"""varmodel's marginal sampler with what is published first: adjusted rates and their ranks."""

import varmodel as vm
from benchmarks.adapters.varmodel_nuts import arrays, fit
from benchmarks.data import Data


def run(data: Data, random_seed: int):
    found = fit(data, random_seed, sampler="marginal")
    vm.rank(vm.adjusted_rates(found), better="lower")
    return arrays(found)
