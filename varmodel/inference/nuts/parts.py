"""Parts of the PyMC model, one a term of the linear predictor.

    mean of a provider                national + class mean + levels + predictors
    level of a provider               that + u_j,  u_j ~ N(0, provider_sd), or class_sd
    level of a provider and period    that + period's mean + v_jt,  v_j stationary, sd transient_sd

Each part draws on its raw parameter, which is the level itself where the data say much of it
(centred) and a standardised deviation where they say little; the posterior is the same.
"""

from collections.abc import Callable

import pymc as pm
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from varmodel.inference.nuts.arrays import Structure
from varmodel.inference.nuts.likelihoods import Tensors

type PriorBuilder = Callable[..., TensorVariable]


def _correlation(name: str, **given: TensorVariable) -> TensorVariable:
    """Draw a number in -1 to 1, half of which and a half is a beta."""
    dims = given.pop("dims", None)
    share = pm.Beta(f"{name}_share", **given, dims=dims)
    return pm.Deterministic(name, 2 * share - 1, dims=dims)


#: PyMC's distribution, by the prior's name.
DISTRIBUTIONS: dict[str, PriorBuilder] = {
    "normal": pm.Normal,
    "half_normal": pm.HalfNormal,
    "half_cauchy": pm.HalfCauchy,
    "half_student_t": pm.HalfStudentT,
    "exponential": pm.Exponential,
    "beta": _correlation,
}


def prior(
    parameter: str,
    structure: Structure,
    *,
    data: Tensors,
    dims: str | None = None,
    name: str | None = None,
) -> TensorVariable:
    """Draw a parameter from its prior, whose own parameters are data, under its or another name."""
    dist, head = structure.prior(parameter), f"{parameter}__"
    given = {key.removeprefix(head): data[key] for key in data if key.startswith(head)}
    return DISTRIBUTIONS[dist](name or parameter, **given, dims=dims)


def provider_mean(structure: Structure, data: Tensors) -> TensorVariable:
    """Give the mean of each provider's like: () without any such part, else (provider,)."""
    if structure.levels:
        mean = _level_mean(structure, data)
    else:
        mean = prior("intercept", structure, data=data)
    if structure.classes:
        raw = prior("class_mean", structure, data=data, dims="class", name="class_raw")
        centred = pm.Deterministic("class_mean", raw - data["class_share"] @ raw, dims="class")
        mean = mean + centred[data["class_index"]]
    if structure.predictors:
        slopes = prior("effect_coefficients", structure, data=data, dims="predictor")
        mean = mean + data["effect_design"] @ slopes
    return mean


def _level_mean(structure: Structure, data: Tensors) -> TensorVariable:
    """Give national level and effects of the levels, shape (provider,).

    The raw parameter of the national level is the mean over providers of both: the data know it
    well, where of few groups they hardly know the two apart.
    """
    sd = prior("level_sd", structure, data=data, dims="level")
    raw = pm.Normal("level_raw", dims=("level", "group"))
    effect = pm.Deterministic("level_effect", sd[:, None] * raw, dims=("level", "group"))
    shift = (data["level_share"] * effect).sum()
    mu, sigma = data["intercept__mu"] + shift, data["intercept__sigma"]
    together = pm.Normal("intercept_raw", mu=mu, sigma=sigma)
    national = pm.Deterministic("intercept", together - shift)
    place = pt.arange(structure.levels)[None, :]
    return national + effect[place, data["level_index"]].sum(axis=1)


def _provider_sd(structure: Structure, data: Tensors) -> TensorVariable:
    """Give the sd of the effects: (), or each provider's own where classes differ."""
    if not structure.classes:
        return prior("provider_sd", structure, data=data)
    sd = prior("class_sd", structure, data=data, dims="class")
    pm.Deterministic("provider_sd", pt.sqrt(data["class_share"] @ sd**2))
    return sd[data["class_index"]]


def provider_level(structure: Structure, data: Tensors, *, mean: TensorVariable) -> TensorVariable:
    """Give the lasting level of each provider, shape (provider,).

    Each provider's raw parameter lies between its level (``centred`` = 1) and its standardised
    deviation (0): with a share c, raw ~ N(c mean, sd^c) and the effect is
    sd^(1-c) (raw - c mean) ~ N(0, sd), whatever c is (Papaspiliopoulos, Roberts & Skoeld
    2007, section 3).
    """
    sd, centred = _provider_sd(structure, data), data["centred"]
    raw = pm.Normal("provider_raw", mu=centred * mean, sigma=sd**centred, dims="provider")
    effect = sd ** (1 - centred) * (raw - centred * mean)
    pm.Deterministic("provider_effect", effect, dims="provider")
    return mean + effect


def period_level(
    structure: Structure, data: Tensors, *, level: TensorVariable, coefficients: TensorVariable
) -> TensorVariable:
    """Give the level of each provider and period, shape (provider, period).

    The departures v of a provider follow one another with the correlation rho^lag, the lag that
    of the calendar. A centred provider's raw parameters are its levels, each normal given the
    one before; another's are standard normal, and v is the Cholesky factor of their covariance
    times them.
    """
    sd = prior("transient_sd", structure, data=data)
    rho = prior("transient_rho", structure, data=data) if structure.transient == "ar1" else None
    mean = level[:, None] + (data["period_design"] @ coefficients)[None, :]
    raw = pm.CustomDist(
        "transient_raw",
        mean,
        *(sd, _passed(rho, data["period_place"]), data["transient_centred"]),
        dist=_raw_draws,
        logp=_raw_logp,
        dims=("provider", "period"),
    )
    root = _root(_passed(rho, data["period_place"]))
    departure = pt.switch(data["transient_centred"], raw - mean, sd * (raw @ root.T))
    pm.Deterministic("transient_effect", departure, dims=("provider", "period"))
    return mean + departure


def _passed(rho: TensorVariable | None, place: TensorVariable) -> TensorVariable:
    """Give the correlations of all periods, shape (period, period)."""
    lag = pt.abs(place[:, None] - place[None, :])
    if rho is None:
        return pt.eq(lag, 0).astype("float64")
    return pt.switch(lag > 0, rho ** pt.maximum(lag, 1), 1.0)


def _fresh(correlation: TensorVariable) -> TensorVariable:
    """Give the sd of each period given those before, where the stationary sd is 1."""
    step = pt.diagonal(correlation, offset=1)
    return pt.concatenate([pt.ones(1), pt.sqrt(1 - step**2)])


def _root(correlation: TensorVariable) -> TensorVariable:
    """Give the lower Cholesky factor of the correlations, in closed form."""
    return pt.tril(correlation) * _fresh(correlation)[None, :]


def _raw_draws(
    mean: TensorVariable,
    sd: TensorVariable,
    correlation: TensorVariable,
    centred: TensorVariable,
    size: TensorVariable,
) -> TensorVariable:
    del size
    free = pm.Normal.dist(size=mean.shape)
    return pt.switch(centred, mean + sd * (free @ _root(correlation).T), free)


def _raw_logp(
    raw: TensorVariable,
    mean: TensorVariable,
    sd: TensorVariable,
    correlation: TensorVariable,
    centred: TensorVariable,
) -> TensorVariable:
    step = pt.diagonal(correlation, offset=1)
    before = pt.concatenate([pt.zeros_like(raw[:, :1]), (step * (raw - mean)[:, :-1])], axis=1)
    middle = pt.switch(centred, mean + before, 0.0)
    scale = pt.switch(centred, sd * _fresh(correlation), 1.0)
    return pm.logp(pm.Normal.dist(middle, scale), raw)
