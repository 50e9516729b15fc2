"""The truth behind a simulated table: given in part, drawn from the priors for the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import xarray as xr

from varmodel.errors import fail, one_of
from varmodel.families import EFFECTS, EffectLaw, Parameter, Pooled, Prior, Values
from varmodel.families.links import Array
from varmodel.frame.transient import calendar, periods_of, transient_of
from varmodel.spec import ModelSpec
from varmodel.spec.share import TransientShare


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
    law = EFFECTS[spec.effect]
    own = spec.predictor("ar1" if spec.transient == "auto" else spec.transient).own
    effects = ("provider_effect", *(("transient_effect",) if own else ()))
    allowed = (*priors_of(spec), *effects, *law.parameters, *(x.name for x in own))
    for name in given.values:
        if name not in allowed:
            fail("CONFIG.VALUE", f"truth has no {name!r}; {one_of(name, allowed)}")
    for parameter in (*spec.family_row.parameters(spec.form.name), *own):
        _check_support(parameter, given)
    _check_shape(law, given)
    return given


def _check_support(parameter: Parameter, given: Given) -> None:
    """Refuse a number that the parameter cannot be; coefficients may be any."""
    name, support = parameter.name, parameter.support
    if name not in given.values or not np.isfinite(support.ends[0]):
        return
    value = given.scalar(name, 0.0)
    if not support.holds(value):
        fail("CONFIG.VALUE", f"a true {name} cannot be {support.outside}, as {value:g} is")


def _check_shape(law: EffectLaw, given: Given) -> None:
    """Refuse parameters of the effects' law that make no density."""
    drawn = law.named(law.draw_shape(np.random.default_rng(0)))
    values = [given.array(name, some) for name, some in drawn.items()]
    with np.errstate(divide="ignore", invalid="ignore"):
        shape = np.array(values).reshape(law.size)
        density = law.log_density(np.zeros(1), 1.0, shape)[0]
    below = any(value < 0 for value in values if value.ndim == 0)
    if below or not np.isfinite(density):
        fail("CONFIG.VALUE", f"truth {', '.join(law.parameters)} make no {law.name} law")


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
        of the family and of the effects' law, those of a transient and transient_effect
        (provider, period), and rate (provider): directly standardised to the frame's reference
        population (methods 3), the mean over what passes.
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
    law = EFFECTS[spec.effect]
    for name, values in law.named(law.draw_shape(rng)).items():
        truth[name] = (("effect_term",)[: values.ndim], given.array(name, values))
    shape = np.array([truth[name].values for name in law.parameters]).reshape(law.size)
    effect = law.draw(rng, float(truth["provider_sd"]), shape, sizes["provider"])
    truth["provider_effect"] = ("provider", given.array("provider_effect", effect))
    truth = _with_transient(spec, frame, truth=truth, given=given, rng=rng)
    truth["rate"] = ("provider", _rates(spec, frame, truth=truth))
    return truth


def _with_transient(
    spec: ModelSpec, frame: xr.Dataset, *, truth: xr.Dataset, given: Given, rng: np.random.Generator
) -> xr.Dataset:
    """Add each provider's departures from its lasting level, by their stationary law."""
    if spec.transient_share is not None:
        return _parted(spec, frame, truth=truth, rng=rng)
    taken = transient_of(spec, frame)
    priors = priors_of(spec, taken)
    own = spec.predictor(taken).own
    if not own:
        return truth
    for x in own:
        truth[x.name] = given.scalar(x.name, float(priors[x.name].draw(rng)))
    shape = (frame.sizes["provider"], frame.sizes["period"])
    rho = float(truth["transient_rho"]) if "transient_rho" in truth else 0.0
    drawn = rng.standard_normal(shape) @ correlation_root(calendar(frame), rho).T
    drawn *= float(truth["transient_sd"])
    truth = truth.assign_coords(period=frame["period"].to_numpy())
    truth["transient_effect"] = (("provider", "period"), given.array("transient_effect", drawn))
    return truth


def _parted(
    spec: ModelSpec, frame: xr.Dataset, *, truth: xr.Dataset, rng: np.random.Generator
) -> xr.Dataset:
    """Part the effects of one period by a share from its declared law (methods 2)."""
    declared = cast(TransientShare, spec.transient_share)
    share, tau = float(rng.beta(*declared.shape)), float(truth["provider_sd"])
    both = truth["provider_effect"].to_numpy()
    lasting = (1 - share) * both + tau * np.sqrt(share * (1 - share)) * rng.standard_normal(
        len(both)
    )
    return truth.assign_coords(period=periods_of(frame)).assign(
        provider_sd=tau * np.sqrt(1 - share),
        provider_effect=("provider", lasting),
        transient_sd=tau * np.sqrt(share),
        transient_share=share,
        transient_effect=(("provider", "period"), (both - lasting)[:, np.newaxis]),
    )


def correlation_root(places: Array, rho: float) -> Array:
    """Give the lower Cholesky factor of a stationary AR(1) at places of a calendar."""
    lags = np.diff(places)
    fresh = np.concatenate([[1.0], np.sqrt(1.0 - rho ** (2.0 * lags))])
    passed = np.tril(rho ** np.abs(np.subtract.outer(places, places)))
    return np.asarray(passed * fresh)


def predictor(frame: xr.Dataset, truth: xr.Dataset) -> Array:
    """Give the linear predictor of each cell, shape (cell,)."""
    pattern, provider = frame["pattern_index"].values, frame["provider_index"].values
    eta = _fixed(frame, truth)[pattern] + truth["provider_effect"].values[provider]
    if "transient_effect" in truth:
        period = frame["period_index"].values if "period" in frame.dims else 0
        eta = eta + truth["transient_effect"].values[provider, period]
    return np.asarray(eta)


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
    sd = float(truth["transient_sd"]) if "transient_sd" in truth else 0.0
    means = (
        family.lasting_mean(fixed + effect, own, sd=sd) if sd else family.mean(fixed + effect, own)
        for effect in effects
    )
    return np.array([np.sum(weight * rates) for rates in means])
