"""Panels drawn here, by NumPy alone, from the priors that the fit has: nothing rests on varmodel.

Providers of unequal size, every provider in every period; national levels of the periods, an
effect that lasts and one that passes, and the responses of a family. Everything is drawn for one
period more than the table has, so that the next period has a truth too.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from varmodel.families import Prior
from varmodel.spec import ModelSpec, Nil

SEED = 2006
_SHARE = {"numerator": "events", "denominator": "cases"}
_COUNT = {"numerator": "events", "expected": "expected"}
_WARDS = {"dispersion_unit": ("trust", "quarter", "ward"), "rows": "records"}
#: Fields of a model of each family.
FIELDS = {
    "binomial": {**_SHARE, "family": "binomial"},
    "poisson": {**_COUNT, "family": "poisson"},
    "beta_binomial": {**_SHARE, **_WARDS, "family": "beta_binomial"},
    "negative_binomial": {**_COUNT, **_WARDS, "family": "negative_binomial"},
    "normal": {"value": "days", "family": "normal"},
    "lognormal": {"value": "days", "family": "lognormal"},
    "gamma": {"value": "days", "family": "gamma"},
    "published": {"value": "rate", "standard_error": "se", "family": "normal"},
}
_LOGIT = {"intercept": (special.logit(0.2), 0.5), "provider_sd": 0.7, "transient_sd": 0.35}
_LOG = {"intercept": (0.0, 0.5), "provider_sd": 0.3, "transient_sd": 0.15}
#: (mean, sd) of normal priors, sigma of half-normal ones; the sds are the defaults where there is
#: one, what is national is narrow: a rate of any size has been seen before.
PRIORS = {
    "binomial": _LOGIT,
    "poisson": _LOG,
    "beta_binomial": {**_LOGIT, "dispersion": 0.3},
    "negative_binomial": {**_LOG, "dispersion": 0.3},
    "normal": {"intercept": (5.0, 1.0), "provider_sd": 1.0, "transient_sd": 0.5, "residual_sd": 2},
    "lognormal": {**_LOG, "intercept": (1.0, 0.5), "residual_sd": 1.0},
    "gamma": {**_LOG, "intercept": (1.0, 0.5), "residual_sd": 1.0},
    "published": {"intercept": (0.0, 1.0), "provider_sd": 0.7, "transient_sd": 0.35},
}
COEFFICIENT = 0.5
#: (rho + 1) / 2 is Beta(4, 2), the default.
RHO = (4.0, 2.0)
#: Wards of a provider in a period, each with a rate of its own, of over-dispersed counts.
WARDS = 2
_FEWEST = 5


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """A table and the truth that made it.

    Attributes
    ----------
    table : pandas.DataFrame
        A row a unit, provider by provider, in the order of its period and ward.
    truth : mapping of str to float or ndarray
        intercept, provider_sd, transient_sd, transient_rho and the family's own parameter;
        coefficients (term); effect (provider), passing (provider, period + 1).
    provider, period : ndarray of int, shape (row,)
    size : ndarray, shape (row,)
        Cases, expected events; 1 for a measurement.
    """

    table: pd.DataFrame
    truth: Mapping[str, object]
    provider: np.ndarray
    period: np.ndarray
    size: np.ndarray


def model(family: str, transient: str = "ar1", **fields: object) -> ModelSpec:
    """Give the model that panels of a family are drawn from, every prior stated."""
    priors = {
        name: Prior("normal", mu=held[0], sigma=held[1])
        if isinstance(held, tuple)
        else Prior("half_normal", sigma=held)
        for name, held in PRIORS[family].items()
    }
    priors["coefficients"] = Prior("normal", mu=0.0, sigma=COEFFICIENT)
    named = {"name": family, "provider": "trust", "period": "quarter", "better": "lower"}
    nil = {"nil": Nil(smallest_relevant=0.05)} if family == "published" else {}
    whole = {**named, "transient": transient, "priors": priors, **nil, **FIELDS[family], **fields}
    return ModelSpec(**whole)


def draw_sizes(rng: np.random.Generator, *, providers: int, mean: float) -> np.ndarray:
    """Draw mean sizes, lognormal with an sd of the log of .9, at least 5."""
    return np.maximum(_FEWEST, mean * np.exp(rng.normal(-(0.9**2) / 2, 0.9, providers)))


def draw_panel(
    family: str,
    sizes: np.ndarray,
    *,
    periods: int,
    rng: np.random.Generator,
    transient: str = "ar1",
    given: Mapping[str, float] | None = None,
) -> Panel:
    """Draw the truth from the priors, but for what is given, and a table from it."""
    truth = _parameters(family, transient, rng) | (given or {})
    slopes = rng.normal(0, COEFFICIENT, periods - 1)
    effect = truth["provider_sd"] * rng.standard_normal(len(sizes))
    passing = _departures(rng, truth, (len(sizes), periods + 1))
    truth |= {"coefficients": slopes, "effect": effect, "passing": passing}
    provider, period, size = _layout(family, sizes, periods=periods, rng=rng)
    level = levels(truth["intercept"], slopes, np.bincount(period, size))
    eta = level[period] + effect[provider] + passing[provider, period]
    columns = _respond(family, eta, size, own=truth, rng=rng)
    names = _names(len(sizes), periods)
    keys = {"trust": names[0][provider], "quarter": names[1][period]}
    if family in ("beta_binomial", "negative_binomial"):
        keys["ward"] = np.tile([f"W{k}" for k in range(WARDS)], len(provider) // WARDS)
    return Panel(pd.DataFrame(keys | columns), truth, provider, period, size)


def _parameters(family: str, transient: str, rng: np.random.Generator) -> dict[str, float]:
    """Draw what all providers share."""
    found = {
        name: rng.normal(*held) if isinstance(held, tuple) else abs(rng.normal(0, held))
        for name, held in PRIORS[family].items()
    }
    rho = 2 * rng.beta(*RHO) - 1
    return found | {"transient_rho": rho if transient == "ar1" else 0.0}


def _departures(
    rng: np.random.Generator, truth: Mapping[str, float], shape: tuple[int, int]
) -> np.ndarray:
    """Draw stationary departures period by period."""
    rho, fresh = truth["transient_rho"], rng.standard_normal(shape)
    for t in range(1, shape[1]):
        fresh[:, t] = rho * fresh[:, t - 1] + np.sqrt(1 - rho**2) * fresh[:, t]
    return truth["transient_sd"] * fresh


def _layout(
    family: str, sizes: np.ndarray, *, periods: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give provider, period and size of each row; sizes vary from period to period by chance."""
    cells = np.maximum(_FEWEST, rng.poisson(sizes[:, np.newaxis], (len(sizes), periods)))
    provider, period = (x.ravel() for x in np.indices(cells.shape))
    size = cells.ravel().astype(np.float64)
    each = {"beta_binomial": WARDS, "negative_binomial": WARDS}.get(family, 1)
    if family in ("normal", "lognormal", "gamma"):
        each, size = cells.ravel(), np.ones(len(size))
    if family == "published":
        size = np.ones(len(size))
    return tuple(np.repeat(x, each) for x in (provider, period, size))


