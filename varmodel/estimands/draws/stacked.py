"""The joint draws of a fit as plain arrays, chains laid end to end, and back to labels."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

from varmodel.estimands.draws.labelled import DRAW_DIMS
from varmodel.families import EFFECTS
from varmodel.fits import Fit
from varmodel.frame import shared_effect
from varmodel.numerics.blocks import blocks
from varmodel.numerics.hermite import rule_for
from varmodel.values import Array

#: Beginnings of the names of effects that providers share.
_SHARED = ("class_mean", "level_effect_", "effect_coefficients")


@dataclass(frozen=True, slots=True, eq=False)
class StackedPredictor:
    """The linear predictor without provider effects.

    Attributes
    ----------
    intercept : ndarray, shape (S,)
        One value a draw.
    coefficients : ndarray, shape (S, term)
        One row a draw.
    design : ndarray, shape (pattern, term)
        Distinct covariate patterns, centred and scaled.
    spread : ndarray, shape (S,), or None
        On the logit scale, the sd of normal departures that a mean rate is averaged over; None
        where there are none. On the other links their mean stands in the intercept.
    """

    intercept: Array
    coefficients: Array
    design: Array
    spread: Array | None = None

    def eta(self, draws: slice, patterns: slice = slice(None)) -> Array:
        """Give the predictor of some draws at some patterns, shape (draws, patterns)."""
        slopes = self.coefficients[draws] @ self.design[patterns].T
        return np.asarray(self.intercept[draws, np.newaxis] + slopes)

    def span(self) -> tuple[Array, Array]:
        """Give the smallest and the largest value of each draw, departures in it, (S,) each."""
        low, high = np.empty(len(self.intercept)), np.empty(len(self.intercept))
        for draws in blocks(len(self.intercept), len(self.design)):
            eta = self.eta(draws)
            low[draws], high[draws] = eta.min(axis=1), eta.max(axis=1)
        if self.spread is None:
            return low, high
        reach = rule_for(float(self.spread.max())).reach * self.spread
        return low - reach, high + reach

    def averaged(self, sd: Array, *, link: str) -> "StackedPredictor":
        """Average mean rates over normal departures of this sd (S,): m(eta) of methods 14."""
        if link == "log":
            return replace(self, intercept=self.intercept + sd**2 / 2)
        return replace(self, spread=sd) if link == "logit" else self

    def mean(self) -> "StackedPredictor":
        """Give the posterior mean as a single draw."""
        intercept, coefficients = self.intercept.mean(keepdims=True), self.coefficients.mean(axis=0)
        spread = None if self.spread is None else self.spread.mean(keepdims=True)
        return StackedPredictor(intercept, coefficients[np.newaxis], self.design, spread)


@dataclass(frozen=True, slots=True, eq=False)
class StackedDraws:
    """Joint draws of the predictor and of all providers' effects.

    Attributes
    ----------
    predictor : Predictor
        S draws.
    effect : ndarray, shape (S, provider)
        Provider effects on the link scale: own, and what a provider shares with its like.
    """

    predictor: StackedPredictor
    effect: Array


def read_draws(fit: Fit) -> StackedDraws:
    """Lay the chains end to end; the predictor's inverse link is the mean of what lasts.

    It is the mean over what passes in a period, by its stationary distribution.
    """
    stacked = read_period_means(fit)
    link = fit.spec.family_row.link_name
    return replace(stacked, predictor=over_transient(fit, stacked.predictor, link=link))


def over_transient(fit: Fit, predictor: StackedPredictor, *, link: str) -> StackedPredictor:
    """Average a predictor's mean rates over what passes in a period, where something does."""
    if fit.transient == "none":
        return predictor
    return predictor.averaged(draws_of(fit, "transient_sd"), link=link)


def read_period_means(fit: Fit) -> StackedDraws:
    """Lay the chains of a fit end to end; the predictor's inverse link is the mean of a period.

    Effects are those that are published: with levels_adjusted without those of classes and levels.
    So the lognormal's intercept has half the residual variance of its draw added: the one place
    where the mean of exp(eta + noise) is made of eta.
    """
    stacked = read_likelihood(fit, adjusted=fit.spec.levels_adjusted)
    shift = fit.spec.family_row.shift(read_named(fit))
    intercept = stacked.predictor.intercept + shift
    return replace(stacked, predictor=replace(stacked.predictor, intercept=intercept))


def read_likelihood(fit: Fit, *, adjusted: bool = False) -> StackedDraws:
    """Lay the chains end to end; the predictor is the likelihood's eta.

    ``adjusted``: whether the effects of classes and levels are left out.
    """
    effect = draws_of(fit, "provider_effect", "provider")
    shared = shared_draws(fit, adjusted=adjusted)
    if shared is not None:
        effect = effect + shared
    has_terms = fit.frame.sizes["term"] > 0
    coefficients = (
        draws_of(fit, "coefficients", "term") if has_terms else np.zeros((len(effect), 0))
    )
    design = fit.frame["design"].transpose("pattern", "term").to_numpy()
    return StackedDraws(StackedPredictor(draws_of(fit, "intercept"), coefficients, design), effect)


