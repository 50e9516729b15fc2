"""The pilot: conditional modes and precisions along a grid of chi, and the mass on that grid."""

from dataclasses import dataclass, replace

import numpy as np

from varmodel.families.effects import NORMAL_EFFECTS
from varmodel.families.parameters import EFFECT
from varmodel.inference.marginal.evaluator import Guess, Starts, Surface
from varmodel.inference.marginal.hyperparameters.grids import (
    Axes,
    Grid,
    between,
    extended,
    resolved,
    shrinkage,
    zoom,
)
from varmodel.inference.marginal.hyperparameters.modes import (
    ConditionalMode,
    find_conditional_modes,
    of_eigenvalues,
    starting_mode,
)
from varmodel.inference.marginal.hyperparameters.reach import first_ends
from varmodel.inference.marginal.problem import Problem
from varmodel.values import Array

#: Grid points an axis by the number of axes, while looking for the mass and on it.
COARSE = {1: (24,), 2: (16, 9), 3: (12, 7, 7)}
FINE = {1: (41,), 2: (41, 15), 3: (25, 15, 15)}
#: Every so many grid points an axis stands an anchor, where mode and precision are worked out.
STRIDE = {1: 4, 2: 4, 3: 2}
#: Grid points this far below the best in log mass are not read.
_LEFT_OUT = 32.0
#: A shape may widen the mass of a log sd by so much.
_WIDER = 0.5
_ZOOMS = 8
#: About a guess the first grid reaches so far.
_BELOW, _ABOVE = 1.5, 1.0
#: The fine grid is extended at most so many times.
_EXTENSIONS = 6
#: A zoom that leaves all axes this long is the last.
_LITTLE = 0.9


@dataclass(slots=True, eq=False)
class Plain:
    """Where the mass of normal effects was found; None until it was looked for.

    A law with a shape is looked for around it, and a refit of another shape has the same one.
    """

    grid: Grid | None = None


def explore(evaluator: Surface, *, plain: Plain | None = None) -> Grid:
    """Find where the mass of chi lies: coarse grids that zoom in on it, then a fine one."""
    return read_finely(evaluator, search_mass(evaluator, plain=plain))


def read_finely(evaluator: Surface, known: Grid) -> Grid:
    """Read a fine grid where a coarse one has mass, and as far on as there is any."""
    axes = zoom(known, FINE[len(known.axes)], bounded=evaluator.problem.hyperparameters.bounded)
    grid = read_grid(evaluator, axes, start=known, known=known)
    return _reach_on(evaluator, grid, times=_EXTENSIONS)


def _reach_on(evaluator: Surface, grid: Grid, *, times: int) -> Grid:
    """Read longer grids while there is mass at an end, so many times at most."""
    for _ in range(times):
        axes = extended(grid, evaluator.problem)
        if all(a is b for a, b in zip(axes, grid.axes, strict=True)):
            break
        grid = read_grid(evaluator, axes, start=grid)
    return grid


def search_mass(evaluator: Surface, *, plain: Plain | None = None) -> Grid:
    """Zoom in on the mass; a law with a shape is looked for around that of normal effects.

    ``plain`` is read, or filled, where it is that of the same problem with normal effects.
    """
    problem, plain = evaluator.problem, plain or Plain()
    shaped = problem.law is not NORMAL_EFFECTS
    normal = evaluator.of_normal_effects() if shaped else evaluator
    if plain.grid is None:
        plain.grid = _search_plainly(normal)
    if not shaped:
        return plain.grid
    start = _shapeless(problem, normal.problem, best=plain.grid.best)
    axes = _wider_axes(problem, plain.grid)
    return _zoom_in(evaluator, read_grid(evaluator, axes, start=start))


def _search_plainly(evaluator: Surface) -> Grid:
    """Zoom in on the mass of normal effects: from a guess, or from all that the priors allow."""
    guess = evaluator.guess()
    if guess is not None:
        return _zoom_in(evaluator, _read_about(evaluator, guess))
    axes, start = _first_axes(evaluator.problem), starting_mode(evaluator)
    return _zoom_in(evaluator, _modes_on(evaluator, axes, start=start))


def search_from(evaluator: Surface, start: ConditionalMode) -> Grid:
    """Zoom in on the mass from a mode that is known, whatever the law."""
    grid = read_grid(evaluator, _first_axes(evaluator.problem), start=start)
    return _zoom_in(evaluator, grid)


def _zoom_in(evaluator: Surface, grid: Grid) -> Grid:
    bounded = evaluator.problem.hyperparameters.bounded
    for _ in range(_ZOOMS):
        axes = zoom(grid, COARSE[len(bounded)], bounded=bounded)
        if resolved(grid) or shrinkage(grid.axes, axes) > _LITTLE:
            break
        grid = read_grid(evaluator, axes, start=grid)
    return grid


def _read_about(evaluator: Surface, guess: Guess) -> Grid:
    """Read a grid about a guess, and as far on as there is mass."""
    start = ConditionalMode(guess.psi, guess.precision, -np.inf, guess.effect)
    counts = COARSE[len(guess.chi)]
    axes = tuple(map(np.linspace, guess.chi - _BELOW, guess.chi + _ABOVE, counts))
    return _reach_on(evaluator, read_grid(evaluator, axes, start=start), times=_ZOOMS)


def _modes_on(evaluator: Surface, axes: Axes, *, start: ConditionalMode) -> Grid:
    """Find the mode at every point."""
    near = _anchored(evaluator, axes, start=start)
    return Grid(axes, find_conditional_modes(evaluator, Grid(axes, near).points, near=near))


