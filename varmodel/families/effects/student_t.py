"""Student-t effects, the sd given: nu = 2 + Gamma(2, rate .1), u = log(nu - 2)."""

from functools import cache

import numpy as np
from scipy import special

from varmodel.families.effects.law import EffectLaw, Normals, Sd, bisect, last
from varmodel.families.links import Array

_RATE = 0.1
_NU_RANGE = (2.05, 200.0)
#: Reach in sds and logarithm of the accuracy of the mixture, then the step and bend of its rule,
#: found by search: relative error below 9e-9 for nu in the range, with 31 to 42 components.
_REACH, _TAIL = 40.0, 18.5
_STEP, _BEND, _SHIFT = (5.0, 1.2), 1.4, 0.2
_DEGREE = 40


def _log_prior(u: Array) -> Array:
    u = u[..., 0]
    return np.asarray(2 * np.log(_RATE) + 2 * u - _RATE * np.exp(u))


def _log_density(b: Array, sd: Sd, shape: Array) -> Array:
    nu = shape
    scale = last(sd) * np.sqrt((nu - 2) / nu)
    constant = special.gammaln((nu + 1) / 2) - special.gammaln(nu / 2)
    constant = constant - 0.5 * np.log(nu * np.pi) - np.log(scale)
    return np.asarray(constant - (nu + 1) / 2 * np.log1p((b / scale) ** 2 / nu))


def _draw(rng: np.random.Generator, sd: Sd, shape: Array, count: int) -> Array:
    batch = np.broadcast_shapes(np.shape(sd), shape.shape[:-1])
    scale = last(sd) * np.sqrt((shape - 2) / shape)
    return np.asarray(scale * rng.standard_t(shape, (*batch, count)))


def _normals(sd: float, shape: Array) -> Normals:
    """Integrate the scale mixture over x = log precision by the trapezoid rule.

    In t with x = t - exp(-bend t) / bend the integrand exp(a x - c exp(x)) falls off doubly
    exponentially at both ends; c runs from nu / 2 at b = 0 to its value at the reach.
    """
    nu = float(shape[0])
    half, a = nu / 2, (nu + 1) / 2
    near, far = np.log(a / half), np.log(a / (half + 0.5 * _REACH**2 * nu / (nu - 2)))
    level = -np.exp(-1 - _TAIL / a)
    ends = np.array([far, near]) + np.log(-special.lambertw(level, [0, -1]).real)
    origin = far - _SHIFT * np.sqrt(a)
    ends -= origin
    ends += special.lambertw(np.exp(-_BEND * ends)).real / _BEND
    step = 1 / np.sqrt(_STEP[0] + _STEP[1] * a)
    t = np.arange(ends[0], ends[1] + step, step)
    bend = np.exp(-_BEND * t)
    x = origin + t - bend / _BEND
    log_gamma = half * (np.log(half) + x - np.exp(x)) - special.gammaln(half)
    scale = sd * np.sqrt((nu - 2) / nu)
    return Normals(log_gamma + np.log(step * (1 + bend)), np.zeros_like(x), scale * np.exp(-x / 2))


def _median_gap(shape: Array) -> Array:
    """Interpolate in log(nu - 2); the error is below 1e-8."""
    low, high = np.log(np.subtract(_NU_RANGE, 2.0))
    u = np.log(np.clip(shape[..., 0], *_NU_RANGE) - 2)
    return np.asarray(np.polynomial.chebyshev.chebval((2 * u - low - high) / (high - low), _gaps()))


@cache
def _gaps() -> Array:
    """Give Chebyshev coefficients of the median gap of a t over the range of u."""
    low, high = np.log(np.subtract(_NU_RANGE, 2.0))
    points = np.polynomial.chebyshev.chebpts1(_DEGREE + 1)
    us = low + (points + 1) * (high - low) / 2
    gaps = [_gap(_normals(1.0, 2 + np.exp([u]))) for u in us]
    return np.asarray(np.polynomial.chebyshev.chebfit(points, gaps, _DEGREE))


def _gap(law: Normals) -> float:
    weight = np.exp(law.log_weight[:, np.newaxis] + law.log_weight)
    sd = np.hypot(law.sd[:, np.newaxis], law.sd)
    return float(bisect(lambda x: (weight * (2 * special.ndtr(x / sd) - 1)).sum(), np.array(4.0)))


STUDENT_T = EffectLaw(
    name="student_t",
    parameters=("effect_nu",),
    size=1,
    ranges=((float(np.log(_NU_RANGE[0] - 2)), float(np.log(_NU_RANGE[1] - 2))),),
    natural=lambda u: 2 + np.exp(u),
    log_prior=_log_prior,
    draw_shape=lambda rng: 2 + rng.gamma(2.0, 1 / _RATE, 1),
    log_density=_log_density,
    draw=_draw,
    median_gap=_median_gap,
    normals=_normals,
)
