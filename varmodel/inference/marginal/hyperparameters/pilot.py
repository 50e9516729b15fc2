"""The pilot: conditional modes and precisions along a grid of chi, and the mass on that grid."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import interpolate

from varmodel.families.effects import NORMAL_EFFECTS
from varmodel.families.parameters import EFFECT
from varmodel.inference.marginal.evaluator import Evaluator, Guess, Starts
from varmodel.inference.marginal.hyperparameters.modes import (
    ConditionalMode,
    find_conditional_mode,
    of_eigenvalues,
    starting_mode,
)
from varmodel.inference.marginal.hyperparameters.reach import first_ends
from varmodel.inference.marginal.problem import Problem
from varmodel.values import Array

type Axes = tuple[Array, ...]

#: Grid points an axis by the number of axes, while looking for the mass and on it.
COARSE = {1: (24,), 2: (16, 9), 3: (12, 7, 7)}
FINE = {1: (41,), 2: (41, 15), 3: (25, 15, 15)}
#: Every so many grid points an axis stands an anchor, where mode and precision are worked out.
STRIDE = {1: 4, 2: 4, 3: 2}
#: Grid points this far below the best in log mass: the fine grid ends there; it is not read.
_NEGLIGIBLE = 11.0
#: The same on the axes of a shape.
_FAINT, _LEFT_OUT = 7.0, 32.0
#: A shape may widen the mass of a log sd by so much.
_WIDER = 0.5
_RESOLVED = 2.0
#: About a guess the first grid reaches so far.
_BELOW, _ABOVE = 1.5, 1.0
#: The fine grid is extended where this share of the mass stands at an end: by a third at a time.
_CUT_OFF, _LONGER, _EXTENSIONS = 1e-5, 1 / 3, 6
#: Zooms at most; one that leaves all axes this long is the last.
_ZOOMS, _LITTLE = 8, 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Conditional modes on a regular grid of chi.

    Attributes
    ----------
    axes : tuple of ndarray
        Equally spaced values of each coordinate of chi.
    modes : list of ConditionalMode
        In C order over the axes.
    """

    axes: Axes
    modes: list[ConditionalMode]

    @property
    def points(self) -> Array:
        """Values of chi, shape (mode, chi)."""
        return np.stack(np.meshgrid(*self.axes, indexing="ij"), axis=-1).reshape(-1, len(self.axes))

    @property
    def log_mass(self) -> Array:
        """Log mass on the grid, its largest 0, shape of the axes."""
        mass = np.array([mode.log_mass for mode in self.modes])
        return (mass - mass.max()).reshape([len(axis) for axis in self.axes])

    def log_mass_at(self, axes: Axes) -> Array:
        """Read the log mass at the points of another grid, along straight lines."""
        return between(self.axes, self.log_mass, others=axes, degree=1).ravel()

    def unbounded(self, problem: Problem) -> list[int]:
        """Number the axes that reach as far as there is mass: no set range ends them."""
        return [k for k, set_ in enumerate(problem.hyperparameters.bounded) if not set_]

    def ends(self, number: int) -> Array:
        """Give the shares of the mass at the two ends of an axis."""
        mass = np.exp(self.log_mass)
        others = tuple(k for k in range(mass.ndim) if k != number)
        return np.asarray(mass.sum(axis=others)[[0, -1]] / mass.sum())

    @property
    def heaviest(self) -> int:
        """Number of the highest mode."""
        return int(self.log_mass.argmax())

    @property
    def best(self) -> ConditionalMode:
        """The highest mode."""
        return self.modes[self.heaviest]


def explore(evaluator: Evaluator) -> Grid:
    """Find where the mass of chi lies: coarse grids that zoom in on it, then a fine one."""
    known = _search(evaluator)
    axes = _zoom(known, FINE[len(known.axes)], bounded=evaluator.problem.hyperparameters.bounded)
    grid = read_grid(evaluator, axes, start=known.best, known=known)
    return _reach_on(evaluator, grid, times=_EXTENSIONS)


def _reach_on(evaluator: Evaluator, grid: Grid, *, times: int) -> Grid:
    """Read longer grids while there is mass at an end, so many times at most."""
    for _ in range(times):
        axes = _extended(grid, evaluator.problem)
        if all(a is b for a, b in zip(axes, grid.axes, strict=True)):
            break
        grid = read_grid(evaluator, axes, start=grid.best)
    return grid


