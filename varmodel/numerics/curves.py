"""Curves through values on an axis: interpolating splines, and Akima's.

They have SciPy's bits. Its module for them is not loaded: that takes as long as a small fit.
Values lie along the first axis of a table, (place, ...).
"""

import numpy as np

from varmodel.values import Array, Index

#: Slopes on either side that differ by less, of the largest difference, tell no weights.
_LEVEL = 1e-9


def along_spline(axis: Array, table: Array, *, at: Array, degree: int) -> Array:
    """Read a table at points within an axis, along the spline that passes through its values.

    Parameters
    ----------
    axis : ndarray, (place,)
        Rising; more places than ``degree``.
    table : ndarray, (place, ...)
    at : ndarray, (point,)
    degree : int
        1 straight lines, 2 parabolas, 3 cubics. The second place and the last but one are no knots
        of a cubic, so that its ends need no conditions (de Boor 1978, A practical guide to splines,
        chapter 13).

    Returns
    -------
    ndarray, (point, ...)
    """
    knots = _knots(axis, degree)
    weights = table.reshape(len(axis), -1)
    if degree > 1:
        weights = _weights(axis, weights, knots=knots, degree=degree)
    basis, interval = _basis(knots, at, degree=degree)
    found = np.zeros((len(at), weights.shape[1]))
    for k in range(degree + 1):
        found += weights[interval - degree + k] * basis[:, k, np.newaxis]
    return found.reshape(len(at), *table.shape[1:])


def along_akima(axis: Array, table: Array, *, at: Array) -> Array:
    """Read a table at points within an axis, along Akima's curves, modified: (point, ...).

    They do not swing where values fall off steeply. A slope is a mean of those of the straight
    lines on either side, each weighted by how little it bends to the line behind it (Akima 1970,
    A new method of interpolation and smooth curve fitting, Journal of the ACM 17; with the weights
    of Matlab's makima).
    """
    width = _beside(np.diff(axis), table)
    line = np.diff(table, axis=0) / width
    slope = _akima_slopes(line)
    bend = (slope[:-1] + slope[1:] - 2 * line) / width
    cubic = (table[:-1], slope[:-1], (line - slope[:-1]) / width - bend, bend / width)
    place = np.searchsorted(axis[1:-1], at, side="right")
    away = _beside(at - axis[place], table)
    found, power = np.zeros((len(at), *table.shape[1:])), np.ones_like(away)
    for coefficients in cubic:
        found += coefficients[place] * power
        power = power * away
    return found


def _akima_slopes(line: Array) -> Array:
    """Give the slope at each place, of the slopes of the straight lines between places."""
    first, last = 2 * line[0] - line[1], 2 * line[-1] - line[-2]
    before, after = 2 * first - line[0], 2 * last - line[-1]
    lines = np.concatenate([[before, first], line, [last, after]])
    bent = np.abs(np.diff(lines, axis=0)) + 0.5 * np.abs(lines[1:] + lines[:-1])
    left, right = bent[:-2], bent[2:]
    both = left + right
    told = both > _LEVEL * both.max()
    share = np.divide(left, both, out=np.zeros_like(both), where=told)
    between = lines[1:-2] + share * (lines[2:-1] - lines[1:-2])
    return np.where(told, between, 0.5 * (lines[3:] + lines[:-3]))


def _knots(axis: Array, degree: int) -> Array:
    """Give the knots of a spline through all places, each end repeated."""
    if degree == 1:
        return np.concatenate([axis[:1], axis, axis[-1:]])
    inner = axis if degree % 2 else (axis[1:] + axis[:-1]) / 2
    cut = (degree + 1) // 2
    first, last = (np.full(degree + 1, axis[end]) for end in (0, -1))
    return np.concatenate([first, inner[cut:-cut], last])


def _weights(axis: Array, values: Array, *, knots: Array, degree: int) -> Array:
    """Give the weights of the basis (place, column) with which it passes through the values."""
    from scipy.linalg.lapack import dgbsv

    basis, interval = _basis(knots, axis, degree=degree)
    banded = np.zeros((3 * degree + 1, len(axis)), order="F")
    row = np.arange(len(axis))
    for k in range(degree + 1):
        column = interval - degree + k
        banded[2 * degree + row - column, column] = basis[:, k]
    _, _, weights, failed = dgbsv(degree, degree, banded, values)
    if failed:
        raise FloatingPointError("no spline passes through these values")
    return np.asarray(weights)


def _basis(knots: Array, at: Array, *, degree: int) -> tuple[Array, Index]:
    """Give the basis functions that are not 0 at points (point, degree + 1), and its interval."""
    last = len(knots) - degree - 2
    interval = np.clip(np.searchsorted(knots, at, side="right") - 1, degree, last)
    basis = np.ones((len(at), 1))
    for order in range(1, degree + 1):
        wider = np.zeros((len(at), order + 1))
        for k in range(1, order + 1):
            high, low = knots[interval + k], knots[interval + k - order]
            share = basis[:, k - 1] / (high - low)
            wider[:, k - 1] += share * (high - at)
            wider[:, k] = share * (at - low)
        basis = wider
    return basis, interval


def _beside(values: Array, table: Array) -> Array:
    """Lay values (place,) beside a table (place, ...)."""
    return values.reshape(-1, *[1] * (table.ndim - 1))
