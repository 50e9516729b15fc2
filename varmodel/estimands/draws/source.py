"""A fit as what new tables are drawn from: its predictor, its effects, its noise."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from varmodel.estimands.draws.stacked import (
    StackedDraws,
    draws_of,
    own_sds,
    read_likelihood,
    read_own,
    read_shape,
    shared_draws,
)
from varmodel.estimands.draws.transient import StackedTransient, period_of_cells, read_transient
from varmodel.families import EFFECTS, Cells, EffectDistribution, Family, take
from varmodel.fits import Fit
from varmodel.values import Array

#: Effects on the logit or log scale beyond which a count could no longer be drawn.
FURTHEST = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Joint draws, and the distributions of what is drawn from them.

    Attributes
    ----------
    family : Family
    distribution : EffectDistribution
    stacked : StackedDraws
        S draws; the predictor is the likelihood's eta.
    sd : ndarray, shape (S,)
        Of the effects.
    shape : ndarray, shape (S, size of the distribution)
        Its natural parameters.
    own : mapping of str to ndarray, shape (S,)
        What the family's functions read of its own parameters.
    transient : Transient or None
        What passes, where the model has such a part.
    sds : ndarray, shape (S, 1 or provider)
        Of the own effects of the fit's providers: of its class where classes differ.
    shared : ndarray, shape (S, provider), or None
        What these share with their like, which ``stacked`` holds, too.
    """

    family: Family
    distribution: EffectDistribution
    stacked: StackedDraws
    sd: Array
    shape: Array
    own: Mapping[str, Array]
    transient: StackedTransient | None = None
    sds: Array | None = None
    shared: Array | None = None

    def effects(self, draws: slice, *, count: int, rng: np.random.Generator) -> Array:
        """Draw own effects of ``count`` new providers, shape (draws, count)."""
        return self._clip(self.distribution.draw(rng, self.sd[draws], self.shape[draws], count))

    def effects_of_like(self, draws: slice, *, rng: np.random.Generator) -> Array:
        """Draw lasting effects of providers that are like the fit's, one each: (draws, provider).

        Of the same class, with the same levels and predictors.
        """
        count = self.stacked.effect.shape[1]
        if self.sds is None or self.sds.shape[1] == 1:
            own = self.distribution.draw(rng, self.sd[draws], self.shape[draws], count)
        else:
            unit = np.ones_like(self.sd[draws])
            own = self.sds[draws] * self.distribution.draw(rng, unit, self.shape[draws], count)
        return self._clip(own if self.shared is None else own + self.shared[draws])

    def at_provider(self, shared: Array | float, sd: Array) -> "Source":
        """Give the source of one provider's own effect: what it shares, and its sd, (S,) each."""
        predictor = self.stacked.predictor
        moved = replace(predictor, intercept=predictor.intercept + shared)
        return replace(self, stacked=replace(self.stacked, predictor=moved), sd=sd)

    def given_like(self, j: int) -> "Source":
        """Give the source of the own effect of one of the fit's providers."""
        shared = 0.0 if self.shared is None else self.shared[:, j]
        sds = self.sd if self.sds is None else self.sds[:, j % self.sds.shape[1]]
        return self.at_provider(shared, sds)

    def own_effects(self, draws: slice) -> Array:
        """Give the fit's own effects: (draws, provider), with what passes (.., period)."""
        effect = self.stacked.effect[draws]
        if self.transient is None:
            return effect
        return effect[:, :, np.newaxis] + self.transient.effect[draws]

    def new_effects(self, draws: slice, *, rng: np.random.Generator) -> Array:
        """Draw the same of other providers that are like the fit's."""
        effect = self.effects_of_like(draws, rng=rng)
        if self.transient is None:
            return effect
        passing = self.transient.paths(draws, count=effect.shape[1], rng=rng)
        return self._clip(effect[:, :, np.newaxis] + passing)

    def _clip(self, effect: Array) -> Array:
        furthest = np.inf if self.family.scale_name == "identity" else FURTHEST
        return np.clip(effect, -furthest, furthest)

    def responses(
        self, draws: slice, *, cells: Cells, eta: Array, rng: np.random.Generator
    ) -> Array:
        """Draw a response for each cell at a predictor (draws, cell)."""
        return self.family.draw(rng, cells, eta, take(self.own, (draws, np.newaxis)))

    def rates(self, draws: slice, *, eta: Array) -> Array:
        """Give the mean response of a unit at a predictor (draws, cell)."""
        return self.family.mean(eta, take(self.own, (draws, np.newaxis)))


def read_source(fit: Fit) -> Source:
    """Read what new tables of a fit are drawn from."""
    sd = draws_of(fit, "provider_sd")
    distribution = EFFECTS[fit.spec.effect]
    family, stacked = fit.spec.family_row, read_likelihood(fit)
    shape, own = read_shape(fit), read_own(fit)
    return Source(
        family=family,
        distribution=distribution,
        stacked=stacked,
        sd=sd,
        shape=shape,
        own=own,
        transient=read_transient(fit),
        sds=own_sds(fit),
        shared=shared_draws(fit),
    )


def effects_at(effect: Array, frame: xr.Dataset) -> Array:
    """Give effects (draws, provider[, period]) at each cell of a frame: (draws, cell)."""
    provider = frame["provider_index"].to_numpy()
    if effect.ndim == 2:
        return np.take(effect, provider, axis=1)  # row after row, as tables are drawn
    place = provider * effect.shape[2] + period_of_cells(frame)
    return np.take(effect.reshape(len(effect), -1), place, axis=1)
