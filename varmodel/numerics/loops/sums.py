"""Means and sums over rows that are sorted by group, mostly of terms never written down.

A row stands in a group and has a column: each draw has a number for every column (``odds``) and one
for every group (``decay``), and their product, o, makes the row's term. ``starts`` holds the first
row of each group, and at its end the number of rows.
"""

from pathlib import Path

import numpy as np

from varmodel.numerics.loops.compiling import compiler
from varmodel.values import Array, Index

_loop = compiler(Path(__file__).parent)

#: Terms of a sum may be added in any order: as many at once as an instruction holds.
_REORDERED = {"reassoc", "contract", "nsz"}
#: Odds beyond this are no share; it keeps their square inside float64.
LARGEST_ODDS = 1e150


@_loop(fastmath=_REORDERED)
def mean_shares(odds: Array, decay: Array, column: Index, weight: Array, starts: Index) -> None:
    """Average the shares 1 / (1 + o) over each group; the means take the place of ``decay``.

    Parameters
    ----------
    odds : ndarray, shape (draw, column)
    decay : ndarray, shape (draw, group)
    column : ndarray of int64, shape (row,)
    weight : ndarray, shape (row,)
        Summing to one in each group.
    starts : ndarray of int64, shape (group + 1,)
    """
    for draw in range(len(odds)):
        own = odds[draw]
        for group in range(len(starts) - 1):
            at = column[starts[group] : starts[group + 1]]
            share = weight[starts[group] : starts[group + 1]]
            factor, total = decay[draw, group], 0.0
            for row in range(len(at)):
                total += share[row] / (1.0 + own[at[row]] * factor)
            decay[draw, group] = total


@_loop(fastmath=_REORDERED)
def mean_spread_shares(
    odds: Array,
    decay: Array,
    column: Index,
    weight: Array,
    starts: Index,
    growth: Array,
    nodes: Array,
) -> None:
    """Average shares over each group that are themselves means over a normal spread.

    Two nodes of its rule at a distance z go together: with c = 2 cosh(sd z) their shares add up
    to (2 + c o) / (1 + c o + o^2).

    Parameters
    ----------
    odds, decay, column, weight, starts
        As in :func:`mean_shares`.
    growth : ndarray, shape (draw, pair)
        c.
    nodes : ndarray, shape (1 + pair,)
        Weight of the middle node, 0 where there is none, then of each pair.
    """
    for draw in range(len(odds)):
        own = odds[draw]
        for group in range(len(starts) - 1):
            at = column[starts[group] : starts[group + 1]]
            share = weight[starts[group] : starts[group + 1]]
            factor, total = decay[draw, group], 0.0
            if nodes[0] > 0.0:
                for row in range(len(at)):
                    total += nodes[0] * share[row] / (1.0 + own[at[row]] * factor)
            for pair in range(growth.shape[1]):
                c, part = growth[draw, pair], 0.0
                for row in range(len(at)):
                    o = min(own[at[row]] * factor, LARGEST_ODDS)
                    part += share[row] * (2.0 + c * o) / (1.0 + c * o + o * o)
                total += nodes[1 + pair] * part
            decay[draw, group] = total


@_loop(fastmath=_REORDERED)
def add_with_terms(value: float, terms: Array, found: Array) -> None:
    """Add a value, and its products with a row of terms."""
    found[0] += value
    for term in range(len(terms)):
        found[1 + term] += value * terms[term]


@_loop(fastmath=_REORDERED)
def sum_share_variances(
    odds: Array,
    decay: Array,
    column: Index,
    size: Array,
    starts: Index,
    design: Array,
    sums: Array,
    held: Array,
) -> None:
    """Sum size x o / (1 + o)^2, and its products with a design, over each group and column.

    Parameters
    ----------
    odds, decay, column, starts
        As in :func:`mean_shares`.
    size : ndarray, shape (row,)
    design : ndarray, shape (column, term)
    sums : ndarray, shape (draw, group, 1 + term)
        Receives the sums over each group, then those of the products with each term.
    held : ndarray, shape (draw, column)
        Receives the sums over each column.
    """
    for draw in range(len(odds)):
        own = odds[draw]
        held[draw] = 0.0
        for group in range(len(starts) - 1):
            found, factor = sums[draw, group], decay[draw, group]
            found[:] = 0.0
            for row in range(starts[group], starts[group + 1]):
                at = column[row]
                o = own[at] * factor
                share = 1.0 / (1.0 + o)
                value = size[row] * (o * share) * share
                held[draw, at] += value
                add_with_terms(value, design[at], found)


@_loop(fastmath=_REORDERED)
def sum_rows(
    values: Array,
    place: Index,
    column: Index,
    starts: Index,
    design: Array,
    sums: Array,
    held: Array,
) -> None:
    """Sum values that are written down in the same way.

    Parameters
    ----------
    values : ndarray, shape (draw, row)
        In any order.
    place : ndarray of int64, shape (row,)
        Where among them each row's value stands.
    column, starts, design, sums, held
        As in :func:`sum_share_variances`.
    """
    for draw in range(len(values)):
        held[draw] = 0.0
        for group in range(len(starts) - 1):
            found = sums[draw, group]
            found[:] = 0.0
            for row in range(starts[group], starts[group + 1]):
                at, value = column[row], values[draw, place[row]]
                held[draw, at] += value
                add_with_terms(value, design[at], found)


def compile_sums() -> None:
    """Call each loop once with arrays of the kinds that it is called with."""
    odds, decay, rows = np.ones((1, 1)), np.ones((1, 1)), np.zeros(1, dtype=np.int64)
    weight, starts = np.ones(1), np.array([0, 1])
    mean_shares(odds, decay, rows, weight, starts)
    mean_spread_shares(odds, decay, rows, weight, starts, odds.copy(), np.ones(2))
    sums, held = np.empty((1, 1, 2)), np.empty((1, 1))
    sum_share_variances(odds, decay, rows, weight, starts, np.ones((1, 1)), sums, held)
    sum_rows(odds, rows, rows, starts, np.ones((1, 1)), sums, held)
