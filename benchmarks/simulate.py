"""Tables of patients, simulated with NumPy alone: true effects, case mix, outcomes.

A table has one row a patient, a panel counts by quarter. Nothing here knows varmodel.
"""

import numpy as np
import pandas as pd

SEED = 2006


def surgical(rng: np.random.Generator) -> pd.DataFrame:
    """Give the twelve hospitals of BUGS Examples vol. 1 (published figures)."""
    del rng
    operations = [47, 148, 119, 810, 211, 196, 148, 215, 207, 97, 256, 360]
    deaths = [0, 18, 8, 46, 8, 13, 9, 31, 14, 8, 29, 24]
    return pd.DataFrame({"trust": list("ABCDEFGHIJKL"), "cases": operations, "events": deaths})


def shares(
    rng: np.random.Generator, *, providers: int, rows: int, profiles: int, columns: int
) -> pd.DataFrame:
    """Yes or no, with as many profiles of covariates as asked for."""
    provider, pattern, x = _patients(rng, providers, rows, profiles=profiles, columns=columns)
    eta = -1.4 + _predictor(rng, x)[pattern] + 0.3 * rng.standard_normal(providers)[provider]
    return _table(provider, x[pattern], events=_bernoulli(rng, eta))


def counts(
    rng: np.random.Generator, *, providers: int, rows: int, profiles: int, columns: int
) -> pd.DataFrame:
    """Events against an expected count of each patient."""
    provider, pattern, x = _patients(rng, providers, rows, profiles=profiles, columns=columns)
    expected = np.round(rng.gamma(2.0, 0.025, rows) + 0.001, 4)
    eta = 0.3 * _predictor(rng, x)[pattern] + 0.15 * rng.standard_normal(providers)[provider]
    events = rng.poisson(expected * np.exp(eta))
    return _table(provider, x[pattern], events=events, expected=expected)


def small_counts(rng: np.random.Generator, *, providers: int, each: int) -> pd.DataFrame:
    """Give ``each`` patients a provider, in turn over the 8 profiles of 3 flags."""
    provider = np.repeat(np.arange(providers), each)
    pattern = (np.tile(np.arange(each), providers) + provider) % 8
    x = _every_flag(3)
    eta = 0.3 * _predictor(rng, x)[pattern] + 0.3 * rng.standard_normal(providers)[provider]
    expected = np.full(len(provider), 0.3)
    events = rng.poisson(expected * np.exp(eta))
    return _table(provider, x[pattern], events=events, expected=expected)


def stays(rng: np.random.Generator, *, providers: int, rows: int, log: bool) -> pd.DataFrame:
    """Length of stay in days: normal, or normal on the log scale."""
    provider, pattern, x = _patients(rng, providers, rows, profiles=40, columns=8)
    effect = rng.standard_normal(providers)[provider]
    eta = _predictor(rng, x)[pattern] + (0.15 if log else 0.5) * effect
    noise = rng.standard_normal(rows)
    value = np.exp(1.0 + eta + 0.8 * noise) if log else 8.0 + eta + 3.0 * noise
    return _table(provider, x[pattern], days=np.round(value, 4))


def practices(rng: np.random.Generator, *, providers: int, rows: int) -> pd.DataFrame:
    """Give many providers and the 8 profiles of 3 flags."""
    provider, size = _sizes(rng, providers, rows), len(_every_flag(3))
    pattern = rng.integers(size, size=rows)
    x = _every_flag(3)
    eta = -2.0 + _predictor(rng, x)[pattern] + 0.3 * rng.standard_normal(providers)[provider]
    return _table(provider, x[pattern], events=_bernoulli(rng, eta))


def continuous(rng: np.random.Generator, *, providers: int, rows: int) -> pd.DataFrame:
    """Four continuous covariates: no two patients alike."""
    provider = _sizes(rng, providers, rows)
    x = np.round(rng.standard_normal((rows, 4)), 6)
    x[:, 0] = np.round(65 + 15 * x[:, 0], 6)
    scaled = np.column_stack([(x[:, 0] - 65) / 15, x[:, 1:]])
    eta = -1.4 + scaled @ [0.5, -0.2, 0.3, 0.1] + 0.3 * rng.standard_normal(providers)[provider]
    return _table(provider, x, events=_bernoulli(rng, eta))


