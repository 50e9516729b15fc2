"""Ranks in every draw, and what is read off them (methods 4)."""

import numpy as np
import xarray as xr
from scipy import stats

from varmodel.errors import fail
from varmodel.estimands.blocks import blocks
from varmodel.estimands.labelled import check_rates, is_whole, over_providers, passed_on, sign_of
from varmodel.families.links import Array

#: Above this many providers the matrix of positions is left to ``rank_probabilities``.
MOST_POSITIONS = 1_000


def rank(rates: xr.DataArray, *, better: str) -> xr.Dataset:
    """Rank the providers in every draw.

    Parameters
    ----------
    rates : xarray.DataArray, dims (chain, draw, provider)
        Joint draws of what is ranked; at least one draw, all finite. Without a provider
        coordinate the labels are the positions.
    better : {"higher", "lower"}
        Which direction is good: rank 1 is the best in that direction.

    Returns
    -------
    xarray.Dataset
        ``rank`` (chain, draw, provider): mid-ranks, 1 + the number of better providers + half
        the number tied. ``expected_rank`` (provider): mean rank, which minimises squared error.
        ``prob_top_quarter``, ``prob_bottom_quarter`` (provider): probability of a rank at most
        ceil(J/4), above J - ceil(J/4). ``probability`` (provider, position), up to 1,000
        providers: probability of each place; a tied block shares its places, so rows and
        columns sum to one. Read the intervals before the order: neighbours are seldom distinct.
        (``ranks.rank`` is a method of xarray: write ``ranks["rank"]``.)

    Raises
    ------
    SpecError
        CONFIG.VALUE for an unknown ``better``, wrong dimensions or labels.
    InputError
        VALUE.NONFINITE.
    """
    sign = sign_of(better)
    draws = check_rates(rates)
    ranks = mid_ranks(sign * draws.to_numpy())
    count = draws.sizes["provider"]
    quarter = -(-count // 4)
    figures = {
        "expected_rank": ranks.mean(axis=(0, 1)),
        "prob_top_quarter": np.mean(ranks <= quarter, axis=(0, 1)),
        "prob_bottom_quarter": np.mean(ranks > count - quarter, axis=(0, 1)),
    }
    result = xr.Dataset({"rank": draws.copy(data=ranks)})
    result["rank"].attrs = result.attrs = passed_on(draws.attrs) | {"better": better}
    for name, values in figures.items():
        result[name] = over_providers(draws, values, name=name, better=better)
    if count <= MOST_POSITIONS:
        shares = share_of_places(ranks.reshape(-1, count), count)
        result["probability"] = ("provider", "position"), shares, result.attrs
        result = result.assign_coords(position=np.arange(1, count + 1))
    return result


def rank_probabilities(rank_array: xr.DataArray, *, bins: int = 100) -> xr.DataArray:
    """Give each provider's probability of lying in each slice of the ranking.

    Parameters
    ----------
    rank_array : xarray.DataArray, dims (chain, draw, provider)
        ``rank(...)["rank"]``.
    bins : int
        Number of equal slices; with 100, percentiles.

    Returns
    -------
    xarray.DataArray, dims (provider, bin)
        Bin 1 holds the best ``1 / bins`` of the places, and so on. A place that straddles
        slices, and the places of a tied block, are shared in proportion: each row sums to one,
        each column to ``J / bins``.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an array of another kind or ``bins`` below 1.
    """
    if not is_whole(bins) or bins < 1:
        fail("CONFIG.VALUE", f"bins must be a whole number of at least 1, not {bins!r}")
    draws = check_rates(rank_array, name="rank_array")
    values, count = draws.to_numpy(), draws.sizes["provider"]
    if not np.allclose(values.sum(axis=-1), count * (count + 1) / 2):
        fail("CONFIG.VALUE", "rank_array holds no ranks", fix='give rank(...)["rank"]')
    shares = share_of_places(values.reshape(-1, count), int(bins))
    coords = {"provider": draws["provider"].to_numpy(), "bin": np.arange(1, bins + 1)}
    dims, attrs = ("provider", "bin"), passed_on(draws.attrs)
    return xr.DataArray(shares, coords, dims, name="rank_probability", attrs=attrs)


def mid_ranks(goodness: Array) -> Array:
    """Rank along the last axis, 1 for the highest; ties get the mean of their places."""
    flat = goodness.reshape(-1, goodness.shape[-1])
    ranks = np.empty(flat.shape)
    for draws in blocks(*flat.shape):
        ranks[draws] = stats.rankdata(-flat[draws], axis=-1)
    return ranks.reshape(goodness.shape)


def share_of_places(ranks: Array, bins: int) -> Array:
    """Spread each provider's places (S, J) evenly over ``bins`` slices, mean over draws: (J, bins).

    A tied block of places a..b is the stretch ((a-1), b] bins / J with density 1 / its length;
    a difference array holds where stretches begin and end, and the two end bins are mended.
    """
    total, count = ranks.shape
    inner, mended = np.zeros((count, bins + 1)), np.zeros((count, bins + 1))
    for draws in blocks(total, count):
        block = _tied_with(ranks[draws])
        start = (ranks[draws] - (block + 1) / 2) * bins / count
        stop = (ranks[draws] + (block - 1) / 2) * bins / count
        first, last = np.floor(start), np.ceil(stop)
        density = count / (bins * block)
        inner += _collect(first, density, inner.shape) - _collect(last, density, inner.shape)
        mended += _collect(first, density * (start - first), inner.shape)
        mended += _collect(last - 1, density * (last - stop), inner.shape)
    return np.maximum((np.cumsum(inner, axis=1) - mended)[:, :bins] / total, 0.0)


def _tied_with(ranks: Array) -> Array:
    """Count the providers of each draw that share a provider's mid-rank, itself included."""
    draws, count = ranks.shape
    key = np.rint(2 * ranks).astype(np.int64) + np.arange(draws)[:, np.newaxis] * (2 * count + 1)
    return np.bincount(key.ravel(), minlength=draws * (2 * count + 1))[key].astype(np.float64)


def _collect(bins: Array, weights: Array, shape: tuple[int, int]) -> Array:
    """Add weights (S, J) into the bins of each provider: (J, bins)."""
    offset = np.arange(shape[0]) * shape[1]
    index = (bins.astype(np.int64) + offset).ravel()
    return np.bincount(index, weights.ravel(), minlength=shape[0] * shape[1]).reshape(shape)
