"""The twelve hospitals: NUTS against the exact posterior, and against what was published."""

import numpy as np
import pytest
import xarray as xr
from scipy import special, stats

from tests.toys import SURGICAL
from tests.truth.exact import Grid, joint_draws, posterior, rank_probabilities
from varmodel import adjusted_rates, rank, ranks, summarise
from varmodel.numerics.convergence import ess_mean

MU, LOG_SIGMA = (-4.5, -1.0), (-6.5, 1.5)

#: Published ranks, 2.5, 50 and 97.5 % (BUGS Examples vol. 1, fixed effects).
INDEPENDENT = {
    "A": (1, 1, 6),
    "B": (7, 11, 12),
    "C": (2, 7, 11),
    "D": (2, 4, 7),
    "E": (1, 2, 7),
    "F": (2, 6, 10),
    "G": (2, 5, 10),
    "H": (9, 12, 12),
    "I": (2, 6, 10),
    "J": (2, 8, 12),
    "K": (7, 10, 12),
    "L": (2, 6, 9),
}
#: Published mean (2.5, 97.5 %) of the rate, and median (2.5, 97.5 %) of the rank, random effects.
RANDOM_EFFECTS = {
    "A": ((0.053, 0.018, 0.094), (2, 1, 10)),
    "D": ((0.059, 0.044, 0.075), (4, 1, 8)),
    "H": ((0.123, 0.083, 0.170), (12, 9, 12)),
}


def log_prior(mu, sigma):
    """mu ~ N(0, 10), sigma ~ HalfNormal(1)."""
    return stats.norm.logpdf(mu, scale=10) + stats.halfnorm.logpdf(sigma)


def published_log_prior(mu, sigma):
    """mu ~ N(0, 1000), 1 / sigma^2 ~ Gamma(.001, .001)."""
    precision = stats.gamma.logpdf(sigma**-2.0, 0.001, scale=1000)
    return stats.norm.logpdf(mu, scale=1000) + precision - 3 * np.log(sigma)


def solve(points, z_step, prior=log_prior):
    grid = Grid.of((*MU, points), (*LOG_SIGMA, points), z_step=z_step)
    return posterior(SURGICAL["deaths"], SURGICAL["operations"], grid, log_prior=prior)


def rates_of(found):
    """Posterior mean of each hospital's rate."""
    return found.mean_of_each(special.expit)


def figures(found):
    """Means of mu and sigma, of their squares, and of each hospital's rate."""
    mu, sigma = found.grid.mu, found.grid.sigma
    return np.concatenate([found.mean(np.array([mu, mu**2, sigma, sigma**2])), rates_of(found)])


@pytest.fixture(scope="module")
def exact():
    return solve(points=51, z_step=0.1)


@pytest.fixture(scope="module")
def exact_ranks():
    return rank_probabilities(solve(points=25, z_step=0.1))


def test_the_quadrature_of_means_has_converged(exact):
    np.testing.assert_allclose(figures(solve(26, 0.2)), figures(exact), rtol=1e-5)
    edge = np.exp(np.array(LOG_SIGMA))
    at_ends = np.isclose(exact.grid.mu, MU[0]) | np.isclose(exact.grid.mu, MU[1])
    at_ends |= np.isclose(exact.grid.sigma, edge[0]) | np.isclose(exact.grid.sigma, edge[1])
    assert exact.weight[at_ends].sum() < 1e-5


def test_the_quadrature_of_ranks_has_converged(exact_ranks):
    np.testing.assert_allclose(exact_ranks.sum(axis=0), 1, atol=0.003)
    np.testing.assert_allclose(exact_ranks.sum(axis=1), 1, atol=1e-12)
    coarse = rank_probabilities(solve(points=13, z_step=0.2))
    np.testing.assert_allclose(coarse, exact_ranks, atol=0.01)


