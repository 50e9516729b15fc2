"""Classical figures: the limits between which chance alone leaves a count or a mean.

Symbols: o a count, E what is expected of it, n trials, p an overall rate. The limits are those of
Spiegelhalter (2005), "Funnel plots for comparing institutional performance", by the tails of the
exact distribution ("tail" of methods 6): the o at which Pr(X <= o) and Pr(X >= o) are
(1 - prob) / 2, interpolated between whole counts by the incomplete beta and gamma functions, so
that the limits are smooth in E.
"""

import numpy as np
from scipy import special

from varmodel.values import Array


def binomial_limits(trials: Array, *, rate: float, prob: float) -> tuple[Array, Array]:
    """Give the counts between which chance alone leaves ``prob`` of n trials at one rate.

    Parameters
    ----------
    trials : ndarray
        n, above 0.
    rate : float
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
    return np.maximum(np.nan_to_num(low), 0), np.minimum(high + 1, trials)


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
    return np.maximum(np.nan_to_num(low), 0), high + 1


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
