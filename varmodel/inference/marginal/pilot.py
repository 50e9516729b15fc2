"""The pilot: the mode and precision of psi along a grid of chi, and the mass on that grid."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from varmodel.families.links import Array
from varmodel.inference.marginal.problem import Problem
from varmodel.inference.marginal.quadrature import Conditional, Nodes, by_provider, integrate

#: Grid points an axis (provider_sd, residual_sd) while looking for the mass, and on it.
COARSE = (24, 9)
FINE = (41, 15)
#: Grid points this far below the best in log mass are left out of the fine grid.
_NEGLIGIBLE = 25.0
_SMALLEST = 1e-5
_RESIDUAL_REACH = 3.0
_RESOLVED = 2.0
_ZOOMS = 8
_STEPS = 30
_CONVERGED = 1e-2


type Axes = tuple[Array, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Peak:
    """The mode of psi at one chi.

    Attributes
    ----------
    psi : ndarray, shape (psi,)
    precision : ndarray, shape (psi, psi)
        Negative second derivative of the log posterior, to first order.
    log_mass : float
        Laplace's approximation of the log posterior of chi.
    effect : ndarray, shape (provider,)
        Modes of the effects.
    response : ndarray, shape (provider, psi)
        How a mode falls as psi rises: the step ahead for evaluations nearby.
    """

    psi: Array
    precision: Array
    log_mass: float
    effect: Array
    response: Array


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Peaks on a regular grid of chi.

    Attributes
    ----------
    axes : tuple of ndarray
        Equally spaced values of each log sd.
    peaks : list of Peak
        In C order over the axes.
    """

    axes: Axes
    peaks: list[Peak]

    @property
    def log_mass(self) -> Array:
        """Log mass on the grid, its largest 0, shape of the axes."""
        mass = np.array([peak.log_mass for peak in self.peaks])
        return (mass - mass.max()).reshape([len(axis) for axis in self.axes])

    @property
    def best(self) -> Peak:
        """The highest peak."""
        return max(self.peaks, key=lambda peak: peak.log_mass)


def explore(problem: Problem, nodes: Nodes) -> Grid:
    """Find where the mass of chi lies: coarse grids that zoom in on it, then a fine one."""
    grid = _climb_grid(problem, _first_axes(problem), nodes=nodes, start=_flat(problem))
    for _ in range(_ZOOMS):
        if _resolved(grid):
            break
        grid = _climb_grid(problem, _zoom(grid, COARSE), nodes=nodes, start=grid.best)
    return _climb_grid(problem, _zoom(grid, FINE), nodes=nodes, start=grid.best)


def climb(problem: Problem, chi: Array, *, psi: Array, effect: Array, nodes: Nodes) -> Peak:
    """Find the mode of psi at a chi, its precision and the mass there.

    The gradient is exact (Fisher's identity: the expected score given the data). The precision
    is taken at the modes of the effects, which follow psi: where providers are informative their
    expected information would not cancel, and leave it too large.
    """
    for _ in range(_STEPS):
        found = integrate(problem, chi, psi=psi, start=effect, nodes=nodes)
        gradient, precision, response = _derivatives(problem, chi, psi, found=found)
        step = np.linalg.solve(precision, gradient)
        psi, effect = psi + step, found.mode
        if np.abs(step * np.sqrt(np.diag(precision))).max() < _CONVERGED:
            break
    found = integrate(problem, chi, psi=psi, start=effect, nodes=nodes)
    half_log_det = 0.5 * float(np.linalg.slogdet(precision)[1])
    height = float(found.log_evidence.sum()) + problem.log_prior(chi, psi)
    return Peak(psi, precision, height - half_log_det, found.mode, response)


