"""Pareto tails: the sign that psislw takes, and the tail of a weighted figure."""

import numpy as np
import pytest
import xarray as xr

from varmodel.fits.diagnostics import gate
from varmodel.fits.importance import WEIGHT, largest_k, tail_reasons
from varmodel.fits.pareto import smooth_weights, tail_shape


def draws(h, weight=None):
    """Label draws of a figure; equal weights without any."""
    h = np.asarray(h, float).reshape(4, -1)
    made = xr.DataArray(h, dims=("chain", "draw"))
    if weight is None:
        return made
    return made.assign_coords({WEIGHT: (("chain", "draw"), np.reshape(weight, h.shape))})


def heavy(k, count=4_000, seed=1):
    """Draw from a generalised Pareto law of shape k."""
    return (np.random.default_rng(seed).random(count) ** -k - 1) / k + 1


@pytest.mark.parametrize("k", [0.2, 0.5, 0.9])
def test_k_is_that_of_the_tail(k):
    found = smooth_weights(np.log(heavy(k)))[1]
    assert found == pytest.approx(k, abs=0.15)


def test_the_sign_of_psislw():
    """Of minus these ratios, whose upper tail is bounded, k is small."""
    ratios = np.log(heavy(0.9))
    assert smooth_weights(ratios)[1] > 0.7
    assert smooth_weights(-ratios)[1] < 0.1


def test_a_figure_may_have_a_tail_where_the_weights_have_none():
    rng = np.random.default_rng(2)
    weight = rng.uniform(0.9, 1.1, 4_000) / 4_000
    assert tail_shape(draws(heavy(0.9), weight)) > 0.7
    assert tail_shape(draws(rng.normal(5, 1, 4_000), weight)) < 0.3


def test_duplicates_count_once():
    rng = np.random.default_rng(3)
    weight, h = rng.random(2_000), heavy(0.4, 2_000)
    once = tail_shape(draws(h, weight))
    assert tail_shape(draws(np.tile(h, 2), np.tile(weight, 2))) == once


def test_a_figure_that_is_nought_has_no_tail():
    weight = np.random.default_rng(4).random(400)
    assert tail_reasons({"saving": draws(np.zeros(400), weight)}) == []


def test_the_gate_judges_the_total():
    weight = np.random.default_rng(5).uniform(0.9, 1.1, 4_000) / 4_000
    wild = draws(heavy(1.2), weight)
    reasons = gate({"saving": wild}, {}).reasons
    assert any("times saving" in reason for reason in reasons)
    assert not any("times" in reason for reason in gate({"rankability": wild}, {}).reasons)
    assert tail_reasons({"saving": draws(heavy(1.2))}) == []  # draws of chains have no weights


def test_the_limit_falls_with_the_sample():
    assert largest_k(4_400) == 0.7
    assert largest_k(100) == 0.5
