"""The truth behind a simulated table: given in part, drawn from the priors for the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import xarray as xr

from varmodel.errors import fail, one_of
from varmodel.families import EFFECTS, EffectDistribution, Parameter, Pooled, Prior, Values
from varmodel.spec import ModelSpec
from varmodel.values import Array


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """The part of the truth that the caller fixes.

    Attributes
    ----------
    values : mapping of str to object
        By name: parameters of the model and provider_effect.
    """

    values: Mapping[str, object]

    @property
    def term_names(self) -> tuple[str, ...]:
        """Names of the terms whose coefficients are given by name."""
        coefficients = self.values.get("coefficients")
        if isinstance(coefficients, xr.DataArray) and "term" in coefficients.coords:
            return tuple(str(name) for name in coefficients["term"].values)
        return tuple(map(str, coefficients)) if isinstance(coefficients, Mapping) else ()

    def scalar(self, name: str, drawn: float) -> float:
        """Take a number that is given, or the one that was drawn."""
        return float(self.array(name, np.asarray(drawn)))

    def array(self, name: str, drawn: Array) -> Array:
        """Take finite numbers of the shape that was drawn, or those."""
        if name not in self.values:
            return drawn
        raw = self.values[name]
        listed = list(raw.values()) if isinstance(raw, Mapping) else raw
        try:
            values = np.asarray(cast(Array, listed), dtype=np.float64)
        except (TypeError, ValueError):
            values = np.full(1, np.nan)
        if values.shape != drawn.shape or not np.isfinite(values).all():
            wanted = f"{drawn.size} finite numbers" if drawn.ndim else "a finite number"
            fail("CONFIG.VALUE", f"truth {name} must be {wanted}, not shape {values.shape}")
        return values

    def coefficients(self, names: list[str], drawn: Array) -> Array:
        """Take coefficients in the order of the terms, or by name, those not named as drawn."""
        named = self.term_names
        if not named:
            return self.array("coefficients", drawn)
        for name in named:
            if name not in names:
                fail("CONFIG.VALUE", f"the design has no term {name!r}; {one_of(name, names)}")
        values = self.array("coefficients", np.empty(len(named)))
        found = dict(zip(names, drawn, strict=True)) | dict(zip(named, values, strict=True))
        return np.array([found[name] for name in names])


def read_given(spec: ModelSpec, truth: xr.Dataset | Mapping[str, object] | None) -> Given:
    """Read a Dataset or mapping; refuse names that no truth has (rate is worked out anew)."""
    items = {} if truth is None else {str(name): value for name, value in truth.items()}
    given = Given({name: value for name, value in items.items() if name != "rate"})
    distribution = EFFECTS[spec.effect]
    allowed = (*priors_of(spec), "provider_effect", *distribution.parameters)
    for name in given.values:
        if name not in allowed:
            fail("CONFIG.VALUE", f"truth has no {name!r}; {one_of(name, allowed)}")
    for parameter in spec.family_row.parameters(spec.form.name):
        _check_support(parameter, given)
    _check_shape(distribution, given)
    return given


def _check_support(parameter: Parameter, given: Given) -> None:
    """Refuse a number that the parameter cannot be; coefficients may be any."""
    name, support = parameter.name, parameter.support
    if name not in given.values or not support.positive:
        return
    value = given.scalar(name, 1.0)
    if not support.holds(value):
        least = "below 0" if support.zero else "0 or below"
        fail("CONFIG.VALUE", f"a true {name} cannot be {least}, as {value:g} is")


def _check_shape(distribution: EffectDistribution, given: Given) -> None:
    """Refuse parameters of the effects' distribution that make no density."""
    drawn = distribution.named(distribution.draw_shape(np.random.default_rng(0)))
    values = [given.array(name, some) for name, some in drawn.items()]
    with np.errstate(divide="ignore", invalid="ignore"):
        shape = np.array(values).reshape(distribution.size)
        density = distribution.log_density(np.zeros(1), 1.0, shape)[0]
    below = any(value < 0 for value in values if value.ndim == 0)
    if below or not np.isfinite(density):
        fail(
            "CONFIG.VALUE",
            f"truth {', '.join(distribution.parameters)} make no {distribution.name} distribution",
        )


def priors_of(spec: ModelSpec) -> dict[str, Prior]:
    """Give the model's priors over the family's defaults, for a mean (share: half) and sd of 1."""
    family = spec.family_row
    defaults = family.default_priors(spec.form.name, Pooled(mean=family.middle, sd=1.0))
    return {**defaults, **spec.priors}


def draw_truth(
    spec: ModelSpec, frame: xr.Dataset, *, given: Given, rng: np.random.Generator
) -> xr.Dataset:
    """Take what is given, draw the rest, and work out each provider's true rate.

    Parameters
    ----------
    spec : ModelSpec
    frame : xarray.Dataset
        Its design and reference population are used, not its response.
    given : Given
    rng : numpy.random.Generator

    Returns
    -------
    xarray.Dataset
        intercept, coefficients (term), provider_sd, provider_effect (provider), the parameters
        of the family and of the effects' distribution, and rate (provider): directly
        standardised to the frame's reference population (methods 3).
    """
    priors, sizes = priors_of(spec), frame.sizes
    drawn = {name: float(priors[name].draw(rng)) for name in priors if name != "coefficients"}
    slopes = priors["coefficients"].draw(rng, sizes["term"])
    names = [str(name) for name in frame["term"].values]
    truth = xr.Dataset(
        {name: given.scalar(name, value) for name, value in drawn.items()},
        coords={"term": frame["term"], "provider": frame["provider"]},
    )
    truth["coefficients"] = ("term", given.coefficients(names, slopes))
    distribution = EFFECTS[spec.effect]
    for name, values in distribution.named(distribution.draw_shape(rng)).items():
        truth[name] = (("effect_term",)[: values.ndim], given.array(name, values))
    shape = np.array([truth[name].values for name in distribution.parameters]).reshape(
        distribution.size
    )
    effect = distribution.draw(rng, float(truth["provider_sd"]), shape, sizes["provider"])
    truth["provider_effect"] = ("provider", given.array("provider_effect", effect))
    truth["rate"] = ("provider", _rates(spec, frame, truth=truth))
    return truth


def predictor(frame: xr.Dataset, truth: xr.Dataset) -> Array:
    """Give the linear predictor of each cell, shape (cell,)."""
    pattern = _fixed(frame, truth)[frame["pattern_index"].values]
    return np.asarray(pattern + truth["provider_effect"].values[frame["provider_index"].values])


def _fixed(frame: xr.Dataset, truth: xr.Dataset) -> Array:
    """Give the linear predictor of each pattern without a provider's effect."""
    slopes = frame["design"].values @ truth["coefficients"].values
    return np.asarray(float(truth["intercept"]) + slopes)


def own_values(spec: ModelSpec, truth: xr.Dataset, *, pooled_mean: float) -> Values:
    """Read the family's own parameters as its functions take them."""
    family = spec.family_row
    named = {x.name: float(truth[x.name]) for x in family.own(spec.form.name)}
    return family.values(named, pooled_mean)


def _rates(spec: ModelSpec, frame: xr.Dataset, *, truth: xr.Dataset) -> Array:
    fixed, weight = _fixed(frame, truth), frame["pattern_weight"].values
    family, effects = spec.family_row, truth["provider_effect"].values
    own = own_values(spec, truth, pooled_mean=family.middle)  # no mean depends on the middle
    return np.array([np.sum(weight * family.mean(fixed + effect, own)) for effect in effects])
