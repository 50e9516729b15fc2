"""Benchmarks from the distribution that providers come from, not from those that are there.

b_j = s_j + u_j      s_j what provider j shares with its class, region and predictors
u_j ~ the effects' distribution, with sd provider_sd (or that of j's class)

superpopulation: the quantile of b over all providers, sum_j F((x - s_j) / sd_j) / J = share
conditional:     the quantile of b about j's own expectation, s_j + sd_j F^-1(share)
"""

import numpy as np

from varmodel.errors import fail
from varmodel.estimands.draws.stacked import draws_of, own_sds, read_shape, shared_draws
from varmodel.estimands.rates.parts import NEXT
from varmodel.families import EFFECTS
from varmodel.fits import Fit
from varmodel.numerics import special
from varmodel.numerics.blocks import blocks
from varmodel.spec import Benchmark
from varmodel.values import Array

#: Kinds that are found in the distribution of the effects.
OF_THE_LAW = ("superpopulation", "conditional")
#: Points of a distribution function of unit sd, close near 0 and out to 60 sds.
_POINTS = np.sinh(np.linspace(-np.arcsinh(60.0), np.arcsinh(60.0), 2001))
_HALVINGS = 60


def effects_of_law(fit: Fit, benchmark: Benchmark, *, sign: int, part: str) -> Array:
    """Give the effect at a superpopulation or conditional benchmark, shape (S, provider)."""
    share = float(benchmark.value or 0.0)
    share = share if sign > 0 else 1 - share  # the better end is the low one
    sd, shared = _sds(fit, part=part), _shared(fit)
    cdf = _distribution(fit)
    alike = not shared.any() and not np.ptp(sd, axis=1).any()
    if benchmark.kind == "conditional" or alike:
        return shared + sd * _unit_quantile(cdf, share)[:, np.newaxis]
    return _mixed(shared, sd, cdf, share=share)


def _shared(fit: Fit) -> Array:
    """Give what each provider shares with its like in the published rates, (S, provider)."""
    found = shared_draws(fit, adjusted=fit.spec.levels_adjusted)
    return np.zeros(draws_of(fit, "provider_effect", "provider").shape) if found is None else found


def _sds(fit: Fit, *, part: str) -> Array:
    """Give the sds, with what passes in them where they are of the coming period."""
    own = np.broadcast_to(own_sds(fit), draws_of(fit, "provider_effect", "provider").shape)
    if part != NEXT:
        return own
    if fit.spec.effect != "normal":
        message = f"effects are {fit.spec.effect}: the quantile of a coming period is not known"
        fail("CONFIG.VALUE", message, fix='take part="persistent", or a quantile of the providers')
    return np.hypot(own, draws_of(fit, "transient_sd")[:, np.newaxis])


def _distribution(fit: Fit) -> Array | None:
    """Give the distribution function of unit sd at :data:`_POINTS`, (S, point); None if normal."""
    if fit.spec.effect == "normal":
        return None
    law, shape = EFFECTS[fit.spec.effect], read_shape(fit)
    cdf = np.empty((len(shape), len(_POINTS)))
    step = np.diff(_POINTS) / 2
    for draws in blocks(len(shape), 8 * len(_POINTS)):
        own = shape[draws]
        points = np.broadcast_to(_POINTS, (len(own), len(_POINTS)))
        density = np.exp(law.log_density(points, np.ones(len(own)), own))
        cdf[draws, 0] = 0.0
        cdf[draws, 1:] = np.cumsum((density[:, 1:] + density[:, :-1]) * step, axis=1)
    return cdf / cdf[:, -1:]


def _unit_quantile(cdf: Array | None, share: float) -> Array:
    """Give the quantile of unit sd, shape (S,) or, of normal effects, (1,)."""
    if cdf is None:
        return np.array([special.ndtri(share)])
    return np.array([np.interp(share, row, _POINTS) for row in cdf])


def _mixed(shared: Array, sd: Array, cdf: Array | None, *, share: float) -> Array:
    """Solve sum_j F((x - s_j) / sd_j) / J = share in each draw, by halving: (S, provider)."""
    reach = np.abs(_unit_quantile(cdf, share)).max() * sd.max(axis=1) + 1e-12
    low, high = shared.min(axis=1) - reach, shared.max(axis=1) + reach
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        z = (middle[:, np.newaxis] - shared) / np.maximum(sd, np.finfo(float).tiny)
        below = special.ndtr(z) if cdf is None else _looked_up(cdf, z)
        less = below.mean(axis=1) < share
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    return np.repeat(((low + high) / 2)[:, np.newaxis], shared.shape[1], axis=1)


def _looked_up(cdf: Array, z: Array) -> Array:
    return np.stack([np.interp(own, _POINTS, row) for own, row in zip(z, cdf, strict=True)])
