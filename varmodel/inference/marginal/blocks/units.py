"""From the cells of a problem with periods to units: a provider's cells of one period."""

from dataclasses import dataclass, replace

import numpy as np

from varmodel.families import Cells
from varmodel.inference.marginal.blocks.modes import Layout, Variances
from varmodel.inference.marginal.likelihood.batch import BATCH
from varmodel.inference.marginal.problem import Problem, Transient
from varmodel.values import Array, Index


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """The units of a problem, sorted by provider and period.

    Attributes
    ----------
    problem : Problem
        The same problem with its cells sorted by unit, and units in place of providers.
    provider, period : ndarray of int64, shape (unit,)
    calendar : ndarray of int64, shape (period,)
    layout : Layout
        What the loops read of them.
    """

    problem: Problem
    provider: Index
    period: Index
    calendar: Index
    layout: Layout


def units_of(problem: Problem, transient: Transient) -> Units:
    """Sort the cells by provider and period."""
    order = np.lexsort([transient.period, problem.provider])
    place = np.column_stack([problem.provider, transient.period])[order]
    distinct, unit = np.unique(place, axis=0, return_inverse=True)
    provider, when = distinct.T
    lag = np.diff(transient.calendar[when], prepend=0)
    starts = np.searchsorted(provider, np.arange(problem.providers + 1))
    lag[starts[:-1]] = 0
    return Units(
        problem=replace(
            problem,
            cells=_cells_at(problem.cells, order),
            provider=unit.ravel(),
            pattern=problem.pattern[order],
            starts=np.searchsorted(unit.ravel(), np.arange(len(distinct) + 1)),
        ),
        provider=np.ascontiguousarray(provider),
        period=np.ascontiguousarray(when),
        calendar=transient.calendar,
        layout=Layout(starts, np.ascontiguousarray(lag), int(np.diff(starts).max())),
    )


def _cells_at(cells: Cells, which: Index) -> Cells:
    held = (cells.response, cells.size, cells.spread, cells.error)
    return Cells(*(None if x is None else x[which] for x in held))  # type: ignore[arg-type]


def powers(atanh_rho: Array, most: int) -> tuple[Array, Array]:
    """Give rho^lag and 1 - rho^(2 lag) for lags 0 to ``most``, shape (..., lag).

    Lag 0 is that of a first period, which is its stationary distribution: 0 and 1. Nothing cancels
    where rho is close to +-1: log |rho| is worked out from atanh rho itself.
    """
    x, lags = np.abs(atanh_rho)[..., np.newaxis], np.arange(most + 1)
    small = np.exp(-2 * x)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_rho = np.log1p(-small) - np.log1p(small)
        carried = np.where(lags == 0, 0.0, np.exp(lags * log_rho))
        renewed = np.where(lags == 0, 1.0, -np.expm1(2 * lags * log_rho))
    odd = np.where((atanh_rho[..., np.newaxis] < 0) & (lags % 2 == 1), -1.0, 1.0)
    return carried * odd, renewed


def variances_of(lasting: Array, transient: Array, *, atanh_rho: Array, most: int) -> Variances:
    """Lay the distribution of blocks at points (point,) out in batches, the last filled up.

    ``lasting``, ``transient``: tau_u and tau_v; ``most``: the longest lag.
    """
    carried, renewed = (
        np.ascontiguousarray(in_batches(x).swapaxes(1, 2)) for x in powers(atanh_rho, most)
    )
    return Variances(in_batches(lasting**2), in_batches(transient**2), carried, renewed)


def in_batches(values: Array) -> Array:
    """Lay values (point, ...) out as (batch, member, ...), the last point again and again.

    Fewer points than a batch has members are one of their own size.
    """
    wide = min(BATCH, len(values))
    if len(values) % wide == 0:  # as they lie: predictors of many patterns are not copied
        return np.asarray(values.reshape(-1, wide, *values.shape[1:]))
    every = np.arange(-(-len(values) // wide) * wide).clip(max=len(values) - 1)
    return np.asarray(values[every].reshape(-1, wide, *values.shape[1:]))
