"""What a hyperparameter is, and where its coordinates stand.

========== ========================================================================
theta      a hyperparameter on its natural scale: an sd, a correlation, a shape
x          its unconstrained coordinates: log of an sd, atanh of a correlation
chi        coordinates on the grid, hyperparameter by hyperparameter
psi        what is sampled from t conditionals given chi: intercept, coefficients,
           and the coordinates of the hyperparameters that are not on the grid
========== ========================================================================
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from varmodel.families import Prior
from varmodel.values import Array, Mask

#: Step of the differences of a prior.
_STEP = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Hyperparameter:
    """One hyperparameter, of one coordinate or several with a joint prior.

    Attributes
    ----------
    name : str
    role : str
        A role of ``families.parameters``, SHAPE or CORRELATION.
    gridded : bool
        Whether its coordinates are part of chi.
    log_prior : callable
        ``x (..., size) -> (...)``: log prior density of x, Jacobian included.
    values : callable
        ``x (..., size) -> {name: theta (...) or (..., size)}``, by their names in the posterior.
    start : ndarray, shape (size,)
        x where a search starts that knows nothing better.
    scale : ndarray, shape (size,)
        Prior sd of each coordinate, roughly; exact where the prior is normal.
    ranges : tuple of (float, float)
        Where each coordinate may lie on the grid; empty where it is unbounded.
    prior : Prior or None
        Of theta, where that is positive.
    mirrored : bool
        Whether x and -x are one theta: points count from 0 on.
    apart : bool
        Whether it is on the grid with an axis of its own, read where all others are at their best,
        and not on the dense part; such hyperparameters are listed last.
    """

    name: str
    role: str
    gridded: bool
    log_prior: Callable[[Array], Array]
    values: Callable[[Array], dict[str, Array]]
    start: Array
    scale: Array
    ranges: tuple[tuple[float, float], ...] = ()
    prior: Prior | None = None
    mirrored: bool = False
    apart: bool = False

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return len(self.start)

    def prior_slope(self, x: Array) -> Array:
        """Differentiate the log prior density at one x (size,)."""
        steps = _STEP * np.eye(self.size)
        return np.asarray(self.log_prior(x + steps) - self.log_prior(x - steps)) / (2 * _STEP)


@dataclass(frozen=True, slots=True, eq=False)
class Hyperparameters:
    """All hyperparameters of a problem, and where each is read at points (chi, psi).

    Attributes
    ----------
    listed : tuple of Hyperparameter
        In the order of their coordinates in chi and in psi.
    terms : int
        Linear terms of psi, which stand before them.
    """

    listed: tuple[Hyperparameter, ...]
    terms: int

    def __getitem__(self, name: str) -> Hyperparameter:
        """Find one by its name."""
        return next(one for one in self.listed if one.name == name)

    @property
    def gridded(self) -> tuple[Hyperparameter, ...]:
        """Those whose coordinates are chi."""
        return tuple(one for one in self.listed if one.gridded)

    @property
    def apart(self) -> tuple[Hyperparameter, ...]:
        """Those whose axes are their own; their coordinates are the last of chi."""
        return tuple(one for one in self.listed if one.apart)

    @property
    def sampled(self) -> tuple[Hyperparameter, ...]:
        """Those whose coordinates are part of psi."""
        return tuple(one for one in self.listed if not one.gridded)

    @property
    def bounded(self) -> tuple[bool, ...]:
        """For each coordinate of chi, whether it lies in a set range."""
        return tuple(bool(one.ranges) for one in self.gridded for _ in range(one.size))

    @property
    def size(self) -> int:
        """Length of psi."""
        return self.terms + sum(one.size for one in self.sampled)

    @property
    def scale(self) -> Array:
        """Prior sds of the coordinates of psi behind the linear terms."""
        return np.concatenate([np.empty(0), *(one.scale for one in self.sampled)])

    @property
    def mirrored(self) -> Mask:
        """For each coordinate of psi, whether it and its negative are one, shape (psi,)."""
        behind = [one.mirrored for one in self.sampled for _ in range(one.size)]
        return np.array([*[False] * self.terms, *behind])

    def reflect(self, psi: Array) -> Array:
        """Take mirrored coordinates of psi (..., psi) from 0 on."""
        return np.where(self.mirrored, np.abs(psi), psi)

    def counts(self, psi: Array) -> Mask:
        """Tell which points count, shape (...): no mirrored coordinate is below 0."""
        return np.asarray((psi[..., self.mirrored] >= 0).all(axis=-1))

    def columns(self, name: str) -> slice:
        """Say which columns a hyperparameter takes, of chi if it is gridded, else of psi."""
        one = self[name]
        beside, first = (self.gridded, 0) if one.gridded else (self.sampled, self.terms)
        first += sum(other.size for other in beside[: beside.index(one)])
        return slice(first, first + one.size)

    def coordinates(self, chi: Array, psi: Array, *, name: str) -> Array:
        """Read the coordinates of a hyperparameter at points: (..., size)."""
        return np.asarray((chi if self[name].gridded else psi)[..., self.columns(name)])

    def coordinate(self, chi: Array, psi: Array, *, name: str) -> Array:
        """Read the coordinate of a hyperparameter that has one: (...)."""
        return np.asarray((chi if self[name].gridded else psi)[..., self.columns(name).start])

    def values(self, chi: Array, psi: Array, *, roles: Sequence[str]) -> dict[str, Array]:
        """Give the hyperparameters of some roles on their natural scale, by name."""
        found: dict[str, Array] = {}
        for one in self.listed:
            if one.role in roles:
                found |= one.values(self.coordinates(chi, psi, name=one.name))
        return found

    def without(self, role: str) -> "Hyperparameters":
        """Leave out those of a role."""
        return replace(self, listed=tuple(one for one in self.listed if one.role != role))

    def with_grid(self, names: Sequence[str]) -> "Hyperparameters":
        """Leave out those on the grid but for some."""
        kept = (one for one in self.listed if not one.gridded or one.name in names)
        return replace(self, listed=tuple(kept))
