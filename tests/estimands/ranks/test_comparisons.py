from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.estimands.hand_made import make_rates
from varmodel.estimands import exceedance, pairwise
from varmodel.estimands.ranks import comparisons

COARSE = arrays(
    np.float64,
    st.tuples(st.integers(1, 6), st.integers(1, 7)),
    elements=st.integers(0, 3).map(float),
)


def test_exceedance_by_hand():
    found = exceedance(make_rates([[1, 2, 3], [2, 2, 1]], ["a", "b", "c"]), threshold=2)
    np.testing.assert_array_equal(found, [0, 0, 0.5])
    assert found.dims == ("provider",)
    assert found.attrs["threshold"] == 2.0


@pytest.mark.parametrize("threshold", [np.nan, np.inf, "2", None, True])
def test_thresholds_are_refused(refused, threshold):
    with refused("CONFIG.VALUE", "threshold"):
        exceedance(make_rates([[1, 2]]), threshold=threshold)


def test_pairwise_by_hand():
    found = pairwise(make_rates([[1, 2, 2], [3, 2, 2], [1, 5, 9], [1, 2, 3]]), better="higher")
    expected = [[0.5, 0.25, 0.25], [0.75, 0.5, 0.25], [0.75, 0.75, 0.5]]
    np.testing.assert_array_equal(found, expected)
    assert found.dims == ("provider", "other")
    assert list(found["other"].to_numpy()) == ["0", "1", "2"]


@pytest.mark.parametrize("loops", [True, False])
@given(COARSE)
@settings(max_examples=40, deadline=None)
def test_pairwise_is_the_definition(loops, values):
    with patch.object(comparisons, "worth_counting", return_value=loops):
        held_to_the_definition(values)


def held_to_the_definition(values):
    found = pairwise(make_rates(values), better="lower").to_numpy()
    ahead = values[:, :, np.newaxis] < values[:, np.newaxis, :]
    tied = values[:, :, np.newaxis] == values[:, np.newaxis, :]
    np.testing.assert_allclose(found, (ahead + tied / 2).mean(axis=0), atol=1e-15)
    np.testing.assert_allclose(found + found.T, 1)
    np.testing.assert_allclose(found, 1 - pairwise(make_rates(values), better="higher"), atol=1e-15)


def test_counts_beyond_sixteen_bits():
    """The compiled loops count in pieces; ties and both orders beyond what 16 bits hold."""
    rng = np.random.default_rng(1)
    ranks = comparisons.mid_ranks(rng.integers(0, 3, (70_001, 3)).astype(float), sign=1)
    found = []
    for loops in (True, False):
        with patch.object(comparisons, "worth_counting", return_value=loops):
            found.append(comparisons.prob_ahead(ranks))
    np.testing.assert_array_equal(*found)
    ahead = (ranks[:, 0] < ranks[:, 2]).mean() + (ranks[:, 0] == ranks[:, 2]).mean() / 2
    assert found[0][0, 2] == ahead
