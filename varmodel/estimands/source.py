"""A fit as what new tables are drawn from: its predictor, its law of the effects, its noise."""

from dataclasses import dataclass

import numpy as np

from varmodel.estimands.ensemble import (
    Ensemble,
    draws_of,
    has_draws,
    read_likelihood,
    read_shape,
)
from varmodel.families import EFFECTS, Cells, EffectLaw, Family
from varmodel.families.links import Array
from varmodel.fits import Fit

#: Effects on the logit or log scale beyond which a count could no longer be drawn.
FURTHEST = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Joint draws, and the laws of what is drawn from them.

    Attributes
    ----------
    family : Family
    law : EffectLaw
    ensemble : Ensemble
        S draws; the predictor is the likelihood's eta.
    sd : ndarray, shape (S,)
        Of the effects.
    shape : ndarray, shape (S, size of the law)
        Its natural parameters.
    residual_sd : ndarray, shape (S,)
        1 where the family has none.
    """

    family: Family
    law: EffectLaw
    ensemble: Ensemble
    sd: Array
    shape: Array
    residual_sd: Array

    def effects(self, draws: slice, *, count: int, rng: np.random.Generator) -> Array:
        """Draw effects of ``count`` new providers, shape (draws, count)."""
        effect = self.law.draw(rng, self.sd[draws], self.shape[draws], count)
        furthest = np.inf if self.family.scale_name == "identity" else FURTHEST
        return np.clip(effect, -furthest, furthest)

    def responses(
        self, draws: slice, *, cells: Cells, eta: Array, rng: np.random.Generator
    ) -> Array:
        """Draw a response for each cell at a predictor (draws, cell)."""
        return self.family.draw(rng, cells, eta, self.residual_sd[draws, np.newaxis])

    def rates(self, draws: slice, *, eta: Array) -> Array:
        """Give the mean response of a unit at a predictor (draws, cell)."""
        return self.family.mean(eta, self.residual_sd[draws, np.newaxis])


def read_source(fit: Fit) -> Source:
    """Read what new tables of a fit are drawn from."""
    sd = draws_of(fit, "provider_sd")
    noise = draws_of(fit, "residual_sd") if has_draws(fit, "residual_sd") else np.ones_like(sd)
    law = EFFECTS[fit.spec.effect]
    return Source(
        fit.spec.family_row, law, read_likelihood(fit), sd, read_shape(fit), residual_sd=noise
    )
