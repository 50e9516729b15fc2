"""Periods that a provider lacks, given those that it has."""

import numpy as np

from varmodel.inference.marginal.blocks.drawing import fill_missing, known_periods
from varmodel.inference.marginal.blocks.units import powers


def test_they_have_the_joint_distribution():
    """Known values drawn from the process: the whole has its covariance, sign of rho included."""
    known = known_periods(np.zeros(3, int), np.array([2, 3, 6]), shape=(1, 9))
    count, tau, calendar = 40_000, 1.3, np.array([0, 1, 2, 3, 5, 6, 7, 8, 10])
    rng = np.random.default_rng(4)
    for rho in (0.8, -0.6, 0.0):
        lags = np.abs(np.subtract.outer(calendar, calendar))
        exact = tau**2 * np.where(lags == 0, 1.0, rho**lags)
        path = np.full((count, 1, 9), np.nan)
        at = np.flatnonzero(known[0])
        root = np.linalg.cholesky(exact[np.ix_(at, at)])
        path[:, 0, at] = rng.standard_normal((count, 3)) @ root.T
        before = path.copy()
        x = np.full(count, np.arctanh(rho))
        every = np.arange(count)
        laid = (known, calendar, np.full(count, tau), *powers(x, 10))
        streams, room = every.astype(np.uint64), np.empty((13, 1))
        fill_missing(path, every, *laid, streams, room)
        np.testing.assert_array_equal(path[:, 0, at], before[:, 0, at])
        np.testing.assert_allclose(np.cov(path[:, 0].T), exact, atol=0.06)
        np.testing.assert_allclose(path.mean(axis=0), 0, atol=0.04)
