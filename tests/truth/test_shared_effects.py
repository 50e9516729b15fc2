"""Classes, levels and predictors of effects: the marginal sampler against closed forms and NUTS."""

import itertools

import numpy as np
import pandas as pd
import pytest

from varmodel.fits import diagnose
from varmodel.frame import prepare, resolve_priors, simulate
from varmodel.inference import fit
from varmodel.spec import ModelSpec

J, SE = 18, 0.15
SPEC = ModelSpec(
    name="published",
    provider="trust",
    value="rate",
    standard_error="se",
    better="lower",
    family="normal",
    effect_predictors=("beds",),
    classes="type",
    levels=("region",),
    priors={"provider_sd": {"dist": "half_normal", "sigma": 0.5}},
    nil={"smallest_relevant": 0.05},
)
#: log sds of two classes and of the regions.
AXES = (np.linspace(-5, 0.7, 21), np.linspace(-5, 0.7, 21), np.linspace(-6, 1.2, 25))


def table():
    """Return published values whose two classes differ in mean and sd, and their regions."""
    rng = np.random.default_rng(4)
    kind, region = np.arange(J) % 2, np.arange(J) // 2 % 3
    beds = rng.normal(size=J)
    effect = np.array([0.1, 0.4])[kind] * rng.normal(size=J) + np.array([0.3, -0.3])[kind]
    value = 1 + effect + 0.2 * beds + np.array([0.3, -0.3, 0.0])[region]
    return pd.DataFrame(
        {
            "trust": [f"P{j:02d}" for j in range(J)],
            "rate": value + SE * rng.normal(size=J),
            "se": SE,
            "beds": beds,
            "type": np.array(["a", "b"])[kind],
            "region": np.array(["n", "s", "w"])[region],
        }
    )


def exact(frame, priors):
    """Means of sds, coefficients, class means, effects of regions: normal given the three sds."""
    y, kind = frame["value"].to_numpy(), frame["class_index"].to_numpy()
    first, other = (dict(priors[name].parameters) for name in ("intercept", "coefficients"))
    share = np.bincount(kind) / J
    half = (np.eye(2) - share)[kind]  # class means about that of all providers
    x = np.column_stack(
        [np.ones(J), frame["effect_design"], half, np.eye(3)[frame["level_index"][:, 0]]]
    )
    logs, moments = [], []
    for logsds in itertools.product(*AXES):
        one, two, level = np.exp(logsds)
        prior = np.array([first["sigma"], *[other["sigma"]] * 3, *[level] * 3])
        mean = x[:, 0] * first["mu"]
        cover = (x * prior**2) @ x.T + np.diag(np.array([one, two])[kind] ** 2 + SE**2)
        gap = np.linalg.solve(cover, y - mean)
        log = -0.5 * (y - mean) @ gap - 0.5 * np.linalg.slogdet(cover)[1] + sum(logsds)
        for name, sd in zip(("class_sd", "class_sd", "level_sd"), (one, two, level), strict=True):
            log += float(priors[name].log_density(np.asarray(sd)))
        psi = prior**2 * (x.T @ gap)
        psi[0] += first["mu"]
        own = np.array([one, two])[kind] ** 2 * gap
        means = (np.eye(2) - share) @ psi[2:4]
        moments.append([one, two, level, psi[0], psi[1], *means, *psi[4:], *own])
        logs.append(log)
    weight = np.exp(np.array(logs) - max(logs))
    return (weight / weight.sum()) @ np.array(moments)


def columns(found):
    """The same of draws, (S, figure)."""
    x = found.posterior
    names = ("class_sd", "level_sd", "intercept", "effect_coefficients", "class_mean")
    parts = [x[name].to_numpy() for name in (*names, "level_effect_region", "provider_effect")]
    return np.concatenate([p.reshape(*x["intercept"].shape, -1) for p in parts], axis=-1)


@pytest.fixture(scope="module")
def frame():
    return prepare(SPEC, table())


def test_the_marginal_sampler_agrees_with_closed_forms(frame):
    found = fit(SPEC, frame, random_seed=1, sampler="marginal", progressbar=False)
    x, truth = columns(found).reshape(4000, -1), exact(frame, resolve_priors(SPEC, frame))
    size = float(found.draws["sample_stats"]["importance_ess"])
    error = x.std(axis=0) / np.sqrt(min(size, 4000) / 2)
    assert (np.abs(x.mean(axis=0) - truth) < 4 * error).all()
    share = np.bincount(frame["class_index"]) / J
    pooled = np.sqrt(found.posterior["class_sd"].to_numpy() ** 2 @ share)
    np.testing.assert_allclose(found.posterior["provider_sd"], pooled)
    np.testing.assert_allclose(found.posterior["class_mean"].to_numpy() @ share, 0, atol=1e-12)


FULL = ModelSpec(
    name="model",
    provider="trust",
    numerator="deaths",
    denominator="cases",
    better="lower",
    family="binomial",
    case_mix=("age",),
    effect_predictors=("beds", "log_volume"),
    classes="type",
    levels=("region",),
    priors={
        "intercept": {"dist": "normal", "mu": -1.0, "sigma": 0.5},
        "coefficients": {"dist": "normal", "mu": 0.0, "sigma": 0.3},
        "provider_sd": {"dist": "half_normal", "sigma": 0.4},
    },
)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:DESIGN")
def test_the_marginal_sampler_agrees_with_long_chains():
    data = simulate(FULL, providers=30, mean_denominator=300, random_seed=3).table
    frame = prepare(FULL, data)
    quick = columns(fit(FULL, frame, random_seed=1, sampler="marginal", progressbar=False))
    how = {"random_seed": 1, "draws": 6000, "tune": 3000, "progressbar": False}
    slow = columns(fit(FULL, frame, sampler="nuts", provisional=True, **how))
    a, b = quick.reshape(-1, quick.shape[-1]), slow.reshape(-1, slow.shape[-1])
    gap = np.abs(a.mean(axis=0) - b.mean(axis=0)) / b.std(axis=0)
    assert gap.max() < 0.15  # of a sd; NUTS is worth 1,000 draws or so where sds are small


def _share_held(ends, truth):
    low, high = ends.transpose("quantile", ...).to_numpy()
    return ((low <= truth.to_numpy()) & (truth.to_numpy() <= high)).mean()


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:DESIGN")
def test_intervals_hold_what_was_simulated():
    """Forty sets drawn from the priors: 90 % intervals of what providers share and of their own."""
    held, passed = [], 0
    names = ("effect_coefficients", "class_mean", "class_sd", "level_sd", "provider_effect")
    for seed in range(40):
        made = simulate(FULL, providers=30, mean_denominator=300, random_seed=seed)
        found = fit(FULL, prepare(FULL, made.table), random_seed=seed, progressbar=False)
        passed += diagnose(found).passed
        ends = found.posterior[list(names)].quantile([0.05, 0.95], dim=("chain", "draw"))
        held.append([_share_held(ends[name], made.truth[name]) for name in names])
    share = np.mean(held, axis=0)
    assert passed == 40
    assert ((share > 0.82) & (share < 0.97)).all(), dict(zip(names, share, strict=True))
