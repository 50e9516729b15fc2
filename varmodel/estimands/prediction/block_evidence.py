"""Log likelihood of a provider whose effects are a block, u and v_t integrated out (methods 14).

========= =================================================================
b         effects u + v_t of the periods that a provider has, N(0, K): T of them, or fewer
l(b)      log likelihood of its cells; g, W: slope and information by period
S         covariance of b by the quadratic: (K^-1 + W)^-1
r_t       what is left of the log likelihood of period t beyond the quadratic
c_tk      Hermite coefficients of r_t, E[r_t(S_tt^1/2 z) He_k(z)] / k!^1/2, of a standard normal z
========= =================================================================

At the mode log p(y) = l(b) - b' K^-1 b / 2 - log |I + K W| / 2 + log E e^(sum_t r_t), the mean over
N(b, S). Its logarithm is that of two cumulants,

``sum_t c_t0 + sum_ts sum_k c_tk c_sk rho_ts^k / 2``,

rho the correlations of S: means over what has mass stand in place of derivatives at the mode.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from varmodel.estimands.draws.source import Source
from varmodel.estimands.draws.transient import StackedTransient
from varmodel.families import Cells, take
from varmodel.numerics.blocks import blocks
from varmodel.values import Array, Index

#: Log likelihoods, slopes and informations by period, each (draw, period).
type Known = tuple[Array, Array, Array]
#: Effects (draw, period) -> what is known there.
type Periods = Callable[[Array], Known]

#: Most steps; what a height may fall by for its rounding; sds of a step that is the last.
_STEPS, _NEAR, _CLOSE = 60, 1e-9, 1e-5
#: Nodes of Gauss and Hermite's rule, and coefficients that are told by them.
_NODES, _ORDER = 9, 5
_LEAST = 1e-12


def evidence_of_block(
    source: Source, transient: StackedTransient, *, cells: Cells, design: Array, period: Index
) -> Array:
    """Integrate one provider's lasting and passing effects out of its likelihood, in each draw.

    Parameters
    ----------
    source : Source
        Of the fit whose parameters are used; its effects are normal.
    transient : StackedTransient
    cells : Cells
        The provider's cells.
    design : ndarray, shape (cell, term)
        Centred and scaled as the fit's.
    period : ndarray of int64, shape (cell,)
        Number of each cell's period.

    Returns
    -------
    ndarray, shape (S,)
        Log of the integral, to the second cumulant of what is not quadratic.
    """
    when, unit = np.unique(period, return_inverse=True)
    lags = np.abs(np.subtract.outer(transient.places[when], transient.places[when]))
    result, predictor = np.empty(len(source.sd)), replace(source.stacked.predictor, design=design)
    for draws in blocks(len(result), _NODES * (len(design) + len(when) ** 2)):
        rho = transient.rho[draws, np.newaxis, np.newaxis]
        sd, passing = (x[draws, np.newaxis, np.newaxis] for x in (source.sd, transient.sd))
        prior = sd**2 + passing**2 * np.where(lags == 0, 1.0, rho**lags)
        periods = _periods(source, draws, cells=cells, eta=predictor.eta(draws), unit=unit)
        result[draws] = _integrate(periods, prior)
    return result


def _periods(source: Source, draws: slice, *, cells: Cells, eta: Array, unit: Index) -> Periods:
    """Sum the cells of each period."""
    own = take(source.own, (draws, np.newaxis))
    held = (unit[:, np.newaxis] == np.arange(unit.max() + 1)).astype(np.float64)

    def periods(b: Array) -> Known:
        at = eta + b[:, unit]
        parts = (source.family.log_likelihood, source.family.score, source.family.information)
        with np.errstate(over="ignore"):
            one, two, three = (np.broadcast_to(f(cells, at, own), at.shape) @ held for f in parts)
        return one, two, three

    return periods


def _integrate(periods: Periods, prior: Array) -> Array:
    """Give the log integral of a likelihood of b over N(0, prior), (draw,)."""
    pull = _mode(periods, prior)
    b = _times(prior, pull)
    known = periods(b)
    whole = np.eye(prior.shape[1]) + prior * known[2][:, np.newaxis, :]
    spread, log_det = np.linalg.solve(whole, prior), np.linalg.slogdet(whole)[1]
    nodes, weight = np.polynomial.hermite_e.hermegauss(_NODES)
    sd = np.sqrt(np.maximum(np.einsum("dtt->dt", spread), _LEAST))
    rest = np.stack([_left(periods, b, away=z * sd, known=known) for z in nodes])
    correlation = spread / (sd[:, :, np.newaxis] * sd[:, np.newaxis, :])
    beyond = _cumulants(rest, nodes, weight=weight / weight.sum(), correlation=correlation)
    return np.asarray(known[0].sum(axis=1) - 0.5 * (b * pull).sum(axis=1) - 0.5 * log_det + beyond)


def _mode(periods: Periods, prior: Array) -> Array:
    """Climb to the mode by damped scoring; give prior^-1 times it, which nothing cancels in."""
    pull = np.zeros(prior.shape[:2])
    length, best = np.ones(len(pull)), np.full(len(pull), -np.inf)
    step, one = np.zeros_like(pull), np.eye(prior.shape[1])
    for _ in range(_STEPS):
        tried = pull + length[:, np.newaxis] * step
        b = _times(prior, tried)
        height, slope, information = periods(b)
        total = height.sum(axis=1) - 0.5 * (b * tried).sum(axis=1)
        risen = total >= best - _NEAR * (1 + np.abs(best))
        whole = one + information[:, :, np.newaxis] * prior
        aim = np.linalg.solve(whole, (information * b + slope)[:, :, np.newaxis])[:, :, 0]
        length, best = np.where(risen, 1.0, length / 2), np.where(risen, total, best)
        kept = risen[:, np.newaxis]
        pull, step = np.where(kept, tried, pull), np.where(kept, aim - tried, step)
        if (np.abs(_times(prior, step)) * np.sqrt(information)).max() < _CLOSE:
            break
    return pull


def _times(matrix: Array, vector: Array) -> Array:
    return np.asarray(np.einsum("dts,ds->dt", matrix, vector))


def _left(periods: Periods, b: Array, *, away: Array, known: Known) -> Array:
    """Give r_t at distances from the mode."""
    height, slope, information = known
    quadratic = height + slope * away - 0.5 * information * away**2
    return np.asarray(periods(b + away)[0] - quadratic)


def _cumulants(rest: Array, nodes: Array, *, weight: Array, correlation: Array) -> Array:
    """Give the mean of sum r_t and half its variance; ``rest`` (node, draw, period)."""
    total = np.einsum("n,ndt->d", weight, rest)
    for k in range(1, _ORDER + 1):
        he = np.polynomial.hermite_e.hermeval(nodes, np.eye(k + 1)[k])
        c = np.einsum("n,ndt->dt", weight * he, rest) / math.sqrt(math.factorial(k))
        total += 0.5 * np.einsum("dt,dts,ds->d", c, correlation**k, c)
    return total
