"""Ranks in every draw, and what is read off them (methods 4)."""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from varmodel.errors import fail, show
from varmodel.estimands.draws.labelled import (
    DRAW_DIMS,
    check_draws,
    check_rates,
    passed_on,
    sign_of,
)
from varmodel.numerics.blocks import blocks
from varmodel.numerics.loops.worth import worth_counting
from varmodel.numerics.once import once
from varmodel.numerics.threads import share_out
from varmodel.numerics.ties import twice_ranks
from varmodel.values import Array, Index, is_whole

#: Above this many providers the matrix of positions is left to ``rank_probabilities``.
MOST_POSITIONS = 1_000
MOST_BINS = 100_000


def rank(rates: xr.DataArray, *, better: str) -> xr.Dataset:
    """Rank the providers in every draw.

    Parameters
    ----------
    rates : xarray.DataArray, dims (chain, draw, provider), or with period
        Joint draws of what is ranked; at least one draw, all finite. Without a provider
        coordinate the labels are the positions. With a dimension ``period`` providers are
        ranked within each, and every figure has it last.
    better : {"higher", "lower"}
        Which direction is good: rank 1 is the best in that direction.

    Returns
    -------
    xarray.Dataset
        ``rank`` (chain, draw, provider): mid-ranks, 1 + the number of better providers + half
        the number tied; in single precision, which is exact for them, above 1,000 providers.
        ``expected_rank`` (provider): mean rank, which minimises squared error.
        ``prob_top_quarter``, ``prob_middle``, ``prob_bottom_quarter`` (provider): probability
        of the first m = ceil(J/4) places, of those between, and of the last m; over providers
        they sum to m, J - 2m and m. ``probability`` (provider, position), up to 1,000
        providers: probability of each place; rows and columns sum to one. A tied block has an
        equal share in each of its places. Read the intervals before the order: neighbours are
        seldom distinct. (``ranks.rank`` is a method of xarray: write ``ranks["rank"]``.)

    Raises
    ------
    SpecError
        CONFIG.VALUE for an unknown ``better``, wrong dimensions or labels.
    InputError
        VALUE.NONFINITE.
    """
    sign = sign_of(better)
    many = getattr(rates, "sizes", {}).get("provider", 0) > MOST_POSITIONS
    if "period" in getattr(rates, "dims", ()):
        draws = check_draws(rates, (*DRAW_DIMS, "provider", "period"), name="rates")
        one_by_one = [
            _rank(_read(draws.isel(period=t), sign=sign, single=many), better=better)
            for t in range(draws.sizes["period"])
        ]
        whole = xr.concat(
            one_by_one, "period", coords="minimal", compat="override", combine_attrs="override"
        )
        return whole.transpose(..., "period")
    found = _read(rates, sign=sign, single=True) if many else ranked(rates, better=better)
    return _rank(found, better=better)


class Ranked(NamedTuple):
    """Checked draws (chain, draw, provider), and their ranks, a row a draw: (S, J)."""

    draws: xr.DataArray
    ranks: npt.NDArray[Any]

    @property
    def nbytes(self) -> int:
        """What is held."""
        return int(self.draws.nbytes + self.ranks.nbytes)


@once(lambda rates, *, better: (rates, better))
def ranked(rates: xr.DataArray, *, better: str) -> Ranked:
    """Rank rates in every draw: once for all that is read off the same ones."""
    return _read(rates, sign=sign_of(better))


def _read(rates: xr.DataArray, *, sign: int, single: bool = False) -> Ranked:
    draws, dtype = check_rates(rates), np.float32 if single else np.float64
    rows = draws.to_numpy().reshape(-1, draws.sizes["provider"])
    return Ranked(draws, mid_ranks(rows, sign=sign, dtype=dtype))


def _rank(found: Ranked, *, better: str) -> xr.Dataset:
    draws, flat = found
    count = draws.sizes["provider"]
    figures = {"expected_rank": flat.mean(axis=0, dtype=np.float64), **_probs_of_quarters(flat)}
    attrs = passed_on(draws.attrs) | {"better": better}
    variables: dict[str, object] = {"rank": (draws.dims, flat.reshape(draws.shape), attrs)}
    variables |= {name: ("provider", values, attrs) for name, values in figures.items()}
    coords = dict(draws.coords)
    if count <= MOST_POSITIONS:
        variables["probability"] = ("provider", "position"), share_of_places(flat, count), attrs
        coords["position"] = xr.DataArray(np.arange(1, count + 1), dims="position")
    return xr.Dataset(variables, coords, attrs)  # plain arrays: nothing is aligned anew


