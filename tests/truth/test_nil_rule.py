"""The nil rule's size and power (methods 7), without a sampler.

Shares of some 400 cases at some 25 %, so that the logit of one provider has an sd of .115. The
posterior of tau is exact (quadrature over mu, tau and each provider's logit). Power depends on the
share: with twelve providers it was .81 at 20 % and .90 at 30 %.
"""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import special, stats

from tests.truth.exact import Grid, posterior
from varmodel import Fit, ModelSpec, prepare
from varmodel.studies.nil import smallest_relevant_sd, spread_p_value

#: Among hundreds of tables some have two providers of the same figures.
pytestmark = pytest.mark.filterwarnings("ignore:DESIGN.IDENTICAL")
SPEC = ModelSpec(
    name="shares",
    provider="trust",
    numerator="events",
    denominator="cases",
    better="lower",
    family="binomial",
)


def simulate(rng, providers, tau):
    """Draw a table and put it in a fit without draws, which the bootstrap never reads."""
    cases = np.maximum(20, np.rint(400 * np.exp(rng.normal(0, 0.3, providers)))).astype(int)
    rate = special.expit(special.logit(0.25) + tau * rng.standard_normal(providers))
    table = pd.DataFrame(
        {
            "trust": [f"T{number:03d}" for number in range(providers)],
            "events": rng.binomial(cases, rate),
            "cases": cases,
        }
    )
    return Fit(SPEC, prepare(SPEC, table), xr.DataTree())


def log_prior(mu, sigma):
    """Give nearly the family's defaults: intercept N(logit .25, 2.5), provider_sd HalfNormal(.7).

    The default's centre is the logit of each table's own rate, here within .1 of this one.
    """
    centre = special.logit(0.25)
    return stats.norm.logpdf(mu, centre, 2.5) + stats.halfnorm.logpdf(sigma, scale=0.7)


def prob_relevant(fit, *, points=1):
    """Pr(tau > smallest relevant), exact: that tau lies midway between two points of the grid."""
    events, cases = fit.frame["events"].to_numpy(), fit.frame["trials"].to_numpy()
    least, step = smallest_relevant_sd(fit), 0.2 / points
    below, above = (np.array([24, 15]) * points - 0.5) * step
    log_sigma = np.log(least) - below, np.log(least) + above, 39 * points
    centre, width = special.logit(events.sum() / cases.sum()), 1.5 / np.sqrt(len(cases))
    mu = centre - width, centre + width, 30 * points
    grid = Grid.of(mu, log_sigma, z_step=0.3 / points, z_end=6.0)
    found = posterior(events, cases, grid, log_prior=log_prior)
    return found.mean(grid.sigma > least)


def distinguishable(providers, tau, *, tables, bootstrap=999):
    """Judge as `judge_nil` does, table by table: (detectable, detectable and relevant)."""
    rng = np.random.default_rng(providers)
    verdicts = np.zeros((tables, 2), dtype=bool)
    for seed in range(tables):
        fit = simulate(rng, providers, tau)
        rule = fit.spec.nil
        detectable = spread_p_value(fit, random_seed=seed, tables=bootstrap) < rule.alpha
        verdicts[seed] = detectable, detectable and prob_relevant(fit) >= rule.prob
    return verdicts.mean(axis=0)


def likely_shares(tables, share):
    """Ends of what a share of this many tables may be, but for one time in 500."""
    return stats.binom.ppf([0.001, 0.999], tables, share) / tables


def test_the_quadrature_of_tau_has_converged():
    for tau in (0.0, 0.2):
        fit = simulate(np.random.default_rng(1), 12, tau)
        assert prob_relevant(fit) == pytest.approx(prob_relevant(fit, points=2), abs=0.002)


def test_the_p_value_is_uniform_without_variation():
    rng = np.random.default_rng(2)
    p = [spread_p_value(simulate(rng, 30, 0), random_seed=i, tables=199) for i in range(100)]
    low, high = likely_shares(100, 0.045)  # p < .05 asks for at most 8 of 199 beyond
    assert low <= np.mean(np.array(p) < 0.05) <= high
    assert stats.kstest(p, "uniform").pvalue > 0.001


def test_variation_that_matters_is_found():
    detectable, both = distinguishable(30, 0.2, tables=25, bootstrap=199)
    assert detectable >= 0.96
    assert both >= 0.92


@pytest.mark.long
@pytest.mark.parametrize("providers", [12, 30, 150])
def test_no_variation_is_nil(providers):
    detectable, both = distinguishable(providers, 0.0, tables=400)
    low, high = likely_shares(400, 0.049)
    assert low <= detectable <= high
    assert both <= 0.04


@pytest.mark.long
@pytest.mark.parametrize(("providers", "power"), [(12, 0.87), (30, 1.0), (150, 1.0)])
def test_the_recorded_power(providers, power):
    _, both = distinguishable(providers, 0.2, tables=300)
    assert both == pytest.approx(power, abs=0.05 if power < 1 else 0.02)
