"""Sets that hold for all providers at once, and the set of those that may be best (methods 4).

An interval of one provider's rank says nothing of the others. A simultaneous set is widened until
the ranks of all lie in theirs in a share ``prob`` of the joint draws. It is fitted to one half of
the draws and checked on the other: what was fitted looks better than it is on the draws it was
fitted to. So it needs many: of 150 providers 4,000 draws gave .93 where .965 was stated, 20,000
do.
"""

import numpy as np
import xarray as xr

from varmodel.errors import fail, show
from varmodel.estimands.draws.labelled import over_providers, passed_on
from varmodel.estimands.ranks.ranking import ranked, tied_with
from varmodel.values import Array, Mask, is_number, is_whole

#: The draws, and the ranks of either half of them.
type _Halves = tuple[xr.DataArray, Array, Array]


def sets(rates: xr.DataArray, *, better: str, prob: float = 0.95) -> xr.Dataset:
    """Give each provider the places it may have, for all providers at once.

    Parameters
    ----------
    rates : xarray.DataArray, dims (chain, draw, provider)
        Joint draws, at least two, all finite. From 150 providers on give 20,000 or more.
    better : {"higher", "lower"}
        Which direction is good: rank 1 is the best.
    prob : float
        Probability that every provider's rank lies in its set.

    Returns
    -------
    xarray.Dataset
        ``lower``, ``upper`` (provider): first and last place of the set, whole. All sets cut off
        equally many draws at either end. ``shared_rank`` (provider): the smallest lower end among
        the sets that overlap the provider's own: the place that it shares with all whom it is not
        told apart from. ``checked_prob`` (): in what share of the half that the sets were not
        fitted to they hold all ranks; publish it beside them. Two providers whose sets do not
        overlap are told apart, whoever else was compared.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an unknown ``better``, a ``prob`` that is none, a single draw, wrong
        dimensions or labels.
    InputError
        VALUE.NONFINITE.
    """
    return _sets_of(_halves(rates, better=better, prob=prob), better=better, prob=prob)


def sets_and_first(
    rates: xr.DataArray, *, better: str, prob: float = 0.95
) -> tuple[xr.Dataset, xr.Dataset]:
    """Give the sets, and who may be first, of draws that are ranked once."""
    halves = _halves(rates, better=better, prob=prob)
    return _sets_of(halves, better=better, prob=prob), _best_of(halves, better, m=1, prob=prob)


def _sets_of(halves: _Halves, *, better: str, prob: float) -> xr.Dataset:
    draws, fitted, other = halves
    lower, upper = _common_tails(fitted, prob=float(prob))
    held = np.all((other >= lower) & (other <= upper), axis=1)
    ends = {"lower": lower, "upper": upper, "shared_rank": _shared(lower, upper)}
    attrs = _attrs(draws, better=better, prob=prob)
    result = {name: over_providers(draws, x, name=name) for name, x in ends.items()}
    return xr.Dataset({**result, "checked_prob": float(held.mean())}, attrs=attrs)


def best(rates: xr.DataArray, *, better: str, m: int = 1, prob: float = 0.95) -> xr.Dataset:
    """Give the smallest set that holds the m best with the stated probability.

    Parameters
    ----------
    rates : xarray.DataArray, dims (chain, draw, provider)
        Joint draws, at least two, all finite. From 150 providers on give 20,000 or more.
    better : {"higher", "lower"}
        Which direction is good; with the other one it is the set of the m worst.
    m : int
        How many are sought.
    prob : float
        Probability that all of them are in the set.

    Returns
    -------
    xarray.Dataset
        ``member`` (provider), bool: who may be among the m best. Providers enter in the order of
        their probability of the first m places until the set holds all m best in a share ``prob``
        of the joint draws. ``checked_prob`` (): that share in the half of the draws that the set
        was not fitted to. A large set says that the data do not tell who is best; who is outside
        is not.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an unknown ``better``, ``m`` outside 1 to the number of providers, a
        ``prob`` that is none, a single draw, wrong dimensions or labels.
    InputError
        VALUE.NONFINITE.
    """
    halves = _halves(rates, better=better, prob=prob)
    count = halves[0].sizes["provider"]
    if not is_whole(m) or not 1 <= m <= count:
        fail("CONFIG.VALUE", f"m must be a whole number from 1 to {count}, not {show(m)}")
    return _best_of(halves, better, m=int(m), prob=prob)


