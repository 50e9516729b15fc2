"""How much of the coming period's differences is known: u + v of the period after the last.

Symbols: w_t the Fisher information of a provider's cells in period t; rho_t the correlation of what
passes with the period before. The Kalman filter of (u, v_t), each period observed as u + v_t with
variance 1 / w_t, keeps three variances; its means, all observations being 1, are the gain: by how
much what is foreseen moves when every period's level does. Nothing of it depends on responses.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from varmodel.estimands.draws.stacked import label_draws
from varmodel.estimands.rates.parts import NEXT
from varmodel.estimands.variation.reliabilities import (
    Noise,
    NoiseModel,
    each_block,
    rankability,
    read_noise_model,
    sums_by_units,
)
from varmodel.fits import Fit
from varmodel.numerics.quantiles import type_7
from varmodel.values import Array


@dataclass(frozen=True, slots=True, eq=False)
class Foreseen:
    """What the periods up to the last leave open of the coming one, (draws, provider) each.

    Attributes
    ----------
    variance : ndarray
        Of u + v of the coming period, given the data.
    gain : ndarray
        Change of its mean where all periods' levels are higher by 1.
    """

    variance: Array
    gain: Array


def foresee(w: Array, *, lasting: Array, passing: Array, passed_on: Array) -> Foreseen:
    """Look one period ahead.

    Parameters
    ----------
    w : ndarray, shape (period, draws, provider)
        Information of each period.
    lasting, passing : ndarray, shape (draws, 1 or provider) and (draws, 1)
        Variances of u, and of v.
    passed_on : ndarray, shape (draws, period + 1)
        rho_t of each period, 0 for the first, and of the coming one.

    Returns
    -------
    Foreseen
    """
    uu, uv = np.broadcast_to(lasting, w.shape[1:]), np.zeros(w.shape[1:])
    vv, of_u, of_v = np.broadcast_to(passing, w.shape[1:]), np.zeros(uv.shape), np.zeros(uv.shape)
    for kept, held in zip(passed_on.T[..., np.newaxis], [*w, None], strict=True):
        uv, of_v, vv = kept * uv, kept * of_v, kept**2 * vv + (1 - kept**2) * passing
        if held is None:  # the coming period, which nobody has seen
            break
        u, v = uu + uv, uv + vv
        precision = held / (1 + held * (u + v))
        beyond = precision * (1 - of_u - of_v)
        of_u, of_v = of_u + u * beyond, of_v + v * beyond
        uu, uv, vv = uu - u**2 * precision, uv - u * v * precision, vv - v**2 * precision
    return Foreseen(uu + 2 * uv + vv, of_u + of_v)


def rankability_of(fit: Fit, part: str) -> xr.DataArray:
    """Give the rankability of the order of what lasts, or of the coming period: (chain, draw)."""
    return _coming_rankability(fit) if part == NEXT else rankability(fit)


def _coming_rankability(fit: Fit) -> xr.DataArray:
    """Give how much of the coming period's order is no noise.

    The median over providers of 1 - Var(u_j + v_j,T+1 | data) / (tau^2 + tau_v^2): what passes is
    signal as far as the last periods tell it, and noise as far as it is new. What is lost to the
    coefficients moves it as it moves u, by the gains of the two.
    """
    model = read_noise_model(fit)
    median = np.empty(len(model.tau))

    def keep(draws: slice, noise: Noise) -> None:
        median[draws] = type_7(_reliability_of_coming(model, draws, noise), 0.5)

    each_block(model, keep)
    return label_draws(fit, median, name="rankability")


def _reliability_of_coming(model: NoiseModel, draws: slice, noise: Noise) -> Array:
    """Give what a block of draws knows of each provider's coming period, (draws, provider)."""
    if model.passing is None:
        return noise.reliability
    transient, columns = model.passing
    held = sums_by_units(model, draws, transient=transient, columns=columns).held
    lasting, passing = model.tau[draws] ** 2, transient.sd[draws, np.newaxis] ** 2
    passed_on = np.column_stack([transient.passed_on(draws), transient.rho[draws]])
    found = foresee(columns.units.grid(held), lasting=lasting, passing=passing, passed_on=passed_on)
    gain = 1.0 - noise.chance  # of u
    ratio = np.divide(found.gain, gain, out=np.zeros_like(gain), where=gain > 0)
    whole = lasting + passing
    lost = found.variance + noise.coefficients * lasting * ratio**2
    share = np.divide(lost, whole, out=np.ones_like(lost), where=whole > 0)
    return np.maximum(0.0, 1.0 - share)