def _search(evaluator: Evaluator) -> Grid:
    """Zoom in on the mass; a law with a shape is looked for around that of normal effects."""
    problem = evaluator.problem
    counts = COARSE[len(problem.hyperparameters.bounded)]
    guess = evaluator.guess() if problem.law is NORMAL_EFFECTS else None
    if guess is not None:
        grid = _read_about(evaluator, guess)
    elif problem.law is NORMAL_EFFECTS:
        grid = _modes_on(evaluator, _first_axes(problem), start=starting_mode(evaluator))
    else:
        simpler = evaluator.of_normal_effects()
        plain = _search(simpler)
        start = _shapeless(problem, simpler.problem, best=plain.best)
        axes = _wider_axes(problem, plain)
        grid = read_grid(evaluator, axes, start=start)
    for _ in range(_ZOOMS):
        axes = _zoom(grid, counts, bounded=problem.hyperparameters.bounded)
        if _resolved(grid) or _shrinkage(grid.axes, axes) > _LITTLE:
            break
        grid = read_grid(evaluator, axes, start=grid.best)
    return grid


def _read_about(evaluator: Evaluator, guess: Guess) -> Grid:
    """Read a grid about a guess, and as far on as there is mass."""
    start = ConditionalMode(guess.psi, guess.precision, -np.inf, guess.effect)
    counts = COARSE[len(guess.chi)]
    axes = tuple(map(np.linspace, guess.chi - _BELOW, guess.chi + _ABOVE, counts))
    return _reach_on(evaluator, read_grid(evaluator, axes, start=start), times=_ZOOMS)


def _modes_on(evaluator: Evaluator, axes: Axes, *, start: ConditionalMode) -> Grid:
    """Find the mode at every point."""
    near = _anchored(evaluator, axes, start=start)
    pairs = zip(Grid(axes, near).points, near, strict=True)
    return Grid(axes, [find_conditional_mode(evaluator, x, near=one) for x, one in pairs])


def read_grid(
    evaluator: Evaluator,
    axes: Axes,
    *,
    start: ConditionalMode,
    known: Grid | None = None,
    strides: tuple[int, ...] = (),
) -> Grid:
    """Read the heights between anchors, at the modes that lie on curves through theirs.

    Points without mass on a known grid keep what they have there; anchors stand a stride apart.
    """
    near = _anchored(evaluator, axes, start=start, strides=strides)
    log_mass = np.zeros(len(near)) if known is None else known.log_mass_at(axes)
    held = np.flatnonzero(log_mass > -_LEFT_OUT)
    psi, precision, effect = (
        np.stack([getattr(near[k], name) for k in held]) for name in ("psi", "precision", "effect")
    )
    starts = Starts(effect, np.arange(len(held)))
    height = evaluator.log_posterior(Grid(axes, near).points[held], psi, starts=starts)
    log_mass += start.log_mass
    log_mass[held] = height - 0.5 * np.linalg.slogdet(precision)[1]
    pairs = zip(near, log_mass, strict=True)
    return Grid(axes, [replace(one, log_mass=float(value)) for one, value in pairs])


def _anchored(
    evaluator: Evaluator, axes: Axes, *, start: ConditionalMode, strides: tuple[int, ...] = ()
) -> list[ConditionalMode]:
    """Find the modes of anchors, each from the one before, and draw curves through them."""
    pairs = zip(axes, strides or [STRIDE[len(axes)]] * len(axes), strict=True)
    places = tuple(axis[sorted({*range(0, len(axis), by), len(axis) - 1})] for axis, by in pairs)
    before = find_conditional_mode(evaluator, _chi(places, [0] * len(places)), near=start)
    at: dict[tuple[int, ...], ConditionalMode] = {}
    for index in np.ndindex(*map(len, places)):
        near = at.get(_before(index), before)
        at[index] = find_conditional_mode(
            evaluator, _chi(places, index), near=near, with_precision=True
        )
    found = at.values()
    logs = of_eigenvalues(np.log, np.array([mode.precision for mode in found]))
    tables = (np.array([mode.psi for mode in found]), logs, np.array([p.effect for p in found]))
    psi, logs, effect = (_through(places, table, axes) for table in tables)
    rows = zip(psi, of_eigenvalues(np.exp, logs), effect, strict=True)
    return [ConditionalMode(mode, precision, -np.inf, effects) for mode, precision, effects in rows]


