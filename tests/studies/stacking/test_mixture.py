"""Stacking weights against the fixed point that they solve."""

import numpy as np
import pytest

from varmodel.studies.stacking.mixture import stacking_weights

RNG = np.random.default_rng(3)


@pytest.mark.parametrize("models", [2, 4])
def test_they_are_where_expectation_maximisation_ends(models):
    dense = RNG.normal(-800, 3, size=(models, 60))
    ratio, weight = np.exp(dense - dense.max(axis=0)), np.full(models, 1 / models)
    for _ in range(20_000):
        weight = weight * (ratio / (weight @ ratio)).mean(axis=1)
    np.testing.assert_allclose(stacking_weights(dense), weight, atol=1e-4)


def test_a_model_that_is_worse_everywhere_has_no_weight():
    first = RNG.normal(-50, 2, size=40)
    assert stacking_weights(np.stack([first - 1, first])).tolist() == [0, 1]
    assert stacking_weights(first[np.newaxis]).tolist() == [1]
