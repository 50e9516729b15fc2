"""The effect of a provider that was not fitted, given its responses: p(u_j | y_j, phi).

One dimension a draw of phi, so that the density is simply tabulated: first where it is highest,
then around there on a grid that is even in arcsinh((b - mode) / scale), fine at the mode and
reaching as far as the tails do. The draw is an inverse CDF of the density, linear between the
points. No weights: parameters stay those of the fit, which the provider does not inform.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from varmodel.estimands.draws.source import Source
from varmodel.families import Cells, take
from varmodel.numerics.blocks import blocks
from varmodel.values import Array

type Density = Callable[[Array], Array]

_POINTS = 257
#: Logarithms of a density, relative to its highest: taken for none, and for still some.
_NOTHING, _SOME = -30.0, -1.0
_FIRST_REACH, _DOUBLINGS = 8.0, 12
_PASSES, _EDGE_PASSES, _NARROW = 4, 7, 33
_HALVINGS = 40


def effects_given(
    source: Source, cells: Cells, *, design: Array, rng: np.random.Generator
) -> Array:
    """Draw one provider's effect in each draw from its distribution times its own likelihood.

    Parameters
    ----------
    source : Source
        Of the fit whose parameters are used.
    cells : Cells
        The provider's cells.
    design : ndarray, shape (cell, term)
        Centred and scaled as the fit's.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (S,)
        On the link scale.
    """
    uniform = rng.random(len(source.sd))
    result = np.empty_like(uniform)
    predictor = replace(source.stacked.predictor, design=design)
    for draws in blocks(len(result), _POINTS * len(design)):
        eta = predictor.eta(draws)
        density = _log_density(source, draws, cells=cells, eta=eta)
        ends = _reach(density, source.sd[draws])
        mode = _mode(density, ends)
        width = _width(density, mode, start=source.sd[draws])
        result[draws] = _invert(density, mode, width=width, ends=ends, at=uniform[draws])
    return result


def evidence_given(source: Source, cells: Cells, *, design: Array) -> Array:
    """Integrate one provider's effect out of its likelihood, in each draw.

    Parameters
    ----------
    source : Source
        Of the fit whose parameters are used.
    cells : Cells
        The provider's cells.
    design : ndarray, shape (cell, term)
        Centred and scaled as the fit's.

    Returns
    -------
    ndarray, shape (S,)
        Log of the integral of likelihood times density, by the trapezoid rule in the coordinate in
        which the grid is even.
    """
    result = np.empty(len(source.sd))
    predictor = replace(source.stacked.predictor, design=design)
    for draws in blocks(len(result), _POINTS * len(design)):
        density = _log_density(source, draws, cells=cells, eta=predictor.eta(draws))
        ends = _reach(density, source.sd[draws])
        mode = _mode(density, ends)
        width = _width(density, mode, start=source.sd[draws])
        points = _grid(mode, width=width, ends=ends)
        log = density(points)
        top = log.max(axis=1, keepdims=True)
        gap = points - mode[:, np.newaxis]
        steps = np.arcsinh(gap / width[:, np.newaxis])
        height = np.exp(log - top) * np.hypot(width[:, np.newaxis], gap)  # db = hypot d(steps)
        result[draws] = top[:, 0] + np.log(np.trapezoid(height, steps, axis=1))
    return result


def _log_density(source: Source, draws: slice, *, cells: Cells, eta: Array) -> Density:
    """Give b (draws, point) -> log density + log likelihood, minus infinity where there is none."""
    sd, shape = source.sd[draws], source.shape[draws]
    own = take(source.own, (draws, np.newaxis, np.newaxis))

    def density(b: Array) -> Array:
        at = eta[:, np.newaxis, :] + b[:, :, np.newaxis]
        with np.errstate(over="ignore"):
            fit = source.family.log_likelihood(cells, at, own).sum(axis=2)
        return np.asarray(source.distribution.log_density(b, sd, shape) + fit)

    return density


def _reach(density: Density, sd: Array) -> tuple[Array, Array]:
    """Double the ends until the density there is nothing around the highest seen."""
    ends = np.stack([-_FIRST_REACH * sd, _FIRST_REACH * sd], axis=1)
    best = density(np.zeros((len(sd), 1)))[:, 0]
    for _ in range(_DOUBLINGS):
        value = density(ends)
        best = np.maximum(best, value.max(axis=1))
        going = value > best[:, np.newaxis] + _NOTHING
        if not going.any():
            break
        ends = np.where(going, 2 * ends, ends)
    ends = _inside(density, ends)
    return ends[:, 0], ends[:, 1]


def _inside(density: Density, ends: Array) -> Array:
    """Bring ends beyond a bounded distribution to its edge, where the density may be highest."""
    inner, outer = np.where(np.isfinite(density(ends)), ends, 0.0), ends
    for _ in range(_EDGE_PASSES if (inner != outer).any() else 0):
        points = np.linspace(inner, outer, _NARROW, axis=2)
        known = np.isfinite(density(points.reshape(len(ends), -1))).reshape(points.shape)
        place = known.sum(axis=2, keepdims=True) - 1
        inner = np.take_along_axis(points, place, axis=2)[:, :, 0]
        beyond = np.minimum(place + 1, _NARROW - 1)
        outer = np.take_along_axis(points, beyond, axis=2)[:, :, 0]
    return inner


def _mode(density: Density, ends: tuple[Array, Array]) -> Array:
    """Find the highest point on ever finer grids, the first fine about 0."""
    low, high = ends
    points = _grid(np.zeros_like(low), width=(high - low) / 200, ends=ends)
    rows = np.arange(len(low))
    for _ in range(_PASSES):
        place = np.argmax(density(points), axis=1)
        left = points[rows, np.maximum(place - 1, 0)]
        right = points[rows, np.minimum(place + 1, points.shape[1] - 1)]
        points = np.linspace(left, right, _NARROW, axis=1)
    return np.asarray(points[rows, np.argmax(density(points), axis=1)])


def _width(density: Density, mode: Array, *, start: Array) -> Array:
    """Halve a distance from the mode until the density there is some of the highest."""
    top, width = density(mode[:, np.newaxis]), start
    for _ in range(_HALVINGS):
        around = density(np.stack([mode - width, mode + width], axis=1))
        far = (around - top).max(axis=1) < _SOME
        if not far.any():
            break
        width = np.where(far, width / 2, width)
    return width


def _grid(middle: Array, *, width: Array, ends: tuple[Array, Array]) -> Array:
    """Give points from end to end, even in arcsinh of the distance from the middle."""
    low, high = (np.arcsinh((end - middle) / width) for end in ends)
    steps = np.linspace(low, high, _POINTS, axis=1)
    return np.asarray(middle[:, np.newaxis] + width[:, np.newaxis] * np.sinh(steps))


def _invert(
    density: Density, mode: Array, *, width: Array, ends: tuple[Array, Array], at: Array
) -> Array:
    """Invert the CDF of the tabulated density, linear between the points."""
    points = _grid(mode, width=width, ends=ends)
    log = density(points)
    value = np.exp(log - log.max(axis=1, keepdims=True))
    gap = np.diff(points, axis=1)
    mass = 0.5 * (value[:, 1:] + value[:, :-1]) * gap
    total = np.cumsum(mass, axis=1)
    aim = at * total[:, -1]
    place = np.minimum((total < aim[:, np.newaxis]).sum(axis=1), gap.shape[1] - 1)
    rows = np.arange(len(at))
    rest = (aim - (total[rows, place] - mass[rows, place])) / gap[rows, place]
    first, last = value[rows, place], value[rows, place + 1]
    root = np.sqrt(np.maximum(first**2 + 2 * (last - first) * rest, 0))
    share = np.divide(2 * rest, first + root, out=np.zeros_like(rest), where=first + root > 0)
    return points[rows, place] + np.clip(share, 0, 1) * gap[rows, place]
