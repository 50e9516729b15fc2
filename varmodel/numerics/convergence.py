"""R-hat and effective sample size of thousands of quantities at once.

Source of every formula: Vehtari, Gelman, Simpson, Carpenter & Bürkner (2021), *Rank-normalization,
folding, and localization: an improved R-hat for assessing convergence of MCMC*, Bayesian Analysis
16(2), 667-718. Chains are split in halves (the middle draw of an odd number is left out). The
numbers are those of arviz-stats; the work is done on blocks of quantities, so memory does not grow
with their number.

Inside, a block is (quantity, chain, draw), with as many chains as halves once they are split.
"""

import math
from collections.abc import Callable

import numpy as np

from varmodel.numerics import special
from varmodel.numerics.ties import twice_ranks
from varmodel.values import Array, Mask

_BLOCK = 2**17  # draws in a block: 1 MB of float64, and some 10 MB with all that is made of it
_LEAST_DRAWS = 4
_TAILS = (0.05, 0.95)


def rhat(x: Array) -> Array:
    """Compute the rank-normalised split R-hat, the larger of bulk and folded.

    Parameters
    ----------
    x : ndarray, (chain, draw, ...)
        Draws of one or many quantities, in any unit.

    Returns
    -------
    ndarray, (...)
        1 where the halves of all chains agree in location (bulk) and in spread (folded); above
        1.01 they have not mixed and nothing should be ranked. Very large or infinite where the
        chains stand still at different values. NaN for fewer than four draws a chain, where a
        draw is not finite, and for a quantity that never moves, which has no R-hat: tell it
        apart by `states`. One chain is compared with itself, half against half.

    Notes
    -----
    Vehtari et al. (2021): sections 3.1 (split R-hat) and 4 (rank normalisation, folding).
    """
    return _over_quantities(_rhat, x)


def ess_bulk(x: Array) -> Array:
    """Compute the effective sample size of the bulk, from rank-normalised draws.

    Parameters
    ----------
    x : ndarray, (chain, draw, ...)
        Draws of one or many quantities, in any unit: only their order counts.

    Returns
    -------
    ndarray, (...)
        How many independent draws would place the centre of the distribution as well; below
        400 neither it nor R-hat can be trusted. May exceed the number of draws, where they
        alternate. The number of draws for a quantity that never moves; NaN for fewer than four
        draws a chain and where a draw is not finite.

    Notes
    -----
    Vehtari et al. (2021): sections 3.2 (several chains) and 4 (rank normalisation).
    """
    return _over_quantities(lambda block: _ess(_normal_scores(_split(block))), x)


def ess_tail(x: Array) -> Array:
    """Compute the effective sample size of the tails, the lesser of the two.

    Parameters
    ----------
    x : ndarray, (chain, draw, ...)
        Draws of one or many quantities, in any unit: only their order counts.

    Returns
    -------
    ndarray, (...)
        How many independent draws would place the 5 % or the 95 % quantile as well, whichever
        is known less well: what the ends of an interval rest on. A tail that nothing falls
        beyond (ties at the end of the range) counts as the number of draws, as does a quantity
        that never moves; NaN for fewer than four draws a chain and where a draw is not finite.

    Notes
    -----
    Vehtari et al. (2021), section 4: the effective sample size of the indicators of being at
    or below a quantile (interpolated linearly, Hyndman & Fan type 7).
    """
    return _over_quantities(_tail, x)


def ess_mean(x: Array) -> Array:
    """Compute the effective sample size of the mean, without rank normalisation.

    Parameters
    ----------
    x : ndarray, (chain, draw, ...)
        Draws of one or many quantities, in any unit.

    Returns
    -------
    ndarray, (...)
        How many independent draws would give as good a mean: the Monte Carlo standard error of
        the mean is sd / sqrt(ESS). Asks for a finite variance. The number of draws for a
        quantity that never moves; NaN for fewer than four draws a chain and where a draw is
        not finite.

    Notes
    -----
    Vehtari et al. (2021), section 3.2, on split chains.
    """
    return _over_quantities(lambda block: _ess(_split(block)), x)


def states(x: Array) -> tuple[Mask, Mask, Mask]:
    """Say which quantities are finite, which never move, and which chains stand apart.

    Parameters
    ----------
    x : ndarray, (chain, draw, ...)
        Draws of one or many quantities.

    Returns
    -------
    tuple of ndarray of bool, (...) each
        Finite in all draws. Constant: equal in all draws of all chains, so that there is nothing
        to converge, such as the rank of a provider that always leads: its R-hat is NaN without
        any harm. Stuck: each chain stands still, at a value that differs between chains: the
        draws say nothing.
    """
    low, high = x.min(axis=1, initial=np.inf), x.max(axis=1, initial=-np.inf)
    constant = _is_one_value(low.min(axis=0), high.max(axis=0))
    stuck = _is_one_value(low, high).all(axis=0) & ~constant
    finite = np.isfinite(low) & np.isfinite(high)
    return np.asarray(finite.all(axis=0)), constant, np.asarray(stuck)


def _is_one_value(low: Array, high: Array) -> Mask:
    return np.asarray((low == high) & np.isfinite(low))