def outer_places(count: int) -> int:
    """Count the places of the top quarter, and of the bottom one: ceil(J/4)."""
    return -(-count // 4)


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
    if not is_whole(bins) or not 1 <= bins <= MOST_BINS:
        fail(
            "CONFIG.VALUE", f"bins must be a whole number from 1 to {MOST_BINS:,}, not {show(bins)}"
        )
    draws = check_rates(rank_array, name="rank_array")
    values, count = draws.to_numpy(), draws.sizes["provider"]
    if not np.allclose(values.sum(axis=-1, dtype=np.float64), count * (count + 1) / 2):
        fail("CONFIG.VALUE", "rank_array holds no ranks", fix='give rank(...)["rank"]')
    shares = share_of_places(values.reshape(-1, count), int(bins))
    coords = {"provider": draws["provider"].to_numpy(), "bin": np.arange(1, bins + 1)}
    dims, attrs = ("provider", "bin"), passed_on(draws.attrs)
    return xr.DataArray(shares, coords, dims, name="rank_probability", attrs=attrs)


def mid_ranks(
    values: Array, *, sign: int, dtype: type[np.floating[Any]] = np.float64
) -> npt.NDArray[Any]:
    """Rank along the last axis, 1 for the best; ties get the mean of their places.

    With ``sign`` +1 high is good; with -1 low is good. Single precision holds every half of a
    place, in half the memory.
    """
    flat = values.reshape(-1, values.shape[-1])
    ranks = np.empty(flat.shape, dtype)
    fill = _by_loops if worth_counting(flat.size) else _by_numpy

    def work(draws: slice) -> None:
        falling = np.multiply(flat[draws], -sign, order="C")
        fill(falling, np.argsort(falling, axis=-1), ranks[draws])

    share_out(work, blocks(*flat.shape))
    return ranks.reshape(values.shape)


def _by_loops(values: Array, order: Index, ranks: Array) -> None:
    """Write the mid-ranks of rows that ``order`` sorts."""
    from varmodel.numerics.loops.ranks import fill_mid_ranks

    fill_mid_ranks(values, order, ranks)


def _by_numpy(values: Array, order: Index, ranks: Array) -> None:
    """Write the same."""
    order += values.shape[1] * np.arange(len(order))[:, np.newaxis]  # among all rows'
    ranks.reshape(-1)[order] = twice_ranks(values.reshape(-1)[order]) / 2 + 1


def _probs_of_quarters(ranks: Array) -> dict[str, Array]:
    """Give the probabilities of the top quarter, the middle and the bottom quarter of (S, J)."""
    draws, count = ranks.shape
    tied, outer = tied_with(ranks), outer_places(count)
    top, middle, bottom = np.zeros((3, count))
    for part in blocks(draws, count):
        sizes = None if tied is None else tied[part]
        first, before_last = (
            _share_within(ranks[part], sizes, places=n) for n in (outer, count - outer)
        )
        top += first.sum(axis=0)
        middle += np.maximum(before_last - first, 0.0).sum(axis=0)
        bottom += (1 - before_last).sum(axis=0)
    names = ("prob_top_quarter", "prob_middle", "prob_bottom_quarter")
    return {name: found / draws for name, found in zip(names, (top, middle, bottom), strict=True)}


def _share_within(ranks: Array, tied: Array | None, *, places: int) -> Array:
    """Give the share of each provider's place, or of its tied block, in the first places: (S, J).

    A block of k places about the mid-rank r starts at r - (k - 1)/2.
    """
    if tied is None:
        return (ranks <= places).astype(np.float64)
    return np.clip((places - ranks + (tied + 1) / 2) / tied, 0.0, 1.0)


def share_of_places(ranks: Array, bins: int) -> Array:
    """Spread each provider's places (S, J) evenly over ``bins`` slices, mean over draws: (J, bins).

    What lies above the edge of a slice is the cumulative count of the provider's places, linear
    within a place; a tied block counts evenly in each of its places.
    """
    total, count = ranks.shape
    tied = tied_with(ranks)
    edge = np.arange(bins + 1) * count / bins
    place = edge.astype(np.int64)
    missing = place + 1 - edge
    shares = np.empty((count, bins))
    for own in blocks(count, max(total, count)):
        sizes = None if tied is None else tied[:, own].T
        counts = _counts(ranks[:, own].T, sizes, count=count)
        above = np.cumsum(counts, axis=1)[:, place] - missing * counts[:, place]
        shares[own] = np.diff(above, axis=1)
    return np.maximum(shares / total, 0.0)


def any_tied(ranks: Array) -> bool:
    """Say whether two providers share a mid-rank in any draw (S, J).

    Ranks without ties have the largest sum of squares, which is exact up to 200,000 providers.
    """
    count = ranks.shape[1]
    largest = count * (count + 1) * (2 * count + 1) / 6
    return any(
        bool(np.any(np.einsum("sj,sj->s", part, part, dtype=np.float64) != largest))
        for part in (ranks[rows] for rows in blocks(*ranks.shape))
    )


def tied_with(ranks: Array) -> Array | None:
    """Count the providers of each draw that share a provider's mid-rank, itself included.

    None where no draw has ties.
    """
    draws, count = ranks.shape
    if not any_tied(ranks):
        return None
    sizes = np.empty(ranks.shape)
    for part in blocks(draws, count):
        row = np.arange(len(ranks[part]))[:, np.newaxis] * (2 * count + 1)
        key = np.rint(2 * ranks[part]).astype(np.int64) + row
        sizes[part] = np.bincount(key.ravel())[key]
    return sizes


def _counts(ranks: Array, sizes: Array | None, *, count: int) -> Array:
    """Count the draws of each provider (K, S) in each place and in none beyond: (K, count + 1)."""
    shape = len(ranks), count + 1
    row = np.arange(shape[0])[:, np.newaxis] * shape[1]
    if sizes is None:
        return _histogram(row + ranks - 1, None, shape)
    first, last = row + ranks - (sizes + 1) / 2, row + ranks + (sizes - 1) / 2
    starts, ends = (_histogram(at, np.ravel(1 / sizes), shape) for at in (first, last))
    return np.cumsum(starts - ends, axis=1)


def _histogram(at: Array, weights: Array | None, shape: tuple[int, int]) -> Array:
    """Add weights, or ones, where the numbers of a flattened ``shape`` point."""
    found = np.bincount(at.astype(np.int64).ravel(), weights, minlength=math.prod(shape))
    return np.asarray(found, np.float64).reshape(shape)
