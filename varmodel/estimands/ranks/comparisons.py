"""Probabilities of comparison: with a fixed level, and between two providers (methods 4)."""

import numpy as np
import xarray as xr

from varmodel.errors import fail, show
from varmodel.estimands.draws.labelled import check_rates, over_providers, passed_on, sign_of
from varmodel.estimands.ranks.ranking import any_tied, mid_ranks
from varmodel.numerics.blocks import blocks
from varmodel.numerics.loops.worth import worth_counting
from varmodel.numerics.threads import share_out
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
    places, (draws, count) = _whole_ranks(ranks), ranks.shape
    signs = np.zeros((count, count), dtype=np.int64)
    if worth_counting(count**2 / 2 * draws):
        _count_by_loops(places, signs)
    else:
        _count_by_rows(places, signs, untied=None if any_tied(ranks) else draws)
    result = (draws + signs) / (2 * draws)
    later = np.tri(count, k=-1, dtype=np.bool_)
    result[later] = 1.0 - result.T[later]
    return np.asarray(result)


def _count_by_loops(places: Whole, signs: Index) -> None:
    """Count each pair's draws with the first ahead less those with it behind, (J, J) above."""
    from varmodel.numerics.loops.pairs import count_less

    def work(rows: slice) -> None:
        count_less(places, signs, rows.start, rows.stop)

    share_out(work, blocks(*places.shape))


def _count_by_rows(places: Whole, signs: Index, *, untied: int | None) -> None:
    """Count the same, a row of pairs at a time; ``untied``: the draws, where none has ties.

    Draws that fill a row up are tied in all, and so count for neither.
    """
    held = np.empty(places.shape, dtype=np.bool_)
    for one in range(len(places) - 1):
        later, room = places[one + 1 :], held[one + 1 :]
        ahead = _count(np.less(places[one], later, out=room))
        if untied is None:
            behind = _count(np.greater(places[one], later, out=room))
        else:
            behind = untied - ahead
        signs[one, one + 1 :] = ahead - behind


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
