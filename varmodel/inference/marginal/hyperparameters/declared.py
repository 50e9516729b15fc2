"""The hyperparameters of a problem: which there are, on the grid or off it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy import special

from varmodel.families import Parameter, Prior
from varmodel.families.effects import EffectDistribution
from varmodel.families.parameters import EFFECT
from varmodel.inference.marginal.hyperparameters.coordinates import Hyperparameter, Hyperparameters
from varmodel.values import Array

#: Coordinates that a dense grid has room for.
MOST_GRIDDED = 3
#: Roles beside those of a family's parameters: the form of the effects' distribution, and a
#: correlation of effects.
SHAPE, CORRELATION = "shape", "correlation"
#: No size is nought, whose precision is none: of its start.
_LEAST = 1e-6
#: Draws that tell the median of a prior.
_MANY = 999
PROVIDER_SD = "provider_sd"
TRANSIENT_SD, TRANSIENT_RHO = "transient_sd", "transient_rho"


def place_on_grid(every: Hyperparameters, name: str, *, gridded: bool) -> Hyperparameters:
    """Put a hyperparameter on the grid, or take it off."""
    moved = _moved(every[name], gridded=gridded)
    return replace(every, listed=tuple(moved if one.name == name else one for one in every.listed))


def positive(
    one: Parameter | Hyperparameter, prior: Prior, *, start: float, gridded: bool
) -> Hyperparameter:
    """Declare an sd or a dispersion: x is its log on the grid; off it, theta is abs(x) start.

    Near nought the log has a long shoulder, which a grid follows and a t distribution does not. As
    a function of x the posterior is even and smooth through 0: there is no shoulder.
    """
    return _by_log(one, prior, start) if gridded else _by_size(one, prior, start)


def _moved(one: Hyperparameter, *, gridded: bool) -> Hyperparameter:
    if one.prior is None:
        return replace(one, gridded=gridded)
    start = float(one.values(one.start)[one.name])
    return positive(one, one.prior, start=start, gridded=gridded)


def _by_size(one: Parameter | Hyperparameter, prior: Prior, start: float) -> Hyperparameter:
    def theta(x: Array) -> Array:
        return np.asarray(start * np.maximum(np.abs(x[..., 0]), _LEAST))

    return Hyperparameter(
        name=one.name,
        role=one.role,
        gridded=False,
        log_prior=lambda x: prior.log_density(theta(x)) + np.log(start),
        values=lambda x: {one.name: theta(x)},
        start=np.ones(1),
        scale=np.ones(1),
        prior=prior,
        mirrored=True,
    )


def _by_log(one: Parameter | Hyperparameter, prior: Prior, start: float) -> Hyperparameter:
    return Hyperparameter(
        name=one.name,
        role=one.role,
        gridded=True,
        log_prior=lambda x: prior.log_density(np.exp(x[..., 0])) + x[..., 0],
        values=lambda x: {one.name: np.exp(x[..., 0])},
        start=np.log([start]),
        scale=np.ones(1),
        prior=prior,
    )


def correlation(name: str, *, a: float, b: float, gridded: bool) -> Hyperparameter:
    """Declare a correlation rho, (rho + 1) / 2 ~ Beta(a, b): x is its atanh."""

    def log_prior(x: Array) -> Array:
        upper, lower = -np.logaddexp(0, -2 * x[..., 0]), -np.logaddexp(0, 2 * x[..., 0])
        return np.asarray(a * upper + b * lower + np.log(2) - special.betaln(a, b))

    return Hyperparameter(
        name=name,
        role=CORRELATION,
        gridded=gridded,
        log_prior=log_prior,
        values=lambda x: {name: np.tanh(x[..., 0])},
        start=np.arctanh([(a - b) / (a + b)]),
        scale=np.ones(1),
    )


def shape(law: EffectDistribution, *, gridded: bool) -> Hyperparameter:
    """Declare the form of a distribution of effects."""
    origin = law.log_prior(np.zeros((law.size, law.size)))
    return Hyperparameter(
        name=law.name,
        role=SHAPE,
        gridded=gridded,
        log_prior=law.log_prior,
        values=lambda x: law.named(law.natural(x)),
        start=np.zeros(law.size),
        scale=(2 * np.abs(origin - law.log_prior(np.eye(law.size)))) ** -0.5,  # 1/2 sd^-2
        ranges=law.ranges,
    )


def declare(
    priors: Sequence[tuple[Parameter, Prior]],
    *,
    starts: Mapping[str, float],
    law: EffectDistribution,
    terms: int,
    correlations: Sequence[Hyperparameter] = (),
    apart: Sequence[tuple[Parameter, Prior]] = (),
) -> Hyperparameters:
    """List the hyperparameters of a model, and say which are gridded.

    Parameters
    ----------
    priors : sequence of (Parameter, Prior)
        Of the sds of effects, provider_sd first, and of the family's own parameters.
    starts : mapping
        Likely values of these by name; 1 where none is given.
    law : EffectDistribution
    terms : int
        Linear terms of psi.
    correlations : sequence of Hyperparameter
        Those of effects over periods.
    apart : sequence of (Parameter, Prior)
        Of more sds of effects, each of some providers or groups of them: the data of one say
        little of another, so that each is on the grid with an axis of its own.

    Returns
    -------
    Hyperparameters
        Gridded are the sds of effects, whose posteriors have a long shoulder at nought; the shape
        of effects where it is bounded; and the family's own where the grid has room for them. Both
        only where effects are one number a provider, so that a point of the grid is cheap.
    """
    effects = sum(one.role == EFFECT for one, _ in priors)
    room = effects == 1 and len(priors) + len(law.ranges) <= MOST_GRIDDED
    made = [
        positive(one, prior, start=starts.get(one.name, 1.0), gridded=one.role == EFFECT or room)
        for one, prior in priors
    ]
    bounded = bool(law.ranges) and effects == 1
    shapes = [shape(law, gridded=bounded)] if law.size else []
    own = [_apart(one, prior) for one, prior in apart]
    return Hyperparameters((*made[:effects], *shapes, *made[effects:], *correlations, *own), terms)


def _apart(one: Parameter, prior: Prior) -> Hyperparameter:
    """Declare an sd whose axis is its own."""
    return replace(positive(one, prior, start=middle_of(prior), gridded=True), apart=True)


def middle_of(prior: Prior) -> float:
    """Give the median of a prior, roughly."""
    return float(np.median(prior.draw(np.random.default_rng(0), _MANY)))
