"""Importance weights of the draws of a fit, and what is read off weighted draws."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from varmodel.fits.importance import largest_k
from varmodel.numerics import special
from varmodel.numerics.pareto import smooth_weights
from varmodel.values import Array


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Pareto-smoothed importance weights.

    Attributes
    ----------
    share : ndarray, shape (S,)
        They sum to 1.
    pareto_k : float
        k-hat of the ratios: minus infinity where all weigh alike.
    """

    share: Array
    pareto_k: float

    @classmethod
    def of(cls, log_ratio: Array) -> Self:
        """Smooth the ratios of another posterior to that of the draws, logs up to a constant."""
        if np.ptp(log_ratio) == 0:
            return cls(np.full(len(log_ratio), 1 / len(log_ratio)), -np.inf)
        log_share, pareto_k = smooth_weights(log_ratio)
        return cls(np.exp(log_share), pareto_k)

    @property
    def reliable(self) -> bool:
        """Whether so many draws bear so heavy a tail."""
        return bool(self.pareto_k <= largest_k(len(self.share)))

    def mean(self, values: Array) -> Array:
        """Average over the draws, which are the first axis."""
        return np.asarray(np.tensordot(self.share, values, axes=1))

    def sd(self, values: Array) -> float:
        """Give the weighted sd of values (S,)."""
        return float(np.sqrt(self.mean((values - self.mean(values)) ** 2)))

    def interval(self, values: Array, *, prob: float = 0.95) -> tuple[float, float]:
        """Give the equal-tailed interval of values (S,): the smallest with so much weight below."""
        order = np.argsort(values, kind="stable")
        below = np.cumsum(self.share[order])
        ends = np.searchsorted(below, [(1 - prob) / 2, (1 + prob) / 2]).clip(max=len(order) - 1)
        low, high = values[order[ends]].tolist()
        return low, high


def distance(values: Array, share: Array) -> float:
    """Give how far weighted draws lie from the same draws, all weighing alike; 0 to 1.

    The cumulative Jensen-Shannon distance of the two distribution functions P and Q, divided by
    its bound (Kallioinen, Paananen, Bürkner & Vehtari 2024, Statistics and Computing 34, 57), the
    larger of those of the values and of their negatives.
    """
    return max(_one_sided(values, share), _one_sided(-values, share))


def _one_sided(values: Array, share: Array) -> float:
    order = np.argsort(values, kind="stable")
    width, count = np.diff(values[order]), len(values)
    p, q = np.arange(1, count) / count, np.cumsum(share[order])[:-1]
    middle = (p + q) / 2
    both = sum(special.xlogy(x, x / middle) @ width for x in (p, q)) / np.log(2)
    bound = (p + q) @ width
    return float(np.sqrt(max(both, 0.0) / bound)) if bound > 0 else 0.0
