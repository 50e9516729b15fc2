"""The finding that shapes the package (methods 0), with an exact posterior and no sampler.

theta_j ~ N(mu, tau), y_j ~ N(theta_j, s_j), s_j falling with the size n_j, which is lognormal.
tau and s_j are known and mu has a flat prior, so that the joint posterior is drawn exactly.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import optimize, stats

from varmodel import Benchmark, savings

PROVIDERS, TAU, MU = 150, 1.0, 30.0
KAPPA = 0.8236438853
NAMES = [f"T{number:03d}" for number in range(PROVIDERS)]


@dataclass(frozen=True)
class Table:
    """One simulated table: true rates, observed rates with their errors, sizes."""

    theta: np.ndarray
    y: np.ndarray
    s: np.ndarray
    n: np.ndarray


@cache
def noise(reliability, spread):
    """s_j^2 n_j / tau^2 at which tau^2 / (tau^2 + s_j^2) has this mean over providers."""
    n = np.exp(spread * stats.norm.ppf((np.arange(2_000) + 0.5) / 2_000))
    return np.exp(
        optimize.brentq(lambda log_k: np.mean(n / (n + np.exp(log_k))) - reliability, -9, 9)
    )


def simulate(rng, reliability, spread):
    n = np.exp(rng.normal(0, spread, PROVIDERS))
    s = TAU * np.sqrt(noise(reliability, spread) / n)
    theta = rng.normal(MU, TAU, PROVIDERS)
    return Table(theta, rng.normal(theta, s), s, n)


def draw_posterior(rng, table, draws):
    """Draw (1, draw, provider) from p(theta | y): first mu, then each provider given mu."""
    precision = 1 / (TAU**2 + table.s**2)
    centre = (precision * table.y).sum() / precision.sum()
    mu = rng.normal(centre, precision.sum() ** -0.5, (1, draws, 1))
    share = TAU**2 * precision
    mean = share * table.y + (1 - share) * mu
    return mean + np.sqrt(share) * table.s * rng.standard_normal((1, draws, PROVIDERS))


def price(rates, activity, *, names=NAMES, better="higher", **options):
    rates = xr.DataArray(rates, dims=("chain", "draw", "provider"), coords={"provider": names})
    return savings(
        rates,
        activity=pd.Series(activity, names),
        benchmark=Benchmark("quantile", 0.75),
        unit_cost=1.0,
        better=better,
        random_seed=0,
        **options,
    )


def one_table(rng, reliability, *, spread, weighted, draws):
    """True total, the three estimates of it, and whether the 95 % interval holds it."""
    table = simulate(rng, reliability, spread)
    activity = table.n if weighted else np.ones(PROVIDERS)
    truth = float(price(table.theta[np.newaxis, np.newaxis], activity)["total"][0, 0])
    rates = draw_posterior(rng, table, draws)
    found = price(rates, activity, observed=pd.Series(table.y, NAMES))
    total = found["total"].to_numpy()
    low, high = np.quantile(total, [0.025, 0.975])
    plug_ins = [float(found[f"plug_in_{name}"].sum()) for name in ("observed", "shrunken")]
    return [truth, *plug_ins, total.mean(), low <= truth <= high]


def ratios(reliability, *, spread=0.9, weighted=False, tables, draws):
    """Estimates over the truth (observed, shrunken, joint), coverage, and the joint's se."""
    rng = np.random.default_rng(1)
    rows = [
        one_table(rng, reliability, spread=spread, weighted=weighted, draws=draws)
        for _ in range(tables)
    ]
    truth, observed, shrunken, joint, covered = np.array(rows).mean(axis=0)
    error = np.std([row[3] - row[0] for row in rows]) / np.sqrt(tables) / truth
    return np.array([observed, shrunken, joint]) / truth, covered, error


#: (mean reliability, weighted by size): observed and shrunken plug-ins over the truth.
RECORDED = {
    (0.61, False): (1.32, 0.77),
    (0.61, True): (1.26, 0.80),
    (0.30, False): (2.05, 0.52),
    (0.30, True): (1.84, 0.55),
}
cases = pytest.mark.parametrize(("reliability", "weighted"), RECORDED)


def check(reliability, weighted, *, tables, draws, plug_in_within):
    found, covered, error = ratios(reliability, weighted=weighted, tables=tables, draws=draws)
    np.testing.assert_allclose(found[:2], RECORDED[reliability, weighted], atol=plug_in_within)
    assert found[2] == pytest.approx(1, abs=4 * error)
    low, high = stats.binom.ppf([0.001, 0.999], tables, 0.95) / tables
    assert low <= covered <= high


@cases
def test_plug_ins_are_biased_and_joint_draws_are_not(reliability, weighted):
    check(reliability, weighted, tables=40, draws=400, plug_in_within=0.15)


@pytest.mark.long
@cases
def test_the_recorded_bias(reliability, weighted):
    check(reliability, weighted, tables=400, draws=1_000, plug_in_within=0.06)


@pytest.mark.parametrize("reliability", [0.61, 0.30])
def test_the_bias_of_equal_sizes_has_a_closed_form(reliability):
    """Observed rates spread tau / sqrt(rho), shrunken ones tau sqrt(rho)."""
    found, _, error = ratios(reliability, spread=0, tables=40, draws=400)
    closed = [reliability**-0.5, reliability**0.5, 1]
    np.testing.assert_allclose(found, closed, rtol=4 * error)


@pytest.mark.parametrize(("count", "factor"), [(12, 0.908), (30, 0.962), (150, 0.991)])
@pytest.mark.parametrize("better", ["higher", "lower"])
def test_few_providers_have_less_to_save(count, factor, better):
    """E (Q_a - X)+ = sigma kappa(.75) for many; the factor of few is methods 0's."""
    rates = np.random.default_rng(1).normal(MU, TAU, (1, 20_000, count))
    names = [str(number) for number in range(count)]
    found = price(rates, np.ones(count), names=names, better=better)["total"] / count
    error = float(found.std()) / np.sqrt(20_000)
    assert float(found.mean()) == pytest.approx(TAU * KAPPA * factor, abs=0.0005 + 4 * error)
