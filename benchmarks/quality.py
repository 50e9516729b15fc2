"""What draws are worth: effective sizes, the error of the total, the distance to a reference."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy import special

from benchmarks.data import Data
from varmodel.fits.importance import ess_weighted
from varmodel.numerics.convergence import ess_mean, rhat

type Draws = Mapping[str, np.ndarray]

#: A tier indicator counts where its probability lies here: a rare one has no worst case to find.
TIER_RANGE = (0.05, 0.95)
#: What a panel's departures have in common.
PASSING = ("transient_sd", "transient_rho")
ENDS = (0.025, 0.975)
_NEAR = 0.0125
_EVALUATIONS = 4e8


def read_draws(folder: Path) -> dict[str, np.ndarray]:
    """Read what an adapter wrote."""
    return {path.stem: np.load(path) for path in sorted(folder.glob("*.npy"))}


def effective_size(x: np.ndarray, draws: Draws) -> np.ndarray:
    """Give the ESS of means: ESS(h) from the weights of independent draws, else from chains."""
    return ess_weighted(x, draws["weight"]) if "weight" in draws else ess_mean(x)


def in_top_quarter(effect: np.ndarray) -> np.ndarray:
    """Say who is among the best quarter in each draw (low is good)."""
    best = -(-effect.shape[-1] // 4)
    limit = np.partition(effect, best - 1, axis=-1)[..., best - 1 : best]
    return (effect <= limit).astype(np.float64)


def sizes(draws: Draws) -> dict[str, float]:
    """Give the ESS of the worst provider effect and tier indicator, and the worst R-hat."""
    effect, tier = draws["provider_effect"], in_top_quarter(draws["provider_effect"])
    share = tier.mean(axis=(0, 1))
    unsure = (share > TIER_RANGE[0]) & (share < TIER_RANGE[1])
    found = {
        "ess_effect": np.nanmin(effective_size(effect, draws)),
        "ess_tier": np.nanmin(effective_size(tier[..., unsure], draws)),
    }
    if "weight" not in draws:
        found["rhat"] = np.nanmax(rhat(effect))
    return {name: float(value) for name, value in found.items()}


def draws_needed(draws: Draws, data: Data) -> float:
    """Give how many times the draws both ends of the total's 95 % interval need.

    So that the Monte Carlo standard error of each is 1 % of the interval's width: it falls with
    the root of the draws. MCSE of a quantile: sqrt(q (1 - q) / ESS) / f, the ESS being that of
    the indicator of lying below the quantile (Vehtari et al. 2021, section 4.3) and f the
    density there, from the draws between the quantiles q - .0125 and q + .0125.
    """
    every = max(1, round(draws["intercept"].size * len(data["response"]) / _EVALUATIONS))
    thin = {name: values[:, ::every] for name, values in draws.items()}
    total = total_saving(thin, data)
    low, high = np.quantile(total, ENDS)
    error = max(_quantile_error(total, q, thin) for q in ENDS)
    kept = every if "weight" in draws else 1  # thinned chains lose less than their share
    return float((error / (0.01 * (high - low))) ** 2 / kept)


def _quantile_error(x: np.ndarray, q: float, draws: Draws) -> float:
    near = (q - _NEAR, q, q + _NEAR)
    below, at, above = np.quantile(x, near)
    size = float(effective_size((x <= at).astype(np.float64), draws))
    return np.sqrt(q * (1 - q) / size) * (above - below) / (2 * _NEAR)


def total_saving(draws: Draws, data: Data) -> np.ndarray:
    """Give each draw's total if all reached the better quartile, own cells, price 1 (low is good).

    Of a panel that of what lasts, at departures of nought.

    Parameters
    ----------
    draws : mapping
    data : Data

    Returns
    -------
    ndarray, shape (chain, draw)
    """
    shape = draws["intercept"].shape
    intercept, tau = (draws[name].reshape(-1) for name in ("intercept", "provider_sd"))
    beta = draws["coefficients"].reshape(tau.size, -1)
    effect = draws["provider_effect"].reshape(tau.size, -1)
    target = np.quantile(effect, 0.25, axis=1)
    size, provider, pattern = data["size"], data["provider"], data["pattern"]
    if data.meta["family"] == "normal":
        activity = np.bincount(provider, size)
        return (np.maximum(effect - target[:, np.newaxis], 0) @ activity).reshape(shape)
    design, totals = data["design"], np.empty(tau.size)
    for s in range(tau.size):
        base = (intercept[s] + design @ beta[s])[pattern]
        if data.likelihood == "binomial":
            held = effect[s, provider] > target[s]
            own, base = effect[s, provider[held]], base[held]
            gap = special.expit(base + own) - special.expit(base + target[s])
            totals[s] = size[held] @ gap
        else:
            rise = np.maximum(np.exp(effect[s]) - np.exp(target[s]), 0)
            totals[s] = np.bincount(provider, size * np.exp(base), minlength=len(rise)) @ rise
    if "residual_sd" in draws:  # the mean of a lognormal
        totals *= np.exp(draws["residual_sd"].reshape(-1) ** 2 / 2)
    return totals.reshape(shape)


def summary(draws: Draws, *, posterior: bool = True) -> dict[str, np.ndarray]:
    """Give what runs are compared by: effects, provider_sd, tier probabilities."""
    effect, tau = draws["provider_effect"], draws["provider_sd"]
    found = {"mean": effect.mean(axis=(0, 1)), "tau": np.array([tau.mean(), tau.std()])}
    if PASSING[0] in draws:
        found["passing"] = np.array([[draws[n].mean(), draws[n].std()] for n in PASSING])
    if not posterior:
        return found
    tier = in_top_quarter(effect)
    size = effective_size(tier, draws)
    return found | {
        "sd": effect.std(axis=(0, 1)),
        "tier": tier.mean(axis=(0, 1)),
        "tier_size": np.where(size > 0, size, tau.size),
    }


def distance(run: Mapping[str, np.ndarray], long: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Measure one summary against another, in posterior sds and Monte Carlo standard errors."""
    shift = (run["mean"] - long["mean"]) / long["sd"]
    found = {"error_rms": np.sqrt(np.mean(shift**2)), "error_max": np.abs(shift).max()}
    found["tau_error"] = abs(run["tau"][0] - long["tau"][0]) / long["tau"][1]
    if "passing" in run:
        moved = np.abs(run["passing"] - long["passing"])[:, 0]
        found["passing_error"] = np.max(moved / long["passing"][:, 1])
    if "tier" in run:  # a point estimate has no more to compare
        found["sd_ratio"] = np.mean(run["sd"] / long["sd"])
        tier = run["tier"] - long["tier"]
        found["tier_rms"], found["tier_max"] = np.sqrt(np.mean(tier**2)), np.abs(tier).max()
        found["tier_max_mcse"] = np.abs(tier / _tier_error(run, long)).max()
    return {name: float(value) for name, value in found.items()}


def _tier_error(run: Mapping[str, np.ndarray], long: Mapping[str, np.ndarray]) -> np.ndarray:
    """Give the standard error of a difference of shares, by the two pooled (never quite 0 or 1)."""
    sizes = run["tier_size"], long["tier_size"]
    events = sum(size * which["tier"] for size, which in zip(sizes, (run, long), strict=True))
    share = (events + 0.5) / (sizes[0] + sizes[1] + 1)
    return np.sqrt(share * (1 - share) * (1 / sizes[0] + 1 / sizes[1]))
