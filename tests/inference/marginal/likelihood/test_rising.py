"""Sums over the terms of rising factorials, against the terms themselves."""

import numpy as np
import pytest

from varmodel.inference.marginal.likelihood.rising import (
    log_rising,
    rising,
    shares,
    total_log_rising,
)


@pytest.mark.parametrize("m", [0, 1, 2, 12, 13, 40, 5_000])
@pytest.mark.parametrize("a", [1e-200, 1e-17, 1e-3, 0.7, 7.9, 8.0, 300.0, 1e6, 1e12])
def test_the_sums_are_those_of_their_terms(a, m):
    k = np.arange(m)
    share = a / (a + k)
    logs = np.where(k < 1e-3 * a, np.log1p(k / a), np.log((a + k) / 1) - np.log(a))
    found = rising(a, float(m))
    assert found[0] == pytest.approx(logs.sum(), rel=1e-12, abs=1e-9)
    assert log_rising(a, float(m)) == pytest.approx(found[0], rel=1e-13, abs=1e-9)
    assert found[1] == pytest.approx(share.sum(), rel=1e-12)
    assert found[2] == pytest.approx((share**2).sum(), rel=1e-11)
    exact = [(share**power).sum() for power in (1, 2, 3, 4)]
    np.testing.assert_allclose(shares(a, float(m)), exact, rtol=1e-9)


def test_equal_counts_are_worked_out_once():
    counts, a = np.array([3.0, 50, 3, 0, 50, 3]), np.array([0.4, 90.0])
    exact = [sum(rising(one, m)[0] for m in counts) for one in a]
    np.testing.assert_allclose(total_log_rising(a, counts), exact, rtol=1e-14)
