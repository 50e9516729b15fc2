"""The effects of a provider that was not fitted, given its responses in several periods.

Symbols: b_t the effect in period t, u + v_t; S its covariance over the provider's periods,
tau^2 + tau_v^2 rho^lag; W_t the Fisher information of the responses of period t.

In each draw points are proposed about the conditional mode, from a t distribution of the
covariance (S^-1 + W)^-1, and one is taken by its importance weight. Parameters stay those of the
fit, which the provider does not inform.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from varmodel.estimands.draws.source import Source
from varmodel.estimands.draws.transient import StackedTransient
from varmodel.families import take
from varmodel.frame.new.rows import OwnRows
from varmodel.numerics import special
from varmodel.numerics.blocks import blocks
from varmodel.values import Array

#: Points of a draw. In a national panel of shares their weights were worth 74 % of as many equal
#: ones or more; four times as many moved means and sds by no more than their Monte Carlo error.
_POINTS, _FREEDOM, _WIDTH = 32, 8.0, 1.05
_STEPS, _LARGEST_STEP, _TOLERANCE = 60, 2.0, 1e-8
#: Share of the variance that is added to the diagonal, where periods hardly differ.
_RIDGE = 1e-10
#: Nodes over u, sds that they reach about the path's mean, and sds of u that they stay within.
_NODES, _REACH, _FAR = 129, 8.0, 30.0


def effects_of_periods_given(
    source: Source,
    transient: StackedTransient,
    *,
    parts: Sequence[OwnRows],
    places: Array,
    rng: np.random.Generator,
) -> Array:
    """Draw one provider's effects: its own, and what passes, given its responses.

    Parameters
    ----------
    source : Source
        Of the fit whose parameters are used.
    transient : Transient
        What passes in it.
    parts : sequence of OwnRows
        The provider's responses in each of its periods.
    places : ndarray, shape (period,)
        Of these periods in the calendar.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (S, period)
        On the link scale.
    """
    lags = np.abs(np.subtract.outer(places, places))
    result = np.empty((len(source.sd), len(places)))
    widest = max(len(part.design) for part in parts)
    for draws in blocks(len(result), _POINTS * (widest + len(places))):
        covariance = _covariance(source, transient, draws=draws, lags=lags)
        given = _Given(source, draws, parts)
        mode, information = _mode(given, covariance)
        prior = _prior_of(source, transient, draws=draws, lags=lags)
        result[draws] = _weighted(
            given, covariance, prior=prior, mode=mode, information=information, rng=rng
        )
    return result


def _covariance(source: Source, transient: StackedTransient, *, draws: slice, lags: Array) -> Array:
    """Give S in each draw, (draws, period, period)."""
    tau, sd, rho = (
        x[draws, np.newaxis, np.newaxis] for x in (source.sd, transient.sd, transient.rho)
    )
    whole = tau**2 + sd**2 * rho**lags
    return np.asarray(whole + np.eye(len(lags)) * (_RIDGE * (tau**2 + sd**2) + 1e-200))


class _Given:
    """The likelihood of some draws as a function of the effects (draws, period[, point])."""

    def __init__(self, source: Source, draws: slice, parts: Sequence[OwnRows]) -> None:
        self.family, self.parts = source.family, parts
        self.own = take(source.own, (draws, np.newaxis))
        predictor = source.stacked.predictor
        self.eta = [replace(predictor, design=part.design).eta(draws) for part in parts]

    def derivatives(self, b: Array) -> tuple[Array, Array]:
        """Give score and information of each period, (draws, period) each."""
        found = np.zeros((2, *b.shape))
        for t, (part, eta) in enumerate(zip(self.parts, self.eta, strict=True)):
            at = eta + b[:, t, np.newaxis]
            for k, function in enumerate((self.family.score, self.family.information)):
                found[k, :, t] = function(part.cells, at, self.own).sum(axis=1)
        return found[0], found[1]

    def log_likelihood(self, b: Array) -> Array:
        """Give it at points (draws, point, period): (draws, point)."""
        own = {name: x[:, np.newaxis] for name, x in self.own.items()}
        total = np.zeros(b.shape[:2])
        for t, (part, eta) in enumerate(zip(self.parts, self.eta, strict=True)):
            at = eta[:, np.newaxis] + b[:, :, t, np.newaxis]
            with np.errstate(over="ignore"):
                total += self.family.log_likelihood(part.cells, at, own).sum(axis=2)
        return total


def _mode(given: _Given, covariance: Array) -> tuple[Array, Array]:
    """Climb to the conditional mode by steps of Fisher's scoring; also give W there."""
    b = np.zeros(covariance.shape[:2])
    longest = np.inf if given.family.scale_name == "identity" else _LARGEST_STEP
    score, information = given.derivatives(b)
    for _ in range(_STEPS):
        pulled = covariance @ (information * b + score)[..., np.newaxis]
        aim = np.linalg.solve(_one_plus(covariance, information), pulled)[..., 0]
        step = np.clip(aim - b, -longest, longest)
        b = b + step
        score, information = given.derivatives(b)
        if np.abs(step).max() <= _TOLERANCE * (1 + np.abs(b).max()):
            break
    return b, information