def test_the_quadrature_has_the_published_figures():
    rates = rates_of(solve(points=51, z_step=0.1, prior=published_log_prior))
    found = dict(zip(SURGICAL["hospital"], rates, strict=True))
    for hospital, (rate, _) in RANDOM_EFFECTS.items():
        assert found[hospital] == pytest.approx(rate[0], abs=0.001)


def test_nuts_has_the_exact_posterior_means(exact, surgical_fit):
    draws = surgical_fit.posterior
    mu, sigma = (draws[name].to_numpy()[..., np.newaxis] for name in ("intercept", "provider_sd"))
    sampled = [mu, mu**2, sigma, sigma**2, adjusted_rates(surgical_fit).to_numpy()]
    x = np.concatenate(sampled, axis=-1)
    mcse = x.std(axis=(0, 1)) / np.sqrt(ess_mean(x))
    distance = (x.mean(axis=(0, 1)) - figures(exact)) / mcse
    assert np.abs(distance).max() < 4


def test_rank_has_the_exact_probabilities(exact_ranks, surgical_fit):
    found = rank(adjusted_rates(surgical_fit), better="lower")["probability"].to_numpy()
    np.testing.assert_allclose(found, exact_ranks, atol=0.03)


@pytest.mark.published(
    "vm.adjusted_rates",
    "vm.rank",
    source="BUGS Examples vol. 1, Surgical, random effects, to .01 and a place",
    numbers="0.053, 0.059, 0.123",
)
def test_another_prior_comes_near_the_published_figures(surgical_fit):
    """Loosely: their prior takes sigma to .40, ours to .45 (by quadrature).

    So a rate may differ by .01, and a rank by a place.
    """
    rates = adjusted_rates(surgical_fit)
    found = summarise(rates).set_index("provider")[["mean", "lower", "upper"]]
    places = summarise(rank(rates, better="lower")["rank"]).set_index("provider")
    places = places[["median", "lower", "upper"]]
    for hospital, (rate, place) in RANDOM_EFFECTS.items():
        np.testing.assert_allclose(found.loc[hospital], rate, atol=0.01, err_msg=hospital)
        np.testing.assert_allclose(places.loc[hospital], place, atol=1, err_msg=hospital)


@pytest.mark.published(
    "vm.rank", source="BUGS Examples vol. 1, Surgical, fixed effects, to a place"
)
def test_independent_draws_have_the_published_ranks():
    """Beta(1, 1) for each hospital by itself: no sampler, no model, only `rank`."""
    rng = np.random.default_rng(1)
    deaths, operations = SURGICAL["deaths"], SURGICAL["operations"]
    draws = rng.beta(1 + deaths, 1 + operations - deaths, (2, 10_000, 12))
    rates = xr.DataArray(
        draws, dims=("chain", "draw", "provider"), coords={"provider": list(SURGICAL["hospital"])}
    )
    found = summarise(rank(rates, better="lower")["rank"]).set_index("provider")
    for hospital, places in INDEPENDENT.items():
        at = found.loc[hospital, ["lower", "median", "upper"]].astype(float)
        np.testing.assert_allclose(at, places, atol=1, err_msg=hospital)


@pytest.mark.parametrize(
    ("scale", "worst_first"), [(0.5, ["BHK", "ACDEFGIJL"]), (1.0, ["BHK", "CDFGIJL", "AE"])]
)
def test_grades_of_the_exact_posterior(scale, worst_first):
    """How many can be told apart hangs on the prior of the spread."""

    def prior(mu, sigma):
        return stats.norm.logpdf(mu, scale=10) + stats.halfnorm.logpdf(sigma, scale=scale)

    found = solve(points=51, z_step=0.1, prior=prior)
    logits = joint_draws(found, size=20_000, rng=np.random.default_rng(1))
    labels = {"provider": list(SURGICAL["hospital"])}
    draws = xr.DataArray(logits[np.newaxis], labels, ("chain", "draw", "provider"))
    grade = ranks.grade(draws, better="lower")["grade"].to_series()
    groups = ["".join(grade.index[grade == g]) for g in range(grade.max(), 0, -1)]
    assert groups == worst_first
