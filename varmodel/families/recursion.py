"""Counts whose probabilities follow from each other: P(k) / P(k - 1) = r (end + slope k) / k.

Binomial: r the odds, end = trials + 1, slope = -1. Poisson: r the mean, end = 1, slope = 0. In both
r is in proportion to exp(eta), so that one cell's r in many tables differs by a factor alone.
"""

import math
from dataclasses import dataclass

import numpy as np

from varmodel.values import Array

#: Beyond the counts outside of which Bernstein's bound leaves 2^-72 there is no term that counts:
#: none of 2^-60 of the largest, which is itself above 2^-12 where the sd is below 1,000.
_OUT = 72 * math.log(2)


@dataclass(frozen=True, slots=True, eq=False)
class Recursion:
    """How the probabilities of each cell's counts follow from each other.

    Attributes
    ----------
    r : ndarray, shape (cell,)
    end : ndarray, shape (cell,)
    slope : float
        0 or -1.
    """

    r: Array
    end: Array
    slope: float

    def largest_sd(self, lowest: Array, highest: Array) -> Array:
        """Give each cell's largest sd where r is multiplied by what lies between two factors."""
        r = self.r * highest
        if self.slope < 0:  # an sd is largest at odds of 1
            r = np.clip(1.0, self.r * lowest, r)
        return np.asarray(np.sqrt(r * (self.end + self.slope)) / (1 - self.slope * r))


def terms_aside(sd: Array) -> Array:
    """Give how many counts on each side of the mean have a probability that is worth a term."""
    return np.asarray(_OUT / 3 + np.sqrt((_OUT / 3) ** 2 + 2 * _OUT * sd**2) + 2)