def read_grid(
    evaluator: Surface,
    axes: Axes,
    *,
    start: ConditionalMode | Grid,
    known: Grid | None = None,
    strides: tuple[int, ...] = (),
) -> Grid:
    """Read the heights between anchors, at the modes that lie on curves through theirs.

    ``start``: a mode, or a grid that was read before. Points without mass on a ``known`` grid keep
    what they have there; anchors stand a stride apart.
    """
    near = _anchored(evaluator, axes, start=start, strides=strides)
    log_mass = np.zeros(len(near)) if known is None else known.log_mass_at(axes)
    held = np.flatnonzero(log_mass > -_LEFT_OUT)
    psi, precision, effect = (
        np.stack([getattr(near[k], name) for k in held]) for name in ("psi", "precision", "effect")
    )
    starts = Starts(effect, np.arange(len(held)))
    height = evaluator.log_posterior(Grid(axes, near).points[held], psi, starts=starts)
    log_mass += (start.best if isinstance(start, Grid) else start).log_mass
    log_mass[held] = height - 0.5 * np.linalg.slogdet(precision)[1]
    pairs = zip(near, log_mass, strict=True)
    return Grid(axes, [replace(one, log_mass=float(value)) for one, value in pairs])


def _anchored(
    evaluator: Surface, axes: Axes, *, start: ConditionalMode | Grid, strides: tuple[int, ...] = ()
) -> list[ConditionalMode]:
    """Find the modes of anchors, and draw curves through them."""
    pairs = zip(axes, strides or [STRIDE[len(axes)]] * len(axes), strict=True)
    places = tuple(axis[sorted({*range(0, len(axis), by), len(axis) - 1})] for axis, by in pairs)
    found = _modes_of_anchors(evaluator, places, start=start)
    problem, whole = evaluator.problem, Grid(axes, []).points
    psi = np.array([mode.psi for mode in found]) / problem.stretch(Grid(places, []).points)
    logs = of_eigenvalues(np.log, np.array([mode.precision for mode in found]))
    tables = (psi, logs, np.array([mode.effect for mode in found]))
    psi, logs, effect = (_through(places, table, axes) for table in tables)
    rows = zip(psi * problem.stretch(whole), of_eigenvalues(np.exp, logs), effect, strict=True)
    return [ConditionalMode(mode, precision, -np.inf, effects) for mode, precision, effects in rows]


def _modes_of_anchors(
    evaluator: Surface, places: Axes, *, start: ConditionalMode | Grid
) -> list[ConditionalMode]:
    """Find the modes of all anchors.

    All at once from a grid that was read before, where they go side by side; else those of one
    diagonal at a time, each from a neighbour on the one before.
    """
    points, every = Grid(places, []).points, [*np.ndindex(*map(len, places))]
    if isinstance(start, Grid):
        if evaluator.side_by_side:
            near = start.nearest(points)
            return find_conditional_modes(evaluator, points, near=near, with_precision=True)
        start = start.best
    (first,) = find_conditional_modes(evaluator, points[:1], near=[start])
    at = {_before(every[0]): first}
    for steps in range(1 + sum(every[-1])):
        some = [k for k, index in enumerate(every) if sum(index) == steps]
        near = [at[_before(every[k])] for k in some]
        found = find_conditional_modes(evaluator, points[some], near=near, with_precision=True)
        at |= zip((every[k] for k in some), found, strict=True)
    return [at[index] for index in every]


def _through(axes: Axes, rows: Array, others: Axes) -> Array:
    """Read rows on the points of a grid, (point, ...), at the points of another."""
    table = between(axes, rows.reshape(*map(len, axes), *rows.shape[1:]), others=others)
    return table.reshape(-1, *rows.shape[1:])


def _before(index: tuple[int, ...]) -> tuple[int, ...]:
    """Name the neighbour that came before: along the last axis that has one."""
    for axis in reversed(range(len(index))):
        if index[axis]:
            return (*index[:axis], index[axis] - 1, *index[axis + 1 :])
    return (-1,)


def _first_axes(problem: Problem) -> Axes:
    """Reach as far as each hyperparameter's prior and the data's scale may want."""
    ends = first_ends(problem)
    counts = COARSE[len(ends)]
    return tuple(np.linspace(a, b, n) for (a, b), n in zip(ends, counts, strict=True))


def _wider_axes(problem: Problem, plain: Grid) -> Axes:
    """Reach beyond the sds of normal effects, and over the whole range of the shape."""
    found = iter(zoom(plain, [2] * len(plain.axes)))
    ends: list[Array] = []
    for one in problem.hyperparameters.gridded:
        if one.ranges:
            ends += map(np.array, one.ranges)
        else:
            wider = _WIDER if one.role == EFFECT else 0.0
            ends.append(next(found)[[0, -1]] + wider * np.array([-1, 1]))
    counts = COARSE[len(ends)]
    return tuple(np.linspace(a, b, n) for (a, b), n in zip(ends, counts, strict=True))


def _shapeless(problem: Problem, plain: Problem, *, best: ConditionalMode) -> ConditionalMode:
    """Start from the mode of normal effects, no shape added."""
    psi, precision = np.zeros(problem.size), np.diag(problem.prior_scale**-2.0)
    columns = [problem.hyperparameters.columns(one.name) for one in plain.hyperparameters.sampled]
    held = [*range(problem.terms), *(k for each in columns for k in range(each.start, each.stop))]
    psi[held], precision[np.ix_(held, held)] = best.psi, best.precision
    return replace(best, psi=psi, precision=precision)
