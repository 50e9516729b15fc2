"""A distribution of effects without a set shape: a log spline on a bounded grid (Efron 2016).

b = sd (z - m) / s with log f(z) = -z^2 / 2 + q(z)'shape + constant for abs(z) <= HALF_WIDTH, and
m and s the mean and sd of f. The directions q are natural cubic splines, so that the tails of f
stay normal but for a slope, and hold nothing that a mean and a sd already say.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from varmodel.families.effects.distribution import EffectDistribution, Sd, last, same
from varmodel.values import Array

type _Index = npt.NDArray[np.intp]

#: Ends of the grid of z.
HALF_WIDTH = 7.0
#: Knots of the splines; straight lines beyond the first and the last.
KNOTS = np.linspace(-3.0, 3.0, 6)
SIZE = len(KNOTS) - 3
#: The directions are orthonormal under a normal distribution of this sd.
_WEIGHT_SD = 1.5
#: Prior sd of each direction of the shape. Chosen by simulation (150 providers, reliability .83;
#: estimated total over the true one, coverage of its 95 % interval; with normal effects): normal
#: 1.01 .93, 1.13 times as wide (1.01 .94); t with 3 degrees 1.07 .88 (1.18 .48); a tenth 3.5 sds
#: better 1.03 .93 (1.12 .66); two clusters .98 .96 (.93 .79); gamma of shape 1.5 with its edge at
#: the better end .94 .87 (1.00 .95). At .5 the t gains (1.05 .93), the posterior natural more.
RIDGE = 0.3
_NODES = 24
_DRAW_POINTS, _GAP_POINTS = 2049, 257


@dataclass(frozen=True, slots=True, eq=False)
class LogSpline:
    """The density of flexible distributions, written out for fast evaluation.

    Attributes
    ----------
    knots : ndarray, shape (interval + 1,)
        Ends of the intervals on the scale of z; outside them the density is 0.
    coefficients : ndarray, shape (..., interval, 4)
        log f of z in powers 0 to 3 of (z - knot), its normaliser included.
    mean, sd : ndarray, shape (...)
        Of z under f: an effect is b = provider_sd (z - mean) / sd.
    """

    knots: Array
    coefficients: Array
    mean: Array
    sd: Array


@dataclass(frozen=True, slots=True, eq=False)
class _Spline:
    """The directions q of the shape.

    knots: ends of the intervals, KNOTS and the ends of the grid.
    z, weight: Gauss-Legendre nodes of all intervals, weights summing to the width.
    values: (node, direction); powers: (interval, 4, direction), in (z - start of the interval).
    normal: -z^2 / 2 (interval, 4) in the same, and squares: at the nodes.
    """

    knots: Array
    z: Array
    weight: Array
    values: Array
    powers: Array
    normal: Array
    squares: Array


def _make_spline() -> _Spline:
    """Make the directions: of z^3, z^4, z^5 what natural splines can follow, one after another.

    Each is orthogonal to 1, z, z^2 and those before it, its mean square 1.
    """
    knots = np.array([-HALF_WIDTH, *KNOTS, HALF_WIDTH])
    x, w = np.polynomial.legendre.leggauss(_NODES)
    half = np.diff(knots)[:, np.newaxis] / 2
    z, weight = (knots[:-1, np.newaxis] + half * (x + 1)).ravel(), (half * w).ravel()
    root = np.sqrt(weight * np.exp(-0.5 * (z / _WEIGHT_SD) ** 2))[:, np.newaxis]
    root /= np.sqrt((root**2).sum())
    natural = _natural()
    raw = np.column_stack([z**0, z, np.maximum(z[:, np.newaxis] - KNOTS, 0) ** 3 @ natural])
    basis, triangle = np.linalg.qr(raw * root)
    followed = basis[:, 2:].T @ (z[:, np.newaxis] ** np.arange(2, 3 + SIZE) * root)
    turn, signs = np.linalg.qr(followed)
    turn = (turn * np.sign(np.diag(signs)))[:, 1:]
    mixing = np.linalg.solve(triangle, np.vstack([np.zeros((2, SIZE)), turn]))
    local = [_local(start) for start in knots[:-1]]
    powers = np.array([(p[:, :2] @ mixing[:2]) + p[:, 2:] @ natural @ mixing[2:] for p in local])
    start, none = knots[:-1], np.zeros(len(knots) - 1)
    normal = np.column_stack([-0.5 * start**2, -start, none - 0.5, none])
    return _Spline(knots, z, weight, raw @ mixing, powers, normal, 0.5 * z**2)


def _natural() -> Array:
    """Give cubes' coefficients that straighten beyond the last knot, (knot, knot - 2)."""
    cubes = np.eye(len(KNOTS))[:, :-1] / (KNOTS[-1] - KNOTS[:-1])
    cubes[-1] = -1 / (KNOTS[-1] - KNOTS[:-1])
    return np.asarray(cubes[:, :-1] - cubes[:, -1:])


def _local(start: float) -> Array:
    """Expand 1, z and the cubes at a start in powers of (z - start), (4, column)."""
    gap = np.maximum(start - KNOTS, 0)
    cubes = np.array([gap**3, 3 * gap**2, 3 * gap, start >= KNOTS])
    lines = np.array([[1, start], [0, 1], [0, 0], [0, 0]])
    return np.column_stack([lines, cubes])


_SPLINE = _make_spline()


def flexible_spline(shape: Array) -> LogSpline:
    """Write out the density of flexible distributions.

    Parameters
    ----------
    shape : ndarray, shape (..., direction)

    Returns
    -------
    LogSpline
    """
    log_total, mean, sd = _moments(shape)
    coefficients = _log_cubics(shape)
    coefficients[..., 0] -= log_total[..., np.newaxis]
    return LogSpline(_SPLINE.knots, coefficients, mean, sd)


