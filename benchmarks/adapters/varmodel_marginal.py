"""varmodel's marginal sampler, from the frame to gated draws."""

from benchmarks.adapters.varmodel_nuts import arrays, fit
from benchmarks.data import Data


def run(data: Data, random_seed: int):
    return arrays(fit(data, random_seed, sampler="marginal"))
