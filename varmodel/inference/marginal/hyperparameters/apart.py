"""Grids of sds whose axes stand apart: a section of chi at a time, the others at their best.

The sds of classes, and of groups such as regions, hardly know of each other once the linear terms
are given. So there is no dense grid of all: each has an axis of its own through the best point.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from varmodel.inference.marginal.evaluator import (
    Guess,
    Slope,
    Slopes,
    Starts,
    Surface,
)
from varmodel.inference.marginal.hyperparameters.coordinates import Hyperparameters
from varmodel.inference.marginal.hyperparameters.grids import Grid
from varmodel.inference.marginal.hyperparameters.modes import ConditionalMode
from varmodel.inference.marginal.hyperparameters.pilot import (
    Plain,
    explore,
    read_finely,
    read_grid,
    search_from,
    search_mass,
)
from varmodel.inference.marginal.problem import Problem
from varmodel.values import Array, Index

#: Hyperparameter -> its coordinates, (size,).
type Held = Mapping[str, Array]


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """A surface along some coordinates of chi, itself a :class:`Surface`.

    Attributes
    ----------
    whole : Surface
    held : mapping of str to ndarray
        The hyperparameters on the grid that do not move.
    begin : Guess or None
        Where to begin with normal effects.
    """

    whole: Surface
    held: Held
    begin: Guess | None = None

    @property
    def problem(self) -> Problem:
        """The problem given what is held."""
        problem = self.whole.problem
        moving = [name for name in _names(problem.hyperparameters) if name not in self.held]
        some = problem.hyperparameters.with_grid(moving)
        precision = problem.precision_at(self.chi(np.zeros(len(some.bounded))))
        groups = tuple(one for one in problem.groups if one[0] in moving)
        return replace(problem, hyperparameters=some, prior_precision=precision, groups=groups)

    @property
    def effect_shape(self) -> tuple[int, ...]:
        """Shape of the effects at one point."""
        return self.whole.effect_shape

    @property
    def side_by_side(self) -> bool:
        """Whether several points cost little more than one."""
        return self.whole.side_by_side

    def chi(self, moving: Array) -> Array:
        """Put the coordinates that are held beside those that move, (..., some) to (..., chi)."""
        every = self.whole.problem.hyperparameters
        chi = np.empty((*moving.shape[:-1], len(every.bounded)))
        chi[..., self._moving] = moving
        for name, values in self.held.items():
            chi[..., every.columns(name)] = values
        return chi

    @property
    def _moving(self) -> Index:
        every = self.whole.problem.hyperparameters
        held = np.zeros(len(every.bounded), dtype=bool)
        for name in self.held:
            held[every.columns(name)] = True
        return np.flatnonzero(~held)

    def guess(self) -> Guess | None:
        """Say where to begin."""
        if self.begin is None:
            return None
        return replace(self.begin, chi=self.begin.chi[self._moving])

    def of_normal_effects(self) -> "Slice":
        """Evaluate the same problem with normal effects."""
        return replace(self, whole=self.whole.of_normal_effects())

    def log_posterior(self, chi: Array, psi: Array, *, starts: Starts) -> Array:
        """Give the heights."""
        return self.whole.log_posterior(self.chi(chi), psi, starts=starts)

    def slopes(self, chi: Array, psi: Array, *, effect: Array) -> list[Slope]:
        """Give height, gradient and expected effects at points."""
        return self.whole.slopes(self.chi(chi), psi, effect=effect)

    def informations(
        self, chi: Array, psi: Array, *, here: Slopes, along: Slopes, apart: Array
    ) -> list[Array]:
        """Give the information about the linear terms."""
        return self.whole.informations(self.chi(chi), psi, here=here, along=along, apart=apart)


def survey(surface: Surface, *, plain: Plain | None = None) -> Grid:
    """Find where the mass of chi lies: on a dense grid, and on the axes that stand apart."""
    every = surface.problem.hyperparameters
    if not every.apart:
        return explore(surface, plain=plain)
    begin = surface.of_normal_effects().guess()
    held = _first(surface, begin)
    dense = Slice(surface, held, begin)
    known = search_mass(dense)
    for name in held:
        own, start = _along(dense, name, known)
        found = search_from(own, start)
        held = {**held, name: found.points[found.heaviest]}
    dense = Slice(surface, held, begin)
    grid = read_finely(dense, read_grid(dense, known.axes, start=known))
    apart = []
    for name in held:
        own, start = _along(dense, name, grid)
        apart.append(read_finely(own, search_from(own, start)))
    return replace(grid, apart=tuple(apart), held=np.concatenate(list(held.values())))


def _first(surface: Surface, begin: Guess | None) -> Held:
    """Give where the hyperparameters that stand apart are held at first."""
    every = surface.problem.hyperparameters
    if begin is None:
        return {one.name: one.start for one in every.apart}
    columns = surface.of_normal_effects().problem.hyperparameters.columns
    return {one.name: begin.chi[columns(one.name)] for one in every.apart}


def _along(dense: Slice, name: str, grid: Grid) -> tuple[Slice, ConditionalMode]:
    """Let one hyperparameter move, and all others be held at the best point of a dense grid."""
    every = dense.whole.problem.hyperparameters
    chi = dense.chi(grid.points[grid.heaviest])
    held = {each: chi[every.columns(each)] for each in _names(every) if each != name}
    return Slice(dense.whole, held), grid.best


def _names(every: Hyperparameters) -> list[str]:
    return [one.name for one in every.gridded]
