import numpy as np
import pytest
from scipy import stats

from varmodel.numerics.ties import twice_ranks


@pytest.mark.parametrize("levels", [2, 5, 10**9])
def test_places_are_mid_ranks(levels):
    rows = np.sort(np.random.default_rng(0).integers(levels, size=(4, 30)), axis=1).astype(float)
    expected = stats.rankdata(rows, axis=1)
    found = np.broadcast_to(twice_ranks(rows) / 2 + 1, rows.shape)
    np.testing.assert_array_equal(found, expected)


def test_one_row_serves_all_without_ties():
    assert twice_ranks(np.arange(6.0).reshape(2, 3)).tolist() == [[0, 2, 4]]
