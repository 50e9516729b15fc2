"""The truth behind a simulated table: given in part, drawn from the priors for the rest."""

from collections.abc import Mapping
from typing import cast

import numpy as np
import xarray as xr

from varmodel.errors import fail, one_of
from varmodel.families import EFFECTS, EffectDistribution, Parameter, Pooled, Prior, Values
from varmodel.frame.providers.lasting import shared_effect
from varmodel.frame.simulation.given import Given
from varmodel.frame.simulation.truth_parts import parted, with_groups, with_transient
from varmodel.frame.transient import transient_of
from varmodel.spec import ModelSpec
from varmodel.values import Array


def read_given(spec: ModelSpec, truth: xr.Dataset | Mapping[str, object] | None) -> Given:
    """Read a Dataset or mapping; refuse names that no truth has (rate is worked out anew)."""
    items = {} if truth is None else {str(name): value for name, value in truth.items()}
    given = Given({name: value for name, value in items.items() if name != "rate"})
    distribution = EFFECTS[spec.effect]
    transient = "ar1" if spec.transient == "auto" else spec.transient
    own = spec.predictor(transient).own
    effects = ["provider_effect", *(f"level_effect_{column}" for column in spec.levels)]
    effects += [] if transient == "none" else ["transient_effect"]
    allowed = (*priors_of(spec, transient), *effects, *distribution.parameters)
    for name in given.values:
        if name not in allowed:
            fail("CONFIG.VALUE", f"truth has no {name!r}; {one_of(name, allowed)}")
    for parameter in (*spec.family_row.parameters(spec.form.name), *own):
        _check_support(parameter, given)
    _check_shape(distribution, given)
    return given


def _check_support(parameter: Parameter, given: Given) -> None:
    """Refuse a number that the parameter cannot be; coefficients may be any."""
    name, support = parameter.name, parameter.support
    if name not in given.values or not np.isfinite(support.ends[0]):
        return
    drawn = np.zeros(np.shape(cast(Array, given.values[name]))) if parameter.dims else np.zeros(())
    for value in given.array(name, drawn).ravel().tolist():
        if not support.holds(value):
            fail("CONFIG.VALUE", f"a true {name} cannot be {support.outside}, as {value:g} is")


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


def priors_of(spec: ModelSpec, transient: str = "none") -> dict[str, Prior]:
    """Give the model's priors over the defaults, for a mean (share: half) and sd of 1."""
    family, predictor = spec.family_row, spec.predictor(transient)
    pooled = Pooled(mean=family.middle, sd=1.0)
    return predictor.priors(family, spec.form.name, pooled=pooled, stated=spec.priors)


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
        of the family and of the effects' distribution, those of a transient and transient_effect
        (provider, period), those of classes, levels and predictors of effects, and rate
        (provider): directly standardised to the frame's reference
        population (methods 3), the mean over what passes.
    """
    priors, sizes = priors_of(spec), frame.sizes
    structural = {"coefficients", *(x.name for x in spec.predictor("none").own)}
    drawn = {name: float(priors[name].draw(rng)) for name in priors if name not in structural}
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
    truth = with_groups(frame, priors, truth=truth, given=given, rng=rng)
    effect = distribution.draw(
        rng, 1.0 if spec.classes else float(truth["provider_sd"]), shape, len(truth["provider"])
    )
    if spec.classes:
        effect = effect * truth["class_sd"].to_numpy()[frame["class_index"].to_numpy()]
    truth["provider_effect"] = ("provider", given.array("provider_effect", effect))
    if spec.transient_share is not None:
        truth = parted(spec.transient_share, frame, truth=truth, rng=rng)
    else:
        priors = priors_of(spec, transient_of(spec, frame))
        truth = with_transient(frame, priors, truth=truth, given=given, rng=rng)
    truth["rate"] = ("provider", _rates(spec, frame, truth=truth))
    return truth


def predictor(frame: xr.Dataset, truth: xr.Dataset) -> Array:
    """Give the linear predictor of each cell, shape (cell,)."""
    pattern, provider = frame["pattern_index"].values, frame["provider_index"].values
    eta = fixed_parts(frame, truth)[pattern] + _lasting(frame, truth)[provider]
    if "transient_effect" in truth:
        period = frame["period_index"].values if "period" in frame.dims else 0
        eta = eta + truth["transient_effect"].values[provider, period]
    return np.asarray(eta)


def _lasting(frame: xr.Dataset, truth: xr.Dataset, *, adjusted: bool = False) -> Array:
    """Give each provider's lasting effect: its own, and what it shares with its like."""
    shared = shared_effect(frame, truth, adjusted=adjusted)
    return np.asarray(truth["provider_effect"].values + shared)


def fixed_parts(frame: xr.Dataset, truth: xr.Dataset) -> Array:
    """Give the linear predictor of each pattern without a provider's effect."""
    slopes = frame["design"].values @ truth["coefficients"].values
    return np.asarray(float(truth["intercept"]) + slopes)


def own_values(spec: ModelSpec, truth: xr.Dataset, *, pooled_mean: float) -> Values:
    """Read the family's own parameters as its functions take them."""
    family = spec.family_row
    named = {x.name: float(truth[x.name]) for x in family.own(spec.form.name)}
    return family.values(named, pooled_mean)


def _rates(spec: ModelSpec, frame: xr.Dataset, *, truth: xr.Dataset) -> Array:
    fixed, weight = fixed_parts(frame, truth), frame["pattern_weight"].values
    family, effects = spec.family_row, _lasting(frame, truth, adjusted=spec.levels_adjusted)
    own = own_values(spec, truth, pooled_mean=family.middle)  # no mean depends on the middle
    sd = float(truth["transient_sd"]) if "transient_sd" in truth else 0.0
    means = (
        family.lasting_mean(fixed + effect, own, sd=sd) if sd else family.mean(fixed + effect, own)
        for effect in effects
    )
    return np.array([np.sum(weight * rates) for rates in means])