def _moments(shape: Array) -> tuple[Array, Array, Array]:
    """Give the log normaliser, mean and sd of z, shape (...) each, of shape (..., direction)."""
    log_f = _log_f(shape)
    top = log_f.max(axis=-1, keepdims=True)
    mass = _SPLINE.weight * np.exp(log_f - top)
    total = mass.sum(axis=-1, keepdims=True)
    mass /= total
    log_total = (top + np.log(total))[..., 0]
    mean = mass @ _SPLINE.z
    variance = (mass * (_SPLINE.z - mean[..., np.newaxis]) ** 2).sum(axis=-1)
    return log_total, np.asarray(mean), np.sqrt(variance)


def _log_density(b: Array, sd: Sd, shape: Array) -> Array:
    """Give the log density of effects b (..., n); minus infinity beyond the grid."""
    log_total, mean, spread = (last(x) for x in _moments(shape))
    stretch = spread / last(sd)
    z = mean + stretch * b
    interval = _interval(z)
    table = np.broadcast_to(_log_cubics(shape), (*z.shape[:-1], len(_SPLINE.powers), 4))
    powers = np.take_along_axis(table, interval[..., np.newaxis], axis=-2)
    t = z - _SPLINE.knots[interval]
    cubic = ((powers[..., 3] * t + powers[..., 2]) * t + powers[..., 1]) * t + powers[..., 0]
    return np.where(np.abs(z) <= HALF_WIDTH, cubic - log_total + np.log(stretch), -np.inf)


def _draw(rng: np.random.Generator, sd: Sd, shape: Array, count: int) -> Array:
    """Draw effects (..., count) by the inverse of the distribution function."""
    batch = np.broadcast_shapes(np.shape(sd), shape.shape[:-1])
    shapes = np.broadcast_to(shape, (*batch, shape.shape[-1]))
    z, directions = _table(_DRAW_POINTS)
    _, mean, spread = (last(x) for x in _moments(shapes))
    drawn = rng.random((*batch, count))
    for place in np.ndindex(batch):
        f = _scaled(directions @ shapes[place] - 0.5 * z**2)
        below = np.concatenate([[0.0], np.cumsum(f[1:] + f[:-1])])
        drawn[place] = np.interp(drawn[place] * below[-1], below, z)
    return np.asarray(last(sd) * (drawn - mean) / spread)


def _median_gap(shape: Array) -> Array:
    """Give the median of |b1 - b2| where the sd is 1, shape (...): two effects at random."""
    z, directions = _table(_GAP_POINTS)
    _, _, spread = _moments(shape)
    f = _scaled(shape @ directions.T - 0.5 * z**2)
    f[..., [0, -1]] /= 2
    spectrum = np.fft.rfft(f, 2 * _GAP_POINTS, axis=-1)
    gaps = np.fft.irfft(np.abs(spectrum) ** 2, axis=-1)[..., :_GAP_POINTS]
    pairs = gaps[..., 1:] + gaps[..., :-1]  # twice the mass between points, in steps
    within = np.cumsum(pairs, axis=-1)
    place = (within < 0.5 * within[..., -1:]).sum(axis=-1)
    rest, before, at, after = (
        np.take_along_axis(x, k[..., np.newaxis], axis=-1)[..., 0]
        for x, k in (
            (0.5 * within[..., -1:] - within + pairs, place),
            (gaps, np.abs(place - 1)),
            (gaps, place),
            (gaps, place + 1),
        )
    )
    rest = rest + (after - before) / 12  # the trapezoid rule's error up to here
    crossing = place + rest / (at + np.sqrt(at**2 + (after - at) * rest))
    return np.asarray(crossing * (z[1] - z[0]) / spread)


def _table(points: int) -> tuple[Array, Array]:
    """Give equally spaced z and the directions there, (point, direction)."""
    z = np.linspace(-HALF_WIDTH, HALF_WIDTH, points)
    interval = _interval(z)
    t = (z - _SPLINE.knots[interval])[:, np.newaxis]
    powers = _SPLINE.powers[interval]
    cubic = ((powers[:, 3] * t + powers[:, 2]) * t + powers[:, 1]) * t + powers[:, 0]
    return z, cubic


def _scaled(log_f: Array) -> Array:
    """Give the density up to a factor, its largest value 1."""
    return np.asarray(np.exp(log_f - log_f.max(axis=-1, keepdims=True)))


def _log_f(shape: Array) -> Array:
    return np.asarray(shape @ _SPLINE.values.T - _SPLINE.squares)


def _log_cubics(shape: Array) -> Array:
    """Give log f without its normaliser, (..., interval, 4)."""
    return np.asarray(_SPLINE.normal + np.einsum("kpd,...d->...kp", _SPLINE.powers, shape))


def _interval(z: Array) -> _Index:
    """Find the interval of each z; those beyond the grid count to the last."""
    return np.searchsorted(_SPLINE.knots[1:-1], z, side="right")


def _log_prior(u: Array) -> Array:
    density = -0.5 * (u / RIDGE) ** 2 - np.log(RIDGE) - 0.5 * np.log(2 * np.pi)
    return np.asarray(density.sum(axis=-1))


FLEXIBLE_EFFECTS = EffectDistribution(
    name="flexible",
    parameters=("effect_shape",),
    size=SIZE,
    ranges=(),
    natural=same,
    unconstrained=same,
    log_prior=_log_prior,
    draw_shape=lambda rng: RIDGE * rng.standard_normal(SIZE),
    log_density=_log_density,
    draw=_draw,
    median_gap=_median_gap,
    normals=None,
)
