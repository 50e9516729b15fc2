"""Probabilities of comparison: with a fixed level, and between two providers (methods 4)."""

import numpy as np
import xarray as xr

from varmodel.errors import fail
from varmodel.estimands.draws.labelled import check_rates, over_providers, passed_on, sign_of
from varmodel.estimands.ranks.ranking import mid_ranks
from varmodel.values import Array, is_number


def exceedance(rates: xr.DataArray, *, threshold: float) -> xr.DataArray:
    """Give each provider's posterior probability of lying above a level.

    Parameters
    ----------
    rates : xarray.DataArray, dims (chain, draw, provider)
        Joint draws, all finite.
    threshold : float
        The level, in the units of ``rates``.

    Returns
    -------
    xarray.DataArray, dims (provider,)
        Pr(rate > threshold). .5 says that the data cannot tell.

    Raises
    ------
    SpecError
        CONFIG.VALUE for a threshold that is no finite number, wrong dimensions or labels.
    InputError
        VALUE.NONFINITE.
    """
    if not is_number(threshold):
        fail("CONFIG.VALUE", f"threshold must be a finite number, not {threshold!r}")
    draws = check_rates(rates)
    above = (draws.to_numpy() > threshold).mean(axis=(0, 1))
    return over_providers(draws, above, name="exceedance", threshold=float(threshold))


def pairwise(rates: xr.DataArray, *, better: str) -> xr.DataArray:
    """Give the posterior probability that one provider is better than another, for all pairs.

    Parameters
    ----------
    rates : xarray.DataArray, dims (chain, draw, provider)
        Joint draws, all finite.
    better : {"higher", "lower"}
        Which direction is good.

    Returns
    -------
    xarray.DataArray, dims (provider, other)
        Pr(provider better than other), ties counted half; .5 on the diagonal, and the two
        orders of a pair sum to one. Between .2 and .8 read: not distinguished.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an unknown ``better``, wrong dimensions or labels.
    InputError
        VALUE.NONFINITE.
    """
    sign = sign_of(better)
    draws = check_rates(rates)
    labels = draws["provider"].to_numpy()
    places = _whole_ranks(draws.to_numpy().reshape(-1, len(labels)), sign)
    attrs = passed_on(draws.attrs) | {"better": better}
    coords = {"provider": labels, "other": labels}
    dims = ("provider", "other")
    return xr.DataArray(_ahead(places), coords, dims, name="prob_better", attrs=attrs)


def _whole_ranks(
    values: Array, sign: int
) -> np.ndarray[tuple[int, int], np.dtype[np.signedinteger]]:
    """Give twice the mid-ranks as small integers, (provider, S): quick to compare, ties kept."""
    twice = 2 * mid_ranks(values, sign=sign).T
    small = twice.shape[0] <= np.iinfo(np.int16).max // 2
    return np.ascontiguousarray(twice, dtype=np.int16 if small else np.int32)


def _ahead(places: np.ndarray[tuple[int, int], np.dtype[np.signedinteger]]) -> Array:
    """Count in how many draws each provider stands before each other: one row at a time."""
    count, draws = places.shape
    result = np.full((count, count), 0.5)
    for one in range(count - 1):
        later = places[one + 1 :]
        wins = np.count_nonzero(places[one] < later, axis=1)
        ties = np.count_nonzero(places[one] == later, axis=1)
        result[one, one + 1 :] = (wins + ties / 2) / draws
        result[one + 1 :, one] = 1.0 - result[one, one + 1 :]
    return result
