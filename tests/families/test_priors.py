"""Priors: densities, draws, and what is refused."""

import copy
import pickle

import numpy as np
import pytest
from scipy import integrate, stats

from varmodel.errors import SpecError
from varmodel.families import PRIORS, Prior

ROWS = {
    "normal": (Prior("normal", mu=0.5, sigma=0.4), stats.norm(0.5, 0.4)),
    "half_normal": (Prior("half_normal", sigma=0.7), stats.halfnorm(scale=0.7)),
    "half_cauchy": (Prior("half_cauchy", beta=0.3), stats.halfcauchy(scale=0.3)),
    "half_student_t": (Prior("half_student_t", nu=4, sigma=0.5), None),
    "exponential": (Prior("exponential", lam=2.5), stats.expon(scale=1 / 2.5)),
}
rows = pytest.mark.parametrize(("prior", "distribution"), ROWS.values(), ids=ROWS)


def log_density(prior, distribution, x):
    if distribution is not None:
        return distribution.logpdf(x)
    return np.log(2) + stats.t(4, scale=0.5).logpdf(x)


def cumulative(prior, distribution, x):
    return distribution.cdf(x) if distribution is not None else 2 * stats.t(4, scale=0.5).cdf(x) - 1


def test_every_row_is_tested():
    assert set(ROWS) == set(PRIORS)


@rows
def test_the_density_is_scipys(prior, distribution):
    x = np.array([1e-6, 0.1, 0.8, 3.0, 40.0])
    np.testing.assert_allclose(
        prior.log_density(x), log_density(prior, distribution, x), rtol=1e-10
    )


@rows
def test_the_upper_tail_is_scipys(prior, distribution):
    for x in (1e-9, 0.1, 0.8, 3.0, 30.0):
        assert prior.prob_above(x) == pytest.approx(
            1 - cumulative(prior, distribution, x), abs=1e-12
        )
    assert (prior.prob_above(-0.5) == 1.0) == prior.positive
    assert prior.prob_above(0.0) == pytest.approx(1.0) or not prior.positive


@rows
def test_the_density_integrates_to_one(prior, distribution):
    def density(x):
        return float(np.exp(prior.log_density(np.array(x))))

    middle = 0.5 if not prior.positive else 0.0
    total = integrate.quad(density, middle, np.inf)[0]
    if not prior.positive:
        total += integrate.quad(density, -np.inf, middle)[0]
    assert total == pytest.approx(1.0, abs=1e-7)


@rows
def test_the_density_is_nothing_outside_the_support(prior, distribution):
    outside = prior.log_density(np.array([-0.1, -5.0]))
    assert (outside == -np.inf).all() == prior.positive


@rows
def test_draws_follow_the_density(prior, distribution):
    drawn = prior.draw(np.random.default_rng(3), (50, 100))
    assert drawn.shape == (50, 100)
    assert prior.draw(np.random.default_rng(3)).shape == ()
    assert (drawn >= 0).all() == prior.positive
    fit = stats.kstest(drawn.ravel(), lambda x: cumulative(prior, distribution, x))
    assert fit.pvalue > 0.001


@rows
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_a_prior_is_a_value(prior, distribution, duplicate):
    assert duplicate(prior) == prior
    assert hash(duplicate(prior)) == hash(prior)


def test_defaults_and_kinds_of_number_do_not_matter():
    assert Prior("normal", sigma=1) == Prior("normal", sigma=np.float32(1), mu=0)
    assert Prior(dist="normal", sigma=1).parameters == (("mu", 0.0), ("sigma", 1.0))
    assert repr(Prior("normal", sigma=1 / 3)) == "Prior('normal', mu=0.0, sigma=0.3333333333333333)"


def test_a_prior_is_frozen():
    with pytest.raises(AttributeError):
        Prior("normal", sigma=1).dist = "half_normal"


@pytest.mark.parametrize(
    ("dist", "parameters", "codes"),
    [
        ("gaussian", {"sigma": 1}, ["CONFIG.VALUE"]),
        (["normal"], {"sigma": 1}, ["CONFIG.VALUE"]),
        ("normal", {}, ["CONFIG.KEY"]),
        ("normal", {"sigma": 1, "self": 1}, ["CONFIG.KEY"]),
        ("normal", {"sd": 1, "mu": "0"}, ["CONFIG.KEY", "CONFIG.KEY", "CONFIG.VALUE"]),
        ("half_normal", {"sigma": 0}, ["CONFIG.VALUE"]),
        ("half_normal", {"sigma": True}, ["CONFIG.VALUE"]),
        ("exponential", {"lam": float("inf")}, ["CONFIG.VALUE"]),
        ("half_student_t", {"nu": -1, "sigma": float("nan")}, ["CONFIG.VALUE"] * 2),
    ],
)
def test_refusals(dist, parameters, codes):
    with pytest.raises(SpecError) as caught:
        Prior(dist, **parameters)
    assert [problem.code for problem in caught.value.problems] == codes
    assert all(problem.fix for problem in caught.value.problems)


def test_the_nearest_distribution_is_named():
    with pytest.raises(SpecError, match="did you mean 'half_normal'"):
        Prior("halfnormal", sigma=1)
