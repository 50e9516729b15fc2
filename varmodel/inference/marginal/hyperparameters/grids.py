"""A grid of chi: conditional modes and the mass at its points, and how it follows the mass."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import interpolate

from varmodel.inference.marginal.hyperparameters.modes import ConditionalMode
from varmodel.inference.marginal.problem import Problem
from varmodel.values import Array

type Axes = tuple[Array, ...]

#: Grid points this far below the best in log mass: the fine grid ends there.
_NEGLIGIBLE = 11.0
#: The same on the axes of a shape.
_FAINT = 7.0
_RESOLVED = 2.0
#: The fine grid is extended where this share of the mass stands at an end: by a third.
_CUT_OFF, _LONGER = 1e-5, 1 / 3
#: Points of an axis of logs are no farther apart: modes move with an sd that is next to nought.
_WIDEST = 0.7


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Conditional modes on a regular grid of chi.

    Attributes
    ----------
    axes : tuple of ndarray
        Equally spaced values of each coordinate of chi.
    modes : list of ConditionalMode
        In C order over the axes.
    apart : tuple of Grid
        One of each coordinate of chi behind the axes, read through the best point.
    held : ndarray
        What these coordinates were held at where this grid was read.
    """

    axes: Axes
    modes: list[ConditionalMode]
    apart: "tuple[Grid, ...]" = ()
    held: Array = field(default_factory=lambda: np.empty(0))

    @property
    def points(self) -> Array:
        """Values of chi, shape (mode, chi)."""
        points = np.stack(np.meshgrid(*self.axes, indexing="ij"), axis=-1)
        points = points.reshape(-1, len(self.axes))
        return np.hstack([points, np.tile(self.held, (len(points), 1))])

    def nearest(self, points: Array) -> list[ConditionalMode]:
        """Give the mode on the grid that is nearest to each of some points (point, chi)."""
        columns = zip(self.axes, points.T, strict=False)
        place = [np.abs(axis[:, np.newaxis] - x).argmin(axis=0) for axis, x in columns]
        every = np.ravel_multi_index(place, [len(axis) for axis in self.axes])
        return [self.modes[k] for k in every]

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
        bounded = problem.hyperparameters.bounded[: len(self.axes)]
        return [k for k, set_ in enumerate(bounded) if not set_]

    def edge_mass(self, problem: Problem) -> float:
        """Give the largest share of the mass at the ends of an unbounded axis."""
        own = [float(self.ends(number).sum()) for number in self.unbounded(problem)]
        return max([*own, *(float(one.ends(0).sum()) for one in self.apart)])

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


def between(axes: Axes, table: Array, *, others: Axes, degree: int = 3) -> Array:
    """Read a table on a grid, (..., more), at another grid within it, along splines.

    A spline is linear in what it goes through: it is made once an axis, for all columns of a table.
    """
    for number, (axis, other) in enumerate(zip(axes, others, strict=True)):
        unit = np.eye(len(axis))
        line = interpolate.make_interp_spline(axis, unit, k=min(degree, len(axis) - 1))
        weight = line(other.clip(axis[0], axis[-1]))
        table = np.moveaxis(np.tensordot(weight, table, axes=(1, number)), 0, number)
    return np.asarray(table)


def zoom(grid: Grid, counts: Sequence[int], *, bounded: Sequence[bool] = ()) -> Axes:
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
        axes.append(np.linspace(*ends, count if within else _count(*ends, least=count)))
    return tuple(axes)


def extended(grid: Grid, problem: Problem) -> Axes:
    """Lengthen the axes of log sds at whose ends there is mass: modes move as the grid is refined.

    An axis without is returned as it is.
    """
    axes = list(grid.axes)
    for number in grid.unbounded(problem):
        axis, (first, last) = axes[number], grid.ends(number) > _CUT_OFF
        more = _LONGER * (axis[-1] - axis[0])
        if first or last:
            ends = float(axis[0] - first * more), float(axis[-1] + last * more)
            axes[number] = np.linspace(*ends, _count(*ends, least=len(axis)))
    return tuple(axes)


def _count(first: float, last: float, *, least: int) -> int:
    """Give the number of points of an axis of logs: at least so many, and none far apart."""
    return max(least, math.ceil((last - first) / _WIDEST) + 1)


def resolved(grid: Grid) -> bool:
    """Whether the mass lies on several points of every axis."""
    mass = np.exp(grid.log_mass)
    for number in range(mass.ndim):
        share = mass.sum(axis=tuple(k for k in range(mass.ndim) if k != number))
        if share.sum() ** 2 < _RESOLVED * (share**2).sum():
            return False
    return True


def shrinkage(before: Axes, after: Axes) -> float:
    """Give the length of the axis that shrinks most, as a share of what it was."""
    pairs = zip(before, after, strict=True)
    return float(min((new[-1] - new[0]) / (old[-1] - old[0]) for old, new in pairs))
