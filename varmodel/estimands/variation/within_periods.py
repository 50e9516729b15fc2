"""What is left of a provider's information when part of it passes: W less what v takes (methods 5).

A provider's cells have Fisher information W, those of a period t together w_t; Z says which cells
are in which period, K is the covariance of what passes. With D = diag(w_t),

    W - W Z (K^-1 + Z'WZ)^-1 Z'W

sums over cells, for columns a and b that are constant within periods, to a' B b with

    B = (D^-1 + K)^-1,

the precision of periods that are observed with variance 1 / w_t and pass as K says. Columns that
vary within a period add their scatter about its mean, which v does not touch. B is never made:
the Kalman filter whitens columns period by period, so that a' B b is the sum over periods of the
whitened columns' products; a period without information (w_t = 0) drops out.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from varmodel.estimands.draws.transient import StackedTransient, period_of_cells
from varmodel.numerics.sums import first_of_each
from varmodel.values import Array, Index


@dataclass(frozen=True, slots=True, eq=False)
class PeriodUnits:
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
        """Put units (draws, unit) in their places: (period, draws, provider), 0 elsewhere."""
        whole = np.zeros((len(values), self.shape[0] * self.shape[1]))
        whole[:, self.place] = values
        return np.ascontiguousarray(whole.reshape(len(values), *self.shape).transpose(2, 0, 1))


def period_units(provider: Index, period: Index, *, shape: tuple[int, int]) -> PeriodUnits:
    """Find the units of cells."""
    number = provider * shape[1] + period
    cells = np.argsort(number, kind="stable")
    ordered = number[cells]
    first = first_of_each(ordered)
    of_cell = np.empty_like(cells)
    of_cell[cells] = np.repeat(np.arange(len(first)), np.diff(first, append=len(cells)))
    return PeriodUnits(cells, first, ordered[first], of_cell, shape)


def units_in(frame: xr.Dataset) -> PeriodUnits:
    """Find the units of a frame."""
    shape = frame.sizes["provider"], frame.sizes.get("period", 1)
    return period_units(frame["provider_index"].to_numpy(), period_of_cells(frame), shape=shape)


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The column of ones and the terms, as units see them.

    Attributes
    ----------
    units : Units
    fixed : ndarray, shape (period, provider, 1 + term)
        Ones, and terms that are the same for all cells of a unit; 0 for the others.
    varying : ndarray of int
        Numbers of the other terms.
    design : ndarray, shape (cell, varying term)
    """

    units: PeriodUnits
    fixed: Array
    varying: Index
    design: Array


def unit_columns(units: PeriodUnits, design: Array) -> Columns:
    """Say which terms of the cells (cell, term) are the same all through each unit."""
    ordered = design[units.cells]
    low, high = (f.reduceat(ordered, units.first) for f in (np.minimum, np.maximum))
    varying = np.flatnonzero((low != high).any(axis=0))
    fixed = np.zeros((units.shape[0] * units.shape[1], 1 + design.shape[1]))
    fixed[:, 0] = 1.0
    fixed[units.place, 1:] = low
    fixed[:, 1 + varying] = 0.0
    by_period = fixed.reshape(*units.shape, -1).transpose(1, 0, 2)
    return Columns(units, np.ascontiguousarray(by_period), varying, design[:, varying])


@dataclass(frozen=True, slots=True, eq=False)
class Remains:
    """Sums of what is left of W, over cells, for the column of ones a and the terms X.

    Attributes
    ----------
    products : ndarray, shape (draws, provider, 1 + term)
        a' (what is left) a and a' (what is left) X of each provider's cells.
    among : ndarray, shape (draws, term, term)
        X' (what is left) X.
    """

    products: Array
    among: Array


@dataclass(frozen=True, slots=True, eq=False)
class UnitSums:
    """The information of the cells, added up.

    Attributes
    ----------
    held : ndarray, shape (draws, unit)
        Of the cells of each unit.
    terms : ndarray, shape (draws, unit, varying term)
        Times the terms that vary within units.
    products : ndarray, shape (draws, varying term, varying term)
        Times their products, over all cells.
    """

    held: Array
    terms: Array
    products: Array


def unit_sums(information: Array, columns: Columns) -> UnitSums:
    """Add the information (draws, cell) up."""
    total, design = columns.units.total, columns.design
    terms = np.empty((len(information), len(columns.units.first), design.shape[1]))
    products = np.empty((len(information), *[design.shape[1]] * 2))
    for one, column in enumerate(design.T):
        terms[:, :, one] = total(information * column)
        for other in range(one, design.shape[1]):
            both = information @ (column * design[:, other])
            products[:, one, other] = products[:, other, one] = both
    return UnitSums(total(information), terms, products)


