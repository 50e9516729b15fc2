"""Normal effects."""

import numpy as np

from varmodel.families.effects.distribution import EffectDistribution, Normals, Sd, last, same
from varmodel.numerics import special
from varmodel.values import Array


def _log_density(b: Array, sd: Sd, shape: Array) -> Array:
    del shape
    return np.asarray(-0.5 * (b / last(sd)) ** 2 - np.log(last(sd)) - 0.5 * np.log(2 * np.pi))


def _draw(rng: np.random.Generator, sd: Sd, shape: Array, count: int) -> Array:
    batch = np.broadcast_shapes(np.shape(sd), shape.shape[:-1])
    return np.asarray(last(sd) * rng.standard_normal((*batch, count)))


def _normals(sd: float, shape: Array) -> Normals:
    del shape
    return Normals(np.zeros(1), np.zeros(1), np.full(1, sd))


def _median_gap(shape: Array) -> Array:
    return np.full(shape.shape[:-1], np.sqrt(2) * special.ndtri(0.75))


NORMAL_EFFECTS = EffectDistribution(
    name="normal",
    parameters=(),
    size=0,
    ranges=(),
    natural=same,
    unconstrained=same,
    log_prior=lambda u: np.zeros(u.shape[:-1]),
    draw_shape=lambda _: np.empty(0),
    log_density=_log_density,
    draw=_draw,
    median_gap=_median_gap,
    normals=_normals,
)
