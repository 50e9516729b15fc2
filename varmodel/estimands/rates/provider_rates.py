"""Rates of providers: crude, adjusted, standardised ratios, effects."""

import numpy as np
import xarray as xr

from varmodel.estimands.draws.labelled import passed_on
from varmodel.estimands.draws.stacked import label_draws, read_draws
from varmodel.estimands.money.levels import RATIO
from varmodel.estimands.rates.standardise import find_population, own_population
from varmodel.fits import Fit


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


def adjusted_rates(fit: Fit, *, population: str = "reference") -> xr.DataArray:
    """Standardise each provider's rate by g-computation, in every draw (methods 3).

    Parameters
    ----------
    fit : Fit
        Joint posterior draws with their frame.
    population : {"reference", "own"}
        ``"reference"``: all ranked providers' cases of all periods, so that rates compare
        providers on the same cases. ``"own"``: each provider's own cases, which money uses.

    Returns
    -------
    xarray.DataArray, dims (chain, draw, provider)
        Mean rate over the population's patterns, weighted by size, natural scale. Read it as
        the rate the provider would have on that population; case mix and demography of the
        model are adjusted away, nothing else is. For measurements it is the mean of what was
        measured, also where their logs are modelled: exp(eta + residual_sd^2 / 2).

    Raises
    ------
    SpecError
        CONFIG.VALUE for an unknown population.
    """
    whom = find_population(fit, population)
    stacked = read_draws(fit)
    rates = whom.mean(stacked.predictor, stacked.effect)
    return label_draws(
        fit, rates, name="adjusted_rate", better=fit.spec.better, population=population
    )


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
    """
    stacked, own = read_draws(fit), own_population(fit)
    at_effect = own.mean(stacked.predictor, stacked.effect)
    at_zero = own.mean(stacked.predictor, np.zeros_like(stacked.effect))
    whom = {} if fit.spec.family_row.link_name == "log" else {"population": "own"}
    attrs = {"better": fit.spec.better, "figure": RATIO, **whom}
    return label_draws(fit, at_effect / at_zero, name="standardised_ratio", **attrs)


def provider_effects(fit: Fit) -> xr.DataArray:
    """Give the providers' effects on the link scale.

    Parameters
    ----------
    fit : Fit
        Joint posterior draws with their frame.

    Returns
    -------
    xarray.DataArray, dims (chain, draw, provider)
        Log odds, log rate or difference from an average provider with the same cases.
    """
    effect = read_draws(fit).effect
    link = fit.spec.family_row.link_name
    return label_draws(fit, effect, name="provider_effect", better=fit.spec.better, link=link)