def _one_plus(covariance: Array, information: Array) -> Array:
    """Give I + S W, whose inverse times S is (S^-1 + W)^-1."""
    return np.asarray(np.eye(covariance.shape[1]) + covariance * information[:, np.newaxis])


def _weighted(
    given: _Given,
    covariance: Array,
    *,
    prior: Callable[[Array], Array],
    mode: Array,
    information: Array,
    rng: np.random.Generator,
) -> Array:
    """Propose points about the mode and take one in each draw by its weight."""
    draws, periods = mode.shape
    spread = np.linalg.solve(_one_plus(covariance, information), covariance)
    root = _WIDTH * np.linalg.cholesky((spread + spread.transpose(0, 2, 1)) / 2)
    normal = rng.standard_normal((draws, _POINTS, periods))
    scale = np.sqrt(_FREEDOM / rng.chisquare(_FREEDOM, (draws, _POINTS, 1)))
    steps = normal * scale
    points = mode[:, np.newaxis] + steps @ root.transpose(0, 2, 1)
    proposal = -(_FREEDOM + periods) / 2 * np.log1p((steps**2).sum(axis=2) / _FREEDOM)
    log = given.log_likelihood(points) + prior(points) - proposal
    share = np.cumsum(special.softmax(log, axis=1), axis=1)
    taken = (share < rng.random((draws, 1)) * share[:, -1:]).sum(axis=1)
    return points[np.arange(draws), taken]


def _prior_of(
    source: Source, transient: StackedTransient, *, draws: slice, lags: Array
) -> Callable[[Array], Array]:
    """Give the log density of effects, points (draws, point, period) to (draws, point).

    Where u is not normal it is an integral over u: a path b is normal given u, with the precision
    q = 1'S^-1 1 and the mean m = 1'S^-1 b / q in u, S being the covariance of v. So p(b) is
    N(b - m; 0, S) times the integral of p(u) N(u; m, q^-1/2), by sums over even nodes.
    """
    if source.distribution.name == "normal":
        whole = _covariance(source, transient, draws=draws, lags=lags)
        return lambda points: _log_prior(points, whole)
    passing = replace(source, sd=np.zeros_like(source.sd))
    covariance = _covariance(passing, transient, draws=draws, lags=lags)
    ones = np.linalg.solve(covariance, np.ones((*covariance.shape[:2], 1)))[..., 0]
    q, sd, shape = ones.sum(axis=1), source.sd[draws], source.shape[draws]

    def log_density(points: Array) -> Array:
        m = np.einsum("st,spt->sp", ones, points) / q[:, np.newaxis]
        reach = _REACH / np.sqrt(q)[:, np.newaxis]
        far = _FAR * sd[:, np.newaxis]
        low, high = np.clip(m - reach, -far, far), np.clip(m + reach, -far, far)
        total = np.zeros_like(m)
        for share in np.linspace(0, 1, _NODES):
            u = low + share * (high - low)
            with np.errstate(over="ignore"):
                log = source.distribution.log_density(u, sd, shape)
            total += np.exp(log - 0.5 * q[:, np.newaxis] * (u - m) ** 2)
        rest = _log_prior(points - m[..., np.newaxis], covariance)
        with np.errstate(divide="ignore"):
            return np.asarray(rest + np.log(total * (high - low)))

    return log_density


def _log_prior(points: Array, covariance: Array) -> Array:
    """Give the normal log density up to a constant, (draws, point)."""
    solved = np.linalg.solve(covariance, points.transpose(0, 2, 1))
    return np.asarray(-0.5 * np.einsum("spt,stp->sp", points, solved))
