"""walnutpie: NUTS whose steps adapt within an orbit, on a density and its gradient by hand.

The same panel model as the PyMC peer; Numba compiles it once and keeps it on disk. theta =
(intercept, log provider_sd, log transient_sd, atanh rho, coefficients, levels of providers, levels
of providers in each period).
"""

import ctypes

import numpy as np
import walnutpie as wp
from numba import carray, cfunc, njit, types

from benchmarks.data import Data

_HEAD = 4
_ARRAYS = ("response", "size", "provider", "period", "pattern")
_SCALES = ("intercept", "coefficients", "provider_sd", "transient_sd")


def run(data: Data, random_seed: int):
    packed = _pack(data)
    chains = wp.walnuts_pyfunc(
        (wp.logp_cfunc_type(_evaluate.address), ctypes.c_void_p(packed.ctypes.data)),
        inits=_starts(data, np.random.default_rng(random_seed)),
        seed=random_seed,
        min_warmup_iter=1000,
        max_warmup_iter=1000,
        min_sampling_iter=1000,
        max_sampling_iter=1000,
    )
    theta, first = np.stack(list(map(np.asarray, chains))), _HEAD + data["design"].shape[1]
    return {
        "intercept": theta[..., 0],
        "coefficients": theta[..., _HEAD:first],
        "provider_sd": np.exp(theta[..., 1]),
        "provider_effect": theta[..., first : first + data.providers] - theta[..., :1],
        "transient_sd": np.exp(theta[..., 2]),
        "transient_rho": np.tanh(theta[..., 3]),
    }


def _starts(data: Data, rng: np.random.Generator) -> np.ndarray:
    """Start four chains apart, all levels near the prior's middle."""
    terms = data["design"].shape[1]
    start = rng.normal(0, 0.1, (4, _HEAD + terms + data.providers * (1 + data.periods)))
    start[:, [0, *range(_HEAD + terms, start.shape[1])]] += data.location("intercept")
    start[:, 1:3] += np.log([data.scale("provider_sd"), data.scale("transient_sd")])
    return start


def _pack(data: Data) -> np.ndarray:
    """Lay all that the density reads behind one pointer: its length, counts, priors, arrays."""
    design = data["design"]
    counts = [len(data["response"]), data.providers, data.periods, *design.shape]
    priors = [data.location("intercept"), *map(data.scale, _SCALES)]
    parts = [counts, priors, *(data[name] for name in _ARRAYS), design.ravel()]
    held = np.concatenate([np.asarray(part, dtype=np.float64) for part in parts])
    return np.concatenate([[1.0 + len(held)], held])


@njit(cache=True, error_model="numpy")
def _density(theta, grad, held):
    """Give the log posterior density at theta, up to a constant; its slopes go to ``grad``."""
    cells, providers, periods, patterns, terms = [int(count) for count in held[:5]]
    middle, wide, of_terms, of_lasting, of_passing = held[5:10]
    y, n, provider, period, pattern = held[10 : 10 + 5 * cells].reshape(5, cells)
    design = held[10 + 5 * cells :].reshape(patterns, terms)
    first = _HEAD + terms
    beta, level = theta[_HEAD:first], theta[first : first + providers]
    path = theta[first + providers :].reshape(providers, periods)
    by_level = grad[first : first + providers]
    by_path = grad[first + providers :].reshape(providers, periods)
    sd, passing, rho = np.exp(theta[1]), np.exp(theta[2]), np.tanh(theta[3])
    grad[:] = 0.0
    fixed, by_fixed, value = design @ beta, np.zeros(patterns), 0.0
    for i in range(cells):  # binomial, logit
        j, t, k = int(provider[i]), int(period[i]), int(pattern[i])
        eta = path[j, t] + fixed[k]
        value += y[i] * eta - n[i] * (np.log1p(np.exp(-abs(eta))) + max(eta, 0.0))
        slope = y[i] - n[i] / (1 + np.exp(-eta))
        by_path[j, t] += slope
        by_fixed[k] += slope
    variance = passing**2 * (1 - rho**2)
    for j in range(providers):  # AR(1) about the level, stationary
        before = path[j, 0] - level[j]
        pull = before / passing**2
        value -= 0.5 * before * pull + theta[2]
        grad[2] += before * pull - 1
        by_path[j, 0] -= pull
        by_level[j] += pull
        for t in range(1, periods):
            away = path[j, t] - level[j]
            step = away - rho * before
            pull = step / variance
            value -= 0.5 * (step * pull + np.log(variance))
            grad[2] += step * pull - 1
            grad[3] += pull * before * (1 - rho**2) + (1 - step * pull) * rho
            by_path[j, t] -= pull
            by_path[j, t - 1] += rho * pull
            by_level[j] += (1 - rho) * pull
            before = away
    apart = level - theta[0]
    by_level -= apart / sd**2
    grad[_HEAD:first] = design.T @ by_fixed - beta / of_terms**2
    grad[0] += apart.sum() / sd**2 - (theta[0] - middle) / wide**2
    grad[1] += (apart**2).sum() / sd**2 - providers + 1 - (sd / of_lasting) ** 2
    grad[2] += 1 - (passing / of_passing) ** 2
    grad[3] += 4.0 * (1 - rho) - 2.0 * (1 + rho)
    value -= 0.5 * (apart**2).sum() / sd**2 + providers * theta[1]
    value -= 0.5 * ((theta[0] - middle) / wide) ** 2 + 0.5 * (beta**2).sum() / of_terms**2
    value += theta[1] - 0.5 * (sd / of_lasting) ** 2 + theta[2] - 0.5 * (passing / of_passing) ** 2
    return value + 4.0 * np.log1p(rho) + 2.0 * np.log1p(-rho)  # Beta(4, 2), the slope of tanh


_POINTER = types.CPointer(types.double)
_KIND = types.intc(types.uintp, _POINTER, _POINTER, _POINTER, types.voidptr)


@cfunc(_KIND, cache=True, error_model="numpy")
def _evaluate(size, theta, grad, density, packed):
    count = int(carray(packed, (1,), np.float64)[0])
    held = carray(packed, (count,), np.float64)[1:]
    density[0] = _density(carray(theta, (size,)), carray(grad, (size,)), held)
    return 0 if np.isfinite(density[0]) else 1
