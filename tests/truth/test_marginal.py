"""The marginal sampler: against exact posteriors, against NUTS; planted mistakes are seen."""

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from tests.toys import TOYS
from tests.truth.test_surgical import figures, solve
from varmodel import adjusted_rates, diagnose, fit, prepare
from varmodel.families import Prior
from varmodel.fits.convergence import ess_mean
from varmodel.fits.importance import ess_weighted
from varmodel.inference.marginal import proposal, sampler
from varmodel.inference.marginal.problem import Problem
from varmodel.inference.marginal.quadrature import hermite_nodes
from varmodel.spec import ModelSpec

SCHOOLS = pd.DataFrame(
    {
        "school": list("ABCDEFGH"),
        "effect": [28.0, 8, -3, 7, -1, 1, 18, 12],
        "error": [15.0, 10, 16, 11, 9, 11, 10, 18],
    }
)
MEANS = np.array([4.3968, 3.5977, 6.212, 4.940, 3.927, 4.757, 3.615, 4.043, 6.297, 4.854])


def draw(spec, table, **options):
    options = {"random_seed": 5, "draws": 1_000, "progressbar": False, **options}
    return fit(spec, prepare(spec, table), sampler="marginal", **options)


def moments(fitted):
    """Draws of the intercept and the sds, their squares, and the providers' levels."""
    posterior = fitted.posterior
    names = [name for name in ("intercept", "provider_sd", "residual_sd") if name in posterior]
    scalars = [posterior[name].to_numpy()[..., np.newaxis] for name in names]
    levels = scalars[0] + posterior["provider_effect"].to_numpy()
    coefficients = posterior["coefficients"].to_numpy()
    return np.concatenate([*scalars, *(x**2 for x in scalars), coefficients, levels], axis=-1)


def mean_and_error(fitted, x):
    if "weight" in fitted.posterior.coords:
        size = ess_weighted(x, fitted.posterior["weight"].to_numpy())
    else:
        size = ess_mean(x)
    return x.mean(axis=(0, 1)), x.std(axis=(0, 1)) / np.sqrt(size)


def distance(fitted, x, exact):
    """Largest difference of means from exact values in Monte Carlo errors."""
    mean, error = mean_and_error(fitted, x)
    return np.abs((mean - exact) / error).max()


def bound(count):
    """Largest of ``count`` standard normal figures, but once in a thousand."""
    return stats.norm.ppf(1 - 0.001 / (2 * count))


def schools(tau=None, **options):
    spec = ModelSpec(
        name="schools",
        provider="school",
        better="neither",
        family="normal",
        value="effect",
        standard_error="error",
        priors={
            "intercept": Prior("normal", sigma=5),
            "provider_sd": tau or Prior("half_cauchy", beta=5),
        },
    )
    return draw(spec, SCHOOLS, **options)


def exact_schools(log_prior=None):
    """Means of mu, tau, their squares and the schools' levels, all by closed forms given tau."""
    log_prior = log_prior or stats.halfcauchy(scale=5).logpdf
    y, variance = SCHOOLS["effect"].to_numpy(), SCHOOLS["error"].to_numpy() ** 2
    log_tau = np.linspace(-14, 9, 20_001)
    tau = np.exp(log_tau)
    total = variance + tau[:, np.newaxis] ** 2
    precision = 1 / 25 + (1 / total).sum(axis=1)
    mu = (y / total).sum(axis=1) / precision
    fits = stats.norm.logpdf(y, mu[:, np.newaxis], np.sqrt(total)).sum(axis=1)
    fits += stats.norm.logpdf(mu, scale=5) - 0.5 * np.log(precision)
    weight = special.softmax(fits + log_prior(tau) + log_tau)
    share = tau[:, np.newaxis] ** 2 / total
    levels = mu[:, np.newaxis] + share * (y - mu[:, np.newaxis])
    parts = [mu, tau, mu**2 + 1 / precision, tau**2]
    return weight @ np.column_stack([*parts, levels])


@pytest.fixture(scope="module")
def exact():
    return exact_schools()


def test_the_twelve_hospitals():
    toy = TOYS["surgical"]()
    found = draw(toy.spec, toy.table, draws=10_000)
    mu, sigma = (
        found.posterior[name].to_numpy()[..., np.newaxis] for name in ("intercept", "provider_sd")
    )
    rates = adjusted_rates(found).to_numpy()
    x = np.concatenate([mu, mu**2, sigma, sigma**2, rates], axis=-1)
    assert distance(found, x, figures(solve(points=51, z_step=0.1))) < 4


def test_the_closed_form_has_the_published_means(exact):
    np.testing.assert_allclose(exact[[0, 1, *range(4, 12)]], MEANS, atol=6e-4)


def test_the_eight_schools(exact):
    """Squares of a sd with a Cauchy prior have no small error: its mean alone is compared."""
    found = schools(draws=20_000)
    x = np.delete(moments(found), 3, axis=-1)
    assert distance(found, x, np.delete(exact, 3)) < 4


@pytest.mark.parametrize("sigma", [1e-3, 1.0, 30.0])
def test_other_scales_of_the_prior(sigma):
    found = schools(Prior("half_normal", sigma=sigma), draws=5_000)
    exact = exact_schools(stats.halfnorm(scale=sigma).logpdf)
    assert distance(found, moments(found), exact) < 4


