"""Rates of providers: crude, adjusted, standardised ratios, effects."""

import numpy as np
import xarray as xr

from varmodel.estimands.draws.labelled import passed_on
from varmodel.estimands.draws.stacked import label_draws, label_periods, read_draws
from varmodel.estimands.money.levels import RATIO
from varmodel.estimands.rates.parts import (
    PERIOD,
    PERSISTENT,
    check_part,
    effects_of,
    mean_rates,
    read_periods,
)
from varmodel.estimands.rates.standardise import check_population, own_population
from varmodel.fits import Fit
from varmodel.values import Array


def observed_rates(frame: xr.Dataset) -> xr.DataArray:
    """Give each provider's crude rate.

    Parameters
    ----------
    frame : xarray.Dataset
        What ``prepare`` returns.

    Returns
    -------
    xarray.DataArray, dims (provider,)
        Events per trial, per expected event or per unit of exposure; mean of the measurements
        or of the published values. NaN where a provider's size is 0. Neither adjusted nor
        shrunken: small providers lie at the ends by chance.
    """
    rates = frame["observed"].reset_coords(drop=True).rename("observed_rate")
    rates.attrs = passed_on(frame.attrs)
    return rates


def adjusted_rates(
    fit: Fit, *, population: str = "reference", part: str = PERSISTENT
) -> xr.DataArray:
    """Standardise each provider's rate by g-computation, in every draw (methods 3).

    Parameters
    ----------
    fit : Fit
        Joint posterior draws with their frame.
    population : {"reference", "own"}
        ``"reference"``: all ranked providers' cases of all periods, so that rates compare
        providers on the same cases. ``"own"``: each provider's own cases, which money uses.
    part : {"persistent", "period", "next"}
        ``"persistent"``: what lasts, the mean over what passes in a period and over the periods
        by their size. ``"period"``: each period of the table, at its national level.
        ``"next"``: the period after the last, at the last one's national level; what passes in
        it is drawn given what passed in the last. The latter two need a model with a transient.

    Returns
    -------
    xarray.DataArray, dims (chain, draw, provider), or (chain, draw, provider, period)
        Mean rate over the population's patterns, weighted by size, natural scale. Read it as
        the rate the provider would have on that population; case mix and demography of the
        model are adjusted away, nothing else is; with ``levels_adjusted`` the effects of classes
        and levels are, too. For measurements it is the mean of what was
        measured, also where their logs are modelled: exp(eta + residual_sd^2 / 2).
        ``attrs`` name population and part.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an unknown population or part, and for a part of a period where the
        model has no transient.
    """
    check_population(population)
    check_part(part)
    if part != PERIOD:
        rates = mean_rates(fit, part=part, population=population)
        return label_rates(fit, rates, population=population, part=part)
    attrs = {"better": fit.spec.better, "population": population, "part": part}
    by_period = [standard.rates(population) for standard in read_periods(fit)]
    return label_periods(fit, np.stack(by_period, axis=-1), name="adjusted_rate", **attrs)


def label_rates(fit: Fit, rates: Array, *, population: str, part: str) -> xr.DataArray:
    """Label rates (S, provider) of a population and a part as :func:`adjusted_rates` does."""
    attrs = {"better": fit.spec.better, "population": population, "part": part}
    return label_draws(fit, rates, name="adjusted_rate", **attrs)


def standardised_ratios(fit: Fit) -> xr.DataArray:
    """Compare each provider with an average one on its own cases: indirect standardisation.

    Parameters
    ----------
    fit : Fit
        Joint posterior draws with their frame.

    Returns
    -------
    xarray.DataArray, dims (chain, draw, provider)
        Mean rate over the provider's own cells at its effect, over that at effect 0. 1.1 reads:
        a tenth more than an average provider would have had with the same cases. On the log
        link it is exp(effect), whatever the cases. Otherwise two ratios share no population
        (attrs["population"] is "own"): they do not order providers as adjusted rates do.
        With a transient both rates are the mean over what passes.
    """
    stacked, own = read_draws(fit), own_population(fit)
    at_effect = own.mean(stacked.predictor, stacked.effect)
    at_zero = own.mean(stacked.predictor, np.zeros_like(stacked.effect))
    whom = {} if fit.spec.family_row.link_name == "log" else {"population": "own"}
    attrs = {"better": fit.spec.better, "figure": RATIO, **whom}
    return label_draws(fit, at_effect / at_zero, name="standardised_ratio", **attrs)


def provider_effects(fit: Fit, *, part: str = PERSISTENT) -> xr.DataArray:
    """Give the providers' effects on the link scale.

    Parameters
    ----------
    fit : Fit
        Joint posterior draws with their frame.
    part : {"persistent", "period", "next"}
        ``"persistent"``: what lasts. ``"period"``: with what passes in each period of the
        table. ``"next"``: with what passes in the period after the last. As in
        :func:`adjusted_rates`.

    Returns
    -------
    xarray.DataArray, dims (chain, draw, provider), or (chain, draw, provider, period)
        Log odds, log rate or difference from an average provider with the same cases.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an unknown part, and for a part of a period where the model has no
        transient.
    """
    effect = effects_of(fit, part)
    attrs = {"better": fit.spec.better, "link": fit.spec.family_row.link_name, "part": part}
    label = label_periods if part == PERIOD else label_draws
    return label(fit, effect, name="provider_effect", **attrs)
