"""What passes: a provider's departures from its lasting level, period by period (methods 14).

Symbols: v_jt the departure of provider j in period t, normal with the stationary sd tau_v; rho the
correlation of two periods that follow each other, 0 where periods are independent. Lags are
calendar periods, so that a period which nobody reports is one all the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from varmodel.errors import fail
from varmodel.estimands.draws.stacked import draws_of
from varmodel.fits import Fit
from varmodel.frame.periods import place
from varmodel.numerics.streams import generator
from varmodel.values import Array, Index


@dataclass(frozen=True, slots=True, eq=False)
class StackedTransient:
    """Joint draws of what passes.

    Attributes
    ----------
    sd, rho : ndarray, shape (S,)
    effect : ndarray, shape (S, provider, period)
    places : ndarray, shape (period,)
        Of the periods in the calendar; rising.
    """

    sd: Array
    rho: Array
    effect: Array
    places: Array

    def mean(self) -> "StackedTransient":
        """Give the posterior mean as a single draw."""
        sd, rho, effect = (x.mean(axis=0, keepdims=True) for x in (self.sd, self.rho, self.effect))
        return StackedTransient(sd, rho, effect, self.places)

    def passed_on(self, draws: slice) -> Array:
        """Give the correlation of each period with the one before it, 0 for the first."""
        rho = self.rho[draws, np.newaxis]
        return np.concatenate([np.zeros_like(rho), rho ** np.diff(self.places)], axis=1)

    def paths(self, draws: slice, *, count: int, rng: np.random.Generator) -> Array:
        """Draw departures of ``count`` new providers, shape (draws, count, period)."""
        kept, sd = self.passed_on(draws), self.sd[draws, np.newaxis]
        path = rng.standard_normal((len(kept), count, kept.shape[1]))
        for t in range(1, kept.shape[1]):
            same = kept[:, t, np.newaxis]
            path[:, :, t] = same * path[:, :, t - 1] + np.sqrt(1 - same**2) * path[:, :, t]
        return path * sd[:, :, np.newaxis]

    def following(self, last: Array, *, draws: slice, rng: np.random.Generator) -> Array:
        """Draw the departures of the period after the last, (draws, provider), given its own."""
        rho, sd = (x[draws, np.newaxis] for x in (self.rho, self.sd))
        fresh = rng.standard_normal(last.shape)
        return np.asarray(rho * last + sd * np.sqrt(1 - rho**2) * fresh)


def read_transient(fit: Fit) -> StackedTransient | None:
    """Read what passes in a fit; None where its model has no such part."""
    taken = fit.transient
    if taken == "none":
        return None
    sd = draws_of(fit, "transient_sd")
    rho = draws_of(fit, "transient_rho") if taken == "ar1" else np.zeros_like(sd)
    effect = draws_of(fit, "transient_effect", "provider", "period")
    return StackedTransient(sd, rho, effect, _places(fit.frame))


def period_of_cells(frame: xr.Dataset) -> Index:
    """Number the period of each cell; all are of one period where the frame names none."""
    if "period_index" in frame:
        return frame["period_index"].to_numpy()
    return np.zeros(frame.sizes["cell"], dtype=np.int64)


def _places(frame: xr.Dataset) -> Array:
    if "period" not in frame.coords:
        return np.zeros(1)
    return np.array([place(str(label)) for label in frame["period"].to_numpy()], dtype=np.float64)


def transient_among(names: Iterable[object]) -> str:
    """Say by the names of its parameters which transient a posterior, or a truth, has."""
    held = {str(name) for name in names}
    if "transient_sd" not in held:
        return "none"
    return "ar1" if "transient_rho" in held else "iid"


def require_transient(fit: Fit, what: str) -> StackedTransient:
    """Read what passes in a fit, or say that its model has none."""
    found = read_transient(fit)
    if found is None:
        message = f"{what}: the model has no transient, an effect is the same in all periods"
        fix = 'fit several periods with transient = "ar1" or "iid"'
        fail("CONFIG.VALUE", message, fix=fix)
    return found


def next_departures(fit: Fit, transient: StackedTransient) -> Array:
    """Draw each provider's departure of the period after the last, shape (S, provider).

    The stream is that of the fit's own seed and table: the figure is a function of the fit.
    """
    seed, table = int(fit.draws.attrs["random_seed"]), str(fit.frame.attrs["source_hash"])
    rng = generator(seed, "coming period", source_hash=table)
    return transient.following(transient.effect[:, :, -1], draws=slice(None), rng=rng)
