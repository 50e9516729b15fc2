"""Counts by inversion: their distribution functions, and what is added to a count."""

import numpy as np
import pytest
from scipy import stats

from varmodel.numerics.loops.counts import SHIFT, draw_counts, lay_out_counts

#: r, end and slope, and SciPy's distribution of the same.
BINOMIAL = [
    *[(7, p) for p in (0.0, 5e-324, 1e-300, 0.3, 1 - 2**-53)],
    *[(0, 0.4), (1, 0.5), (60, 0.08), (60, 0.97), (40_000, 0.5), (10**9, 3e-5)],
]
POISSON = [0.0, 5e-324, 0.2, 9.0, 30_000.0]
LAWS = [
    *[(p / (1 - p), n + 1.0, -1.0, stats.binom(n, p)) for n, p in BINOMIAL],
    *[(mean, 1.0, 0.0, stats.poisson(mean)) for mean in POISSON],
]


def room():
    return np.empty(4097), np.empty(4098), np.empty(4096, dtype=np.int64)


@pytest.mark.parametrize(("r", "end", "slope", "law"), LAWS)
def test_a_distribution_is_scipys_to_its_rounding_with_both_tails(r, end, slope, law):
    term, below, _ = room()
    least, count = lay_out_counts(r, end, slope, term, below)
    k = least + np.arange(count)
    np.testing.assert_allclose(below[:count], law.cdf(k - 1), atol=2e-12 if count > 500 else 1e-14)
    assert below[count] == 1.0
    assert max(law.cdf(least - 1), law.sf(k[-1])) < 2.0**-56


def test_all_trials_have_an_event_where_none_can_be_without():
    term, below, _ = room()
    least, count = lay_out_counts(np.exp(300.0), 13.0, -1.0, term, below)
    assert below[count - 1] == 0.0
    assert least + count - 1 == 12


def drawn(r, end, slope, *, growth, uniform):
    """What one cell has in tables of ascending growth."""
    growth, one, place = np.array([growth]), np.ones(1), np.zeros(1, dtype=np.int64)
    found, order = np.zeros((2, 1, growth.size)), np.arange(growth.size)[np.newaxis]
    cells = np.array([r]), np.array([end]), place, place
    uniform = np.array([uniform])
    draw_counts(uniform, cells, slope, 0, growth, order, 2 * one, found[0], found[1], room())
    assert np.array_equal(found[1], 2 * found[0])
    return found[0, 0]


MOVED = [
    *[(50, 0.3), (50, 0.97), (4, 0.01), (700, 0.09), (20_000, 0.4)],
    *[(None, 0.01), (None, 6.0), (None, 5000.0)],
]


@pytest.mark.parametrize(("n", "p"), MOVED)
def test_a_count_of_more_growth_than_was_laid_out_has_its_own_distribution(n, p):
    """Uniform numbers at equal distances: frequencies are probabilities but for their ends."""
    r, end, slope = (p, 1.0, 0.0) if n is None else (p / (1 - p), n + 1.0, -1.0)
    laid_out = stats.poisson(p) if n is None else stats.binom(n, p)
    more = 1 + 0.95 * SHIFT / laid_out.std()
    law = stats.poisson(p * more)
    if n is not None:
        law = stats.binom(n, r * more / (1 + r * more))
    many = 400_000
    uniform = np.append(0.5, (np.arange(many) + 0.5) / many)
    growth = np.append(1.0, np.full(many, more))
    counts = drawn(r, end, slope, growth=growth, uniform=uniform)[1:].astype(int)
    frequency = np.bincount(counts) / many
    expected = law.pmf(np.arange(len(frequency)))
    np.testing.assert_allclose(frequency, expected, atol=8 / many)
    assert np.abs(laid_out.pmf(np.arange(len(frequency))) - expected).max() > 20 / many


def test_growth_of_any_spread_gives_each_table_its_own_mean():
    rng = np.random.default_rng(1)
    growth = np.exp(np.sort(1.5 * rng.standard_normal(40_000)))
    counts = drawn(0.1, 31.0, -1.0, growth=growth, uniform=rng.random(40_000))
    p = 0.1 * growth / (1 + 0.1 * growth)
    z = (counts - 30 * p) / np.sqrt(30 * p * (1 - p))
    by_growth = z.reshape(40, 1000).mean(axis=1) * 1000**0.5
    assert stats.kstest(by_growth, "norm").pvalue > 0.001
    assert np.var(z) == pytest.approx(1.0, abs=0.04)
