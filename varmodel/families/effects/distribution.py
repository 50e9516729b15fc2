"""A distribution of the provider effects: the protocol that every row of the table keeps."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from varmodel.values import Array

type Sd = Array | float


@dataclass(frozen=True, slots=True, eq=False)
class Normals:
    """A distribution written as a finite mixture of normals, (component,) each."""

    log_weight: Array
    mean: Array
    sd: Array


@dataclass(frozen=True, slots=True)
class EffectDistribution:
    """One distribution of the provider effects.

    u holds its unconstrained coordinates, shape its natural parameters, both (..., size).

    Attributes
    ----------
    name : str
        Name in the spec.
    parameters : tuple of str
        Names in the posterior beside provider_sd.
    size : int
        Number of coordinates.
    ranges : tuple of (float, float)
        Where each gridded coordinate of u may lie; empty where none is gridded.
    natural : callable
        ``u -> shape``.
    unconstrained : callable
        ``shape -> u``, its inverse.
    log_prior : callable
        ``u -> (...)``: density of u, its Jacobian included.
    draw_shape : callable
        ``rng -> (size,)``: natural parameters from their prior.
    log_density : callable
        ``(b (..., n), sd (...), shape) -> (..., n)``.
    draw : callable
        ``(rng, sd (...), shape, count) -> (..., count)``.
    median_gap : callable
        ``shape -> (...)``: median of abs(b1 - b2) of two providers at random where sd is 1.
    normals : callable or None
        ``(sd, shape (size,)) -> Normals``, where the distribution is a mixture of normals.
    """

    name: str
    parameters: tuple[str, ...]
    size: int
    ranges: tuple[tuple[float, float], ...]
    natural: Callable[[Array], Array]
    unconstrained: Callable[[Array], Array]
    log_prior: Callable[[Array], Array]
    draw_shape: Callable[[np.random.Generator], Array]
    log_density: Callable[[Array, Sd, Array], Array]
    draw: Callable[[np.random.Generator, Sd, Array, int], Array]
    median_gap: Callable[[Array], Array]
    normals: Callable[[float, Array], Normals] | None

    def named(self, shape: Array) -> dict[str, Array]:
        """Part natural parameters (..., size) by name: (...) each, or (..., size) if one vector."""
        if len(self.parameters) == self.size:
            return {name: shape[..., k] for k, name in enumerate(self.parameters)}
        return {self.parameters[0]: shape}


def last(x: Sd) -> Array:
    """Add an axis for the effects behind the axes of a parameter."""
    return np.asarray(x)[..., np.newaxis]


def same(u: Array) -> Array:
    """Give the natural parameters of a distribution that has its own in u."""
    return u


def bisect(within: Callable[[Array], Array], high: Array) -> Array:
    """Find where an increasing function that starts below a half reaches it."""
    low = np.zeros_like(high)
    for _ in range(50):
        middle = (low + high) / 2
        less = within(middle) < 0.5
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    return (low + high) / 2
