"""The pilot: the mode and precision of psi along a grid of chi, and the mass on that grid."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import interpolate

from varmodel.families.effects import NORMAL
from varmodel.families.links import Array
from varmodel.inference.marginal.evaluate import Evaluator
from varmodel.inference.marginal.problem import Problem

type Axes = tuple[Array, ...]

#: Grid points an axis by the number of axes, while looking for the mass and on it.
COARSE = {1: (24,), 2: (16, 9), 3: (12, 7, 7)}
FINE = {1: (41,), 2: (41, 15), 3: (25, 15, 15)}
#: Every so many grid points an axis stands an anchor, where the precision is worked out.
_STRIDE = 4
#: Grid points this far below the best in log mass: the fine grid ends there; it is not climbed.
_NEGLIGIBLE = 11.0
#: The same on the axes of a shape.
_FAINT = 7.0
_LEFT_OUT = 32.0
#: A shape may widen the mass of a log sd by so much.
_WIDER = 0.5
_SMALLEST = 1e-5
_RESIDUAL_REACH = 3.0
_RESOLVED = 2.0
_ZOOMS = 8
#: A zoom that leaves all axes this long is the last.
_LITTLE = 0.9
_STEPS = 30
_CONVERGED = 1e-2
#: Differences of the gradient: this share of a sd apart.
_APART = 0.05
#: Least precision in units of the prior's, and longest step in its sds.
_FLATTEST = 0.5
_LONGEST = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Peak:
    """The mode of psi at one chi.

    Attributes
    ----------
    psi : ndarray, shape (psi,)
    precision : ndarray, shape (psi, psi)
        Negative second derivative of the log posterior.
    log_mass : float
        Laplace's approximation of the log posterior of chi.
    effect : ndarray, shape (provider,)
        Expected effects.
    """

    psi: Array
    precision: Array
    log_mass: float
    effect: Array


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Peaks on a regular grid of chi.

    Attributes
    ----------
    axes : tuple of ndarray
        Equally spaced values of each coordinate of chi.
    peaks : list of Peak
        In C order over the axes.
    """

    axes: Axes
    peaks: list[Peak]

    @property
    def points(self) -> Array:
        """Values of chi, shape (peak, chi)."""
        return np.stack(np.meshgrid(*self.axes, indexing="ij"), axis=-1).reshape(-1, len(self.axes))

    @property
    def log_mass(self) -> Array:
        """Log mass on the grid, its largest 0, shape of the axes."""
        mass = np.array([peak.log_mass for peak in self.peaks])
        return (mass - mass.max()).reshape([len(axis) for axis in self.axes])

    @property
    def best(self) -> Peak:
        """The highest peak."""
        return max(self.peaks, key=lambda peak: peak.log_mass)


def explore(evaluator: Evaluator) -> Grid:
    """Find where the mass of chi lies: coarse grids that zoom in on it, then a fine one.

    A law with a shape is looked for around the mass that normal effects have.
    """
    problem = evaluator.problem
    counts = COARSE[len(problem.sds) + problem.gridded]
    if problem.law is NORMAL:
        grid = _climb_grid(evaluator, _first_axes(problem), start=_flat(problem))
    else:
        plain = explore(evaluator.of_normal_effects())
        grid = _climb_grid(evaluator, _wider_axes(problem, plain), start=_shapeless(problem, plain))
    for _ in range(_ZOOMS):
        axes = _zoom(problem, grid, counts)
        if _resolved(grid) or _shrinkage(grid.axes, axes) > _LITTLE:
            break
        grid = _climb_grid(evaluator, axes, start=grid.best)
    axes = _zoom(problem, grid, FINE[len(counts)])
    return _climb_grid(evaluator, axes, start=grid.best, known=grid)