def remains(
    sums: UnitSums,
    columns: Columns,
    *,
    transient: StackedTransient,
    draws: slice,
    by_loops: bool = False,
) -> Remains:
    """Take what passes out of the information of the cells."""
    if by_loops:
        return _remains_by_loops(sums, columns, transient=transient, draws=draws)
    units, held = columns.units, sums.held
    seen = np.broadcast_to(
        columns.fixed[:, np.newaxis],
        (len(columns.fixed), len(held), *columns.fixed.shape[1:]),
    )
    known = held > 0
    means = [
        np.divide(x, held, out=np.zeros_like(held), where=known)
        for x in sums.terms.transpose(2, 0, 1)
    ]
    if len(columns.varying):
        seen = seen.copy()
        for k, mean in zip(columns.varying, means, strict=True):
            seen[..., 1 + k] = units.grid(mean)
    products, gram = filtered(
        seen, units.grid(held), sd=transient.sd[draws], passed_on=transient.passed_on(draws)
    )
    among = gram[:, 1:, 1:]
    for one, first in enumerate(columns.varying):
        weighted = held * means[one]
        for other, second in enumerate(columns.varying):
            about = (weighted * means[other]).sum(axis=1)
            among[:, first, second] += sums.products[:, one, other] - about
    return Remains(products, among)


def _remains_by_loops(
    sums: UnitSums, columns: Columns, *, transient: StackedTransient, draws: slice
) -> Remains:
    """Do the same in one pass, by compiled loops."""
    from varmodel.numerics.loops.filtering import whiten

    units, size = columns.units, len(sums.held)
    (providers, periods), count = units.shape, len(units.first)
    number = np.full(providers * periods, -1, dtype=np.int64)
    number[units.place] = np.arange(count)
    width = columns.fixed.shape[2]
    whitened = np.zeros((size, count + 1, width))
    whitened[:, :-1] = columns.fixed.transpose(1, 0, 2).reshape(-1, width)[units.place]
    together = np.concatenate([sums.held[..., np.newaxis], sums.terms], axis=2)
    products = np.empty((size, providers, width))
    whiten(
        together,
        1 + columns.varying,
        number.reshape(units.shape),
        transient.passed_on(draws),
        transient.sd[draws] ** 2,
        products,
        whitened,
    )
    among = (whitened.transpose(0, 2, 1) @ whitened)[:, 1:, 1:]
    means = together[:, :, 1:]
    about = sums.products - means.transpose(0, 2, 1) @ means
    among[:, columns.varying[:, np.newaxis], columns.varying] += about
    return Remains(products, among)


def lasting_steps(
    score: Array, information: Array, *, units: PeriodUnits, transient: StackedTransient
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
    beyond = units.grid(np.divide(sums, held, out=np.zeros_like(sums), where=held > 0))
    response = beyond + transient.effect.transpose(2, 0, 1)
    columns = np.stack([np.ones_like(response), response], axis=-1)
    products, _ = filtered(
        columns, units.grid(held), sd=transient.sd, passed_on=transient.passed_on(slice(None))
    )
    precision, total = products[0].T
    return np.divide(total, precision, out=np.zeros_like(total), where=precision > 0), precision


def filtered(columns: Array, w: Array, *, sd: Array, passed_on: Array) -> tuple[Array, Array]:
    """Sum products of the whitened columns over periods.

    Parameters
    ----------
    columns : ndarray, shape (period, draws, provider, column)
    w : ndarray, shape (period, draws, provider)
        Information of each period.
    sd : ndarray, shape (draws,)
        Stationary sd of what passes.
    passed_on : ndarray, shape (draws, period)
        Correlation of each period with the one before it.

    Returns
    -------
    tuple of ndarray
        a' B b of the first column and each other by provider, (draws, provider, column); of all
        pairs, summed over providers, (draws, column, column).
    """
    stationary = np.broadcast_to((sd**2)[:, np.newaxis], w.shape[1:])
    variance, expected = stationary, np.zeros(columns.shape[1:])
    products = np.zeros_like(expected)
    gram = np.zeros((columns.shape[1], *columns.shape[-1:] * 2))
    for t in range(len(w)):
        kept = passed_on[:, t, np.newaxis]
        prior = kept**2 * variance + (1 - kept**2) * stationary
        precision = w[t] / (1 + w[t] * prior)
        expected *= kept[:, :, np.newaxis]
        innovation = columns[t] - expected
        expected += (prior * precision)[:, :, np.newaxis] * innovation
        innovation *= np.sqrt(precision)[:, :, np.newaxis]
        products += innovation[..., :1] * innovation
        gram += innovation.transpose(0, 2, 1) @ innovation
        variance = prior * (1 - prior * precision)
    return products, gram
