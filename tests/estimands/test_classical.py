"""Limits of chance: those of the exact distribution, interpolated between whole counts."""

import numpy as np
import pytest
from scipy import stats

from varmodel.estimands.classical import binomial_limits, normal_limits, poisson_limits

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