def _derivatives(
    problem: Problem, chi: Array, psi: Array, *, found: Conditional
) -> tuple[Array, Array, Array]:
    """Give gradient and precision of psi, and the effects' response to it."""
    eta, sd, cells = problem.eta(psi), problem.residual_sd(chi), problem.cells
    score = np.zeros_like(eta)
    for b, weight in zip(found.points, found.weights, strict=True):
        at, share = eta + b[problem.provider], weight[problem.provider]
        score += share * problem.family.score(cells, at, sd)
    information = problem.family.information(cells, eta + found.mode[problem.provider], sd)
    design, patterns = problem.design, len(problem.design)
    by_pattern = [np.bincount(problem.pattern, x, minlength=patterns) for x in (score, information)]
    gradient = by_pattern[0] @ design - problem.prior_precision * (psi - problem.prior_mean)
    weighted = (information * design[problem.pattern].T).reshape(design.shape[1], -1)
    shared = by_provider(problem, weighted).T
    response = shared / found.curvature[:, np.newaxis]
    precision = (design.T * by_pattern[1]) @ design - response.T @ shared
    return gradient, precision + np.diag(problem.prior_precision), response


def _climb_grid(problem: Problem, axes: Axes, *, nodes: Nodes, start: Peak) -> Grid:
    """Climb at every grid point, each from the peak of a neighbour."""
    peaks: list[Peak] = []
    row = len(axes[-1]) if len(axes) > 1 else 0
    for index, chi in enumerate(itertools.product(*axes)):
        first_of_row = row and index % row == 0
        near = start if not index else peaks[index - row if first_of_row else index - 1]
        peaks.append(climb(problem, np.array(chi), psi=near.psi, effect=near.effect, nodes=nodes))
    return Grid(axes, peaks)


def _first_axes(problem: Problem) -> Axes:
    """Reach from far below the smallest standard error, or the prior, far into the prior's tail."""
    sd = _pooled_sd(problem)
    eta = np.full(len(problem.provider), _level(problem))
    information = by_provider(problem, problem.family.information(problem.cells, eta, sd))
    smallest = 1 / np.sqrt(information.max())
    middle, tail = np.quantile(problem.sds[0].draw(np.random.default_rng(0), 999), [0.5, 0.99])
    low, high = np.log(_SMALLEST * min(smallest, middle)), np.log(max(tail, 10 * smallest))
    axis = np.linspace(low, high, COARSE[0])
    if len(problem.sds) == 1:
        return (axis,)
    return axis, np.log(sd) + np.linspace(-_RESIDUAL_REACH, 0.5, COARSE[1])


def _zoom(grid: Grid, counts: Sequence[int]) -> Axes:
    """Stretch each axis over the grid points that hold mass, one spacing beyond."""
    held = grid.log_mass > -_NEGLIGIBLE
    axes = []
    for number, (axis, count) in enumerate(zip(grid.axes, counts, strict=False)):
        used = axis[held.any(axis=tuple(k for k in range(held.ndim) if k != number))]
        spacing = axis[1] - axis[0]
        axes.append(np.linspace(used[0] - spacing, used[-1] + spacing, count))
    return tuple(axes)


def _resolved(grid: Grid) -> bool:
    """Whether the mass lies on several points of every axis."""
    mass = np.exp(grid.log_mass)
    for number in range(mass.ndim):
        share = mass.sum(axis=tuple(k for k in range(mass.ndim) if k != number))
        if share.sum() ** 2 < _RESOLVED * (share**2).sum():
            return False
    return True


def _flat(problem: Problem) -> Peak:
    """Start where nothing is known: the national level, no effects."""
    psi = np.zeros(problem.design.shape[1])
    psi[0] = _level(problem)
    empty = np.zeros((problem.providers, len(psi)))
    return Peak(psi, np.eye(len(psi)), -np.inf, np.zeros(problem.providers), empty)


def _level(problem: Problem) -> float:
    cells, link = problem.cells, problem.family.link
    total = cells.response if link.name != "identity" else cells.response * cells.size
    rate = total.sum() / cells.size.sum()
    return float(link.forward(np.asarray(rate)))


def _pooled_sd(problem: Problem) -> float:
    cells = problem.cells
    if cells.spread is None:
        return 1.0
    squares = cells.spread + cells.size * (cells.response - _level(problem)) ** 2
    return float(np.sqrt(squares.sum() / cells.size.sum()))
