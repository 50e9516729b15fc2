"""Pareto tails: the numbers of arviz-stats, and the tail of a weighted figure."""

import numpy as np
import pytest
from arviz_stats.base import array_stats

from varmodel.numerics.pareto import smooth_weights, tail_shape


def heavy(k, count=4_000, seed=1):
    """Draw from a generalised Pareto law of shape k."""
    return (np.random.default_rng(seed).random(count) ** -k - 1) / k + 1


@pytest.mark.parametrize("k", [0.2, 0.5, 0.9])
def test_k_is_that_of_the_tail(k):
    found = smooth_weights(np.log(heavy(k)))[1]
    assert found == pytest.approx(k, abs=0.15)


@pytest.mark.parametrize("count", [30, 224, 225, 226, 1_000, 4_400])
@pytest.mark.parametrize("k", [-0.5, 0.1, 0.5, 0.9, 2.0])
def test_equals_arviz(k, count):
    """arviz-stats takes *minus* the log ratios."""
    ratios = np.log(heavy(k, count)) + 3
    weights, found = smooth_weights(ratios)
    expected, expected_k = array_stats.psislw(-ratios)
    np.testing.assert_allclose(weights, expected, rtol=1e-9, atol=1e-9)
    assert found == pytest.approx(float(expected_k), abs=1e-9)
    assert np.exp(weights).sum() == pytest.approx(1)


def test_an_upper_tail_that_is_bounded_has_a_small_k():
    ratios = np.log(heavy(0.9))
    assert smooth_weights(ratios)[1] > 0.7
    assert smooth_weights(-ratios)[1] < 0.1


def test_too_few_ratios_tell_nothing():
    ratios = np.random.default_rng(6).normal(size=24)
    weights, found = smooth_weights(ratios)
    assert np.isnan(found)
    np.testing.assert_allclose(np.exp(weights), np.exp(ratios) / np.exp(ratios).sum())


def test_ratios_that_differ_too_little_tell_nothing():
    ratios = np.zeros(1_000)
    ratios[-60:] = np.linspace(1, 2, 60)  # fewer than three quarters of the tail
    weights, found = smooth_weights(ratios)
    expected, expected_k = array_stats.psislw(-ratios)
    assert np.isnan(found)
    assert np.isnan(expected_k)
    np.testing.assert_allclose(weights, expected)


def test_equal_ratios_have_no_tail():
    weights, found = smooth_weights(np.zeros(1_000))
    assert found == -np.inf
    np.testing.assert_allclose(weights, -np.log(1_000))


def test_a_figure_may_have_a_tail_where_the_weights_have_none():
    rng = np.random.default_rng(2)
    weight = rng.uniform(0.9, 1.1, 4_000) / 4_000
    assert tail_shape(heavy(0.9), weight) > 0.7
    assert tail_shape(rng.normal(5, 1, 4_000), weight) < 0.3


def test_duplicates_count_once():
    rng = np.random.default_rng(3)
    weight, h = rng.random(2_000), heavy(0.4, 2_000)
    once = tail_shape(h, weight)
    assert tail_shape(np.tile(h, 2), np.tile(weight, 2)) == once
