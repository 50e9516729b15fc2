"""Limits of chance: those of the exact distribution, interpolated between whole counts."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from varmodel.estimands.classical import proportion_interval
from varmodel.estimands.classical.limits import (
    binomial_limits,
    garwood_limits,
    interpolated_limits,
    normal_limits,
    poisson_limits,
    score_limits,
)

TRIALS, RATE = np.array([20.0, 200.0, 2_000.0]), 0.3
EXPECTED = np.array([0.5, 15.0, 600.0])


@pytest.mark.parametrize("prob", [0.95, 0.998])
@pytest.mark.parametrize(
    ("found", "chance"),
    [
        (lambda p: binomial_limits(TRIALS, rate=RATE, prob=p), stats.binom(TRIALS, RATE)),
        (lambda p: poisson_limits(EXPECTED, prob=p), stats.poisson(EXPECTED)),
    ],
)
def test_limits_of_counts_are_exact(found, chance, prob):
    (low, high), tail = found(prob), (1 - prob) / 2
    for count, below, most in ((low, 0, tail), (high, -1, 1 - tail)):
        whole = np.floor(count) + below
        assert np.all((chance.cdf(whole) <= most) | (count == 0))
        assert np.all(most <= chance.cdf(whole + 1))


def test_limits_where_hardly_anything_is_expected_and_at_the_ends():
    low, high = poisson_limits(np.array([1e-9, 0.01]), prob=0.95)
    assert np.all(low == 0)
    assert np.all((high >= 0) & (high < 2))
    low, high = binomial_limits(np.array([1.0, 5.0]), rate=0.9, prob=0.998)
    assert np.all((low >= 0) & (low <= high))
    assert high.tolist() == [1.0, 5.0]


def test_one_event_is_outside_where_it_is_rarer_than_the_tail():
    """Methods 6: chi2(.025, 2 o)/2 = E also where o is below 1; no event never is too many."""
    expected = np.array([0.01, 0.02, 0.03])
    high = poisson_limits(expected, prob=0.95)[1]
    np.testing.assert_allclose(stats.chi2.ppf(0.025, 2 * high) / 2, expected, rtol=1e-9)
    assert (high < 1).tolist() == [True, True, False]
    trials = np.array([1.0, 10.0, 100.0])
    high = binomial_limits(trials, rate=0.001, prob=0.95)[1]
    np.testing.assert_allclose(stats.beta.cdf(0.001, high, trials - high + 1)[:2], 0.025)
    assert (high < 1).tolist() == [True, True, False]
    for more in ({}, {"trials": np.full(3, 10.0)}):
        assert np.all(interpolated_limits(expected, prob=0.95, **more)[1] >= 0)


def test_limits_grow_with_the_probability_and_close_in_with_the_volume():
    for found in (
        lambda n, p: binomial_limits(n, rate=RATE, prob=p),
        lambda n, p: poisson_limits(RATE * n, prob=p),
    ):
        (inner_low, inner_high), (low, high) = found(TRIALS, 0.95), found(TRIALS, 0.998)
        assert np.all((low <= inner_low) & (inner_high <= high))
        assert np.all(np.diff((high - low) / TRIALS) < 0)


def test_limits_of_means_are_normal():
    low, high = normal_limits(np.array([2.0, 0.2]), mean=5.0, prob=0.95)
    half = 1.959964 * np.array([2.0, 0.2])
    assert np.allclose(high - 5, half)
    assert np.allclose(5 - low, half)


@pytest.mark.published(
    "vm.classical.funnel", source="Public Health England, funnel limits of ratios"
)
def test_published_limits_of_ratios(data_dir):
    """Public Health England's tool: the expected counts at which a count lies on a limit."""
    found = pd.read_csv(data_dir / "phe_reference_tests" / "testdata_funnel_ratio_outputs.csv")
    found.columns = found.columns.str.strip()
    count = found["Observed_events"].to_numpy(float)
    for prob, level in ((0.95, "2s"), (0.998, "3s")):
        for side, place in (("lower", 0), ("upper", 1)):
            expected = found[f"{side}_{level}_exp_events"].to_numpy()
            limit = poisson_limits(expected, prob=prob)[place]
            np.testing.assert_allclose(limit, count, rtol=1e-4, atol=1e-4)
            ratio = found[f"{side}_{level}_isr"] / 100
            np.testing.assert_allclose(limit / expected, ratio, rtol=1e-4)


@pytest.mark.published(
    "vm.classical.funnel", source="Public Health England, funnel limits of rates"
)
def test_published_limits_of_rates(data_dir):
    found = pd.read_csv(data_dir / "phe_reference_tests" / "testdata_funnel_rate_outputs.csv")
    baseline = 3 * found["baseline"] / 100_000  # of three years, the population of one
    for prob, level in ((0.95, "2s"), (0.998, "3s")):
        for side, place in (("lower", 0), ("upper", 1)):
            population = found[f"{side}_{level}_population_1_year"].to_numpy()
            count = poisson_limits(population * baseline.to_numpy(), prob=prob)[place]
            rate = 100_000 * count / (3 * population)
            np.testing.assert_allclose(rate, found[f"{side}_{level}_limit"], rtol=1e-4)


