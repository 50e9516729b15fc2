"""Limits about the overall rate of crude figures: those of chance, and wider ones.

Symbols: n the size of a provider (trials, expected events, exposure, measurements, or 1 / standard
error of a published value), p the overall rate, s the standard error of a figure by chance. Wider
limits allow for the spread beyond chance of these same crude figures: case mix is in it.
"""

from dataclasses import dataclass

import numpy as np

from varmodel.estimands.classical.counts import Counts
from varmodel.estimands.classical.funnel import NO_MORE, on_scale, transformed, widened
from varmodel.estimands.classical.limits import binomial_limits, normal_limits, poisson_limits
from varmodel.estimands.classical.overdispersion import (
    TRANSFORMATIONS,
    Spread,
    Transformation,
    excess_spread,
)
from varmodel.values import Array

#: What chance makes of a figure, by the form of the response.
CHANCE_OF = {
    "share": "binomial",
    "trial": "binomial",
    "expected": "poisson",
    "exposure": "poisson",
    "measurements": "normal",
    "published": "normal",
}
_SCALES = {"binomial": "arcsine", "poisson": "log"}


@dataclass(frozen=True, slots=True)
class CrudeScale:
    """How crude figures spread by chance about an overall rate.

    Attributes
    ----------
    kind : {"binomial", "poisson", "normal"}
    level : float
        p.
    sd, power : float
        Of normal figures: s = sd / n^power.
    """

    kind: str
    level: float
    sd: float = 1.0
    power: float = 0.5

    def spread(self, rate: Array, size: Array) -> Spread:
        """Estimate how much more the figures spread than chance makes, tails drawn in."""
        if self.kind == "normal":
            error = self._error(size)
            return excess_spread((rate - self.level) / error, error, tails="winsorised")
        gap, error = transformed(self._counts(rate * size, size), self._scale)
        return excess_spread(gap / error, error, tails="winsorised")

    def limits(
        self, size: Array, *, prob: float, overdispersion: str = NO_MORE, spread: Spread
    ) -> tuple[Array, Array]:
        """Give the rates between which ``prob`` of providers lie, by chance and what is allowed."""
        if self.kind == "normal":
            error = widened(self._error(size), spread, overdispersion=overdispersion)
            return normal_limits(error, mean=self.level, prob=prob)
        read = self._counts(size * self.level, size)
        error = transformed(read, self._scale)[1]
        wider = widened(error, spread, overdispersion=overdispersion)
        if wider is not error:
            low, high = on_scale(read, prob, scale=self._scale, error=wider)
        elif self.kind == "binomial":
            low, high = binomial_limits(size, rate=self.level, prob=prob)
        else:
            low, high = poisson_limits(size * self.level, prob=prob)
        return low / size, high / size

    @property
    def _scale(self) -> Transformation:
        return TRANSFORMATIONS[_SCALES[self.kind]]

    def _error(self, size: Array) -> Array:
        return np.asarray(self.sd / size**self.power)

    def _counts(self, observed: Array, size: Array) -> Counts:
        share, expected = self.kind == "binomial", size * self.level
        volume = size if share else expected
        return Counts([], observed, expected, volume, centre=1.0, is_share=share, attrs={})
