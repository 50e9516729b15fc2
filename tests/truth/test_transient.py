"""What passes, against the posterior by brute force: two periods that lie three quarters apart.

Published values with their errors are normal, so that given the two sds and the correlation all
is normal, and a grid over these three is the posterior.
"""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.frame.hand_made import make_model
from varmodel import diagnose, fit, load_fit, prepare, save_fit, simulate
from varmodel.inference.nuts.centring import centred_periods

LAG, PROVIDERS, POINTS = 3, 8, 28
ERRORS = np.repeat([0.05, 0.6], PROVIDERS // 2)  # so that levels of some are centred
SPEC = make_model(
    "published",
    period="quarter",
    transient="ar1",
    priors={
        "intercept": {"dist": "normal", "mu": 0, "sigma": 2},
        "coefficients": {"dist": "normal", "mu": 0, "sigma": 1},
        "provider_sd": {"dist": "half_normal", "sigma": 0.8},
        "transient_sd": {"dist": "half_normal", "sigma": 0.5},
    },
)


def table():
    """Eight providers; the last one lacks the second period."""
    rng = np.random.default_rng(8)
    labels = np.repeat([f"RA{j}" for j in range(PROVIDERS)], 2)
    level = np.repeat(rng.normal(0, 0.7, PROVIDERS), 2)
    error = np.repeat(ERRORS, 2)
    rates = 0.3 + level + rng.normal(0, 0.4, 2 * PROVIDERS) + rng.normal(0, error)
    quarters = np.tile(["2006Q1", "2006Q4"], PROVIDERS)
    whole = {"trust": labels, "quarter": quarters, "rate": rates, "se": error}
    return pd.DataFrame(whole)[:-1]


@pytest.fixture(scope="module")
def frame():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made = prepare(SPEC, table())
    assert {each.message.code for each in caught} == {"PERIOD.GAP", "DESIGN.PERIODS"}
    return made


@pytest.fixture(scope="module", params=["marginal", pytest.param("nuts", marks=pytest.mark.long)])
def sampled(frame, request):
    options = {"sampler": request.param, "draws": 600, "tune": 700, "progressbar": False}
    return fit(SPEC, frame, random_seed=2, **options)


def exact(frame):
    """Give mean and sd of every parameter: the sds and the correlation on a grid."""
    edges = np.linspace(0, 1, POINTS + 1)
    middle = (edges[1:] + edges[:-1]) / 2
    axes = [2.6 * middle**1.5, 1.9 * middle**1.5, 2 * middle - 1]
    weights = [middle**0.5, middle**0.5, np.ones(POINTS)]
    lasting, passing, rho = (x.ravel() for x in np.meshgrid(*axes, indexing="ij"))
    log_prior = np.log(np.prod(np.meshgrid(*weights, indexing="ij"), axis=0)).ravel()
    log_prior += stats.norm(0, 0.8).logpdf(lasting) + stats.norm(0, 0.5).logpdf(passing)
    log_prior += stats.beta(4, 2).logpdf((1 + rho) / 2)
    provider, period = (frame[f"{name}_index"].to_numpy() for name in ("provider", "period"))
    design = frame["design"].to_numpy()[frame["pattern_index"].to_numpy()]
    # latent: intercept, coefficient, u (provider), v (provider, period); y = A latent + error
    A = np.zeros((len(provider), 2 + 3 * PROVIDERS))
    A[:, 0], A[:, 1] = 1, design[:, 0]
    A[np.arange(len(provider)), 2 + provider] = 1
    A[np.arange(len(provider)), 2 + PROVIDERS + 2 * provider + period] = 1
    y, error = frame["value"].to_numpy(), frame["standard_error"].to_numpy()
    prior = np.zeros((len(rho), A.shape[1], A.shape[1]))
    prior[:, 0, 0], prior[:, 1, 1] = 4, 1
    for j in range(PROVIDERS):
        prior[:, 2 + j, 2 + j] = lasting**2
        first = 2 + PROVIDERS + 2 * j
        prior[:, first, first] = prior[:, first + 1, first + 1] = passing**2
        prior[:, first, first + 1] = prior[:, first + 1, first] = passing**2 * rho**LAG
    covariance = A @ prior @ A.T + np.diag(error**2)
    gain = np.linalg.solve(covariance, A @ prior).transpose(0, 2, 1)
    log = log_prior - 0.5 * np.linalg.slogdet(covariance)[1]
    log -= 0.5 * (y * np.linalg.solve(covariance, y[:, None])[..., 0]).sum(axis=1)
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    mean = np.concatenate([gain @ y, np.stack([lasting, passing, rho], axis=1)], axis=1)
    within = np.diagonal(prior - gain @ (A @ prior), axis1=1, axis2=2)
    within = np.concatenate([within, np.zeros((len(rho), 3))], axis=1)
    middle = weight @ mean
    return middle, np.sqrt(weight @ (within + (mean - middle) ** 2))


def test_some_levels_are_centred_and_some_are_not(frame):
    np.testing.assert_array_equal(centred_periods(frame)[:, 0], ERRORS < 0.1)


def test_the_posterior_is_that_of_brute_force(frame, sampled):
    names = ("intercept", "coefficients", "provider_effect", "transient_effect")
    posterior = sampled.posterior[[*names, "provider_sd", "transient_sd", "transient_rho"]]
    drawn = [x.to_numpy().reshape(2400, -1) for x in posterior.data_vars.values()]
    found = np.concatenate(drawn, axis=1)
    mean, sd = exact(frame)
    np.testing.assert_allclose((found.mean(axis=0) - mean) / sd, 0, atol=0.12)
    np.testing.assert_allclose(found.std(axis=0) / sd, 1, atol=0.15)  # 4 Monte Carlo errors
    assert diagnose(sampled).passed


def test_the_fit_says_what_it_took_and_comes_back(frame, sampled, tmp_path):
    assert sampled.transient == "ar1"
    effect = sampled.posterior["transient_effect"]
    assert effect.dims == ("chain", "draw", "provider", "period")
    np.testing.assert_array_equal(effect["period"], ["2006Q1", "2006Q4"])
    assert "transient_raw" not in sampled.posterior
    names = ("intercept", "coefficients", "provider_sd", "provider_effect")
    assert {*names, "transient_sd", "transient_rho"} <= set(sampled.posterior)
    save_fit(sampled, tmp_path / "fit")
    again = load_fit(tmp_path / "fit")
    assert again.transient == "ar1"
    assert again.draws.identical(sampled.draws)


@pytest.mark.long
def test_both_samplers_agree_where_a_period_has_few_events():
    """About one event of twelve cases: blocks are skewed, and weights of normals heavy-tailed."""
    spec = make_model(
        period="quarter",
        transient="ar1",
        case_mix=(),
        priors={
            "provider_sd": {"dist": "half_normal", "sigma": 1.0},
            "transient_sd": {"dist": "half_normal", "sigma": 0.8},
        },
    )
    truth = {"intercept": -2.5, "provider_sd": 0.9, "transient_sd": 0.6, "transient_rho": 0.6}
    sizes = {"providers": 14, "periods": 5, "mean_denominator": 12}
    made = prepare(spec, simulate(spec, truth=truth, random_seed=4, **sizes).table)
    options = {"random_seed": 1, "progressbar": False}
    one = fit(spec, made, sampler="marginal", draws=2_500, **options)
    other = fit(spec, made, sampler="nuts", draws=2_500, tune=1_500, **options)
    assert float(one.draws["sample_stats"]["block_k"]) < 0.7

    def moments(found):
        b = found.posterior["provider_effect"] + found.posterior["transient_effect"]
        b = b.transpose("chain", "draw", "provider", "period").to_numpy().reshape(-1, 14 * 5)
        z = (b - b.mean(axis=0)) / b.std(axis=0)
        return b.mean(axis=0), b.std(axis=0), (z**3).mean(axis=0)

    (mean, sd, skew), (there, spread, tilt) = moments(one), moments(other)
    assert np.abs(tilt).max() > 0.3
    assert (np.abs(mean - there) < 0.1 * spread).all()
    np.testing.assert_allclose(sd, spread, rtol=0.09)
    assert np.abs(skew - tilt).mean() < 0.1
    assert np.abs(skew - tilt).max() < 0.4
