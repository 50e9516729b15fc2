"""The level that a benchmark names: among rates or effects, of all providers or of peers."""

import math
from dataclasses import dataclass

import numpy as np

from varmodel.errors import fail
from varmodel.estimands.draws.labelled import sign_of
from varmodel.estimands.draws.stacked import StackedDraws
from varmodel.estimands.money.kinds.laws import OF_THE_LAW
from varmodel.estimands.rates.inverse import effect_for
from varmodel.estimands.rates.standardise import Reference
from varmodel.numerics.quantiles import better_quantile, type_7
from varmodel.spec import Benchmark
from varmodel.values import Array

#: Kinds that need to know which end is good.
DIRECTED = ("quantile", "best_m", *OF_THE_LAW)
_WHOLE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A benchmark, and all that finding it takes.

    Attributes
    ----------
    benchmark : Benchmark
    better : str
    reference : Reference
    activity : ndarray, shape (provider,), or None
        What a national level weighs by.
    of_law : ndarray, shape (S, provider), or None
        The effects at a benchmark that is found in their distribution.
    peers : ndarray, shape (S or 1, provider, other), or None
        Weights of the peers of each provider, summing to 1.
    """

    benchmark: Benchmark
    better: str
    reference: Reference
    activity: Array | None = None
    of_law: Array | None = None
    peers: Array | None = None

    def effects(self, stacked: StackedDraws) -> Array:
        """Find the effect at the benchmark in each draw, (S, provider)."""
        if self.of_law is not None:
            alike = len(self.of_law) == len(stacked.effect)
            return self.of_law if alike else self.of_law.mean(axis=0, keepdims=True)
        if self.benchmark.kind in ("quantile", "median"):
            effect = self._levels(stacked.effect)
        else:
            rates = self.reference.mean(stacked.predictor, stacked.effect)
            effect = effect_for(
                self.reference,
                stacked.predictor,
                target=self._levels(rates),
                link=self.reference.link_name,
            )
        return np.broadcast_to(effect, stacked.effect.shape).copy()

    def _levels(self, values: Array) -> Array:
        """Find the level among values (S, provider): (S, 1), or of peers (S, provider)."""
        sign = sign_of(self.better) if self.benchmark.kind in DIRECTED else 1
        if self.peers is None:
            return level_of(values, self.benchmark, sign=sign, activity=self.activity)
        alike = len(self.peers) in (1, len(values))
        weights = self.peers if alike else self.peers.mean(axis=0, keepdims=True)
        found = np.empty_like(values)
        for j in range(values.shape[1]):
            found[:, j] = level_of_peers(values, weights[:, j], benchmark=self.benchmark, sign=sign)
        return found


def level_of(
    rates: Array, benchmark: Benchmark, *, sign: int, activity: Array | None = None
) -> Array:
    """Find the benchmark among rates (..., provider), each provider once: shape (..., 1)."""
    kind = benchmark.kind
    if kind in OF_THE_LAW:
        message = f"a {kind} benchmark is found in the effects' distribution, not among rates"
        fail("CONFIG.VALUE", message, fix="give benchmark_rates(fit, benchmark)")
    if kind == "quantile":
        level = better_quantile(rates, number(benchmark), sign=sign)
    elif kind == "median":
        level = type_7(rates, 0.5)
    elif kind == "mean":
        level = rates.mean(axis=-1)
    elif kind == "national":
        level = _weighted_by(activity, rates)
    elif kind == "best_m":
        level = _best(rates, benchmark, sign=sign)
    else:
        level = np.full(rates.shape[:-1], number(benchmark))
    return np.asarray(level)[..., np.newaxis]


def level_of_peers(values: Array, weights: Array, *, benchmark: Benchmark, sign: int) -> Array:
    """Find the benchmark among peers: values (S, other), weights (S or 1, other): shape (S,)."""
    values, weights = _those_of_weight(values, weights)
    if benchmark.kind == "mean":
        return np.asarray((values * weights).sum(axis=-1) / weights.sum(axis=-1))
    if benchmark.kind == "best_m":
        fewest = int((weights > 0).sum(axis=-1).min())
        _refuse_fewer(fewest, benchmark, whom="peers")
        kept = np.where(weights > 0, sign * values, -np.inf)
        return _best(kept, benchmark, sign=1) * sign
    share = number(benchmark) if benchmark.kind == "quantile" else 0.5
    return sign * weighted_quantile(
        sign * values, np.broadcast_to(weights, values.shape), share=share
    )


def _those_of_weight(values: Array, weights: Array) -> tuple[Array, Array]:
    """Leave out others of weight 0, as far as all draws have as many."""
    count = int((weights > 0).sum(axis=-1).max())
    kept = np.argpartition(-weights, count - 1, axis=-1)[:, :count]
    weights = np.take_along_axis(weights, kept, axis=-1)
    if len(kept) == 1:
        return values[:, kept[0]], weights
    return np.take_along_axis(values, kept, axis=-1), weights


def weighted_quantile(values: Array, weights: Array, *, share: float) -> Array:
    """Interpolate between values at the middles of their weights, along the last axis.

    With equal weights it is type 7 of Hyndman & Fan (1996); values of weight 0 count for nothing.
    """
    order = np.argsort(np.where(weights > 0, values, np.inf), axis=-1)
    v, w = (np.take_along_axis(x, order, axis=-1) for x in (values, weights))
    middle = np.cumsum(w, axis=-1) - w / 2
    last = (w > 0).sum(axis=-1, keepdims=True) - 1
    start, end = middle[..., :1], np.take_along_axis(middle, last, axis=-1)
    place = (middle - start) / np.where(end > start, end - start, 1.0)
    below = ((place <= share + _WHOLE) & (w > 0)).sum(axis=-1, keepdims=True) - 1
    above = np.minimum(below + 1, last)
    ends, at = ([np.take_along_axis(x, i, axis=-1) for i in (below, above)] for x in (v, place))
    run = at[1] - at[0]
    along = np.where(run > 0, (share - at[0]) / np.where(run > 0, run, 1.0), 0.0)
    along = np.where(np.abs(along) * run < _WHOLE, 0.0, along)
    return np.asarray(ends[0] + (ends[1] - ends[0]) * along)[..., 0]


def number(benchmark: Benchmark) -> float:
    """Read the number of a benchmark that has one."""
    return math.nan if benchmark.value is None else benchmark.value


def _best(rates: Array, benchmark: Benchmark, *, sign: int) -> Array:
    """Give the mean of the m best, along the last axis."""
    m = int(number(benchmark))
    _refuse_fewer(rates.shape[-1], benchmark, whom="providers")
    ordered = np.partition(-sign * rates, m - 1, axis=-1)[..., :m]
    return np.asarray(-sign * ordered.mean(axis=-1))


def _refuse_fewer(count: int, benchmark: Benchmark, *, whom: str) -> None:
    m = int(number(benchmark))
    if m > count:
        message = f"best_m asks for {m} of {count} {whom}"
        fail("CONFIG.VALUE", message, fix=f"give at most {count}")


def _weighted_by(activity: Array | None, rates: Array) -> Array:
    if activity is None or not activity.sum() > 0:
        message = "a national benchmark weighs providers by activity, and there is none"
        fail("CONFIG.VALUE", message, fix='take Benchmark("mean"), each provider once')
    return np.asarray(rates @ (activity / activity.sum()))
