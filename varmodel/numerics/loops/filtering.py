"""Columns whitened period by period by a Kalman filter, each unit's where it stands.

Symbols: w the information of a unit, a provider in a period; prior the variance of what passes
before the period is seen; precision w / (1 + w prior), that of what the period tells; gain
prior x precision.
"""

from math import sqrt
from pathlib import Path

import numpy as np

from varmodel.numerics.loops.compiling import compiler
from varmodel.values import Array, Index

_loop = compiler(Path(__file__).parent)

#: As in :mod:`~varmodel.numerics.loops.sums`.
_REORDERED = {"reassoc", "contract", "nsz"}


@_loop(fastmath=_REORDERED)
def take_in(sums: Array, varying: Index, row: Array) -> None:
    """Put the means of a unit's varying terms in their places; times sqrt w in place of sums."""
    w = sums[0]
    share, root = 1.0 / w, sqrt(w)
    for k in range(len(varying)):
        mean = sums[1 + k] * share
        row[varying[k]] = mean
        sums[1 + k] = mean * root


@_loop(fastmath=_REORDERED)
def step_on(row: Array, expected: Array, same: float, gain: float, root: float) -> None:
    """Replace a unit's columns by their whitened innovations, and what is expected by the next."""
    for column in range(len(row)):
        before = same * expected[column]
        beyond = row[column] - before
        expected[column] = before + gain * beyond
        row[column] = root * beyond


@_loop(fastmath=_REORDERED)
def add_products(row: Array, found: Array) -> None:
    """Add the products of a row's first column and each."""
    first = row[0]
    for column in range(len(row)):
        found[column] += first * row[column]


@_loop(fastmath=_REORDERED)
def whiten(
    sums: Array,
    varying: Index,
    unit: Index,
    kept: Array,
    stationary: Array,
    products: Array,
    whitened: Array,
) -> None:
    """Whiten the columns of all units; sum the products of the first and each by provider.

    Parameters
    ----------
    sums : ndarray, shape (draw, unit, 1 + varying)
        Of the information, and of its products with the terms that vary within units. In place
        of the latter come the terms' means times the root of the information.
    varying : ndarray of int64, shape (varying,)
        Numbers of these terms' columns.
    unit : ndarray of int64, shape (provider, period)
        Numbers of the units; -1 where there is none.
    kept : ndarray, shape (draw, period)
        Correlation of each period with the one before it.
    stationary : ndarray, shape (draw,)
        Variance of what passes.
    products : ndarray, shape (draw, provider, column)
        Receives the sums.
    whitened : ndarray, shape (draw, unit + 1, column)
        The columns where they are the same all through a unit; in their place come all columns,
        whitened. The last row is room to work in: it ends as zeros.
    """
    for draw in range(len(sums)):
        expected = whitened[draw, sums.shape[1]]
        for provider in range(len(unit)):
            found, variance = products[draw, provider], stationary[draw]
            found[:] = 0.0
            expected[:] = 0.0
            for period in range(unit.shape[1]):
                at, same = unit[provider, period], kept[draw, period]
                prior = same * same * variance + (1.0 - same * same) * stationary[draw]
                w = sums[draw, at, 0] if at >= 0 else 0.0
                precision = w / (1.0 + w * prior)
                variance = prior * (1.0 - prior * precision)
                if w > 0.0:
                    row = whitened[draw, at]
                    take_in(sums[draw, at], varying, row)
                    step_on(row, expected, same, prior * precision, sqrt(precision))
                    add_products(row, found)
                    continue
                for column in range(len(expected)):
                    expected[column] *= same
                if at >= 0:
                    whitened[draw, at] = 0.0
        expected[:] = 0.0


def compile_filter() -> None:
    """Call the loop once with arrays of the kinds that it is called with."""
    sums, one = np.ones((1, 1, 2)), np.ones((1, 1))
    number = np.zeros((1, 1), dtype=np.int64)
    products, whitened = np.empty((1, 1, 2)), np.zeros((1, 2, 2))
    whiten(sums, np.array([1]), number, one, one[0], products, whitened)