def levels(intercept: float, slopes: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Give each period's level: effects of periods are centred by what they hold."""
    shift = np.concatenate([[0.0], slopes])
    return intercept + shift - weight @ shift / weight.sum()


def _respond(
    family: str,
    eta: np.ndarray,
    size: np.ndarray,
    *,
    own: Mapping[str, float],
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    """Draw the columns of the response."""
    if family in ("binomial", "beta_binomial"):
        cases, share = size.astype(np.int64), special.expit(eta)
        if family == "beta_binomial":
            phi = precision(own, share=special.expit(own["intercept"]))
            share = rng.beta(phi * share, phi * (1 - share))
        return {"events": rng.binomial(cases, share), "cases": cases}
    if family in ("poisson", "negative_binomial"):
        mean = size * np.exp(eta)
        if family == "negative_binomial":
            phi = precision(own)
            mean = mean * rng.gamma(phi, 1 / phi, len(mean))
        return {"events": rng.poisson(mean), "expected": size}
    if family == "published":
        error = np.exp(rng.uniform(np.log(0.1), 0, len(eta)))
        return {"rate": rng.normal(eta, error), "se": error}
    return {"days": _measure(family, eta, own["residual_sd"], rng)}


def precision(own: Mapping[str, float], share: float | None = None) -> float:
    """Give the phi of a dispersion: 1 / dispersion^2, of shares over p (1 - p)."""
    scale = 1.0 if share is None else share * (1 - share)
    return 1 / (own["dispersion"] ** 2 * scale)


def _measure(family: str, eta: np.ndarray, residual: float, rng: np.random.Generator) -> np.ndarray:
    if family == "normal":
        return rng.normal(eta, residual)
    if family == "lognormal":
        return np.exp(rng.normal(eta, residual))
    return rng.gamma(residual**-2, np.exp(eta) * residual**2)


def _names(providers: int, periods: int) -> tuple[np.ndarray, np.ndarray]:
    """Name providers and quarters so that they sort as they are numbered."""
    quarters = [f"{2006 + t // 4}Q{t % 4 + 1}" for t in range(periods)]
    return np.array([f"T{j:03d}" for j in range(providers)]), np.array(quarters)