def shared_draws(fit: Fit, *, adjusted: bool = False) -> Array | None:
    """Lay what providers share with their like end to end, (S, provider); None for nothing."""
    shared = shared_effect(fit.frame, fit.posterior, adjusted=adjusted)
    if not isinstance(shared, xr.DataArray):
        return None
    ordered = shared.transpose(*DRAW_DIMS, "provider").to_numpy()
    return ordered.reshape(-1, ordered.shape[-1])


def unpublished_effects(fit: Fit) -> Array:
    """Give the effects that published figures leave out, shape (S, provider): with levels_adjusted.

    Those of classes and levels; else nought.
    """
    whole = read_likelihood(fit).effect
    return whole - read_likelihood(fit, adjusted=fit.spec.levels_adjusted).effect


def own_sds(fit: Fit) -> Array:
    """Give the sd of the providers' own effects: (S, 1), or (S, provider) where classes differ."""
    if fit.spec.classes is None:
        return draws_of(fit, "provider_sd")[:, np.newaxis]
    return draws_of(fit, "class_sd", "class")[:, fit.frame["class_index"].to_numpy()]


def lasting_sd(fit: Fit) -> Array:
    """Give the sd of what lasts between providers, shape (S,).

    It is provider_sd; where providers share effects of classes, levels or predictors, the sd over
    the providers of each draw's effects, what they share in, as far as it is published.
    """
    names = map(str, fit.posterior.data_vars)
    if any(name.startswith(_SHARED) for name in names):
        published = read_likelihood(fit, adjusted=fit.spec.levels_adjusted)
        return np.asarray(published.effect.std(axis=1, ddof=1))
    return draws_of(fit, "provider_sd")


def read_shape(fit: Fit) -> Array:
    """Lay the parameters of the effects' distribution end to end, shape (S, its size)."""
    columns = [np.empty((draws_of(fit, "intercept").size, 0))]
    for name in EFFECTS[fit.spec.effect].parameters:
        own = [str(dim) for dim in fit.posterior[name].dims if dim not in DRAW_DIMS]
        columns.append(draws_of(fit, name, *own).reshape(len(columns[0]), -1))
    return np.concatenate(columns, axis=1)


def read_named(fit: Fit) -> dict[str, Array]:
    """Lay the family's own parameters end to end, shape (S,) each."""
    own = fit.spec.family_row.own(fit.spec.form.name)
    return {x.name: draws_of(fit, x.name) for x in own}


def read_own(fit: Fit) -> dict[str, Array]:
    """Give what the family's functions read of its own parameters, shape (S,) each."""
    values = fit.spec.family_row.values(read_named(fit), fit.frame.attrs["pooled_mean"])
    return {name: np.asarray(x) for name, x in values.items()}


def mean_own(fit: Fit) -> dict[str, Array | float]:
    """Give what the family's functions read at the posterior mean of its own parameters."""
    means = {name: float(x.mean()) for name, x in read_named(fit).items()}
    return fit.spec.family_row.values(means, fit.frame.attrs["pooled_mean"])


def draws_of(fit: Fit, name: str, *dims: str) -> Array:
    """Read one posterior variable, shape (S, ...)."""
    ordered = fit.posterior.variables[name].transpose(*DRAW_DIMS, *dims)  # nobody asks for labels
    values = ordered.to_numpy().astype(np.float64, copy=False)
    return values.reshape(-1, *values.shape[2:])


def label_draws(fit: Fit, values: Array, *, name: str, **attrs: Any) -> xr.DataArray:
    """Give (S,) or (S, provider) its labels back: (chain, draw[, provider])."""
    source = "intercept" if values.ndim == 1 else "provider_effect"
    dims = DRAW_DIMS if values.ndim == 1 else (*DRAW_DIMS, "provider")
    template = fit.posterior[source]
    template = template if template.dims == dims else template.transpose(*dims)
    result = template.copy(data=np.ascontiguousarray(values).reshape(template.shape))
    result.attrs = fit.provenance | attrs
    return result.rename(name)


def label_periods(fit: Fit, values: Array, *, name: str, **attrs: Any) -> xr.DataArray:
    """Give (S, provider, period) its labels back: (chain, draw, provider, period)."""
    template = fit.posterior["provider_effect"].transpose(*DRAW_DIMS, "provider")
    frame = fit.frame if "period" in fit.frame.coords else fit.posterior
    coords = dict(template.coords) | dict(frame["period"].coords)
    shaped = np.ascontiguousarray(values).reshape(*template.shape, -1)
    dims, kept = (*DRAW_DIMS, "provider", "period"), fit.provenance | attrs
    return xr.DataArray(shaped, coords, dims, name=name, attrs=kept)


def label_providers(fit: Fit, values: Array, *, name: str, **attrs: Any) -> xr.DataArray:
    """Give (provider,) its labels back."""
    coords = {"provider": fit.frame["provider"].variable}  # with its index
    kept = fit.provenance | attrs
    return xr.DataArray(values, coords, ("provider",), name=name, attrs=kept)
