"""Effects of two kinds: normals of one sd, the upper of probability ``weight``.

weight is uniform, the distance of the means in sds within half-normal(3); u = (logit weight,
log distance).
"""

import numpy as np

from varmodel.families.effects.distribution import EffectDistribution, Normals, Sd, bisect, last
from varmodel.numerics import special
from varmodel.values import Array

_DISTANCE = 3.0
_RANGES = ((-8.0, 8.0), (float(np.log(0.02)), float(np.log(13.0))))


def _natural(u: Array) -> Array:
    return np.stack([special.expit(u[..., 0]), np.exp(u[..., 1])], axis=-1)


def _unconstrained(shape: Array) -> Array:
    return np.stack([special.logit(shape[..., 0]), np.log(shape[..., 1])], axis=-1)


def _log_prior(u: Array) -> Array:
    logit, log_distance = u[..., 0], u[..., 1]
    weight = -np.logaddexp(0, logit) - np.logaddexp(0, -logit)
    constant = 0.5 * np.log(2 / np.pi) - np.log(_DISTANCE)
    distance = log_distance - 0.5 * (np.exp(log_distance) / _DISTANCE) ** 2
    return np.asarray(constant + weight + distance)


def _draw_shape(rng: np.random.Generator) -> Array:
    return np.array([rng.random(), _DISTANCE * abs(rng.standard_normal())])


def _components(sd: Sd, shape: Array) -> tuple[Array, Array, Array]:
    """Give the sd within and the means of the lower and upper component, (...) each."""
    weight, distance = shape[..., 0], shape[..., 1]
    within = np.asarray(sd / np.sqrt(1 + weight * (1 - weight) * distance**2))
    return within, -weight * distance * within, (1 - weight) * distance * within


def _log_density(b: Array, sd: Sd, shape: Array) -> Array:
    within, lower, upper = (last(x) for x in _components(sd, shape))
    below, above = (-0.5 * ((b - mean) / within) ** 2 for mean in (lower, upper))
    weight = last(shape[..., 0])
    with np.errstate(divide="ignore"):
        log_sum = np.logaddexp(np.log1p(-weight) + below, np.log(weight) + above)
    return np.asarray(log_sum - np.log(within) - 0.5 * np.log(2 * np.pi))


def _draw(rng: np.random.Generator, sd: Sd, shape: Array, count: int) -> Array:
    within, lower, upper = (last(x) for x in _components(sd, shape))
    size = (*np.broadcast_shapes(np.shape(sd), shape.shape[:-1]), count)
    mean = np.where(rng.random(size) < last(shape[..., 0]), upper, lower)
    return np.asarray(mean + within * rng.standard_normal(size))


def _normals(sd: float, shape: Array) -> Normals:
    within, lower, upper = _components(sd, shape)
    weight = shape[0]
    with np.errstate(divide="ignore"):  # a weight that rounds to 0 or 1 leaves one normal
        log_weight = np.array([np.log1p(-weight), np.log(weight)])
    return Normals(log_weight, np.array([lower, upper]), np.full(2, within))


def _median_gap(shape: Array) -> Array:
    within, lower, upper = _components(1.0, shape)
    mixed = 2 * shape[..., 0] * (1 - shape[..., 0])
    root, apart = np.sqrt(2) * within, upper - lower

    def inside(x: Array) -> Array:
        one = 2 * special.ndtr(x / root) - 1
        two = special.ndtr((x - apart) / root) - special.ndtr((-x - apart) / root)
        return np.asarray((1 - mixed) * one + mixed * two)

    return bisect(inside, np.asarray(apart + 4 * within))


MIXTURE_EFFECTS = EffectDistribution(
    name="mixture",
    parameters=("effect_weight", "effect_distance"),
    size=2,
    ranges=_RANGES,
    natural=_natural,
    unconstrained=_unconstrained,
    log_prior=_log_prior,
    draw_shape=_draw_shape,
    log_density=_log_density,
    draw=_draw,
    median_gap=_median_gap,
    normals=_normals,
)