@pytest.mark.published(
    "vm.classical.funnel", source="Public Health England, funnel limits of proportions"
)
def test_published_limits_of_proportions(data_dir):
    found = pd.read_csv(data_dir / "phe_reference_tests" / "testdata_funnel_prop_outputs.csv")
    trials, rate = found["Population"].to_numpy(float), found["Baseline"].to_numpy() / 100
    for prob, level in ((0.95, "2s0025"), (0.998, "3s0001")):
        for limit, side in zip(
            score_limits(trials, rate=rate, prob=prob), ("Lower", "Upper"), strict=True
        ):
            percent = 100 * limit / trials
            np.testing.assert_allclose(percent, found[f"{side}{level}limit"], atol=1e-6)


@pytest.mark.published(
    "vm.classical.funnel",
    source="Garwood's limits at E = 15, 20, 30",
    numbers="0.5596924, 0.6108260, 0.6746958, 1.649348, 1.544419, 1.427562",
)
def test_garwood_has_the_published_figures():
    expected = np.array([15.0, 20.0, 30.0])
    low, high = garwood_limits(expected, prob=0.95)
    np.testing.assert_allclose(low / expected, [0.5596924, 0.6108260, 0.6746958], atol=5e-8)
    np.testing.assert_allclose(high / expected, [1.649348, 1.544419, 1.427562], atol=5e-7)


@pytest.mark.parametrize("prob", [0.95, 0.998])
def test_interpolated_limits_are_the_definition(prob):
    expected, trials = np.array([2.5, 20.0, 300.0]), np.array([10.0, 50.0, 1_000.0])
    for found, chance in (
        (interpolated_limits(expected, prob=prob), stats.poisson(expected)),
        (
            interpolated_limits(expected, prob=prob, trials=trials),
            stats.binom(trials, expected / trials),
        ),
    ):
        for limit, share in zip(found, ((1 - prob) / 2, (1 + prob) / 2), strict=True):
            count = chance.ppf(share)
            wanted = count - (chance.cdf(count) - share) / chance.pmf(count)
            np.testing.assert_allclose(limit, np.maximum(wanted, 0), rtol=1e-9)


def test_score_limits_have_the_rate_on_wilsons_interval():
    low, high = score_limits(TRIALS, rate=RATE, prob=0.95)
    ends = proportion_interval(low, TRIALS)["upper"], proportion_interval(high, TRIALS)["lower"]
    np.testing.assert_allclose(ends, RATE)


def significance(counts, inner, outer):
    """Write what a count outside of two pairs of limits is called in the published tables."""
    beyond = [counts > outer[1], counts < outer[0], counts > inner[1], counts < inner[0]]
    words = ["High (0.001)", "Low (0.001)", "High (0.025)", "Low (0.025)"]
    return np.select(beyond, words, "Not significant")


@pytest.mark.published(
    "vm.classical.funnel", source="Public Health England, 682 figures and their flags"
)
def test_published_areas_lie_where_they_were_said_to_lie(data_dir):
    """300 ratios, 303 proportions, 79 rates of 40 areas: no one is called otherwise."""
    folder = data_dir / "phe_reference_tests"
    ratios = pd.read_csv(folder / "testdata_funnel_ratio_inputs.csv")
    expected = ratios["expected"].to_numpy()
    inner, outer = (poisson_limits(expected, prob=prob) for prob in (0.95, 0.998))
    found = significance(ratios["obs"].to_numpy(), inner, outer)
    np.testing.assert_array_equal(found, ratios["significance"])
    areas = pd.read_csv(folder / "testdata_funnel_prop_inputs.csv")
    count, trials = areas["numerator"].to_numpy(), areas["denominator"].to_numpy(float)
    rate = count.sum() / trials.sum()
    inner, outer = (score_limits(trials, rate=rate, prob=prob) for prob in (0.95, 0.998))
    np.testing.assert_array_equal(significance(count, inner, outer), areas["significance"])
    rates = pd.read_csv(folder / "testdata_funnel_rate_dsr_inputs.csv")
    for kind, base in (("crude", rates["pop"]), ("dsr", rates["count"] / rates["rate_dsr"])):
        count, size = (x[base.notna()].to_numpy(float) for x in (rates["count"], base))
        mean = size * count.sum() / size.sum()
        inner, outer = (poisson_limits(mean, prob=prob) for prob in (0.95, 0.998))
        said = rates[f"{kind}_per_100000_with_0"][: len(count)]  # the last has no event, and no dsr
        np.testing.assert_array_equal(significance(count, inner, outer), said)
