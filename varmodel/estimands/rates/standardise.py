"""Mean rates over patterns: the kernel behind every adjusted figure.

``mean_p w_p g^-1(alpha + x_p' beta + b)`` for every draw and provider (g-computation, methods
3). Never a provider x pattern x draw array: log and identity links factorise; on the logit the
mean is a smooth function of the scalar b, evaluated at Chebyshev nodes of each draw and
interpolated, so that the cost is draws x patterns x min(providers, nodes). Where the predictor
has a spread the logit mean is over normal departures too, two nodes at a time: see `_shares`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.polynomial import chebyshev

from varmodel.errors import fail, one_of, show
from varmodel.estimands.draws.stacked import StackedPredictor
from varmodel.fits import Fit
from varmodel.frame import cells_of
from varmodel.numerics.blocks import blocks, tiles
from varmodel.numerics.hermite import rule_for
from varmodel.numerics.loops.worth import worth_counting, worth_summing
from varmodel.numerics.sums import first_of_each
from varmodel.numerics.threads import share_out
from varmodel.values import Array, Index

POPULATIONS = ("reference", "own")

#: |eta| beyond this is no rate; it keeps exp(-eta) exp(-b) inside float64.
_STEEP = 350.0
_PRECISION = 1e-13
#: Odds beyond this are no share; it keeps their square inside float64. The loops have it too.
_LARGEST_ODDS = 1e150


class Population(Protocol):
    """Whom a rate is averaged over."""

    def mean(self, predictor: StackedPredictor, effect: Array) -> Array:
        """Give the mean rate at each effect: (S, K) in, (S, K) out."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """All ranked providers' cells: the same patterns and weights for everybody.

    Attributes
    ----------
    link_name : str
        Key of the link table.
    weights : ndarray, shape (pattern,)
        Share of each pattern; sums to one.
    """

    link_name: str
    weights: Array

    def mean(self, predictor: StackedPredictor, effect: Array) -> Array:
        """Give the reference rate at each effect; any number of effects a draw."""
        return _REFERENCE[self.link_name](predictor, self.weights, effect)


@dataclass(frozen=True, slots=True, eq=False)
class Own:
    """Each provider's own cells; ``effect`` has one column a provider.

    Attributes
    ----------
    link_name : str
        Key of the link table.
    pattern, provider : ndarray of int, shape (cell,)
        Numbers of each cell, cells sorted by provider.
    weights : ndarray, shape (cell,)
        Share of each cell in its provider; sums to one within each.
    starts : ndarray of int, shape (provider,)
        First cell of each provider, found from ``provider``: other cells have other starts.
    """

    link_name: str
    pattern: Index
    provider: Index
    weights: Array
    starts: Index = field(init=False)

    def __post_init__(self) -> None:
        """Find the first cells, once for all blocks of draws."""
        object.__setattr__(self, "starts", first_of_each(self.provider))

    @property
    def ends(self) -> Index:
        """The first cell of each provider, and the number of cells."""
        return np.append(self.starts, len(self.weights)).astype(np.int64)

    def mean(self, predictor: StackedPredictor, effect: Array) -> Array:
        """Give each provider's own rate at its effect, shape (S, provider)."""
        return _OWN[self.link_name](predictor, self, effect)

    def total(self, values: Array) -> Array:
        """Sum cells within providers along the last axis."""
        return np.add.reduceat(values, self.starts, axis=-1)


def reference_population(fit: Fit) -> Reference:
    """Read the reference population of a fit."""
    return Reference(fit.spec.family_row.link_name, fit.frame["pattern_weight"].to_numpy())


def own_population(fit: Fit) -> Own:
    """Read the providers' own cells, weighted by size; equally where a provider has size 0."""
    return weighted_cells(fit, cells_of(fit.frame).size)


def weighted_cells(fit: Fit, weight: Array) -> Own:
    """Weight the providers' own cells by ``weight``, made to sum to one in each provider."""
    pattern, provider = (fit.frame[f"{name}_index"].to_numpy() for name in ("pattern", "provider"))
    cells = Own(fit.spec.family_row.link_name, pattern, provider, weight)
    total, count = cells.total(weight)[provider], cells.total(np.ones_like(weight))[provider]
    share = np.divide(weight, total, out=1.0 / count, where=total > 0)
    return replace(cells, weights=share)