def _best_of(halves: _Halves, better: str, *, m: int, prob: float) -> xr.Dataset:
    draws, fitted, other = halves
    count = draws.sizes["provider"]
    first, check = (_block_starts(ranks) <= m for ranks in (fitted, other))
    order = np.lexsort((fitted.mean(axis=0), -first.mean(axis=0)))
    size = _prefix(first[:, order], prob=float(prob))
    member = np.zeros(count, dtype=np.bool_)
    member[order[:size]] = True
    held = ~np.any(check[:, ~member], axis=1)
    labelled = over_providers(draws, np.zeros(count), name="member").copy(data=member)
    attrs = _attrs(draws, better=better, prob=prob) | {"m": m}
    return xr.Dataset({"member": labelled, "checked_prob": float(held.mean())}, attrs=attrs)


def _halves(rates: xr.DataArray, *, better: str, prob: float) -> _Halves:
    """Read rates, and rank the first half of the draws and the second, chain after chain."""
    draws, ranks = ranked(rates, better=better)
    if not is_number(prob) or not 0 < prob < 1:
        fail("CONFIG.VALUE", f"prob must lie between 0 and 1, not {show(prob)}")
    half = len(ranks) // 2
    if not half:
        fix = "give joint draws of a fit"
        fail("CONFIG.VALUE", "one draw cannot be fitted to and checked on another", fix=fix)
    return draws, ranks[:half], ranks[half:]


def _attrs(draws: xr.DataArray, *, better: str, prob: float) -> dict[str, object]:
    count = draws.sizes["chain"] * draws.sizes["draw"]
    return passed_on(draws.attrs) | {"better": better, "prob": float(prob), "draws": count}


def _common_tails(ranks: Array, *, prob: float) -> tuple[Array, Array]:
    """Leave out equally many draws at each end of each provider, as many as prob allows.

    The depth of a draw is the least number of draws, over providers and ends, that lie beyond it
    or at it: in a share prob of the draws it is at least the number left out, plus one.
    """
    draws, count = ranks.shape
    depth, upto = np.full(draws, draws), np.empty((count, 2 * count + 1), dtype=np.int64)
    for one in range(count):
        place = np.rint(2 * ranks[:, one]).astype(np.int64)  # a whole number, also at ties
        upto[one] = np.bincount(place, minlength=2 * count + 1).cumsum()
        below = np.minimum(upto[one], draws - np.concatenate([[0], upto[one, :-1]]))
        np.minimum(depth, below[place], out=depth)
    kept = int(np.ceil(prob * draws - 1e-9))
    out = int(np.sort(depth)[::-1][kept - 1]) - 1
    lower, upper = (np.argmax(upto > left, axis=1) / 2 for left in (out, draws - 1 - out))
    return np.floor(lower), np.ceil(upper)


def _shared(lower: Array, upper: Array) -> Array:
    """Give the smallest lower end among the sets that overlap each: a running minimum by upper."""
    order = np.argsort(upper, kind="stable")
    least_from = np.minimum.accumulate(lower[order][::-1])[::-1]
    return np.minimum(lower, least_from[np.searchsorted(upper[order], lower, side="left")])


def _block_starts(ranks: Array) -> Array:
    """Give the first place of each provider's tied block, so that who is tied over m counts."""
    sizes = tied_with(ranks)
    return ranks if sizes is None else ranks - (sizes - 1) / 2


def _prefix(first: Mask, *, prob: float) -> int:
    """Count how many columns hold all that is true in a share prob of the rows."""
    last = first.shape[1] - np.argmax(first[:, ::-1], axis=1)  # one column at least is true
    kept = int(np.ceil(prob * len(last) - 1e-9))
    return int(np.sort(last)[kept - 1])
