"""Classical figures of one provider at a time, with intervals: what registers publish today.

Symbols: O observed, E expected events, n trials or population, z the normal quantile at
1 - (1 - prob)/2. Byar's limits of a count (Breslow & Day 1987):

    lower = O {1 - 1/(9 O) - z / (3 sqrt O)}^3
    upper = (O + 1) {1 - 1/(9 (O + 1)) + z / (3 sqrt(O + 1))}^3

Below ten events they are Garwood's exact ones, as in the public health tools of England.
"""

import math
from typing import TypeIs

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.errors import fail, one_of, show
from varmodel.estimands.draws.labelled import as_numbers, refuse_nonfinite
from varmodel.numerics import special
from varmodel.values import Array, is_number

#: Counts below this have exact limits also where Byar's are asked for.
EXACT_BELOW = 10
COUNT_METHODS = ("byar", "exact")
_STRATA = ("events", "population", "standard_population")


def indirect_ratio(
    observed: object, expected: object, *, prob: float = 0.95, method: str = "byar"
) -> pd.DataFrame:
    """Divide observed by expected events: the indirectly standardised ratio.

    Parameters
    ----------
    observed, expected : number, array, Series or DataArray (provider,)
        O, at least 0, and E, above 0; one a provider. The rows are those of a Series' index.
    prob : float
        Coverage of the interval.
    method : {"byar", "exact"}
        Byar's approximation, exact below ten events; or Garwood's exact limits throughout.

    Returns
    -------
    pandas.DataFrame
        ``value``, ``lower``, ``upper``. 1.2 reads: a fifth more events than expected. The
        interval holds the noise of this provider's count only: not that of E, not that many
        providers are looked at. Two ratios share no population: do not compare them.

    Raises
    ------
    SpecError
        CONFIG.VALUE for counts below 0, unlike lengths, another method or ``prob``.
    InputError
        VALUE.NONFINITE.
    """
    count, base, index = _read(observed, expected, names=("observed", "expected"))
    if method not in COUNT_METHODS:
        fail("CONFIG.VALUE", f"unknown method {show(method)}; {one_of(method, COUNT_METHODS)}")
    if np.any(base <= 0):
        fail("CONFIG.VALUE", f"expected must be above 0, not {base[base <= 0][0]:g}")
    lower, upper = count_interval(count, prob=_checked(prob), method=method)
    return _table(index, value=count / base, lower=lower / base, upper=upper / base)


def direct_rate(strata: pd.DataFrame, *, prob: float = 0.95) -> pd.DataFrame:
    """Weight the rates of strata by a standard population: the directly standardised rate.

    Parameters
    ----------
    strata : pandas.DataFrame
        One row a stratum: ``events``, ``population``, ``standard_population``; with a column
        ``provider``, one result for each.
    prob : float
        Coverage of the interval.

    Returns
    -------
    pandas.DataFrame
        ``value``, ``lower``, ``upper``, by provider: events per head of the standard. Limits
        are those of Dobson et al. (1991): the interval of the total count, scaled by the ratio
        of the two standard deviations; the public health tools of England do the same and print
        none below ten events, where these are exact ones of the total.

    Raises
    ------
    SpecError
        CONFIG.VALUE for a column that lacks, counts below 0, a population of 0.
    InputError
        VALUE.NONFINITE.
    """
    if not isinstance(strata, pd.DataFrame):
        fail("CONFIG.VALUE", f"strata must be a pandas DataFrame, not {type(strata).__name__}")
    absent = [name for name in _STRATA if name not in strata]
    if absent:
        fail("CONFIG.VALUE", f"strata has no column {absent[0]}", fix=f"give {', '.join(_STRATA)}")
    share = _checked(prob)
    if "provider" not in strata:
        return pd.DataFrame([_direct(strata, prob=share)])
    if strata["provider"].isna().any():
        row = int(np.argmax(strata["provider"].isna().to_numpy()))
        fail("CONFIG.VALUE", f"row {row} of strata has no provider", fix="name it, or leave it out")
    groups = strata.groupby("provider", sort=False)
    found = {label: _direct(rows, prob=share) for label, rows in groups}
    return pd.DataFrame(found.values(), index=pd.Index(list(found), name="provider"))


def systematic_variation(observed: object, expected: object, *, prob: float = 0.95) -> pd.DataFrame:
    """Give the systematic component of variation of counts: spread beyond chance.

    Parameters
    ----------
    observed, expected : array or Series
        O, at least 0, and E, above 0; one a provider, three or more.
    prob : float
        Coverage of the interval.

    Returns
    -------
    pandas.DataFrame
        One row: ``value``, (100/J) {sum (O - E)^2 / E^2 - sum 1/E} (McPherson et al. 1982), with
        normal limits by the jackknife over providers. About 100 times the variance between
        providers of the log rate: below 3 usual, above 10 very high, in the literature of small
        areas. It is below 0 where the counts vary less than chance makes them, and is not drawn
        up to 0. Small E make it unsteady: ``variance_components`` has the model's own, ``scv``.

    Raises
    ------
    SpecError
        CONFIG.VALUE for counts below 0, unlike lengths, fewer than three providers.
    InputError
        VALUE.NONFINITE.
    """
    count, base, _ = _read(observed, expected, names=("observed", "expected"))
    if np.any(base <= 0) or len(base) < 3:
        fail("CONFIG.VALUE", "expected must be above 0, of three providers or more")
    terms = 100 * (((count - base) / base) ** 2 - 1 / base)
    value, error = float(terms.mean()), float(terms.std(ddof=1)) / math.sqrt(len(terms))
    half = _quantile(_checked(prob)) * error  # the jackknife of a mean is its standard error
    return pd.DataFrame([{"value": value, "lower": value - half, "upper": value + half}])


