"""The limits between which chance alone leaves a count or a mean.

Symbols: o a count, E what is expected of it, n trials, p an overall rate. The limits are those of
Spiegelhalter (2005), "Funnel plots for comparing institutional performance", by the tails of the
exact distribution ("tail" of methods 6): the o at which Pr(X <= o) and Pr(X >= o) are
(1 - prob) / 2, interpolated between whole counts by the incomplete beta and gamma functions, so
that the limits are smooth in E.
"""

from collections.abc import Callable

import numpy as np

from varmodel.numerics import special
from varmodel.values import Array

_WHOLE = 1e-9
_HALVINGS = 60


def binomial_limits(trials: Array, *, rate: float | Array, prob: float) -> tuple[Array, Array]:
    """Give the counts between which chance alone leaves ``prob`` of n trials at one rate.

    Parameters
    ----------
    trials : ndarray
        n, above 0.
    rate : float or ndarray
        p, the overall rate.
    prob : float
        What lies between the limits, such as .95 or .998.

    Returns
    -------
    tuple of ndarray
        Lower and upper limit of the count, from 0 to n. A count outside is rarer by chance than
        1 - prob; of 100 providers without any difference five lie outside the limits of .95.
    """
    tail = (1 - prob) / 2
    low, high = (np.asarray(special.bdtrik(p, trials, rate)) for p in (tail, 1 - tail))
    few = _below_one(lambda o: special.betainc(o, trials - o + 1, rate), tail=tail)
    return np.maximum(np.nan_to_num(low), 0), np.minimum(np.where(few < 1, few, high + 1), trials)


def poisson_limits(expected: Array, *, prob: float) -> tuple[Array, Array]:
    """Give the counts between which chance alone leaves ``prob`` where E are expected.

    Parameters
    ----------
    expected : ndarray
        E, above 0.
    prob : float
        What lies between the limits.

    Returns
    -------
    tuple of ndarray
        Lower and upper limit of the count, the lower at least 0.
    """
    tail = (1 - prob) / 2
    low, high = (np.asarray(special.pdtrik(p, expected)) for p in (tail, 1 - tail))
    few = _below_one(lambda o: special.gammainc(o, expected), tail=tail)
    return np.maximum(np.nan_to_num(low), 0), np.where(few < 1, few, high + 1)


def _below_one(reached: Callable[[Array], Array], *, tail: float) -> Array:
    """Find the o below 1 with Pr(X >= o) = tail, by halving; 1 where one event is not so rare."""
    low, high = (np.full_like(reached(np.array(1.0)), end) for end in (0.0, 1.0))
    rare = reached(high) < tail
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        more = reached(middle) > tail
        low, high = np.where(more, middle, low), np.where(more, high, middle)
    return np.where(rare, (low + high) / 2, 1.0)


def normal_limits(standard_error: Array, *, mean: float, prob: float) -> tuple[Array, Array]:
    """Give the means between which chance alone leaves ``prob``.

    Parameters
    ----------
    standard_error : ndarray
        Of each mean.
    mean : float
        The overall mean.
    prob : float
        What lies between the limits.

    Returns
    -------
    tuple of ndarray
        Lower and upper limit of the mean.
    """
    half = -special.ndtri((1 - prob) / 2) * standard_error
    return mean - half, mean + half


def garwood_limits(expected: Array, *, prob: float) -> tuple[Array, Array]:
    """Give the exact interval of a mean whose count was E, to be laid about E as if it were limits.

    Parameters
    ----------
    expected : ndarray
        E, above 0.
    prob : float
        What the interval of Garwood (1936) holds: chi-square quantiles of 2 E and 2 E + 2 degrees
        of freedom, halved.

    Returns
    -------
    tuple of ndarray
        Lower and upper end. They are wider than the limits of chance at the upper end. The lower
        is above 0 whatever is expected, so that no event always lies below it.
    """
    tail = (1 - prob) / 2
    return special.gammaincinv(expected, tail), special.gammaincinv(expected + 1, 1 - tail)


def score_limits(trials: Array, *, rate: float | Array, prob: float) -> tuple[Array, Array]:
    """Give the counts at which Wilson's interval has the overall rate as its end.

    Parameters
    ----------
    trials : ndarray
        n, above 0.
    rate : float or ndarray
        p, the overall rate.
    prob : float
        What lies between the limits.

    Returns
    -------
    tuple of ndarray
        n p -+ z sqrt(n p (1 - p)), from 0 to n: the limits of the score test.
    """
    half = -special.ndtri((1 - prob) / 2) * np.sqrt(trials * rate * (1 - rate))
    return np.maximum(trials * rate - half, 0), np.minimum(trials * rate + half, trials)


def interpolated_limits(
    expected: Array, *, prob: float, trials: Array | None = None
) -> tuple[Array, Array]:
    """Interpolate linearly between the whole counts about each tail.

    Parameters
    ----------
    expected : ndarray
        E, above 0.
    prob : float
        What lies between the limits.
    trials : ndarray, optional
        n, where the count is a number of them: binomial; else Poisson.

    Returns
    -------
    tuple of ndarray
        r - (Pr(X <= r) - q) / Pr(X = r) at q = (1 - prob)/2 and at 1 - q, r the smallest count
        with Pr(X <= r) >= q (Spiegelhalter 2005, appendix A.1); both ends at least 0. Where
        tails are of whole counts these lie within one count of those of the tails.
    """
    tail = (1 - prob) / 2
    low, high = (_interpolated(expected, share, trials) for share in (tail, 1 - tail))
    return np.maximum(low, 0), np.maximum(high, 0)


def _interpolated(expected: Array, share: float, trials: Array | None) -> Array:
    """Find the smallest count with at least a share at or below it, and step back linearly."""
    if trials is None:
        found = special.pdtrik(share, expected)
    else:
        found = special.bdtrik(share, trials, expected / trials)
    count = np.ceil(np.maximum(np.nan_to_num(found), 0) - _WHOLE)
    here, before = (_at_most(x, expected, trials) for x in (count, count - 1))
    return np.asarray(count - (here - share) / (here - before))


def _at_most(count: Array, expected: Array, trials: Array | None) -> Array:
    """Give Pr(X <= count) of whole counts, 0 below 0."""
    whole = np.maximum(count, 0)
    if trials is None:
        found = special.pdtr(whole, expected)
    else:
        rest = np.maximum(trials - whole, _WHOLE)
        found = np.where(whole < trials, special.betaincc(whole + 1, rest, expected / trials), 1.0)
    return np.where(count < 0, 0.0, found)