def outlier(rng: np.random.Generator, *, providers: int, rows: int) -> pd.DataFrame:
    """Events in 1 of 100, one provider eight sds above the others."""
    provider = _sizes(rng, providers, rows)
    x = _every_flag(2)
    pattern = rng.integers(len(x), size=rows)
    effect = 0.3 * rng.standard_normal(providers)
    effect[providers // 2] = 2.4
    eta = -4.6 + _predictor(rng, x)[pattern] + effect[provider]
    return _table(provider, x[pattern], events=_bernoulli(rng, eta))


def panel(
    rng: np.random.Generator, *, providers: int, periods: int, levels: int, mean: float
) -> pd.DataFrame:
    """Give counts by provider, quarter and level of x1: sds .3 lasting, .15 passing."""
    size = mean * np.exp(0.5 * rng.standard_normal((providers, 1, 1)))
    cases = rng.poisson(np.broadcast_to(size, (providers, periods, levels))) + 1
    passing = 0.15 * rng.standard_normal((providers, periods))
    for t in range(1, periods):  # stationary, with a correlation of .6
        passing[:, t] = 0.6 * passing[:, t - 1] + 0.8 * passing[:, t]
    effect = 0.3 * rng.standard_normal((providers, 1)) + passing
    national = -1.4 + 0.1 * rng.standard_normal(periods)
    eta = (effect + national)[..., np.newaxis] + 0.2 * np.arange(levels)
    events = rng.binomial(cases, 1 / (1 + np.exp(-eta)))
    owner, period, level = (x.ravel() for x in np.indices(cases.shape))
    quarter = np.array([f"{2006 + t // 4}Q{t % 4 + 1}" for t in range(periods)])
    columns = {"events": events.ravel(), "cases": cases.ravel(), "quarter": quarter[period]}
    return _table(owner, level[:, np.newaxis] + 1, **columns)


def _patients(
    rng: np.random.Generator, providers: int, rows: int, *, profiles: int, columns: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give provider and profile of each row, and the profiles: an age band, a fifth, flags."""
    flags = (rng.random((10 * profiles, columns - 2)) < 0.4).astype(np.int64)
    age, fifth = rng.integers(1, 11, 10 * profiles), rng.integers(1, 6, 10 * profiles)
    x = np.unique(np.column_stack([age, fifth, flags]), axis=0)
    x = x[rng.permutation(len(x))[:profiles]]
    provider = _sizes(rng, providers, rows)
    mix = rng.dirichlet(np.full(len(x), 8.0), size=providers).cumsum(axis=1)
    pattern = (rng.random(rows)[:, np.newaxis] > mix[provider, :-1]).sum(axis=1)
    return provider, pattern, x


def _sizes(rng: np.random.Generator, providers: int, rows: int) -> np.ndarray:
    """Give each row a provider; sizes are lognormal (sd of the log .5), nobody is empty."""
    share = np.exp(0.5 * rng.standard_normal(providers))
    everybody = np.arange(providers)
    others = rng.choice(providers, size=rows - providers, p=share / share.sum())
    return np.sort(np.concatenate([everybody, others]))


def _predictor(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    """Weigh the columns, each scaled to sd 1, at random, to a spread of about .5 in all."""
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    return scaled @ rng.normal(0, 0.5 / np.sqrt(x.shape[1]), x.shape[1])


def _every_flag(count: int) -> np.ndarray:
    return (np.arange(2**count)[:, np.newaxis] >> np.arange(count)) % 2


def _bernoulli(rng: np.random.Generator, eta: np.ndarray) -> np.ndarray:
    return (rng.random(len(eta)) < 1 / (1 + np.exp(-eta))).astype(np.int64)


def _table(provider: np.ndarray, x: np.ndarray, **response: np.ndarray) -> pd.DataFrame:
    labels = np.array([f"T{k:05d}" for k in range(provider.max() + 1)])
    columns = {f"x{k}": column for k, column in enumerate(x.T, start=1)}
    return pd.DataFrame({"trust": labels[provider], **columns, **response})
