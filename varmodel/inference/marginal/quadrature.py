"""Integrals over one provider's effect, for any family: adaptive Gauss-Hermite in NumPy.

The slow, general path: the pilot runs on it, and the kernels are tested against it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import hermite_e

from varmodel.families.links import Array
from varmodel.inference.marginal.problem import Problem

_STEPS = 60
_CONVERGED = 1e-3
_LARGEST_STEP = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """Gauss-Hermite nodes for the standard normal, and their log weights over its density."""

    points: Array
    log_weights: Array


def hermite_nodes(count: int) -> Nodes:
    """Make ``count`` nodes, exact for polynomials up to degree 2 count - 1."""
    points, weights = hermite_e.hermegauss(count)
    return Nodes(points, np.log(weights / np.sqrt(2 * np.pi)) + points**2 / 2)


@dataclass(frozen=True, slots=True, eq=False)
class Conditional:
    """Each provider's effect given the rest, by its nodes.

    Attributes
    ----------
    log_evidence : ndarray, shape (provider,)
        log of the integral of likelihood times N(b; 0, tau), constants included.
    mode, curvature : ndarray, shape (provider,)
    points, weights : ndarray, shape (node, provider)
        Nodes of the effect and their posterior weights.
    """

    log_evidence: Array
    mode: Array
    curvature: Array
    points: Array
    weights: Array


def integrate(
    problem: Problem, chi: Array, *, psi: Array, start: Array, nodes: Nodes
) -> Conditional:
    """Integrate every provider's effect out at one (chi, psi)."""
    eta, sd = problem.eta(psi), problem.residual_sd(chi)
    precision = float(np.exp(-2 * chi[0]))
    mode, curvature = _find_mode(problem, eta, sd=sd, precision=precision, start=start)
    points = mode + nodes.points[:, np.newaxis] / np.sqrt(curvature)
    fits = [
        problem.family.log_likelihood(problem.cells, eta + b[problem.provider], sd) for b in points
    ]
    height = by_provider(problem, np.array(fits)) - 0.5 * precision * points**2
    height += nodes.log_weights[:, np.newaxis] + 0.5 * np.log(precision / curvature)
    top = height.max(axis=0)
    weights = np.exp(height - top)
    total = weights.sum(axis=0)
    return Conditional(top + np.log(total), mode, curvature, points, weights / total)


def by_provider(problem: Problem, values: Array) -> Array:
    """Sum cells within providers."""
    return np.add.reduceat(values, problem.starts[:-1], axis=-1)


def _find_mode(
    problem: Problem, eta: Array, *, sd: float, precision: float, start: Array
) -> tuple[Array, Array]:
    """Climb to every provider's mode at once; the conditionals are log-concave."""
    family, cells, b = problem.family, problem.cells, start
    for _ in range(_STEPS):
        at = eta + b[problem.provider]
        curvature = precision + by_provider(problem, family.information(cells, at, sd))
        slope = by_provider(problem, family.score(cells, at, sd)) - precision * b
        step = np.clip(slope / curvature, -_LARGEST_STEP, _LARGEST_STEP)
        b = b + step
        if np.all(np.abs(step) * np.sqrt(curvature) < _CONVERGED):
            break
    at = eta + b[problem.provider]
    return b, precision + by_provider(problem, family.information(cells, at, sd))