def climb(evaluator: Evaluator, chi: Array, *, near: Peak) -> Peak:
    """Find the mode of psi at a chi by Newton's steps with the precision of a peak nearby."""
    psi, precision = near.psi, near.precision
    height, gradient, effect = evaluator.gradient(chi, psi, effect=near.effect)
    scale = evaluator.problem.prior_scale
    step = _newton(precision, gradient, scale)
    for _ in range(_STEPS):
        if np.abs(step * np.sqrt(np.diag(precision))).max() < _CONVERGED:
            break
        found = evaluator.gradient(chi, psi + step, effect=effect)
        if not found[0] >= height - _CONVERGED:  # nor NaN
            step = step / 2
            continue
        psi, (height, gradient, effect) = psi + step, found
        step = _newton(precision, gradient, scale)
    height += 0.5 * float(gradient @ step)
    half_log_det = 0.5 * float(np.linalg.slogdet(precision)[1])
    return Peak(psi + step, precision, height - half_log_det, effect)


def _newton(precision: Array, gradient: Array, scale: Array) -> Array:
    """Step to where the mode would be, at most a few prior sds away."""
    step = np.linalg.solve(precision, gradient)
    longest = np.abs(step / scale).max()
    return np.asarray(step * (_LONGEST / max(longest, _LONGEST)))


def sharpen(evaluator: Evaluator, chi: Array, *, peak: Peak) -> Peak:
    """Work the precision out by differences of the gradient, kept positive definite."""
    _, here, _ = evaluator.gradient(chi, peak.psi, effect=peak.effect)
    rows = []
    for k, apart in enumerate(_APART / np.sqrt(np.diag(peak.precision))):
        nudge = apart * np.eye(len(peak.psi))[k]
        _, there, _ = evaluator.gradient(chi, peak.psi + nudge, effect=peak.effect)
        rows.append((here - there) / apart)
    scale = evaluator.problem.prior_scale
    table = np.array(rows) * np.outer(scale, scale)
    precision = _of_eigenvalues(lambda x: np.maximum(x, _FLATTEST), (table + table.T) / 2)
    return replace(peak, precision=precision / np.outer(scale, scale))


def _climb_grid(
    evaluator: Evaluator, axes: Axes, *, start: Peak, known: Grid | None = None
) -> Grid:
    """Climb at the anchors, each from the one before, then at all other points of some mass."""
    anchors = [sorted({*range(0, len(axis), _STRIDE), len(axis) - 1}) for axis in axes]
    places = [axis[k] for axis, k in zip(axes, anchors, strict=True)]
    at: dict[tuple[int, ...], Peak] = {}
    for index in np.ndindex(*map(len, anchors)):
        chi = _chi(places, index)
        near = climb(evaluator, chi, near=at.get(_before(index), start))
        at[index] = climb(evaluator, chi, near=sharpen(evaluator, chi, peak=near))
    size = len(start.psi)
    logs = np.array([_of_eigenvalues(np.log, peak.precision) for peak in at.values()])
    everywhere = np.array([_chi(axes, index) for index in np.ndindex(*map(len, axes))])
    shape = [*map(len, anchors), size, size]
    precision = _of_eigenvalues(np.exp, _between(places, logs.reshape(shape), everywhere))
    expected = np.zeros(len(everywhere))
    if known is not None:
        expected = _between(known.axes, known.log_mass, everywhere) + known.best.log_mass
    peaks = []
    for chi, own, height in zip(everywhere, precision, expected, strict=True):
        anchor = tuple(int(np.abs(p - x).argmin()) for p, x in zip(places, chi, strict=True))
        near = replace(at[anchor], precision=own, log_mass=height)
        idle = known is not None and height < known.best.log_mass - _LEFT_OUT
        peaks.append(near if idle else climb(evaluator, chi, near=near))
    return Grid(axes, peaks)


