"""Weighted draws: moments and intervals of another normal, distances against ArviZ."""

import numpy as np
import pytest
from arviz_stats.base import array_stats

from varmodel.studies.reweighting.weights import Weights, distance

X = np.random.default_rng(1).normal(size=40_000)


def test_weights_move_one_normal_to_another():
    found = Weights.of(0.5 * X - 0.125)  # N(.5, 1) over N(0, 1)
    assert found.reliable
    assert found.mean(X) == pytest.approx(0.5, abs=0.02)
    assert found.sd(X) == pytest.approx(1, abs=0.02)
    assert found.interval(X) == pytest.approx((-1.46, 2.46), abs=0.06)


def test_equal_ratios_weigh_alike_and_a_far_one_is_not_believed():
    assert Weights.of(np.zeros(50)).pareto_k == -np.inf
    assert not Weights.of(4 * X).reliable


@pytest.mark.parametrize("shift", [0.05, 0.8])
def test_the_distance_is_that_of_arviz(shift):
    share = Weights.of(shift * X).share
    wanted = max(array_stats._cjs_dist(sign * X, share) for sign in (1, -1))
    assert distance(X, share) == pytest.approx(wanted, rel=1e-3)
