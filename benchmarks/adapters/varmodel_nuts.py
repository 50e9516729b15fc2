"""varmodel's own NUTS path, from the frame to gated draws."""

import varmodel as vm
from benchmarks.data import Data
from benchmarks.store import read_frame

_NAMES = ("intercept", "coefficients", "provider_sd", "provider_effect", "residual_sd")
_NAMES += ("transient_sd", "transient_rho")


def run(data: Data, random_seed: int):
    return arrays(fit(data, random_seed, sampler="nuts"))


def fit(data: Data, random_seed: int, *, sampler: str) -> vm.Fit:
    spec, frame = read_frame(data.folder)
    return vm.fit(spec, frame, random_seed=random_seed, sampler=sampler, progressbar=False)


def arrays(found: vm.Fit):
    posterior = found.posterior
    draws = {name: posterior[name].to_numpy() for name in _NAMES if name in posterior}
    if "ancestor_weight" in posterior.coords:
        draws["weight"] = posterior["ancestor_weight"].to_numpy()
    return draws