def _of_eigenvalues(change: Callable[[Array], Array], matrix: Array) -> Array:
    """Change the eigenvalues of symmetric matrices (..., n, n)."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * change(values)[..., np.newaxis, :]) @ vectors.swapaxes(-1, -2))


def _chi(axes: Sequence[Array], index: Sequence[int]) -> Array:
    return np.array([axis[k] for axis, k in zip(axes, index, strict=True)])


def _before(index: tuple[int, ...]) -> tuple[int, ...]:
    """Name the neighbour that came before: along the last axis that has one."""
    for axis in reversed(range(len(index))):
        if index[axis]:
            return (*index[:axis], index[axis] - 1, *index[axis + 1 :])
    return (-1,)


def _between(axes: Sequence[Array], table: Array, points: Array) -> Array:
    """Read a table on a grid at points (point, axis), along straight lines."""
    lines = interpolate.RegularGridInterpolator(axes, table, bounds_error=False, fill_value=None)
    return np.asarray(lines(points))


def _first_axes(problem: Problem) -> Axes:
    """Reach from far below the smallest standard error, or the prior, far into the prior's tail."""
    sd = problem.pooled_sd
    eta = np.full(len(problem.provider), problem.level)
    information = problem.family.information(problem.cells, eta, sd)
    smallest = 1 / np.sqrt(np.add.reduceat(information, problem.starts[:-1]).max())
    middle, tail = np.quantile(problem.sds[0].draw(np.random.default_rng(0), 999), [0.5, 0.99])
    ends = [np.log([_SMALLEST * min(smallest, middle), max(tail, 10 * smallest)])]
    if len(problem.sds) > 1:
        ends.append(np.log(sd) + np.array([-_RESIDUAL_REACH, 0.5]))
    counts = COARSE[len(ends)]
    return tuple(np.linspace(a, b, n) for (a, b), n in zip(ends, counts, strict=True))


def _wider_axes(problem: Problem, plain: Grid) -> Axes:
    """Reach beyond the sds of normal effects, and over the whole range of the shape."""
    sds = [axis[[0, -1]] for axis in plain.axes]
    sds[0] = sds[0] + _WIDER * np.array([-1, 1])
    ends = [sds[0], *map(np.array, problem.law.ranges), *sds[1:]]
    counts = COARSE[len(ends)]
    return tuple(np.linspace(a, b, n) for (a, b), n in zip(ends, counts, strict=True))


def _shapeless(problem: Problem, plain: Grid) -> Peak:
    """Start from the peak of normal effects, no shape added."""
    best, more = plain.best, problem.size - problem.terms
    precision = np.diag(problem.prior_scale**-2.0)
    precision[: problem.terms, : problem.terms] = best.precision
    return replace(best, psi=np.append(best.psi, np.zeros(more)), precision=precision)


def _zoom(problem: Problem, grid: Grid, counts: Sequence[int]) -> Axes:
    """Stretch each axis over the grid points that hold mass, one spacing beyond.

    The axes of a shape end where its range does, and sooner where there is little mass.
    """
    axes, shapes = [], range(1, 1 + problem.gridded)
    for number, (axis, count) in enumerate(zip(grid.axes, counts, strict=True)):
        others = tuple(k for k in range(len(counts)) if k != number)
        held = grid.log_mass.max(axis=others) > -(_FAINT if number in shapes else _NEGLIGIBLE)
        spacing, used = axis[1] - axis[0], axis[held]
        ends = used[0] - spacing, used[-1] + spacing
        if number in shapes:
            ends = max(ends[0], axis[0]), min(ends[1], axis[-1])
        axes.append(np.linspace(*ends, count))
    return tuple(axes)


def _resolved(grid: Grid) -> bool:
    """Whether the mass lies on several points of every axis."""
    mass = np.exp(grid.log_mass)
    for number in range(mass.ndim):
        share = mass.sum(axis=tuple(k for k in range(mass.ndim) if k != number))
        if share.sum() ** 2 < _RESOLVED * (share**2).sum():
            return False
    return True


def _shrinkage(before: Axes, after: Axes) -> float:
    """Give the length of the axis that shrinks most, as a share of what it was."""
    pairs = zip(before, after, strict=True)
    return float(min((new[-1] - new[0]) / (old[-1] - old[0]) for old, new in pairs))


def _flat(problem: Problem) -> Peak:
    """Start where nothing is known: the national level, no effects, information of the cells."""
    psi = np.zeros(problem.size)
    psi[0] = problem.level
    eta = problem.eta(psi)[problem.pattern]
    information = problem.family.information(problem.cells, eta, problem.pooled_sd)
    by_pattern = np.bincount(problem.pattern, information, minlength=len(problem.design))
    linear = (problem.design.T * by_pattern) @ problem.design + np.diag(problem.prior_precision)
    precision = np.eye(problem.size)
    precision[: problem.terms, : problem.terms] = linear
    return Peak(psi, precision, -np.inf, np.zeros(problem.providers))
