"""Whether ranks are uniform: two tests, for what is uneven and for what drifts.

Symbols: N ranks r_i in 0, .., L; R_k = #{r_i < k}, binomial with N and k / (L + 1) where the
ranks are uniform.
"""

import numpy as np

from varmodel.numerics import special
from varmodel.values import Array, Index

#: Bins of the chi-square test; and of few ranks, since a bin should hold five.
_BINS, _FEWER_BINS, _FEW = 10, 5, 50
#: Sets of uniform ranks that gamma is compared with.
_SETS = 20_000
#: Equal tails are equal, whatever the rounding.
_ROUNDING = 1 + 1e-9


def chi_square_p(ranks: Index, *, most: int) -> float:
    """Test the counts of ten bins of equal size, or of five; L + 1 is a multiple of ten.

    Parameters
    ----------
    ranks : ndarray of int, (refit,)
    most : int
        Largest rank.

    Returns
    -------
    float
        p-value; small where some ranks are more frequent than others.
    """
    bins = _FEWER_BINS if len(ranks) < _FEW else _BINS
    counts = np.bincount(ranks // ((most + 1) // bins), minlength=bins)
    expected = len(ranks) / bins
    return float(special.chdtrc(bins - 1, ((counts - expected) ** 2).sum() / expected))


def uniform_gammas(count: int, *, most: int, rng: np.random.Generator) -> Array:
    """Draw gamma of sets of ``count`` uniform ranks in 0, .., ``most``: shape (set,)."""
    drawn = rng.multinomial(count, np.full(most + 1, 1 / (most + 1)), size=_SETS)
    return _gamma(drawn, _tails(count, most))


def log_gamma_p(ranks: Index, *, most: int, uniform: Array) -> float:
    """Test the empirical distribution function everywhere at once (Säilynoja et al. 2022).

    gamma is twice the smallest of the two binomial tail probabilities of R_k over all k; its
    p-value is the share of sets of uniform ranks with a smaller one.

    Parameters
    ----------
    ranks : ndarray of int, (refit,)
    most : int
        Largest rank.
    uniform : ndarray, (set,)
        What :func:`uniform_gammas` draws for as many ranks.

    Returns
    -------
    float
        p-value; small where the ranks are shifted, or pile up at the middle or at the ends.
    """
    counts = np.bincount(ranks, minlength=most + 1)[np.newaxis]
    observed = _gamma(counts, _tails(len(ranks), most))[0]
    return float((1 + (uniform <= observed * _ROUNDING).sum()) / (1 + len(uniform)))


def _tails(count: int, most: int) -> Array:
    """Give the smaller tail probability of R_k = r, (k, r)."""
    share = np.arange(1, most + 1)[:, np.newaxis] / (most + 1)
    below = np.arange(count + 1)[np.newaxis]
    lower = special.bdtr(below, count, share)
    upper = np.where(below > 0, special.bdtrc(np.maximum(below - 1, 0), count, share), 1.0)
    return np.asarray(np.minimum(lower, upper))


def _gamma(counts: Index, tails: Array) -> Array:
    """Give gamma of sets of counts of the ranks (set, rank)."""
    below = np.cumsum(counts, axis=1)[:, :-1]
    return np.asarray(2 * tails[np.arange(len(tails)), below].min(axis=1))
