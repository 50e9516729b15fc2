"""Flags among many providers, where more spread than chance makes may be usual.

The z of all providers tell what is usual among them: the empirical null.
"""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from varmodel.errors import fail, show
from varmodel.estimands.classical.intervals import numbers
from varmodel.numerics import special
from varmodel.values import Array, Mask, is_number

_CENTRAL = 1.5  # standard deviations about the median in which z are taken for usual
_ROUNDS, _CLOSE = 500, 1e-10
#: A null by volume: the least log of its variances; by what a flat middle, which has no finite sd,
#: may raise them; the quartile of the normal distribution over that of a t of 3 df.
_SMALLEST, _FLAT, _T_SCALE = -12.0, 100.0, 0.8818


def benjamini_hochberg(p_values: Array, *, rate: float) -> Mask:
    """Flag p-values so that the expected share of false flags is at most a rate.

    Parameters
    ----------
    p_values : ndarray, shape (J,)
    rate : float

    Returns
    -------
    ndarray of bool
        The k smallest, k the largest with p_(k) <= rate k / J (Benjamini & Hochberg 1995).
    """
    rising = np.sort(p_values)
    below = np.flatnonzero(rising <= rate * np.arange(1, len(rising) + 1) / len(rising))
    bar = rising[below[-1]] if len(below) else -1.0
    return np.asarray(p_values <= bar)


def empirical_null(z: object, *, rate: float = 0.05, size: object = None) -> pd.DataFrame:
    """Take the usual spread of the z for chance, and flag against that (Efron 2004).

    Parameters
    ----------
    z : array or Series
        Figures in standard errors of chance, one a provider, ten or more.
    rate : float
        Expected share of false flags.
    size : array or Series, optional
        Volume of each (trials or expected events: the inverse variance of its figure by chance,
        up to a factor). The null then has a variance for each volume: what providers differ by
        beyond chance weighs the more in z the larger they are.

    Returns
    -------
    pandas.DataFrame
        ``z``, ``z_null`` (z less the mean of the null, over its sd), ``p_value`` (two-sided),
        ``flag`` ("high", "low" or "") by Benjamini & Hochberg, ``null_sd`` (of each).
        ``attrs``: ``mean`` and ``sd`` of the null (with ``size`` at the mean volume), by maximum
        likelihood of the z within 1.5 of their own robust sds about the median, a normal
        distribution cut off there. An sd of 2 says that usual providers differ twice as much as
        chance makes them (Kalbfleisch & Wolfe 2013): only what is unusual among
        them is flagged, so that a poor national standard flags nobody. With ``size`` the mean of
        the null is m sqrt(size) and its variance a + b size, a and b at least 0 (after Xia et al.
        2022), and what lies in the middle is by the quartiles of each volume: with one sd for all
        volumes large providers are flagged too often, small ones too seldom. Of a dozen z neither
        null is known to better than half or twice its sd.

    Raises
    ------
    SpecError
        CONFIG.VALUE for fewer than ten z, z without any spread, a ``rate`` outside 0 to 1, sizes
        that are not those of the z.
    InputError
        VALUE.NONFINITE.
    """
    if not is_number(rate) or not 0 < rate < 1:
        fail("CONFIG.VALUE", f"rate must lie between 0 and 1, not {show(rate)}")
    values = numbers(z, name="z", least=-math.inf)
    if len(values) < 10:
        fail("CONFIG.VALUE", f"an empirical null needs ten z or more, not {len(values)}")
    mean, sd = _central_normal(values)
    null = np.full((2, len(values)), [[mean], [sd]])
    if size is not None:
        volume = _sizes(size, z)
        null, (mean, sd) = _null_by_size(values, volume, start=(mean, sd))
    usual = (values - null[0]) / null[1]
    p_value = 2 * special.ndtr(-np.abs(usual))
    flag = np.where(usual > 0, "high", "low")
    flag = np.where(benjamini_hochberg(p_value, rate=rate), flag, "")
    index = z.index if isinstance(z, pd.Series) else pd.RangeIndex(len(values))
    columns = {"z": values, "z_null": usual, "p_value": p_value, "flag": flag}
    table = pd.DataFrame({**columns, "null_sd": null[1]}, index=index)
    table.attrs = {"mean": mean, "sd": sd}
    return table


