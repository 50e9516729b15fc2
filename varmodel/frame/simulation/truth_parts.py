"""The parts of a truth beside national level, terms and own effects: groups, and what passes."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from varmodel.families import Prior
from varmodel.frame.providers.lasting import level_groups
from varmodel.frame.simulation.given import Given
from varmodel.frame.transient import calendar, periods_of
from varmodel.spec.share import TransientShare
from varmodel.values import Array

type Priors = Mapping[str, Prior]


def with_groups(
    frame: xr.Dataset,
    priors: Priors,
    *,
    truth: xr.Dataset,
    given: Given,
    rng: np.random.Generator,
) -> xr.Dataset:
    """Add what providers share with their like: predictors, classes, levels."""
    if "effect_design" in frame:
        truth = truth.assign_coords(predictor=frame["predictor"])
        slopes = priors["effect_coefficients"].draw(rng, frame.sizes["predictor"])
        truth["effect_coefficients"] = ("predictor", given.array("effect_coefficients", slopes))
    if "class_index" in frame:
        truth = _with_classes(frame, priors, truth=truth, given=given, rng=rng)
    if "level_index" in frame:
        truth = truth.assign_coords(level=frame["level"])
        sds = given.array("level_sd", priors["level_sd"].draw(rng, frame.sizes["level"]))
        truth["level_sd"] = ("level", sds)
        for (column, groups), sd in zip(level_groups(frame).items(), sds, strict=True):
            name, dim = f"level_effect_{column}", f"level_{column}"
            effects = given.array(name, sd * rng.standard_normal(len(groups)))
            truth = truth.assign_coords({dim: groups}).assign({name: (dim, effects)})
    return truth


def _with_classes(
    frame: xr.Dataset,
    priors: Priors,
    *,
    truth: xr.Dataset,
    given: Given,
    rng: np.random.Generator,
) -> xr.Dataset:
    """Add the classes' means, about that of all providers, and sds; provider_sd is their mean."""
    count = np.bincount(frame["class_index"].to_numpy(), minlength=frame.sizes["class"])
    share = count / count.sum()
    means = priors["class_mean"].draw(rng, len(share))
    sds = given.array("class_sd", priors["class_sd"].draw(rng, len(share)))
    return truth.assign_coords({"class": frame["class"]}).assign(
        class_mean=("class", given.array("class_mean", means - share @ means)),
        class_sd=("class", sds),
        provider_sd=float(np.sqrt(share @ sds**2)),
    )


def with_transient(
    frame: xr.Dataset,
    priors: Priors,
    *,
    truth: xr.Dataset,
    given: Given,
    rng: np.random.Generator,
) -> xr.Dataset:
    """Add each provider's departures from its lasting level, by their stationary distribution."""
    if "transient_sd" not in priors:
        return truth
    for name in ("transient_sd", "transient_rho"):
        if name in priors:
            truth[name] = given.scalar(name, float(priors[name].draw(rng)))
    shape = (frame.sizes["provider"], frame.sizes["period"])
    rho = float(truth["transient_rho"]) if "transient_rho" in truth else 0.0
    drawn = rng.standard_normal(shape) @ correlation_root(calendar(frame), rho).T
    drawn *= float(truth["transient_sd"])
    truth = truth.assign_coords(period=frame["period"].to_numpy())
    truth["transient_effect"] = (("provider", "period"), given.array("transient_effect", drawn))
    return truth


def parted(
    declared: TransientShare, frame: xr.Dataset, *, truth: xr.Dataset, rng: np.random.Generator
) -> xr.Dataset:
    """Part the effects of one period by a share from its declared distribution (methods 2)."""
    share, tau = float(rng.beta(*declared.shape)), float(truth["provider_sd"])
    both = truth["provider_effect"].to_numpy()
    noise = tau * np.sqrt(share * (1 - share)) * rng.standard_normal(len(both))
    lasting = (1 - share) * both + noise
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