def _over_quantities(statistic: Callable[[Array], Array], x: Array) -> Array:
    """Apply a statistic of (quantity, chain, draw) to (chain, draw, ...), block by block."""
    chains, draws, *others = x.shape
    quantities = math.prod(others)
    result = np.full(quantities, np.nan)
    if draws < _LEAST_DRAWS or not chains:
        return result.reshape(others)
    flat = np.moveaxis(x.reshape(chains, draws, quantities), 2, 0)
    step = max(1, _BLOCK // (chains * draws))
    for start in range(0, quantities, step):
        here = slice(start, start + step)
        result[here] = _where_finite(statistic, np.ascontiguousarray(flat[here], np.float64))
    return result.reshape(others)


def _where_finite(statistic: Callable[[Array], Array], block: Array) -> Array:
    finite = np.isfinite(block).all(axis=(1, 2))
    held = np.where(finite[:, None, None], block, 0.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(finite, statistic(held), np.nan)


def _split(block: Array) -> Array:
    """Make each half of a chain a chain."""
    quantities, chains, draws = block.shape
    half = draws // 2
    halves = np.stack((block[..., :half], block[..., -half:]), axis=2)
    return halves.reshape(quantities, 2 * chains, half)


def _rhat(block: Array) -> Array:
    halves = _split(block)
    folded = np.abs(halves - np.median(halves, axis=(1, 2), keepdims=True))
    bulk, spread = (_scale_reduction(_normal_scores(part)) for part in (halves, folded))
    # Two values, equally frequent, fold into one, which has no R-hat: then the bulk decides.
    return np.fmax(bulk, spread)


def _scale_reduction(z: Array) -> Array:
    """Compare the variance between chains and within them."""
    n = z.shape[2]
    within = z.var(axis=2, ddof=1).mean(axis=1)
    between = n * z.mean(axis=2).var(axis=1, ddof=1)
    return np.sqrt((between / within + n - 1) / n)


def _normal_scores(block: Array) -> Array:
    """Replace draws by the normal scores of their ranks, all chains together."""
    pooled = block.reshape(len(block), -1)
    size = pooled.shape[1]
    order = np.argsort(pooled, axis=1)
    rank_less_one = np.arange(2 * size - 1) / 2  # mean ranks of ties fall on halves
    score = special.ndtri((rank_less_one + 1 - 3 / 8) / (size + 1 / 4))
    scores = np.empty_like(pooled)
    places = twice_ranks(np.take_along_axis(pooled, order, axis=1))
    np.put_along_axis(scores, order, score[places], axis=1)
    return scores.reshape(block.shape)


def _tail(block: Array) -> Array:
    quantiles = np.quantile(block, _TAILS, axis=(1, 2), keepdims=True)
    lower, upper = (_ess(_split((block <= q).astype(np.float64))) for q in quantiles)
    return np.minimum(lower, upper)


def _ess(halves: Array) -> Array:
    """Divide the number of draws by their autocorrelation time."""
    _, chains, n = halves.shape
    means = halves.mean(axis=2)
    covariance = _autocovariance(halves - means[:, :, None])
    pooled = covariance[:, :1] + means.var(axis=1, ddof=1)[:, None]
    correlation = 1 - (covariance[:, :1] * n / (n - 1) - covariance) / pooled
    correlation[:, 0] = 1
    size = chains * n
    time = np.maximum(_autocorrelation_time(correlation), 1 / math.log10(size))
    constant = halves.min(axis=(1, 2)) == halves.max(axis=(1, 2))
    return np.where(constant, size, size / time)


def _autocovariance(centred: Array) -> Array:
    """Average over chains the autocovariances (divided by n) at lags 0 to n - 1.

    The transform is linear, so one transform back serves the mean of all chains.
    """
    from scipy.fft import irfft, next_fast_len, rfft

    _, chains, n = centred.shape
    length = next_fast_len(2 * n, real=True)  # zeros after the draws: nothing wraps round
    spectrum = rfft(centred, length, axis=2)
    power = (spectrum.real**2 + spectrum.imag**2).sum(axis=1)
    return irfft(power, length, axis=1)[:, :n] / (chains * n)


def _autocorrelation_time(correlation: Array) -> Array:
    """Sum Geyer's initial monotone sequence of pairs, and one correlation after it.

    Geyer (1992): the sums of the correlations at lags 2k and 2k + 1 are positive and fall. The
    first that is not positive ends the sequence, or the last pair that the draws allow; none
    may exceed the one before it. The first correlation of the ending pair lessens the variance
    of the estimate (Vehtari et al. 2021, section 3.2).
    """
    pairs = max(1, (correlation.shape[1] - 1) // 2)
    even, odd = correlation[:, : 2 * pairs : 2], correlation[:, 1 : 2 * pairs : 2]
    sums = even + odd
    ends = ~(sums > 0)
    ends[:, -1] = True
    end = ends.argmax(axis=1)[:, None]
    falling = np.minimum.accumulate(sums, axis=1)
    total = np.where(np.arange(pairs) < end, falling, 0.0).sum(axis=1)
    first, pair = (np.take_along_axis(a, end, axis=1)[:, 0] for a in (even, sums))
    return 2 * total - 1 + np.where(pair < 0, np.maximum(first, 0), first)