def proportion_interval(events: object, trials: object, *, prob: float = 0.95) -> pd.DataFrame:
    """Give a proportion with Wilson's interval.

    Parameters
    ----------
    events, trials : number, array or Series
        0 <= events <= trials, trials above 0.
    prob : float
        Coverage of the interval.

    Returns
    -------
    pandas.DataFrame
        ``value``, ``lower``, ``upper`` (Wilson 1927): the rates that a score test does not
        refuse. It stays within 0 and 1 and is usable at 0 events.

    Raises
    ------
    SpecError
        CONFIG.VALUE for counts out of range, unlike lengths or another ``prob``.
    InputError
        VALUE.NONFINITE.
    """
    count, size, index = _read(events, trials, names=("events", "trials"))
    if np.any(size <= 0):
        fail("CONFIG.VALUE", f"trials must be above 0, not {size[size <= 0][0]:g}")
    if np.any(count > size):
        fail("CONFIG.VALUE", f"events must be at most trials, not {count[count > size][0]:g}")
    z = _quantile(_checked(prob))
    p = count / size
    middle = p + z**2 / (2 * size)
    half = z * np.sqrt(p * (1 - p) / size + z**2 / (4 * size**2))
    scale = 1 + z**2 / size
    lower, upper = (middle - half) / scale, (middle + half) / scale
    return _table(index, value=p, lower=np.maximum(lower, 0), upper=np.minimum(upper, 1))


def count_interval(count: Array, *, prob: float, method: str = "byar") -> tuple[Array, Array]:
    """Give the interval of a Poisson mean of which a count was seen.

    Parameters
    ----------
    count : ndarray
        O, at least 0.
    prob : float
        Coverage.
    method : {"byar", "exact"}

    Returns
    -------
    tuple of ndarray
        Lower and upper end; the lower is 0 where nothing was seen.
    """
    tail = (1 - prob) / 2
    low = np.where(count > 0, special.gammaincinv(np.maximum(count, 1e-300), tail), 0.0)
    high = special.gammaincinv(count + 1, 1 - tail)
    if method == "exact":
        return low, high
    z, some, more = _quantile(prob), np.maximum(count, 1.0), count + 1
    byar = (
        some * (1 - 1 / (9 * some) - z / (3 * np.sqrt(some))) ** 3,
        more * (1 - 1 / (9 * more) + z / (3 * np.sqrt(more))) ** 3,
    )
    enough = count >= EXACT_BELOW
    return np.where(enough, byar[0], low), np.where(enough, byar[1], high)


def _direct(rows: pd.DataFrame, *, prob: float) -> dict[str, float]:
    events, population, standard = (numbers(rows[name].to_numpy(), name=name) for name in _STRATA)
    if np.any(population <= 0) or standard.sum() <= 0:
        fix = "leave out strata in which nobody lives"
        fail("CONFIG.VALUE", "population must be above 0 in every stratum of strata", fix=fix)
    weight = standard / standard.sum() / population
    rate, total = float(weight @ events), float(events.sum())
    lower, upper = (float(x[0]) for x in count_interval(np.array([total]), prob=prob))
    spread = math.sqrt(float(weight**2 @ events) / total) if total else float(weight.max())
    low, high = (max(0.0, rate + spread * (end - total)) for end in (lower, upper))
    return {"value": rate, "lower": low, "upper": high}


def _read(one: object, two: object, *, names: tuple[str, str]) -> tuple[Array, Array, pd.Index]:
    """Read two columns of counts of one length, and the index of a Series among them."""
    one, two = (x.to_series() if _has_labels(x) else x for x in (one, two))
    first, second = (numbers(x, name=name) for x, name in zip((one, two), names, strict=True))
    both = isinstance(one, pd.Series) and isinstance(two, pd.Series)
    if len(first) != len(second) or (both and not one.index.equals(two.index)):  # type: ignore[attr-defined]
        message = f"{names[0]} and {names[1]} have {len(first)} and {len(second)} rows"
        fail("CONFIG.VALUE", f"{message}, or other labels", fix="give both of the same providers")
    index = next((x.index for x in (one, two) if isinstance(x, pd.Series)), None)
    return first, second, pd.RangeIndex(len(first)) if index is None else index


def _has_labels(x: object) -> TypeIs[xr.DataArray]:
    return isinstance(x, xr.DataArray) and x.ndim == 1 and x.dims[0] in x.coords


def numbers(values: object, *, name: str, least: float = 0.0) -> Array:
    """Read a number, or a column of them: finite, and none below ``least``."""
    found = as_numbers(np.atleast_1d(np.asarray(values)), name)
    refuse_nonfinite(found, name)
    if found.ndim != 1 or np.any(found < least):
        fail("CONFIG.VALUE", f"{name} must be a column of numbers of at least {least:g}")
    return found


def _checked(prob: object) -> float:
    if not is_number(prob) or not 0 < prob < 1:
        fail("CONFIG.VALUE", f"prob must lie between 0 and 1, not {show(prob)}")
    return float(prob)


def _quantile(prob: float) -> float:
    return float(-special.ndtri((1 - prob) / 2))


def _table(index: pd.Index, **columns: Array) -> pd.DataFrame:
    return pd.DataFrame(columns, index=index)
