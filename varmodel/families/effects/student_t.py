"""Student-t effects, the sd given: nu = 2 + Gamma(2, rate .1), u = log(nu - 2)."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from varmodel.families.effects.distribution import EffectDistribution, Sd, last
from varmodel.numerics import special
from varmodel.values import Array

_RATE = 0.1
_NU_RANGE = (2.05, 200.0)
#: Logs by which the density falls over its written-out range, and more for each degree of freedom.
_FALL = (25.0, 1.0)
_DEGREE, _GAP_POINTS, _GAP_STEPS = 40, 201, 8


@dataclass(frozen=True, slots=True, eq=False)
class Arcsinh:
    """Student-t distributions of sd 1 on the coordinate x = arcsinh(b / width), (...) each.

    The log density of x is ``top`` - nu log cosh x, its Jacobian included. Written out for
    abs(x) <= ``reach``: less than 1e-11 of the mass lies beyond, more than 30 sds away.
    """

    width: Array
    top: Array
    reach: Array


def arcsinh_form(nu: Array) -> Arcsinh:
    """Write out the density of Student-t distributions (...)."""
    top = special.gammaln((nu + 1) / 2) - special.gammaln(nu / 2) - 0.5 * np.log(np.pi)
    reach = np.arccosh(np.exp(_FALL[0] / nu + _FALL[1]))
    return Arcsinh(np.sqrt(nu - 2), np.asarray(top), np.asarray(reach))


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
    gaps = _gap(2 + np.exp(us))
    return np.asarray(np.polynomial.chebyshev.chebfit(points, gaps, _DEGREE))


def _gap(nu: Array) -> Array:
    """Find the median of abs(b1 - b2), sds 1, by Newton's steps: it is that of b1 - b2 above 0."""
    form, nus = arcsinh_form(nu), last(nu)
    x = last(form.reach) * np.linspace(-1, 1, _GAP_POINTS)
    weight = np.cosh(x) ** -nus
    weight /= weight.sum(axis=1, keepdims=True)
    b, scale, gap = last(form.width) * np.sinh(x), np.sqrt((nus - 2) / nus), np.zeros_like(nus)
    for _ in range(_GAP_STEPS):
        below = (weight * special.stdtr(nus, (b + gap) / scale)).sum(axis=1, keepdims=True)
        density = (weight * np.exp(_log_density(b + gap, 1.0, nus))).sum(axis=1, keepdims=True)
        gap += (0.75 - below) / density
    return gap[:, 0]


STUDENT_T_EFFECTS = EffectDistribution(
    name="student_t",
    parameters=("effect_nu",),
    size=1,
    ranges=((float(np.log(_NU_RANGE[0] - 2)), float(np.log(_NU_RANGE[1] - 2))),),
    natural=lambda u: 2 + np.exp(u),
    unconstrained=lambda nu: np.log(nu - 2),
    log_prior=_log_prior,
    draw_shape=lambda rng: 2 + rng.gamma(2.0, 1 / _RATE, 1),
    log_density=_log_density,
    draw=_draw,
    median_gap=_median_gap,
    normals=None,
)
