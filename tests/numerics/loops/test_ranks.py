import numpy as np
import pytest
from scipy import stats

from varmodel.numerics.loops.ranks import compile_ranks, fill_mid_ranks


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_mid_ranks(kind):
    rng = np.random.default_rng(0)
    rows = np.stack([rng.normal(size=30), *rng.integers(0, 4, (2, 30)), np.zeros(30)])
    ranks = np.full(rows.shape, np.nan, kind)
    fill_mid_ranks(rows, np.argsort(rows, axis=1), ranks)
    np.testing.assert_array_equal(ranks, stats.rankdata(rows, axis=1))


def test_what_is_compiled_ahead_is_what_is_called():
    compile_ranks()
    before = len(fill_mid_ranks.signatures)
    rows = np.arange(6.0).reshape(2, 3)
    fill_mid_ranks(rows[:1], np.argsort(rows, axis=1)[:1], np.empty((2, 3), np.float32)[:1])
    assert len(fill_mid_ranks.signatures) == before
