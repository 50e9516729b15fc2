"""Means over a normal distribution by Gauss and Hermite's rule, with as many nodes as are needed.

The means here are of logistic curves, whose poles lie at a distance pi from the real axis: over a
normal of sd s the rule of n nodes errs by about n! (s / pi)^(2n), its leading term.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from varmodel.numerics import special
from varmodel.values import Array

#: Nodes of the finest rule (methods 3), and the error at which a shorter one is taken.
LONGEST_RULE = 15
_PRECISION = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class HermiteRule:
    """Nodes of a standard normal and their weights, shape (node,); the weights sum to one.

    The nodes rise and lie evenly about 0.
    """

    nodes: Array
    weights: Array

    @property
    def positive(self) -> Array:
        """The nodes above 0; each has one below."""
        return self.nodes[(len(self.nodes) + 1) // 2 :]

    @property
    def folded(self) -> Array:
        """The weight of the node at 0, 0 where there is none; then those of the positive nodes."""
        middle = len(self.nodes) % 2
        whole = self.weights[(len(self.nodes)) // 2 :]
        return whole if middle else np.concatenate([[0.0], whole])

    @property
    def reach(self) -> float:
        """The last node."""
        return float(self.nodes[-1])


def rule_for(sd: float) -> HermiteRule:
    """Give the shortest rule that serves the mean of a logistic curve over a normal of this sd."""
    ratio = (sd / math.pi) ** 2
    enough = (n for n in range(1, LONGEST_RULE) if math.factorial(n) * ratio**n < _PRECISION)
    return _rule(next(enough, LONGEST_RULE))


@cache
def _rule(count: int) -> HermiteRule:
    nodes, weights = special.roots_hermitenorm(count)
    return HermiteRule(nodes, weights / weights.sum())