def _through(axes: Axes, rows: Array, others: Axes) -> Array:
    """Read rows on the points of a grid, (point, ...), at the points of another."""
    table = between(axes, rows.reshape(*map(len, axes), *rows.shape[1:]), others=others)
    return table.reshape(-1, *rows.shape[1:])


def _chi(axes: Sequence[Array], index: Sequence[int]) -> Array:
    return np.array([axis[k] for axis, k in zip(axes, index, strict=True)])


def _before(index: tuple[int, ...]) -> tuple[int, ...]:
    """Name the neighbour that came before: along the last axis that has one."""
    for axis in reversed(range(len(index))):
        if index[axis]:
            return (*index[:axis], index[axis] - 1, *index[axis + 1 :])
    return (-1,)


def between(axes: Axes, table: Array, *, others: Axes, degree: int = 3) -> Array:
    """Read a table on a grid, (..., more), at another grid within it, along splines."""
    for number, (axis, other) in enumerate(zip(axes, others, strict=True)):
        line = interpolate.make_interp_spline(
            axis, table, k=min(degree, len(axis) - 1), axis=number
        )
        table = line(other.clip(axis[0], axis[-1]))
    return np.asarray(table)


def _first_axes(problem: Problem) -> Axes:
    """Reach as far as each hyperparameter's prior and the data's scale may want."""
    ends = first_ends(problem)
    counts = COARSE[len(ends)]
    return tuple(np.linspace(a, b, n) for (a, b), n in zip(ends, counts, strict=True))


def _wider_axes(problem: Problem, plain: Grid) -> Axes:
    """Reach beyond the sds of normal effects, and over the whole range of the shape."""
    found = iter(_zoom(plain, [2] * len(plain.axes)))
    ends: list[Array] = []
    for one in problem.hyperparameters.gridded:
        if one.ranges:
            ends += map(np.array, one.ranges)
        else:
            wider = _WIDER if one.role == EFFECT else 0.0
            ends.append(next(found) + wider * np.array([-1, 1]))
    counts = COARSE[len(ends)]
    return tuple(np.linspace(a, b, n) for (a, b), n in zip(ends, counts, strict=True))


def _shapeless(problem: Problem, plain: Problem, *, best: ConditionalMode) -> ConditionalMode:
    """Start from the mode of normal effects, no shape added."""
    psi, precision = np.zeros(problem.size), np.diag(problem.prior_scale**-2.0)
    columns = [problem.hyperparameters.columns(one.name) for one in plain.hyperparameters.sampled]
    held = [*range(problem.terms), *(k for each in columns for k in range(each.start, each.stop))]
    psi[held], precision[np.ix_(held, held)] = best.psi, best.precision
    return replace(best, psi=psi, precision=precision)


def _zoom(grid: Grid, counts: Sequence[int], *, bounded: Sequence[bool] = ()) -> Axes:
    """Stretch each axis over the grid points that hold mass, one spacing beyond.

    Bounded axes end where their range does, and sooner where there is little mass.
    """
    axes = []
    for number, (axis, count) in enumerate(zip(grid.axes, counts, strict=True)):
        within = number < len(bounded) and bounded[number]
        others = tuple(k for k in range(len(counts)) if k != number)
        held = grid.log_mass.max(axis=others) > -(_FAINT if within else _NEGLIGIBLE)
        spacing, used = axis[1] - axis[0], axis[held]
        ends = used[0] - spacing, used[-1] + spacing
        if within:
            ends = max(ends[0], axis[0]), min(ends[1], axis[-1])
        axes.append(np.linspace(*ends, count))
    return tuple(axes)


def _extended(grid: Grid, problem: Problem) -> Axes:
    """Lengthen the axes of log sds at whose ends there is mass: modes move as the grid is refined.

    An axis without is returned as it is.
    """
    axes = list(grid.axes)
    for number in grid.unbounded(problem):
        axis, (first, last) = axes[number], grid.ends(number) > _CUT_OFF
        more = _LONGER * np.ptp(axis)
        if first or last:
            axes[number] = np.linspace(axis[0] - first * more, axis[-1] + last * more, len(axis))
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
    return float(min(np.ptp(new) / np.ptp(old) for old, new in zip(before, after, strict=True)))
