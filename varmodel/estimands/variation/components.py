"""How much true variation there is (methods 5)."""

import numpy as np
import xarray as xr

from varmodel.estimands.draws.stacked import (
    draws_of,
    label_draws,
    lasting_sd,
    read_named,
    read_shape,
)
from varmodel.estimands.rates.parts import PERSISTENT, mean_rates
from varmodel.families import EFFECTS
from varmodel.fits import Fit
from varmodel.numerics.blocks import blocks
from varmodel.numerics.quantiles import type_7
from varmodel.values import Array

_GAP_SIZE = 1000  # numbers a draw that a distribution takes to find its median gap


def variance_components(fit: Fit) -> xr.Dataset:
    """Describe the spread of the providers' true rates, in every draw.

    Parameters
    ----------
    fit : Fit
        Joint posterior draws with their frame.

    Returns
    -------
    xarray.Dataset, dims (chain, draw)
        ``provider_sd`` on the link scale; the family's own parameters (``residual_sd`` for
        measurements); the parameters of the effects' distribution where it is not normal
        (``effect_shape`` has ``effect_term`` too).
        Logit link: ``median_odds_ratio``, by which the odds differ between two providers at
        random, in the median (Larsen & Merlo 2005), exp(median abs(b1 - b2)) of the effects'
        distribution; ``vpc``, the providers' share of the variance of the latent response. Log
        link: ``median_rate_ratio``; for normal effects ``scv``, the systematic component of
        variation of the model, 100 (exp(sd^2) - 1). Both:
        ``q90_q10`` and ``extremal_quotient``, ratios of quantiles and of extremes of the true
        reference rates. Identity link with measurements: ``vpc``.
        The extremal quotient grows with the number of providers: compare it with no other set.
        With a transient also ``transient_sd``, for ``"ar1"`` ``transient_rho``, and
        ``persistence_share``; all other figures are then of what lasts, and what passes is in
        the whole that ``vpc`` is a share of.
    """
    found = _spread(fit)
    if fit.spec.family_row.link_name != "identity":
        found |= _quotients(fit)
    variables = {name: label_draws(fit, values, name=name) for name, values in found.items()}
    distribution = {name: fit.posterior[name] for name in EFFECTS[fit.spec.effect].parameters}
    return xr.Dataset(variables | distribution, attrs=fit.provenance)


#: What of the variation is told without a rate of each provider, in its order.
SPREAD = ("median_odds_ratio", "median_rate_ratio", "vpc", "scv", "persistence_share")


def spread_figures(fit: Fit) -> xr.Dataset:
    """Give those of ``SPREAD`` that the model has, (chain, draw): no rate is computed for them."""
    found = _spread(fit)
    named = [name for name in SPREAD if name in found]
    return xr.Dataset({name: label_draws(fit, found[name], name=name) for name in named})


def _spread(fit: Fit) -> dict[str, Array]:
    """Give what sds, parameters and link say of the variation, (S,) each."""
    tau = draws_of(fit, "provider_sd")
    family, form = fit.spec.family_row, fit.spec.form.name
    passing = _passing(fit)
    found = {"provider_sd": tau, **passing, **read_named(fit)}
    other = np.square(passing.get("transient_sd", 0.0))
    residual = family.residual_name(form)
    if family.link_name != "identity":
        return found | _on_ratio_scale(fit, tau, other=other)
    if residual is not None:
        found["vpc"] = tau**2 / (tau**2 + other + found[residual] ** 2)
    return found


def persistence_share(fit: Fit) -> xr.DataArray:
    """Give the share of the differences between providers in a period that lasts.

    Parameters
    ----------
    fit : Fit
        Joint posterior draws with their frame.

    Returns
    -------
    xarray.DataArray, dims (chain, draw)
        provider_sd^2 / (provider_sd^2 + transient_sd^2): 1 where all of a provider's difference
        stays, 0 where all of it passes; NaN for a model without a transient. Where providers
        share effects (classes, levels, predictors) their variance over the providers in the draw,
        what they share in, stands for provider_sd^2. Where the share's posterior
        sd is above .1 the periods do not tell what lasts from what passes slowly, and the figure
        leans on the prior of transient_rho.
    """
    tau = draws_of(fit, "provider_sd")
    share = _passing(fit).get("persistence_share", np.full_like(tau, np.nan))
    return label_draws(fit, share, name="persistence_share")


def _passing(fit: Fit) -> dict[str, Array]:
    """Give what passes and its share, (S,) each; nothing where the model has no transient."""
    names = {"none": (), "iid": ("transient_sd",), "ar1": ("transient_sd", "transient_rho")}
    found = {name: draws_of(fit, name) for name in names[fit.transient]}
    if not found:
        return {}
    lasting, passing = lasting_sd(fit) ** 2, found["transient_sd"] ** 2
    return {**found, "persistence_share": lasting / (lasting + passing)}


def _on_ratio_scale(fit: Fit, tau: Array, *, other: Array) -> dict[str, Array]:
    ratio = np.exp(tau * _median_gap(fit))
    if fit.spec.family_row.link_name == "logit":
        whole = tau**2 + other + np.pi**2 / 3
        return {"median_odds_ratio": ratio, "vpc": tau**2 / whole}
    scv = {"scv": 100 * np.expm1(tau**2)} if fit.spec.effect == "normal" else {}
    return {"median_rate_ratio": ratio, **scv}


def _median_gap(fit: Fit) -> Array:
    """Give the median of abs(b1 - b2) in units of provider_sd, shape (S,)."""
    shape, distribution = read_shape(fit), EFFECTS[fit.spec.effect]
    gap = np.empty(len(shape))
    for draws in blocks(len(gap), _GAP_SIZE):
        gap[draws] = distribution.median_gap(shape[draws])
    return gap


def _quotients(fit: Fit) -> dict[str, Array]:
    """Compare high with low true reference rates, each provider once."""
    rates = mean_rates(fit, part=PERSISTENT, population="reference")
    return {
        "q90_q10": type_7(rates, 0.9) / type_7(rates, 0.1),
        "extremal_quotient": rates.max(axis=-1) / rates.min(axis=-1),
    }