def check_population(population: object) -> None:
    """Refuse a population that there is not."""
    if population not in POPULATIONS:
        allowed = one_of(population, POPULATIONS)
        fail("CONFIG.VALUE", f"unknown population {show(population)}; {allowed}")


def nodes_needed(half_width: float) -> int:
    """Count the Chebyshev nodes that interpolate to 1e-13 over +- ``half_width``.

    expit(eta + b) has its poles at a distance pi from the real axis; the error falls as
    rho^-K with rho = pi/h + sqrt(1 + (pi/h)^2), the Bernstein ellipse through the pole
    (Trefethen 2013, Approximation Theory and Approximation Practice, ch. 8).
    """
    reach = math.pi / half_width
    return math.ceil(-math.log(_PRECISION) / math.asinh(reach)) + 2


def _log_reference(predictor: StackedPredictor, weights: Array, effect: Array) -> Array:
    base = np.zeros((len(effect), 1))
    for draws, patterns in tiles(len(effect), len(weights), depth=1):
        base[draws, 0] += np.exp(predictor.eta(draws, patterns)) @ weights[patterns]
    rates = np.exp(effect)
    rates *= base  # in place: of many providers there is room for one array
    return rates


def _identity_reference(predictor: StackedPredictor, weights: Array, effect: Array) -> Array:
    slopes = predictor.coefficients @ (weights @ predictor.design)
    return np.asarray((predictor.intercept + slopes)[:, np.newaxis] + effect)


def _logit_reference(predictor: StackedPredictor, weights: Array, effect: Array) -> Array:
    top, bottom = effect.max(axis=1, keepdims=True), effect.min(axis=1, keepdims=True)
    middle, half = (top + bottom) / 2, np.maximum((top - bottom) / 2, 1e-3)
    count = nodes_needed(float(half.max()))
    if count >= effect.shape[1]:
        return logit_means(predictor, weights, points=effect)
    nodes = chebyshev.chebpts1(count)
    values = logit_means(predictor, weights, points=middle + half * nodes)
    to_series = 2 / count * chebyshev.chebvander(nodes, count - 1)
    to_series[:, 0] /= 2
    return _evaluate_series(values @ to_series, effect, middle, half)


def logit_means(predictor: StackedPredictor, weights: Array, *, points: Array) -> Array:
    """Average expit(eta + point) over patterns for each point of each draw, directly."""
    result = np.zeros(points.shape)
    decay = np.exp(-np.clip(points, -_STEEP, _STEEP))
    for draws, patterns in tiles(len(points), len(weights), depth=points.shape[1]):
        odds = np.exp(-np.clip(predictor.eta(draws, patterns), -_STEEP, _STEEP))
        tile = decay[draws, :, np.newaxis] * odds[:, np.newaxis, :]
        if predictor.spread is None:
            tile += 1.0
            np.reciprocal(tile, out=tile)
        else:
            tile = _shares(tile, predictor.spread, draws)
        result[draws] += tile @ weights[patterns]
    return result


def _shares(odds: Array, spread: Array, draws: slice) -> Array:
    """Give the mean of 1 / (1 + odds exp(-v)) over v ~ N(0, spread^2), odds (draws, ...).

    Nodes z and -z of the rule go together: with c = 2 cosh(spread z) their shares add up to
    (2 + c odds) / (1 + c odds + odds^2).
    """
    rule = rule_for(float(spread.max()))
    own = spread[draws].reshape(-1, *[1] * (odds.ndim - 1))
    odds = np.minimum(odds, _LARGEST_ODDS)
    above = odds * odds
    above += 1.0
    middle, *weights = rule.folded.tolist()
    result = middle / (1.0 + odds) if middle else np.zeros_like(odds)
    for node, weight in zip(rule.positive, weights, strict=True):
        both = odds * (2.0 * np.cosh(own * node))
        below = both + above
        both += 2.0
        both /= below
        both *= weight
        result += both
    return result