def _central_normal(z: Array) -> tuple[float, float]:
    """Fit a normal distribution to what lies in its middle, cut off at both ends.

    The likelihood is that of an exponential family: mean and variance of the cut-off
    distribution are made those of the z within.
    """
    middle = float(np.median(z))
    robust = float(np.subtract(*np.quantile(z, [0.75, 0.25]))) / 1.349
    inside = z[np.abs(z - middle) <= _CENTRAL * robust]
    if robust <= 0 or len(inside) < 3:
        fail("CONFIG.VALUE", "most z are the same number: they tell no spread")
    ends = np.array([middle - _CENTRAL * robust, middle + _CENTRAL * robust])
    mean, sd, seen = middle, robust, (float(inside.mean()), float(inside.std()))
    for _ in range(_ROUNDS):
        at = (ends - mean) / sd
        density, mass = np.exp(-(at**2) / 2) / math.sqrt(2 * math.pi), special.ndtr(at)
        mass = mass[1] - mass[0]
        shift = (density[0] - density[1]) / mass
        share = 1 + (at[0] * density[0] - at[1] * density[1]) / mass - shift**2
        gap, factor = seen[0] - (mean + sd * shift), seen[1] / (sd * math.sqrt(share))
        mean, sd = mean + gap, min(sd * factor, 10 * robust)  # a flat middle has no finite sd
        if abs(gap) < _CLOSE * sd and abs(factor - 1) < _CLOSE:
            break
    return float(mean), float(sd)


def _sizes(size: object, z: object) -> Array:
    """Read the volumes over their mean; refuse those of others."""
    found = numbers(size, name="size", least=0.0)
    labels = [x.index for x in (size, z) if isinstance(x, pd.Series)]
    if len(found) != len(np.asarray(z)) or (len(labels) == 2 and not labels[0].equals(labels[1])):
        fail("CONFIG.VALUE", "size must hold a volume of each z, with the same labels")
    if not found.min() > 0:
        fail("CONFIG.VALUE", f"sizes must be above 0, not {show(float(found.min()))}")
    return np.asarray(found / found.mean())


def _null_by_size(
    z: Array, size: Array, *, start: tuple[float, float]
) -> tuple[Array, tuple[float, float]]:
    """Fit mean m sqrt(size) and variance a + b size to what lies in the middle of each volume.

    What is middle, a fit with heavy tails says, which outliers hardly move.
    """
    root, x = np.sqrt(size), np.array([start[0], *np.log([start[1] ** 2 / 2] * 2)])
    x = _least(_heavy_tailed, x, (z, root), most=np.log(np.square(np.abs(z).max())))
    mean, sd = _at_size(x, root)
    inside = np.abs(z - mean) <= _CENTRAL * sd
    if inside.sum() < 3:
        fail("CONFIG.VALUE", "fewer than three z lie in the middle: they tell no spread")
    held = (z[inside], root[inside], mean[inside], _CENTRAL * sd[inside])
    x = _least(_cut_off, x, held, most=np.log(_FLAT * np.exp(x[1:]).sum()))
    return np.stack(_at_size(x, root)), (float(x[0]), float(np.sqrt(np.exp(x[1:]).sum())))


def _least(loss: Callable[..., float], x: Array, held: tuple[Array, ...], *, most: float) -> Array:
    """Make a loss least, the logs of both variances at most ``most``."""
    from scipy.optimize import minimize

    top = max(float(most), _SMALLEST + 1)
    bounds = [(None, None), (_SMALLEST, top), (_SMALLEST, top)]
    start = np.array([x[0], *np.clip(x[1:], _SMALLEST, top)])
    return np.asarray(minimize(loss, start, args=held, method="L-BFGS-B", bounds=bounds).x)


def _at_size(x: Array, root: Array) -> tuple[Array, Array]:
    return x[0] * root, np.sqrt(np.exp(x[1]) + np.exp(x[2]) * root**2)


def _heavy_tailed(x: Array, z: Array, root: Array) -> float:
    """Give minus the log likelihood of t of 3 df with the quartiles of the normal distribution."""
    mean, sd = _at_size(x, root)
    return float(np.sum(2 * np.log1p(((z - mean) / (_T_SCALE * sd)) ** 2 / 3) + np.log(sd)))


def _cut_off(x: Array, z: Array, root: Array, middle: Array, reach: Array) -> float:
    """Give minus the log likelihood of normal z, each seen within a reach of its middle alone."""
    mean, sd = _at_size(x, root)
    ends = special.ndtr((middle + reach - mean) / sd) - special.ndtr((middle - reach - mean) / sd)
    return float(np.sum(((z - mean) / sd) ** 2 / 2 + np.log(sd) + np.log(np.maximum(ends, 1e-300))))
