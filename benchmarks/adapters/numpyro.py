"""NumPyro on CPU in double precision: the same model as the PyMC peer, chains in parallel."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro.infer import MCMC, NUTS

from benchmarks.data import Data

numpyro.set_host_device_count(4)
numpyro.enable_x64()
_NAMES = ("intercept", "coefficients", "provider_sd", "provider_effect", "residual_sd")
_ARRAYS = ("response", "size", "design", "provider", "pattern")
_SAMPLERS = {}


def run(data: Data, random_seed: int):
    if data.folder not in _SAMPLERS:
        _SAMPLERS[data.folder] = MCMC(
            NUTS(_model_of(data)),
            num_warmup=1000,
            num_samples=1000,
            num_chains=4,
            chain_method="parallel",
            progress_bar=False,
            jit_model_args=True,  # the only way to compile once
        )
    sampler = _SAMPLERS[data.folder]
    arrays = {name: jnp.asarray(data[name]) for name in _ARRAYS}
    sampler.run(jax.random.PRNGKey(random_seed), **arrays)
    found = sampler.get_samples(group_by_chain=True)
    return {name: np.asarray(found[name]) for name in _NAMES if name in found}


def _model_of(data: Data):
    spread = float(data["spread"].sum()) if data.likelihood == "normal" else 0.0
    terms = data["design"].shape[1]

    def model(response, size, design, provider, pattern):
        location, scale = data.location("intercept"), data.scale("intercept")
        intercept = numpyro.sample("intercept", dist.Normal(location, scale))
        level = _levels(data, intercept)
        wide = dist.Normal(0, data.scale("coefficients")).expand([terms]).to_event(1)
        beta = numpyro.sample("coefficients", wide)
        eta = level[provider] + (design @ beta)[pattern]
        if data.likelihood == "binomial":
            kernel = response @ eta - size @ jax.nn.softplus(eta)
        elif data.likelihood == "poisson":
            kernel = response @ eta - size @ jnp.exp(eta)
        else:
            sd = numpyro.sample("residual_sd", dist.HalfNormal(data.scale("residual_sd")))
            squares = spread + size @ (response - eta) ** 2
            kernel = -size.sum() * jnp.log(sd) - 0.5 * squares / sd**2
        numpyro.factor("likelihood", kernel)

    return model


def _levels(data: Data, intercept):
    sd = numpyro.sample("provider_sd", dist.HalfNormal(data.scale("provider_sd")))
    heavy, scale = data.meta["effect"] == "student_t", sd
    if heavy:
        nu = 2 + numpyro.sample("nu_above_2", dist.Gamma(2, 0.1))
        scale = sd * jnp.sqrt((nu - 2) / nu)
    centred = data.meta["centred"]
    place = (intercept, scale) if centred else (0.0, 1.0)
    law = dist.StudentT(nu, *place) if heavy else dist.Normal(*place)
    with numpyro.plate("providers", data.providers):
        raw = numpyro.sample("raw", law)
    effect = raw - intercept if centred else scale * raw
    numpyro.deterministic("provider_effect", effect)
    return intercept + effect
