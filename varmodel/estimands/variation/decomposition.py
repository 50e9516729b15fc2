"""The story behind the number: why a provider's crude rate is not the nation's (methods 5).

Mean rates of a draw, each with one thing more than the one before; g^-1 is averaged over what
passes in a period up to m4:

    m0  national case mix and demography, effects 0
    m1  own case mix, with demography as in the nation
    m2  own demography
    m3  with the effects of its class and its levels
    m4  with the provider's own lasting effect, what its predictors say of it in it
    m5  with what passed in its periods

Parts are the differences; noise is what the crude rate has beyond them, (y_j / n_j - m5) -
(Y / N - m0). Each part has its mean over the ranked providers, weighted by size, taken off: else
the curvature of the link, the same for all, would be booked as noise. The parts of a provider add
up to y_j / n_j - Y / N in every draw.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import xarray as xr

from varmodel.estimands.draws.labelled import DRAW_DIMS
from varmodel.estimands.draws.stacked import (
    StackedPredictor,
    read_draws,
    read_likelihood,
    read_period_means,
)
from varmodel.estimands.draws.transient import period_of_cells, read_transient
from varmodel.estimands.rates.standardise import Own, own_population, reference_population
from varmodel.estimands.variation.crossing import Crossing, read_crossing
from varmodel.fits import Fit
from varmodel.frame import cells_of, shared_effect
from varmodel.values import Array

#: In the order in which they are taken, which is printed: another order gives other parts.
DECOMPOSED = ("case_mix", "demography", "level", "persistent", "transient", "noise")


def decompose(fit: Fit) -> xr.DataArray:
    """Take each provider's crude rate apart: what makes it differ from the national one.

    Parameters
    ----------
    fit : Fit
        Joint posterior draws with their frame.

    Returns
    -------
    xarray.DataArray, dims (chain, draw, provider, part)
        Parts, in this order and in the units of the rate: ``case_mix`` (its patients, and when
        they came), ``demography`` (the columns so named), ``level`` (its class and levels, such
        as a region), ``persistent`` (what is its own and lasts), ``transient`` (what passed in
        its periods), ``noise`` (chance). They add up to the crude rate less the national crude
        rate in every draw, to rounding. .02 reads: two more in a hundred than nationally, for
        this reason. A part above 0 raises the rate, whether that is good or not; what no model
        column holds is in ``persistent``. The parts depend on the order in which they are
        taken, and 0 is the mean provider by size. ``attrs["national_rate"]`` is Y / N.
    """
    steps = _steps(fit)
    nation = steps[0]
    crude, size = fit.frame["observed"].to_numpy(), _sizes(fit)
    national = float(size @ crude / size.sum())
    parts = np.zeros((*nation.shape, len(DECOMPOSED)))
    for place, (before, after) in enumerate(pairwise(steps)):
        if after is not before:  # else the model does not take this step
            _write_centred(parts[:, :, place], after - before, size)
    _write_centred(parts[:, :, -1], (crude - steps[-1]) - (national - nation), size)
    return _label(fit, parts, national=national)


def _write_centred(out: Array, part: Array, size: Array) -> None:
    """Write a part, (S, provider), less its mean by size in each draw."""
    np.subtract(part, (part @ size / size.sum())[:, np.newaxis], out=out)


def _steps(fit: Fit) -> list[Array]:
    """Give m0 to m5, (S, provider) each; steps that the model does not take are equal."""
    stacked, own = read_draws(fit), own_population(fit)
    nothing = np.zeros_like(stacked.effect)
    nation = reference_population(fit).mean(stacked.predictor, nothing[:, :1]) + nothing
    crossing = read_crossing(fit.frame, fit.spec)
    mixed = own.mean(stacked.predictor, nothing) if fit.frame.sizes["term"] else nation
    if len(crossing.case) == 1:
        own_mix = nation
    elif len(crossing.demography) == 1:
        own_mix = mixed
    else:
        own_mix = _own_case_mix(stacked.predictor, crossing, own)
    level = _level_effect(fit)
    levels = mixed if level is None else own.mean(stacked.predictor, level)
    # all of b_j: levels_adjusted leaves levels out of rates, and crude rates hold them
    lasting = own.mean(stacked.predictor, read_likelihood(fit).effect)
    return [nation, own_mix, mixed, levels, lasting, _with_transient(fit, own, lasting=lasting)]


def _own_case_mix(predictor: StackedPredictor, crossing: Crossing, own: Own) -> Array:
    """Give m1, (S, provider): of each the mean over its case mixes, which are few."""
    providers, count = int(own.provider[-1]) + 1, len(crossing.case)
    result = np.empty((len(predictor.intercept), providers))
    place = crossing.case_of[own.pattern] * providers + own.provider
    share = np.bincount(place, own.weights, count * providers).reshape(count, providers)
    for draws, rates in crossing.rates(predictor, cells=len(place)):
        result[draws] = rates @ share
    return result


def _level_effect(fit: Fit) -> Array | None:
    """Give the effects of class and levels, (S, provider), None without; predictors left out."""
    posterior = fit.posterior.drop_vars("effect_coefficients", errors="ignore")
    shared = shared_effect(fit.frame, posterior)
    if not isinstance(shared, xr.DataArray):
        return None
    ordered = shared.transpose(*DRAW_DIMS, "provider").to_numpy()
    return np.asarray(ordered.reshape(-1, ordered.shape[-1]))


def _with_transient(fit: Fit, own: Own, *, lasting: Array) -> Array:
    """Give m5: each period's cells at the effect of that period; m4 where nothing passes."""
    transient = read_transient(fit)
    if transient is None:
        return lasting
    predictor, effect = read_period_means(fit).predictor, read_likelihood(fit).effect
    periods = transient.effect.shape[2]
    unit = own.provider * periods + period_of_cells(fit.frame)
    held, unit = np.unique(unit, return_inverse=True)  # provider by provider, period by period
    provider = held // periods
    weight = np.bincount(unit, own.weights)
    share = np.divide(own.weights, weight[unit], out=0 * own.weights, where=weight[unit] > 0)
    order = np.argsort(unit, kind="stable")
    cells = replace(own, pattern=own.pattern[order], provider=unit[order], weights=share[order])
    moved = (effect[:, :, np.newaxis] + transient.effect).reshape(len(effect), -1)
    mean = cells.mean(predictor, np.take(moved, held, axis=1))
    return replace(own, provider=provider).total(mean * weight)


def _sizes(fit: Fit) -> Array:
    """Give each provider's size: what the national crude rate is weighted by."""
    owner = fit.frame["provider_index"].to_numpy()
    return np.bincount(owner, cells_of(fit.frame).size, fit.frame.sizes["provider"])


def _label(fit: Fit, values: Array, *, national: float) -> xr.DataArray:
    template = fit.posterior["provider_effect"].transpose(*DRAW_DIMS, "provider")
    coords = {**dict(template.coords), "part": list(DECOMPOSED)}
    attrs = fit.provenance | {"better": fit.spec.better, "national_rate": national}
    dims = (*DRAW_DIMS, "provider", "part")
    shaped = np.ascontiguousarray(values).reshape(*template.shape, len(DECOMPOSED))
    return xr.DataArray(shaped, coords, dims, name="contribution", attrs=attrs)
