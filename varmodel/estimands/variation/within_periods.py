"""What is left of a provider's information when part of it passes: W less what v takes (methods 5).

A provider's cells have Fisher information W, those of a period t together w_t; Z says which cells
are in which period, K is the covariance of what passes. With D = diag(w_t),

    W - W Z (K^-1 + Z'WZ)^-1 Z'W

sums over cells, for columns a and b that are constant within periods, to a' B b with

    B = (D^-1 + K)^-1,

the precision of periods that are observed with variance 1 / w_t and pass as K says. Columns that
vary within a period add their scatter about its mean, which v does not touch. B is never made:
the Kalman filter whitens columns period by period, so that a' B b = sum_t e_t(a) e_t(b) g_t, and
a period without information (w_t = 0) drops out.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from varmodel.estimands.draws.transient import Transient, period_of_cells
from varmodel.numerics.sums import first_of_each
from varmodel.values import Array, Index


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """The units of a frame, a provider in a period each, in the order of their numbers.

    Attributes
    ----------
    cells : ndarray of int, shape (cell,)
        Cells sorted by unit.
    first : ndarray of int, shape (unit,)
        Where each unit begins among them.
    place : ndarray of int, shape (unit,)
        Number of the unit among all, provider after provider: provider x periods + period.
    of_cell : ndarray of int, shape (cell,)
        Which unit each cell is in.
    shape : tuple of int
        Providers and periods.
    """

    cells: Index
    first: Index
    place: Index
    of_cell: Index
    shape: tuple[int, int]

    @property
    def provider(self) -> Index:
        """Number of each unit's provider."""
        return self.place // self.shape[1]

    def total(self, values: Array) -> Array:
        """Sum cells (..., cell) within units: (..., unit)."""
        return np.add.reduceat(np.take(values, self.cells, axis=-1), self.first, axis=-1)

    def grid(self, values: Array) -> Array:
        """Put units (draws, unit, ...) in their places: (draws, provider, period, ...), else 0."""
        whole = np.zeros((len(values), self.shape[0] * self.shape[1], *values.shape[2:]))
        whole[:, self.place] = values
        return whole.reshape(len(values), *self.shape, *values.shape[2:])


def units_of(provider: Index, period: Index, *, shape: tuple[int, int]) -> Units:
    """Find the units of cells."""
    number = provider * shape[1] + period
    cells = np.argsort(number, kind="stable")
    ordered = number[cells]
    first = first_of_each(ordered)
    of_cell = np.empty_like(cells)
    of_cell[cells] = np.repeat(np.arange(len(first)), np.diff(first, append=len(cells)))
    return Units(cells, first, ordered[first], of_cell, shape)


def units_in(frame: xr.Dataset) -> Units:
    """Find the units of a frame."""
    shape = frame.sizes["provider"], frame.sizes.get("period", 1)
    return units_of(frame["provider_index"].to_numpy(), period_of_cells(frame), shape=shape)


@dataclass(frozen=True, slots=True, eq=False)
class Remains:
    """Sums of what is left of W, over cells, for the column of ones a and the terms X.

    Attributes
    ----------
    products : ndarray, shape (draws, provider, 1 + term)
        a' (what is left) a and a' (what is left) X.
    taken : ndarray, shape (draws, term, term)
        By how much X' (what is left) X falls short of X'WX.
    """

    products: Array
    taken: Array


def remains(
    information: Array, design: Array, units: Units, *, transient: Transient, draws: slice
) -> Remains:
    """Take what passes out of the information (draws, cell) of cells with this design."""
    held = units.total(information)
    columns = (units.total(information * column) for column in design.T)
    sums = np.stack([held, *columns], axis=-1)
    known = held[..., np.newaxis] > 0
    means = np.divide(sums, held[..., np.newaxis], out=np.zeros_like(sums), where=known)
    white = whitened(
        units.grid(means),
        units.grid(held),
        sd=transient.sd[draws],
        passed_on=transient.passed_on(draws),
    )
    flat = white[..., 1:].reshape(len(white), -1, design.shape[1])
    taken = sums[..., 1:].transpose(0, 2, 1) @ means[..., 1:] - flat.transpose(0, 2, 1) @ flat
    return Remains(np.einsum("sjt,sjtk->sjk", white[..., 0], white), taken)


def lasting_steps(
    score: Array, information: Array, units: Units, *, transient: Transient
) -> tuple[Array, Array]:
    """Give one Newton step of each lasting effect, what passes integrated out, and its precision.

    Parameters
    ----------
    score, information : ndarray, shape (cell,)
        At the lasting effect with the departures of ``transient`` in.
    units : Units
    transient : Transient
        A single draw.

    Returns
    -------
    tuple of ndarray, shape (provider,)
        The step away from that effect; 0 without information.
    """
    held, sums = (units.total(x[np.newaxis]) for x in (information, score))
    response = units.grid(np.divide(sums, held, out=np.zeros_like(sums), where=held > 0))
    columns = np.stack([np.ones_like(response), response + transient.effect], axis=-1)
    everything = slice(None)
    white = whitened(
        columns, units.grid(held), sd=transient.sd, passed_on=transient.passed_on(everything)
    )[0]
    precision = (white[..., 0] ** 2).sum(axis=1)
    total = (white[..., 0] * white[..., 1]).sum(axis=1)
    return np.divide(total, precision, out=np.zeros_like(total), where=precision > 0), precision


def whitened(columns: Array, w: Array, *, sd: Array, passed_on: Array) -> Array:
    """Give e_t sqrt(g_t) of each column, so that a' B b is the sum of their products.

    Parameters
    ----------
    columns : ndarray, shape (draws, provider, period, column)
    w : ndarray, shape (draws, provider, period)
        Information of each period.
    sd : ndarray, shape (draws,)
        Stationary sd of what passes.
    passed_on : ndarray, shape (draws, period)
        Correlation of each period with the one before it.

    Returns
    -------
    ndarray, shape of ``columns``
    """
    result = np.empty(columns.shape)
    variance = np.broadcast_to((sd**2)[:, np.newaxis], w.shape[:2])
    stationary, expected = variance, np.zeros_like(columns[:, :, 0])
    for t in range(w.shape[2]):
        kept = passed_on[:, t, np.newaxis]
        prior = kept**2 * variance + (1 - kept**2) * stationary
        expected = kept[:, :, np.newaxis] * expected
        precision = w[:, :, t] / (1 + w[:, :, t] * prior)
        innovation = columns[:, :, t] - expected
        result[:, :, t] = innovation * np.sqrt(precision)[:, :, np.newaxis]
        expected = expected + (prior * precision)[:, :, np.newaxis] * innovation
        variance = prior * (1 - prior * precision)
    return result
