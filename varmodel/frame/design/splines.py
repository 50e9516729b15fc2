"""Natural cubic splines: knots from the data, columns orthogonal, held outside the knots."""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from varmodel.values import Array

_DEPENDENT = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A spline of one number: all that makes its columns, on any rows.

    Attributes
    ----------
    knots : ndarray
        Ascending, shape (df + 1,); the first and the last are the boundary.
    transform : ndarray
        Shape (df, df): from the raw basis (line, then cubes) to columns that are orthogonal,
        of sd 1, under the weights that it was learnt with. Upper triangular, so that the first
        column is the straight line.
    """

    knots: Array
    transform: Array

    @property
    def df(self) -> int:
        """How many columns it makes."""
        return len(self.transform)

    @property
    def stored(self) -> dict[str, object]:
        """Numbers for a file; a float goes round through its text."""
        return {"knots": self.knots.tolist(), "transform": self.transform.tolist()}

    def columns(self, values: Array) -> list[Array]:
        """Give its columns at some numbers, each by itself: a row depends on no other row."""
        raw = _basis(values, self.knots)
        return [
            _sum(w * part for w, part in zip(row, raw, strict=True)) for row in self.transform.T
        ]


def learn(values: Array, weight: Array, *, df: int) -> Curve | None:
    """Place the knots of a spline and orthogonalise its columns.

    Parameters
    ----------
    values, weight : ndarray
        Distinct numbers, ascending, and how much stands at each, shape (value,).
    df : int
        Columns to make.

    Returns
    -------
    Curve or None
        None where the numbers are too few or too unequal to tell the columns apart.
    """
    held = weight > 0
    values, weight = values[held], weight[held] / weight[held].sum()
    if len(values) <= df:
        return None
    knots = _knots(values, weight, df=df)
    raw = np.stack(_basis(values, knots), axis=1)
    centred = (raw - weight @ raw) * np.sqrt(weight)[:, None]
    upper = np.linalg.qr(centred, mode="r")
    if np.any(np.abs(np.diag(upper)) <= _DEPENDENT * np.sqrt((centred**2).sum(axis=0))):
        return None
    upper = upper * np.sign(np.diag(upper))[:, None]
    return Curve(knots, np.triu(np.linalg.inv(upper)))


def curve_from(stored: Mapping[str, object]) -> Curve:
    """Read a curve as :attr:`Curve.stored` wrote it."""
    held = cast(Mapping[str, Any], stored)
    return Curve(np.array(held["knots"]), np.array(held["transform"]))


def _knots(values: Array, weight: Array, *, df: int) -> Array:
    """Give quantiles 0, 1/df .. 1, interpolated: strictly ascending.

    No number counts for more than 1/df of all, so that knots lie apart where weight is heaped;
    half of what stands at the least and the largest number is left out of the distribution.
    """
    weight = np.minimum(weight, _cap(weight, df=df))
    below = np.append(0.0, np.cumsum((weight[1:] + weight[:-1]) / 2))
    inner = np.interp(np.arange(1, df) / df, below / below[-1], values)
    return np.array([values[0], *inner, values[-1]])


def _cap(weight: Array, *, df: int) -> float:
    """Find the cap that is 1/df of all weight under it."""
    falling = np.sort(weight)[::-1]
    caps = (falling.sum() - np.append(0.0, np.cumsum(falling))[:df]) / np.arange(df, 0, -1)
    held = caps[falling[:df] <= caps]
    return float(held[0]) if len(held) else np.inf


def _basis(values: Array, knots: Array) -> list[Array]:
    """Give a natural cubic spline's columns but the constant, on the unit interval."""
    width = knots[-1] - knots[0]
    at = (np.clip(values, knots[0], knots[-1]) - knots[0]) / width
    inner = (knots[:-1] - knots[0]) / width
    *cubes, last = [_cube(at - knot) / (1 - knot) for knot in inner.tolist()]
    return [at, *(cube - last for cube in cubes)]


def _sum(parts: Iterable[Array]) -> Array:
    return functools.reduce(np.add, parts)


def _cube(values: Array) -> Array:
    held = np.maximum(values, 0.0)
    return np.asarray(held * held * held)
