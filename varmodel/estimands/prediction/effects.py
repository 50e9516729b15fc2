"""The effects of the providers of new rows, in the periods of these rows."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from varmodel.estimands.draws.source import Source
from varmodel.estimands.draws.transient import StackedTransient, next_departures
from varmodel.estimands.prediction.conditional import effects_given
from varmodel.estimands.prediction.conditional_periods import effects_of_periods_given
from varmodel.estimands.prediction.likeness import sds_of_new, shared_of_new
from varmodel.fits import Fit
from varmodel.frame.checks.responses import size_field
from varmodel.frame.new.likeness import Likeness, likeness_of
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

    @property
    def like(self) -> Likeness | None:
        """Whom these are like, where the model describes providers."""
        rows, frame = self.rows, self.fit.frame
        return likeness_of(
            frame,
            rows.described,
            owner=rows.provider.codes,
            new=self.new,
            design=rows.design,
            volume=_volume(self.fit, rows),
        )


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
    if not new:
        return effect
    shared, sds = _of_like(wanted)
    if not wanted.given:
        effect[:, new] = _drawn(wanted, sds) + shared
    for k, level in enumerate(new if wanted.given else ()):
        own, common = own_rows(wanted.fit.spec, wanted.rows, level=level), shared[:, k]
        its = source.at_provider(common, sds[:, k % sds.shape[1]])
        found = effects_given(its, own.cells, design=own.design, rng=wanted.rng)
        effect[:, level] = found + common
    return effect


def _of_like(wanted: WantedEffects) -> tuple[Array, Array]:
    """Give what the new providers share with their like (S, new), and their sds (S, 1 or new)."""
    like, fit = wanted.like, wanted.fit
    sds = sds_of_new(fit, wanted.source, like=like)
    if like is None:
        return np.zeros((len(sds), len(wanted.new))), sds
    return shared_of_new(fit, like, rng=wanted.rng), sds


def _drawn(wanted: WantedEffects, sds: Array) -> Array:
    """Draw the own effects of the new providers, (S, new)."""
    source, count, rng = wanted.source, len(wanted.new), wanted.rng
    if wanted.fit.spec.classes is None:
        return source.effects(slice(None), count=count, rng=rng)
    unit = replace(source, sd=np.ones_like(source.sd))
    return sds * unit.effects(slice(None), count=count, rng=rng)


def _volume(fit: Fit, rows: NewRows) -> Array:
    """Give the size of each row, as if each provider had the periods of the fit."""
    size = size_field(fit.spec.form)
    count = len(rows.provider.codes)
    known = size is not None and size in rows.response
    found = rows.response[str(size)] if known else np.ones(count)
    pairs = np.unique(np.column_stack([rows.provider.codes, rows.period]), axis=0)
    periods = np.bincount(pairs[:, 0], minlength=len(rows.provider.levels))
    share = float(fit.frame.attrs["periods"]) / periods[rows.provider.codes]
    return np.asarray(found * share)


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
    if not new:
        return effect
    shared, sds = _of_like(wanted)
    if not wanted.given:
        lasting = _drawn(wanted, sds) + shared
        effect[:, new] = _new_periods(wanted, transient, lasting=lasting)[:, :, used]
    for k, level in enumerate(new if wanted.given else ()):
        its = source.at_provider(shared[:, k], sds[:, k % sds.shape[1]])
        found = _given_periods(replace(wanted, source=its), transient, level=level, used=used)
        effect[:, level] = found + shared[:, [k]]
    return effect


def _new_periods(wanted: WantedEffects, transient: StackedTransient, *, lasting: Array) -> Array:
    """Draw the effects of new providers in the fit's periods and the one to come."""
    everything = slice(None)
    path = transient.paths(everything, count=lasting.shape[1], rng=wanted.rng_of_periods)
    coming = transient.following(path[:, :, -1], draws=everything, rng=wanted.rng_of_periods)
    return lasting[:, :, np.newaxis] + np.concatenate([path, coming[:, :, np.newaxis]], axis=2)


def _given_periods(
    wanted: WantedEffects, transient: StackedTransient, *, level: int, used: Index
) -> Array:
    """Draw one new provider's effect in the used periods, given its responses in all its rows."""
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
