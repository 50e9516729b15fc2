"""The joint draws of a fit as plain arrays, chains laid end to end, and back to labels."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

from varmodel.estimands.draws.labelled import DRAW_DIMS
from varmodel.families import EFFECTS
from varmodel.fits import Fit
from varmodel.numerics.blocks import blocks
from varmodel.values import Array


@dataclass(frozen=True, slots=True, eq=False)
class Predictor:
    """The linear predictor without provider effects.

    Attributes
    ----------
    intercept : ndarray, shape (S,)
        One value a draw.
    coefficients : ndarray, shape (S, term)
        One row a draw.
    design : ndarray, shape (pattern, term)
        Distinct covariate patterns, centred and scaled.
    """

    intercept: Array
    coefficients: Array
    design: Array

    def eta(self, draws: slice, patterns: slice = slice(None)) -> Array:
        """Give the predictor of some draws at some patterns, shape (draws, patterns)."""
        slopes = self.coefficients[draws] @ self.design[patterns].T
        return np.asarray(self.intercept[draws, np.newaxis] + slopes)

    def span(self) -> tuple[Array, Array]:
        """Give the smallest and the largest value of each draw, shape (S,) each."""
        low, high = np.empty(len(self.intercept)), np.empty(len(self.intercept))
        for draws in blocks(len(self.intercept), len(self.design)):
            eta = self.eta(draws)
            low[draws], high[draws] = eta.min(axis=1), eta.max(axis=1)
        return low, high

    def mean(self) -> "Predictor":
        """Give the posterior mean as a single draw."""
        intercept, coefficients = self.intercept.mean(keepdims=True), self.coefficients.mean(axis=0)
        return Predictor(intercept, coefficients[np.newaxis], self.design)


@dataclass(frozen=True, slots=True, eq=False)
class StackedDraws:
    """Joint draws of the predictor and of all providers' effects.

    Attributes
    ----------
    predictor : Predictor
        S draws.
    effect : ndarray, shape (S, provider)
        Provider effects on the link scale.
    """

    predictor: Predictor
    effect: Array


def read_draws(fit: Fit) -> StackedDraws:
    """Lay the chains of a fit end to end; the predictor's inverse link is the mean.

    So the lognormal's intercept has half the residual variance of its draw added: the one place
    where the mean of exp(eta + noise) is made of eta.
    """
    stacked = read_likelihood(fit)
    shift = fit.spec.family_row.shift(read_named(fit))
    intercept = stacked.predictor.intercept + shift
    return replace(stacked, predictor=replace(stacked.predictor, intercept=intercept))


def read_likelihood(fit: Fit) -> StackedDraws:
    """Lay the chains end to end; the predictor is the likelihood's eta."""
    effect = draws_of(fit, "provider_effect", "provider")
    has_terms = fit.frame.sizes["term"] > 0
    coefficients = (
        draws_of(fit, "coefficients", "term") if has_terms else np.zeros((len(effect), 0))
    )
    design = fit.frame["design"].transpose("pattern", "term").to_numpy()
    return StackedDraws(Predictor(draws_of(fit, "intercept"), coefficients, design), effect)


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
    ordered = fit.posterior[name].transpose(*DRAW_DIMS, *dims)
    values = ordered.to_numpy().astype(np.float64, copy=False)
    return values.reshape(-1, *values.shape[2:])


def label_draws(fit: Fit, values: Array, *, name: str, **attrs: Any) -> xr.DataArray:
    """Give (S,) or (S, provider) its labels back: (chain, draw[, provider])."""
    source = "intercept" if values.ndim == 1 else "provider_effect"
    dims = DRAW_DIMS if values.ndim == 1 else (*DRAW_DIMS, "provider")
    template = fit.posterior[source].transpose(*dims)
    result = template.copy(data=np.ascontiguousarray(values).reshape(template.shape))
    result.attrs = fit.provenance | attrs
    return result.rename(name)


def label_providers(fit: Fit, values: Array, *, name: str, **attrs: Any) -> xr.DataArray:
    """Give (provider,) its labels back."""
    coords = {"provider": fit.frame["provider"].to_numpy()}
    kept = fit.provenance | attrs
    return xr.DataArray(values, coords, ("provider",), name=name, attrs=kept)
