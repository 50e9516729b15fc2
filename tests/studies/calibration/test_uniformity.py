"""Tests of uniform ranks: their size, and what they see."""

import numpy as np
import pytest
from scipy import stats

from varmodel.studies.calibration.uniformity import (
    _gamma,
    _tails,
    chi_square_p,
    log_gamma_p,
    uniform_gammas,
)

UNIFORM = uniform_gammas(200, most=99, rng=np.random.default_rng(1))


def p_values(ranks):
    return chi_square_p(ranks, most=99), log_gamma_p(ranks, most=99, uniform=UNIFORM)


def test_chi_square_is_that_of_scipy():
    ranks = np.random.default_rng(1).integers(0, 100, 200)
    counts = np.bincount(ranks // 10, minlength=10)
    assert chi_square_p(ranks, most=99) == pytest.approx(stats.chisquare(counts).pvalue)


def test_gamma_is_twice_the_smallest_binomial_tail():
    counts = np.random.default_rng(2).multinomial(30, np.full(10, 0.1))
    below = np.cumsum(counts)[:-1]
    tails = [
        min(stats.binom.cdf(r, 30, k / 10), stats.binom.sf(r - 1, 30, k / 10))
        for k, r in enumerate(below, start=1)
    ]
    assert _gamma(counts[np.newaxis], _tails(30, 9))[0] == pytest.approx(2 * min(tails))


def test_of_uniform_ranks_one_in_twenty_is_below_a_twentieth():
    rng = np.random.default_rng(3)
    found = np.array([p_values(rng.integers(0, 100, 200)) for _ in range(200)])
    assert ((found < 0.05).mean(axis=0) < 0.1).all()
    assert ((found > 0.5).mean(axis=0) > 0.35).all()


def test_what_drifts_and_what_piles_up_is_seen():
    rng = np.random.default_rng(4)
    shifted = np.clip(rng.integers(0, 100, 200) + 15, 0, 99)
    narrow = stats.norm.cdf(rng.normal(0, 1.6, 200))
    assert p_values(shifted)[1] < 1e-3
    assert min(p_values((100 * narrow).astype(int))) < 1e-3
