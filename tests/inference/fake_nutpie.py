"""What nutpie gives back, made by hand: padded draws and its own names of statistics."""

import numpy as np
import xarray as xr

from varmodel.inference.labels import SAMPLE_STATISTICS

PADDED_PROVIDERS, PADDED_TERMS = 64, 8


def raw_draws(shape, *, seed=1, residual_sd=False, shift=0.0):
    """Return a tree as nutpie.sample does; `shift` sets the first chain apart."""
    rng = np.random.default_rng(seed)
    dims = ("chain", "draw")
    apart = np.zeros(shape)
    apart[0] = shift
    posterior = {
        "intercept": (dims, rng.normal(size=shape) + apart),
        "coefficients": ((*dims, "term"), rng.normal(size=(*shape, PADDED_TERMS))),
        "provider_sd": (dims, rng.uniform(0.1, 1, shape)),
        "provider_raw": ((*dims, "provider"), rng.normal(size=(*shape, PADDED_PROVIDERS))),
        "provider_effect": ((*dims, "provider"), rng.normal(size=(*shape, PADDED_PROVIDERS))),
    }
    if residual_sd:
        posterior["residual_sd"] = (dims, rng.uniform(1, 2, shape))
    stats = {name: (dims, rng.normal(size=shape)) for name in SAMPLE_STATISTICS}
    stats |= {name: (dims, np.zeros(shape, bool)) for name in ("diverging", "maxdepth_reached")}
    stats["gradient"] = (dims, np.zeros(shape))
    coords = {
        "chain": np.arange(shape[0]),
        "draw": np.arange(shape[1]),
        "provider": np.arange(PADDED_PROVIDERS).astype(str),
        "term": np.arange(PADDED_TERMS).astype(str),
    }
    groups = {"posterior": (posterior, coords), "sample_stats": (stats, coords)}
    return xr.DataTree.from_dict(
        {
            name: xr.Dataset(
                variables, {k: v for k, v in labels.items() if name == "posterior" or k in dims}
            )
            for name, (variables, labels) in groups.items()
        }
    )


class Sampler:
    """Stand in for nutpie.sample: gives the next tree it was handed, keeps the calls."""

    def __init__(self, *results):
        self.results = list(results)
        self.calls = []
        self.cancelled = 0

    def __call__(self, _, **options):
        self.calls.append(options)
        return self

    def wait(self, *, timeout):
        assert 0 < timeout < 1  # an interrupt must reach us soon
        result = self.results.pop(0)
        if isinstance(result, BaseException):
            raise result
        return result

    def cancel(self):
        self.cancelled += 1
