"""Which choice the total saving leans on: shares of its variance over universes and draws.

Symbols (methods 16): Q_u the total of universe u, all weighing alike; A a set of dimensions;
V_A the variance of E[Q | options of A]; v_u the Monte Carlo variance of Q_u, whose part in V_A is
taken off; p the price, X the total at a price of 1, in a universe independent: of Var(p X) the
posterior has mu_p^2 s_X^2 + s_p^2 s_X^2 / 2, the price mu_X^2 s_p^2 + s_p^2 s_X^2 / 2.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from varmodel.numerics.streams import generator
from varmodel.values import Array, Index

POSTERIOR, PRICE, UNEXPLAINED = "posterior", "price", "interactions and unexplained"
#: Totals drawn from their Monte Carlo errors, for the error of a share: so many sets, and fewer
#: where subsets of the dimensions times universes are more than this work allows.
_REPLICATES, _FEWEST, _WORK = 100, 20, 200_000_000
#: Smaller singular values are those of columns that others hold.
_RANK = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Totals:
    """The totals of the universes that ran.

    Attributes
    ----------
    names : tuple of str
        Dimensions.
    options : ndarray of int, (universe, dimension)
    mean, error : ndarray, (universe,)
        Q_u and its Monte Carlo error, the root of v_u.
    fits : ndarray of int, (universe,)
        Which fit each rests on: universes of one fit share its error.
    gap, gap_sd, price, price_sd : ndarray, (universe,)
        Moments of X and p.
    ess : ndarray, (universe,)
        Effective number of draws.
    whole : bool
        Whether they are a product of the options, refused ones aside, and not a sample of it.
    """

    names: tuple[str, ...]
    options: Index
    mean: Array
    error: Array
    fits: Index
    gap: Array
    gap_sd: Array
    price: Array
    price_sd: Array
    ess: Array
    whole: bool


def share_out_variance(totals: Totals, *, random_seed: int) -> pd.DataFrame:
    """Share the variance of the total saving out to the inputs (Shapley).

    Parameters
    ----------
    totals : Totals
    random_seed : int
        Of the replicates that give the Monte Carlo errors.

    Returns
    -------
    pandas.DataFrame
        ``input`` (each dimension, ``posterior``, ``price``; of a sample also ``interactions and
        unexplained``), ``share`` (they add up to 1), ``mcse``, ``variance``. A dimension that is
        itself called ``price`` has the uncertainty of the price in its row. No row where
        nothing varies.
    """
    rng = generator(random_seed, "shares")
    work = 2 ** len(totals.names) * len(totals.mean)
    replicates = int(np.clip(_WORK // work, _FEWEST, _REPLICATES))
    shape = (replicates, len(totals.mean))
    of_fit = rng.normal(size=(replicates, int(totals.fits.max()) + 1))[:, totals.fits]
    means = np.vstack([totals.mean, totals.mean + of_fit * totals.error])
    widths = 1 + rng.normal(size=shape) * np.sqrt(2 / totals.ess)
    gap_variance = totals.gap_sd**2 * np.vstack([np.ones(shape[1]), np.maximum(widths, 0.0)])
    within = _within(totals, gap_variance)
    between = _between(totals, means)
    names = [*totals.names, *([] if totals.whole else [UNEXPLAINED]), POSTERIOR, PRICE]
    variance = np.vstack([*between, *within])
    found = pd.DataFrame(variance, index=pd.Index(names, name="input"))
    return _table(found.groupby(level=0, sort=False).sum())


def _table(variance: pd.DataFrame) -> pd.DataFrame:
    """Divide variances (input, 1 + replicates) by their sums."""
    values = variance.to_numpy()
    sums = values.sum(axis=0)
    if not sums[0] > 0:
        return pd.DataFrame({"input": [], "share": [], "mcse": [], "variance": []})
    shares = values / np.where(sums > 0, sums, 1.0)
    columns = {"share": shares[:, 0], "mcse": shares[:, 1:].std(axis=1), "variance": values[:, 0]}
    return pd.DataFrame({"input": variance.index.to_numpy(), **columns})


def _within(totals: Totals, gap_variance: Array) -> Array:
    """Give what posterior and price make of the variance within universes, (2, replicate)."""
    both = totals.price_sd**2 * gap_variance / 2
    posterior = totals.price**2 * gap_variance + both
    price = totals.gap**2 * totals.price_sd**2 + both
    return np.stack([posterior.mean(axis=1), price.mean(axis=1)])


def _between(totals: Totals, means: Array) -> Array:
    """Give the Shapley values of the dimensions, (dimension[ + 1], replicate)."""
    count = len(totals.names)
    explained = np.zeros((2**count, len(means)))
    explain = _by_cells if totals.whole else _by_regression
    centred = means - means.mean(axis=1, keepdims=True)
    noise_of_mean = _by_cells(totals, [], centred)[1]
    for subset in range(1, 2**count):
        members = [k for k in range(count) if subset >> k & 1]
        raw, noise = explain(totals, members, centred)
        smaller = [explained[subset & ~(1 << k)] for k in members]  # a finer cut tells no less
        explained[subset] = np.max([raw - noise + noise_of_mean, *smaller], axis=0)
    values = _shapley(explained)
    if totals.whole:
        return values
    noise = float((totals.error**2).mean()) - noise_of_mean
    everything = np.maximum(means.var(axis=1) - noise, 0.0)
    return np.vstack([values, np.maximum(everything - values.sum(axis=0), 0.0)])


def _by_cells(totals: Totals, members: list[int], centred: Array) -> tuple[Array, float]:
    """Give the variance of the means of cells (replicate,), and what Monte Carlo error adds.

    A cell is a combination of options of some dimensions; of none, there is one. Errors are
    independent between fits, and one within: the universes of a fit move together.
    """
    cell = _codes(totals.options[:, members])
    order = np.argsort(cell, kind="stable")
    sizes = np.bincount(cell)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    sums = np.add.reduceat(centred[:, order], starts, axis=1)
    pairs = np.column_stack([cell, totals.fits])
    of_pair, first = _codes(pairs), np.unique(pairs, axis=0)[:, 0]
    moved = np.bincount(of_pair, totals.error)
    noise = (moved**2 / sizes[first]).sum() / len(cell)
    return np.asarray((sums**2 / sizes).sum(axis=1) / len(cell)), float(noise)


def _codes(columns: Index) -> Index:
    """Number the distinct rows, in their order."""
    if not columns.shape[1]:
        return np.zeros(len(columns), dtype=np.int64)
    return np.asarray(np.unique(columns, axis=0, return_inverse=True)[1].reshape(-1))


def _by_regression(totals: Totals, members: list[int], centred: Array) -> tuple[Array, float]:
    """Give the variance that the options explain without interactions, and what error adds."""
    options = totals.options[:, members]
    dummies = [np.eye(column.max() + 1)[column] for column in options.T]
    columns = np.column_stack([np.ones(len(options)), *dummies])
    left, size, _ = np.linalg.svd(columns, full_matrices=False)
    basis = left[:, size > _RANK * size[0]]
    raw = ((centred @ basis) ** 2).sum(axis=1) / len(options)
    moved = np.zeros((int(totals.fits.max()) + 1, basis.shape[1]))
    np.add.at(moved, totals.fits, basis * totals.error[:, np.newaxis])
    return np.asarray(raw), float((moved**2).sum() / len(options))


def _shapley(worth: Array) -> Array:
    """Give the Shapley values of a game: worth (subset, ...) -> (player, ...).

    Subset s holds player k where bit k of s is set.
    """
    players = int(math.log2(len(worth)))
    values = np.zeros((players, *worth.shape[1:]))
    for subset in range(len(worth)):
        size = subset.bit_count()
        if size == players:
            continue
        weight = 1 / (players * math.comb(players - 1, size))
        for player in _absent(subset, players):
            values[player] += weight * (worth[subset | 1 << player] - worth[subset])
    return values


def _absent(subset: int, players: int) -> Sequence[int]:
    return [player for player in range(players) if not subset >> player & 1]
