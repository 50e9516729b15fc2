"""Normal and t numbers of many streams."""

import numpy as np
from scipy import stats

from varmodel.inference.marginal.blocks.scheme import NU, fill_heavy, fill_normals
from varmodel.inference.marginal.likelihood.batch import BATCH


def test_they_are_normal_and_t():
    state = np.arange(BATCH).astype(np.uint64) * np.uint64(977)
    x, scale = np.zeros((404, BATCH)), np.zeros(BATCH)
    fill_normals(state, 0, BATCH, 401, x)
    assert stats.kstest(x[:402].ravel(), stats.norm.cdf).pvalue > 1e-3
    assert abs(np.corrcoef(x[:400:2].ravel(), x[1:400:2].ravel())[0, 1]) < 0.06
    heavy = []
    for _ in range(300):
        fill_heavy(state, 0, BATCH, scale)
        fill_normals(state, 0, BATCH, 1, x)
        heavy.append(x[0] * scale)
    assert stats.kstest(np.ravel(heavy), stats.t(NU).cdf).pvalue > 1e-3


def test_a_stream_does_not_know_its_neighbours():
    seeds = np.arange(5).astype(np.uint64)
    many, one = np.zeros((6, 5)), np.zeros((6, 1))
    fill_normals(seeds.copy(), 0, 5, 4, many)
    fill_normals(seeds.copy(), 3, 1, 4, one)
    np.testing.assert_allclose(one[:4, 0], many[:4, 3], rtol=1e-12)
