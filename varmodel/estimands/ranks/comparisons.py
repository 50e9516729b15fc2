"""Probabilities of comparison: with a fixed level, and between two providers (methods 4)."""

import numpy as np
import xarray as xr

from varmodel.errors import fail, show
from varmodel.estimands.draws.labelled import check_rates, over_providers, passed_on, sign_of
from varmodel.estimands.ranks.ranking import any_tied, mid_ranks
from varmodel.values import Array, Index, Mask, is_number

type Whole = np.ndarray[tuple[int, int], np.dtype[np.signedinteger]]

_WORD = 8  # truth values in a machine word


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
        fail("CONFIG.VALUE", f"threshold must be a finite number, not {show(threshold)}")
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
    values = draws.to_numpy().reshape(-1, len(labels))
    attrs = passed_on(draws.attrs) | {"better": better}
    coords = {"provider": labels, "other": labels}
    dims = ("provider", "other")
    found = prob_ahead(mid_ranks(values, sign=sign))
    return xr.DataArray(found, coords, dims, name="prob_better", attrs=attrs)


def prob_ahead(ranks: Array) -> Array:
    """Give the share of draws of mid-ranks (S, J) in which each is ahead of each, ties half."""
    places, tied = _whole_ranks(ranks), any_tied(ranks)
    draws, count = ranks.shape
    padding = places.shape[1] - draws
    held = np.empty(places.shape, dtype=np.bool_)
    result = np.full((count, count), 0.5)
    for one in range(count - 1):
        later, room = places[one + 1 :], held[one + 1 :]
        wins = 2 * _count(np.less(places[one], later, out=room))
        if tied:
            wins += _count(np.equal(places[one], later, out=room)) - padding
        result[one, one + 1 :] = wins / (2 * draws)
        result[one + 1 :, one] = 1.0 - result[one, one + 1 :]
    return result


def _whole_ranks(ranks: Array) -> Whole:
    """Give twice the mid-ranks as small integers, (provider, S): quick to compare, ties kept.

    Draws of equal ranks fill each row up to a whole number of words.
    """
    draws, count = ranks.shape
    small = count <= np.iinfo(np.int16).max // 2
    padded = -(-draws // _WORD) * _WORD
    result = np.zeros((count, padded), dtype=np.int16 if small else np.int32)
    np.multiply(ranks.T, 2, out=result[:, :draws], casting="unsafe")
    return result


def _count(held: Mask) -> Index:
    """Count what is true in each row, eight truth values to a word: no byte sees more than 255."""
    words = held.view(np.uint64)
    total = np.zeros(len(words), dtype=np.int64)
    for start in range(0, words.shape[1], 255):
        added = words[:, start : start + 255].sum(axis=1, dtype=np.uint64)
        total += added.view(np.uint8).reshape(-1, _WORD).sum(axis=1, dtype=np.int64)
    return total
