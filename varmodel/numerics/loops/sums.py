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
#: Draws side by side: as many as keep the rows of a group in a core's first cache.
SIDE = 64


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
def take_side_by_side(values: Array, first: int, column: int, out: Array) -> None:
    """Read a column of values (draw, column) from draw ``first`` on."""
    for k in range(len(out)):
        out[k] = values[first + k, column]


@_loop(fastmath=_REORDERED)
def put_back(row: Array, k: int, out: Array) -> None:
    """Write what stands side by side of draw k, ``row`` (column, draw)."""
    for column in range(len(out)):
        out[column] = row[column, k]


@_loop(fastmath=_REORDERED)
def fill_variances(size: float, odds: Array, factor: Array, value: Array) -> None:
    """Fill a row's terms, size x o / (1 + o)^2."""
    for k in range(len(value)):
        o = odds[k] * factor[k]
        share = 1.0 / (1.0 + o)
        value[k] = size * (o * share) * share


@_loop(fastmath=_REORDERED)
def add_row(value: Array, total: Array) -> None:
    """Add a row to another."""
    for k in range(len(total)):
        total[k] += value[k]


@_loop(fastmath=_REORDERED)
def add_four(a: float, b: float, c: float, d: float, value: Array, total: Array) -> None:
    """Add four rows, each times a number: the sums in memory cost as much as what is added."""
    for k in range(len(total)):
        total[k] += a * value[0, k] + b * value[1, k] + c * value[2, k] + d * value[3, k]


@_loop(fastmath=_REORDERED)
def sum_share_variances(
    odds: Array,
    decay: Array,
    rows: tuple[Index, Array, Index],
    design: Array,
    sums: Array,
    held: Array,
    room: tuple[Array, ...],
) -> None:
    """Sum size x o / (1 + o)^2, and its products with a design, over each group and column.

    Parameters
    ----------
    odds, decay
        As in :func:`mean_shares`.
    rows : tuple of ndarray
        ``column``, ``size`` (row,), and ``starts``.
    design : ndarray, shape (column, term)
    sums : ndarray, shape (draw, group, 1 + term)
        Receives the sums over each group, then those of the products with each term.
    held : ndarray, shape (draw, column)
        Receives the sums over each column.
    room : tuple of ndarray
        As :func:`room_for_variances` gives it.
    """
    (column, size, starts), (own, among, value, found, factor) = rows, room
    side = len(factor)
    for start in range(0, len(odds), side):
        first = min(start, len(odds) - side)  # the last ones may be worked out twice
        for at in range(len(own)):
            take_side_by_side(odds, first, at, own[at])
        among[:] = 0.0
        for group in range(len(starts) - 1):
            take_side_by_side(decay, first, group, factor)
            found[:] = 0.0
            last = starts[group + 1] - 1
            for row in range(starts[group], last + 1, 4):
                a, b = column[row], column[min(row + 1, last)]
                c, d = column[min(row + 2, last)], column[min(row + 3, last)]
                for k, at in enumerate((a, b, c, d)):
                    cases = size[row + k] if row + k <= last else 0.0
                    fill_variances(cases, own[at], factor, value[k])
                    add_row(value[k], among[at])
                add_four(1.0, 1.0, 1.0, 1.0, value, found[0])
                for term in range(design.shape[1]):
                    weights = design[a, term], design[b, term], design[c, term], design[d, term]
                    add_four(*weights, value, found[1 + term])
            for k in range(side):
                put_back(found, k, sums[first + k, group])
        for k in range(side):
            put_back(among, k, held[first + k])


def room_for_variances(draws: int, *, columns: int, terms: int) -> tuple[Array, ...]:
    """Set memory aside: odds and sums by column, four rows, the sums of a group, its decay."""
    side = min(draws, SIDE)
    rows = (np.empty((count, side)) for count in (columns, columns, 4, 1 + terms))
    return *rows, np.empty(side)


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
    sums, held, room = (
        np.empty((1, 1, 2)),
        np.empty((1, 1)),
        room_for_variances(1, columns=1, terms=1),
    )
    sum_share_variances(odds, decay, (rows, weight, starts), np.ones((1, 1)), sums, held, room)
    sum_rows(odds, rows, rows, starts, np.ones((1, 1)), sums, held)