def _evaluate_series(series: Array, effect: Array, middle: Array, half: Array) -> Array:
    """Sum each draw's Chebyshev series (S, K) at its effects (S, J)."""
    result, by_loops = np.empty(effect.shape), worth_counting(effect.size * series.shape[1])

    def work(draws: slice) -> None:
        x = (effect[draws] - middle[draws]) / half[draws]
        if by_loops:
            _sum_by_loops(series[draws], x, result[draws])
        else:
            result[draws] = chebyshev.chebval(x, series[draws].T[:, :, np.newaxis], tensor=False)

    share_out(work, blocks(len(effect), effect.shape[1]))
    return result


def _sum_by_loops(series: Array, x: Array, out: Array) -> None:
    from varmodel.numerics.loops.series import sum_series

    sum_series(np.ascontiguousarray(series), x, out, *np.empty((3, x.shape[1])))


def _log_own(predictor: StackedPredictor, cells: Own, effect: Array) -> Array:
    result = np.exp(effect)

    def work(draws: slice) -> None:
        rates = np.take(np.exp(predictor.eta(draws)), cells.pattern, axis=1)
        result[draws] *= cells.total(rates * cells.weights)

    share_out(work, blocks(len(effect), len(cells.weights) + len(predictor.design)))
    return result


def _identity_own(predictor: StackedPredictor, cells: Own, effect: Array) -> Array:
    weighted = cells.weights[:, np.newaxis] * predictor.design[cells.pattern]
    slopes = predictor.coefficients @ cells.total(weighted.T)
    return np.asarray(predictor.intercept[:, np.newaxis] + slopes + effect)


def _logit_own(predictor: StackedPredictor, cells: Own, effect: Array) -> Array:
    if worth_summing(len(effect) * len(cells.weights)):
        return _by_loops(predictor, cells, effect)
    result = np.empty(effect.shape)
    decay = np.exp(-np.clip(effect, -_STEEP, _STEEP))

    def work(draws: slice) -> None:
        odds = np.exp(-np.clip(predictor.eta(draws), -_STEEP, _STEEP))
        tile = np.take(odds, cells.pattern, axis=1)
        tile *= np.take(decay[draws], cells.provider, axis=1)
        if predictor.spread is None:
            tile += 1.0
            np.divide(cells.weights, tile, out=tile)
        else:
            tile = _shares(tile, predictor.spread, draws) * cells.weights
        result[draws] = cells.total(tile)

    share_out(work, blocks(len(effect), len(cells.weights) + len(predictor.design)))
    return result


def _by_loops(predictor: StackedPredictor, cells: Own, effect: Array) -> Array:
    """Give the same means, each cell's share added up as it is made."""
    from varmodel.numerics.loops.sums import mean_shares, mean_spread_shares

    result = np.clip(effect, -_STEEP, _STEEP, order="C")  # loops are made for one order
    np.exp(np.negative(result, out=result), out=result)
    rows, spread = (cells.pattern.astype(np.int64), cells.weights, cells.ends), predictor.spread
    rule = None if spread is None else rule_for(float(spread.max()))

    def work(draws: slice) -> None:
        odds = np.exp(-np.clip(predictor.eta(draws), -_STEEP, _STEEP))
        if rule is None or spread is None:
            mean_shares(odds, result[draws], *rows)
            return
        growth = 2.0 * np.cosh(spread[draws, np.newaxis] * rule.positive)
        mean_spread_shares(odds, result[draws], *rows, growth, rule.folded)

    share_out(work, blocks(len(effect), effect.shape[1] + len(predictor.design)))
    return result


_REFERENCE: dict[str, Callable[[StackedPredictor, Array, Array], Array]] = {
    "logit": _logit_reference,
    "log": _log_reference,
    "identity": _identity_reference,
}
_OWN: dict[str, Callable[[StackedPredictor, Own, Array], Array]] = {
    "logit": _logit_own,
    "log": _log_own,
    "identity": _identity_own,
}
