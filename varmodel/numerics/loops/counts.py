"""Counts drawn for many tables at once, each by inverting the distribution of its cell.

A count has P(k) / P(k - 1) = r (end + slope k) / k, which is the binomial distribution of n trials
at odds r with end = n + 1 and slope = -1, and the Poisson distribution of mean r with end = 1 and
slope = 0. A cell's r differs between tables by a factor, its ``growth``.

A cell's tables are taken in the order of their growth. The distribution function F is laid out at
one r and serves the tables after it, up to a little more growth: a count of r + s is one of r and,
beside it, one of what s adds, which is nearly always 0. Both come of one uniform number u: the
first is the least k with F(k) > u, and where u lies between F(k - 1) and F(k) is the second's.
Every probability is right to the rounding of F, some 1e-15.
"""

import math
from pathlib import Path

import numpy as np

from varmodel.numerics.loops.compiling import compiler
from varmodel.values import Array, Index

_loop = compiler(Path(__file__).parent)

#: Of the largest term: what lies beyond adds less to F than its rounding.
_NOTHING = 2.0**-60
#: Of a distribution's sd: how far the mean moves before another is laid out.
SHIFT = 0.1


@_loop()
def lay_out_counts(
    r: float, end: float, slope: float, term: Array, below: Array
) -> tuple[int, int]:
    """Give the least count that is laid out, and how many are.

    Parameters
    ----------
    r, end, slope : float
    term : ndarray
        Room for the terms, the largest in its middle.
    below : ndarray
        Receives P(count < k) of each k, and 1 behind the last.
    """
    mode = float(math.floor(r * end / (1.0 - slope * r)))
    if slope < 0.0:
        mode = min(mode, end - 1.0)
    start = len(term) // 2
    first, last, k = start, start, mode
    term[start] = now = 1.0
    while k > 0.0 and first > 0:
        now *= k / (r * (end + slope * k))
        if now < _NOTHING:
            break
        first, k = first - 1, k - 1.0
        term[first] = now
    now, k = 1.0, mode + 1.0
    while last + 1 < len(term):
        now *= r * (end + slope * k) / k
        if now < _NOTHING:
            break
        last, k = last + 1, k + 1.0
        term[last] = now
    total = 0.0
    for at in range(first, last + 1):
        below[at - first] = total
        total += term[at]
    count, scale = last + 1 - first, 1.0 / total
    for at in range(count):
        below[at] *= scale
    below[count] = 1.0
    return int(mode) + first - start, count


@_loop()
def set_guide(below: Array, guide: Index, count: int) -> int:
    """Note where the search for u begins in each of equal parts of [0, 1); give their number."""
    parts = 32
    while parts < count and parts < len(guide):
        parts *= 2
    k = 0
    for part in range(parts):
        while below[k + 1] * parts <= part:
            k += 1
        guide[part] = k
    return parts


@_loop()
def count_beside(tail: float, left: float, odds: float, slope: float) -> int:
    """Count what is added: the number of j >= 1 with P(count >= j) > ``tail``.

    Parameters
    ----------
    tail : float
        Uniform on [0, 1).
    left : float
        Trials left; 1 where there are none to count.
    odds, slope : float
        As r of the distribution of what is added.
    """
    now = math.exp(-odds) if slope == 0.0 else math.exp(-left * math.log1p(odds))
    beyond, j = 1.0 - now, 0
    while tail < beyond and now > 0.0:
        j += 1
        now *= odds * (left + slope * (j - 1)) / j
        beyond -= now
    return j


@_loop()
def draw_counts(
    uniform: Array,
    cells: tuple[Array, Array, Index, Index],
    slope: float,
    first: int,
    growth: Array,
    order: Index,
    weight: Array,
    by_group: Array,
    by_pattern: Array,
    room: tuple[Array, Array, Index],
) -> None:
    """Draw cells of all tables and add them up by group and by pattern.

    Parameters
    ----------
    uniform : ndarray, shape (cell drawn, table)
        Uniform on [0, 1): a row for each cell to draw, the first of which is number ``first``.
    cells : tuple of ndarray, shape (cell,)
        r at growth 1, end, group and pattern.
    slope : float
    first : int
    growth : ndarray, shape (group, table)
        Ascending.
    order : ndarray of int, shape (group, table)
        Which table each is of.
    weight : ndarray, shape (group,)
        What a group's counts are multiplied by where they are added up by pattern.
    by_group, by_pattern : ndarray, shape (group, table) and (pattern, table)
        Are added to.
    room : tuple of ndarray
        Of :func:`lay_out_counts` twice, and of :func:`set_guide`, whose size is a power of 2.
    """
    factor, ends, groups, patterns = cells
    term, below, guide = room
    for row in range(len(uniform)):
        cell = first + row
        group, end = groups[cell], ends[cell]
        mine, common, counted = by_group[group], by_pattern[patterns[cell]], weight[group]
        served, r, least, parts = -1.0, 0.0, 0, 1
        for at in range(uniform.shape[1]):
            grown, u = growth[group, at], uniform[row, at]
            if grown > served:
                r = factor[cell] * grown
                sd = math.sqrt(r * (end + slope)) / (1.0 - slope * r)
                served = grown * (1.0 + SHIFT / sd)
                least, count = lay_out_counts(r, end, slope, term, below)
                parts = set_guide(below, guide, count)
            k = guide[int(u * parts)]
            while below[k + 1] <= u:
                k += 1
            drawn, more = least + k, factor[cell] * grown - r
            if more > 0.0:
                left = end + slope * (drawn + 1)
                likely = left * more / (1.0 - slope * (r + more))
                tail, whole = below[k + 1] - u, below[k + 1] - below[k]
                if tail < likely * whole:
                    odds, rare = more / (1.0 - slope * r), likely * likely / 2.0
                    if rare * whole <= tail < (likely - rare) * whole:
                        drawn += 1
                    else:
                        drawn += count_beside(tail / whole, left, odds, slope)
            mine[order[group, at]] += drawn
            common[order[group, at]] += counted * drawn


def compile_counts() -> None:
    """Call the loop once with arrays of the kinds that it is called with."""
    one, place = np.ones(1), np.zeros(1, dtype=np.int64)
    cells = one, one + 1.0, place, place
    room = np.empty(9), np.empty(10), np.empty(64, dtype=np.int64)
    sums = np.zeros((1, 1)), np.zeros((1, 1))
    draw_counts(
        np.zeros((1, 1)), cells, -1.0, 0, np.ones((1, 1)), place[:, np.newaxis], one, *sums, room
    )