@pytest.mark.parametrize("name", TOYS)
def test_it_agrees_with_nuts(name, fitted):
    chains, toy = fitted(name), TOYS[name]()
    found = draw(toy.spec, toy.table, draws=5_000)
    x, other = moments(found), moments(chains)
    (mean, error), (other_mean, other_error) = (
        mean_and_error(found, x),
        mean_and_error(chains, other),
    )
    z = (mean - other_mean) / np.hypot(error, other_error)
    assert np.abs(z).max() < bound(len(z))
    spread = x.std(axis=(0, 1)) / other.std(axis=(0, 1))
    np.testing.assert_allclose(spread, 1, atol=0.15)


def counted(providers, cases, *, tau, rate=0.05, seed=3, family="binomial"):
    """Simulate providers of one size, without varmodel."""
    rng = np.random.default_rng(seed)
    eta = special.logit(rate) + tau * rng.standard_normal(providers)
    table = pd.DataFrame({"trust": [f"P{j:05d}" for j in range(providers)], "cases": cases})
    table["events"] = rng.binomial(cases, special.expit(eta))
    spec = ModelSpec(
        name="counted",
        provider="trust",
        better="lower",
        family=family,
        numerator="events",
        denominator="cases",
    )
    return spec, table


@pytest.mark.parametrize(
    ("providers", "cases", "tau"), [(5, 30, 0.5), (300, 200, 0.3), (40, 100, 0.0), (30, 10**6, 2.0)]
)
def test_it_passes_the_gate(providers, cases, tau):
    found = draw(*counted(providers, cases, tau=tau, rate=0.2), draws=1_500)
    assert diagnose(found).passed
    low, high = found.posterior["provider_sd"].quantile([0.0005, 0.9995])
    assert low < max(tau, 0.05)
    assert tau < high


@pytest.mark.parametrize("sigma", [1e-4, 1e-2])
def test_no_variation(sigma):
    """Against a tight prior the sd is its prior's, and the effects stay below it."""
    spec, table = counted(20, 50, tau=0.0)
    found = draw(spec.replace(priors={"provider_sd": Prior("half_normal", sigma=sigma)}), table)
    tau = found.posterior["provider_sd"].to_numpy()
    law = stats.halfnorm(scale=sigma)
    assert tau.mean() == pytest.approx(law.mean(), rel=0.06)
    assert stats.kstest(tau.ravel(), law.cdf).pvalue > 1e-5
    effect = found.posterior["provider_effect"].to_numpy()
    assert effect.std() == pytest.approx(sigma, rel=0.06)


# Planted mistakes: each must fail the comparison that the tests above make.


def test_one_node_is_seen(monkeypatch):
    """Laplace's approximation moves the sd of many small providers; only the nodes' check sees."""
    made = counted(2_000, 20, tau=0.5)
    mean, error = sd_with_nodes(monkeypatch, made, count=7)
    finer, finer_error = sd_with_nodes(monkeypatch, made, count=14)
    one, one_error = sd_with_nodes(monkeypatch, made, count=1)
    assert abs(mean - finer) < 4 * np.hypot(error, finer_error)
    assert abs(mean - one) > 4 * np.hypot(error, one_error)


def sd_with_nodes(monkeypatch, made, *, count):
    with monkeypatch.context() as patch:
        patch.setattr(sampler, "choose_nodes", lambda *_: (hermite_nodes(count), 0.0))
        found = draw(*made, draws=300, provisional=True)
    return mean_and_error(found, found.posterior["provider_sd"].to_numpy())


def test_the_nodes_are_doubled_where_one_is_too_few(monkeypatch):
    monkeypatch.setattr(sampler, "LEAST_NODES", 1)
    found = draw(*counted(2_000, 20, tau=0.5), draws=250, provisional=True)
    stats = found.draws["sample_stats"]
    assert int(stats["nodes"]) >= 4
    assert float(stats["node_change"]) < 0.02


@pytest.mark.parametrize("mistake", ["jacobian", "sign of the sd's", "sign of the intercept's"])
def test_a_wrong_prior_is_seen(monkeypatch, exact, mistake):
    right = Problem.log_prior

    def log_prior(problem, chi, psi):
        if mistake == "jacobian":
            return right(problem, chi, psi) - chi.sum()
        if mistake == "sign of the sd's":
            sd = float(problem.sds[0].log_density(np.exp(chi[0])))
            return right(problem, chi, psi) - 2 * sd
        normal = -0.5 * float((problem.prior_precision * psi**2).sum())
        return right(problem, chi, psi) - 2 * normal

    monkeypatch.setattr(Problem, "log_prior", log_prior)
    found = schools(draws=5_000, provisional=True)
    x = np.delete(moments(found), 3, axis=-1)
    assert found.provisional or distance(found, x, np.delete(exact, 3)) > 10


@pytest.mark.parametrize("right", [True, False])
def test_weights_of_the_wrong_sign_are_seen(monkeypatch, right):
    """A proposal that is too wide, so that the weights matter."""
    monkeypatch.setattr(proposal, "_INFLATION", 1.6)
    smooth = sampler.psislw
    if not right:
        monkeypatch.setattr(sampler, "psislw", lambda x: smooth(-x))
    found = schools(Prior("half_normal", sigma=5), draws=5_000, provisional=True)
    exact = exact_schools(stats.halfnorm(scale=5).logpdf)
    far = distance(found, moments(found), exact)
    if right:
        assert far < 4
        assert not found.provisional
    else:
        assert far > 10 or found.provisional


def test_effects_without_their_spread_are_seen(exact):
    """Modes in place of draws: the mean stays, the square does not."""
    found = schools(draws=5_000)
    levels = moments(found)[..., 4:]
    shrunk = levels.mean(axis=(0, 1)) + 0.9 * (levels - levels.mean(axis=(0, 1)))
    assert distance(found, levels**2, (shrunk**2).mean(axis=(0, 1))) > 4
