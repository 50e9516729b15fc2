"""The hyperparameters of a problem: what each is, and where its coordinates stand.

========== ========================================================================
theta      a hyperparameter on its natural scale: an sd, a correlation, a shape
x          its unconstrained coordinates: log of an sd, atanh of a correlation
chi        coordinates on the dense grid, hyperparameter by hyperparameter
psi        what is sampled from t conditionals given chi: intercept, coefficients,
           and the coordinates of the hyperparameters that are not on the grid
========== ========================================================================
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from varmodel.families import Parameter, Prior
from varmodel.families.effects import EffectDistribution
from varmodel.families.parameters import EFFECT
from varmodel.values import Array, Mask

#: Coordinates that a dense grid has room for.
MOST_GRIDDED = 3
#: Roles beside those of a family's parameters: the form of the effects' distribution, and a
#: correlation of effects.
SHAPE, CORRELATION = "shape", "correlation"
#: No size is nought, whose precision is none: of its start.
_LEAST = 1e-6
PROVIDER_SD = "provider_sd"
TRANSIENT_SD, TRANSIENT_RHO = "transient_sd", "transient_rho"
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

    def place(self, name: str, *, gridded: bool) -> "Hyperparameters":
        """Put a hyperparameter on the grid, or take it off."""
        moved = _moved(self[name], gridded=gridded)
        listed = tuple(moved if one.name == name else one for one in self.listed)
        return replace(self, listed=listed)

    def without(self, role: str) -> "Hyperparameters":
        """Leave out those of a role."""
        return replace(self, listed=tuple(one for one in self.listed if one.role != role))


def positive(
    one: Parameter | Hyperparameter, prior: Prior, *, start: float, gridded: bool
) -> Hyperparameter:
    """Declare an sd or a dispersion: x is its log on the grid; off it, theta is abs(x) start.

    Near nought the log has a long shoulder, which a grid follows and a t distribution does not. As
    a function of x the posterior is even and smooth through 0: there is no shoulder.
    """
    return _by_log(one, prior, start) if gridded else _by_size(one, prior, start)


def _moved(one: Hyperparameter, *, gridded: bool) -> Hyperparameter:
    if one.prior is None:
        return replace(one, gridded=gridded)
    start = float(one.values(one.start)[one.name])
    return positive(one, one.prior, start=start, gridded=gridded)


def _by_size(one: Parameter | Hyperparameter, prior: Prior, start: float) -> Hyperparameter:
    def theta(x: Array) -> Array:
        return np.asarray(start * np.maximum(np.abs(x[..., 0]), _LEAST))

    return Hyperparameter(
        name=one.name,
        role=one.role,
        gridded=False,
        log_prior=lambda x: prior.log_density(theta(x)) + np.log(start),
        values=lambda x: {one.name: theta(x)},
        start=np.ones(1),
        scale=np.ones(1),
        prior=prior,
        mirrored=True,
    )


def _by_log(one: Parameter | Hyperparameter, prior: Prior, start: float) -> Hyperparameter:
    return Hyperparameter(
        name=one.name,
        role=one.role,
        gridded=True,
        log_prior=lambda x: prior.log_density(np.exp(x[..., 0])) + x[..., 0],
        values=lambda x: {one.name: np.exp(x[..., 0])},
        start=np.log([start]),
        scale=np.ones(1),
        prior=prior,
    )


def correlation(name: str, *, a: float, b: float, gridded: bool) -> Hyperparameter:
    """Declare a correlation rho, (rho + 1) / 2 ~ Beta(a, b): x is its atanh."""

    def log_prior(x: Array) -> Array:
        upper, lower = -np.logaddexp(0, -2 * x[..., 0]), -np.logaddexp(0, 2 * x[..., 0])
        return np.asarray(a * upper + b * lower + np.log(2) - special.betaln(a, b))

    return Hyperparameter(
        name=name,
        role=CORRELATION,
        gridded=gridded,
        log_prior=log_prior,
        values=lambda x: {name: np.tanh(x[..., 0])},
        start=np.arctanh([(a - b) / (a + b)]),
        scale=np.ones(1),
    )


def shape(law: EffectDistribution, *, gridded: bool) -> Hyperparameter:
    """Declare the form of a distribution of effects."""
    origin = law.log_prior(np.zeros((law.size, law.size)))
    return Hyperparameter(
        name=law.name,
        role=SHAPE,
        gridded=gridded,
        log_prior=law.log_prior,
        values=lambda x: law.named(law.natural(x)),
        start=np.zeros(law.size),
        scale=(2 * np.abs(origin - law.log_prior(np.eye(law.size)))) ** -0.5,  # 1/2 sd^-2
        ranges=law.ranges,
    )


def declare(
    priors: Sequence[tuple[Parameter, Prior]],
    *,
    starts: Mapping[str, float],
    law: EffectDistribution,
    terms: int,
    correlations: Sequence[Hyperparameter] = (),
) -> Hyperparameters:
    """List the hyperparameters of a model, and say which are gridded.

    Parameters
    ----------
    priors : sequence of (Parameter, Prior)
        Of the sds of effects, provider_sd first, and of the family's own parameters.
    starts : mapping
        Likely values of these by name; 1 where none is given.
    law : EffectDistribution
    terms : int
        Linear terms of psi.
    correlations : sequence of Hyperparameter
        Those of effects over periods.

    Returns
    -------
    Hyperparameters
        Gridded are the sds of effects, whose posteriors have a long shoulder at nought; the shape
        of effects where it is bounded; and the family's own where the grid has room for them. Both
        only where effects are one number a provider, so that a point of the grid is cheap.
    """
    effects = sum(one.role == EFFECT for one, _ in priors)
    room = effects == 1 and len(priors) + len(law.ranges) <= MOST_GRIDDED
    made = [
        positive(one, prior, start=starts.get(one.name, 1.0), gridded=one.role == EFFECT or room)
        for one, prior in priors
    ]
    bounded = bool(law.ranges) and effects == 1
    shapes = [shape(law, gridded=bounded)] if law.size else []
    return Hyperparameters((*made[:effects], *shapes, *made[effects:], *correlations), terms)
