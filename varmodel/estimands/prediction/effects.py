"""The effects of the providers of new rows, in the periods of these rows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from varmodel.errors import fail
from varmodel.estimands.draws.source import Source
from varmodel.estimands.draws.transient import StackedTransient, next_departures
from varmodel.estimands.prediction.conditional import effects_given
from varmodel.estimands.prediction.conditional_periods import effects_of_periods_given
from varmodel.fits import Fit
from varmodel.frame.new.rows import NewRows, own_rows
from varmodel.values import Array, Index

type Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class WantedEffects:
    """Whose effects are wanted, and what they are drawn from.

    Attributes
    ----------
    fit : Fit
    source : Source
    rows : NewRows
    place : ndarray of int, shape (provider of the rows,)
        Where each stands in the fit; -1 for those that it has not.
    given : bool
        Whether effects of these are drawn given their responses.
    rng, rng_of_periods : numpy.random.Generator
        Streams of effects, and of what passes.
    """

    fit: Fit
    source: Source
    rows: NewRows
    place: Places
    given: bool
    rng: np.random.Generator
    rng_of_periods: np.random.Generator

    @property
    def new(self) -> list[int]:
        """Numbers of the providers that the fit has not."""
        return np.flatnonzero(self.place < 0).tolist()


def effects_of_rows(wanted: WantedEffects) -> tuple[Array, Index]:
    """Draw the effects of the rows: (S, column), and which column each row has."""
    codes = wanted.rows.provider.codes
    transient = wanted.source.transient
    if transient is None:
        return _lasting(wanted), codes
    used, column = np.unique(wanted.rows.period, return_inverse=True)
    effect = _by_period(wanted, transient, used)
    return effect.reshape(len(effect), -1), codes * len(used) + column.reshape(-1)


def _lasting(wanted: WantedEffects) -> Array:
    """Give each provider's effect in each draw, shape (S, provider)."""
    source, place, new = wanted.source, wanted.place, wanted.new
    effect = np.empty((len(source.sd), len(place)))
    effect[:, place >= 0] = source.stacked.effect[:, place[place >= 0]]
    if new and not wanted.given:
        effect[:, new] = source.effects(slice(None), count=len(new), rng=wanted.rng)
    for level in new if wanted.given else ():
        own = own_rows(wanted.fit.spec, wanted.rows, level=level)
        effect[:, level] = effects_given(source, own.cells, design=own.design, rng=wanted.rng)
    return effect


def _by_period(wanted: WantedEffects, transient: StackedTransient, used: Index) -> Array:
    """Give each provider's effect in each period that a row is of: (S, provider, period)."""
    source, place, new = wanted.source, wanted.place, wanted.new
    effect = np.empty((len(source.sd), len(place), len(used)))
    known, last = place[place >= 0], len(transient.places)
    if len(known):
        own = source.own_effects(slice(None))[:, known]
        if last in used:
            coming = source.stacked.effect + next_departures(wanted.fit, transient)
            own = np.concatenate([own, coming[:, known, np.newaxis]], axis=2)
        effect[:, place >= 0] = own[:, :, used]
    if new and not wanted.given:
        effect[:, new] = _new_periods(wanted, transient, count=len(new))[:, :, used]
    for level in new if wanted.given else ():
        effect[:, level] = _given_periods(wanted, transient, level=level, used=used)
    return effect


def _new_periods(wanted: WantedEffects, transient: StackedTransient, *, count: int) -> Array:
    """Draw the effects of new providers in the fit's periods and the one to come."""
    everything = slice(None)
    lasting = wanted.source.effects(everything, count=count, rng=wanted.rng)
    path = transient.paths(everything, count=count, rng=wanted.rng_of_periods)
    coming = transient.following(path[:, :, -1], draws=everything, rng=wanted.rng_of_periods)
    return lasting[:, :, np.newaxis] + np.concatenate([path, coming[:, :, np.newaxis]], axis=2)


def _given_periods(
    wanted: WantedEffects, transient: StackedTransient, *, level: int, used: Index
) -> Array:
    """Draw one new provider's effect in the used periods, given its responses in all its rows."""
    if wanted.source.distribution.name != "normal":
        message = (
            f"{wanted.source.distribution.name} effects are not drawn given responses in several "
            "periods"
        )
        fail("CONFIG.VALUE", message, fix='take new_providers="population", or effect = "normal"')
    rows, codes = wanted.rows, wanted.rows.provider.codes
    places = np.append(transient.places, transient.places[-1] + 1)
    held = np.unique(rows.period[codes == level])
    parts = [
        own_rows(wanted.fit.spec, rows, level=level, period=period) for period in held.tolist()
    ]
    found = effects_of_periods_given(
        wanted.source, transient, parts=parts, places=places[held], rng=wanted.rng
    )
    effect = np.zeros((len(found), len(used)))
    effect[:, np.searchsorted(used, held)] = found
    return effect
