"""The hot loops, one kernel a family: evidence at a point, and draws of the effects given it.

Compiled once by Numba and cached on disk; data come in as arrays, so no fit compiles anything.
"""

import math
from collections.abc import Callable
from typing import Protocol

import numpy as np

from varmodel.families.links import Array
from varmodel.inference.marginal.loops import (
    binomial_draw,
    binomial_evidence,
    poisson_draw,
    poisson_evidence,
)
from varmodel.inference.marginal.problem import Problem
from varmodel.inference.marginal.quadrature import Nodes


class Kernel(Protocol):
    """What the sampler needs of a family."""

    def evidence(self, chi: Array, psi: Array, *, start: Array, nodes: Nodes) -> float:
        """Give log p(y | chi, psi); ``start`` says where to look for the effects' modes."""
        ...

    def draw(self, chi: Array, psi: Array, *, start: Array, seed: int) -> Array:
        """Draw each provider's effect from its exact conditional."""
        ...


class BinomialKernel:
    """Shares on the logit link."""

    def __init__(self, problem: Problem) -> None:
        cells = problem.cells
        events = np.add.reduceat(cells.response, problem.starts[:-1])
        self._cells = (problem.pattern.astype(np.int32), cells.size, problem.starts, events)
        self._design = problem.design
        by_pattern = np.bincount(problem.pattern, cells.response, minlength=len(problem.design))
        self._slope = by_pattern @ problem.design
        self._constant = _constant(problem)

    def evidence(self, chi: Array, psi: Array, *, start: Array, nodes: Nodes) -> float:
        """Integrate by adaptive Gauss-Hermite."""
        log_evidence = np.empty_like(start)
        odds, precision = np.exp(self._design @ psi), math.exp(-2 * chi[0])
        held = (nodes.points, nodes.log_weights)
        binomial_evidence(self._cells, odds, precision, held, start, log_evidence)
        return float(log_evidence.sum() + psi @ self._slope) + self._constant

    def draw(self, chi: Array, psi: Array, *, start: Array, seed: int) -> Array:
        """Reject from a t envelope at the mode."""
        odds, precision = np.exp(self._design @ psi), math.exp(-2 * chi[0])
        effect = np.empty_like(start)
        binomial_draw(self._cells, odds, precision, start, seed, effect)
        return effect


class PoissonKernel:
    """Counts on the log link: a provider is its events and its expected count."""

    def __init__(self, problem: Problem) -> None:
        cells = problem.cells
        self._problem = problem
        self._events = np.add.reduceat(cells.response, problem.starts[:-1])
        by_pattern = np.bincount(problem.pattern, cells.response, minlength=len(problem.design))
        self._slope = by_pattern @ problem.design
        self._constant = _constant(problem)

    def evidence(self, chi: Array, psi: Array, *, start: Array, nodes: Nodes) -> float:
        """Integrate by adaptive Gauss-Hermite."""
        log_evidence = np.empty_like(start)
        held = (nodes.points, nodes.log_weights)
        precision = math.exp(-2 * chi[0])
        poisson_evidence(self._events, self._expected(psi), precision, held, start, log_evidence)
        return float(log_evidence.sum() + psi @ self._slope) + self._constant

    def draw(self, chi: Array, psi: Array, *, start: Array, seed: int) -> Array:
        """Reject from a t envelope at the mode."""
        effect = np.empty_like(start)
        precision = math.exp(-2 * chi[0])
        poisson_draw(self._events, self._expected(psi), precision, start, seed, effect)
        return effect

    def _expected(self, psi: Array) -> Array:
        rate = np.exp(self._problem.design @ psi)[self._problem.pattern]
        return np.add.reduceat(rate * self._problem.cells.size, self._problem.starts[:-1])


class NormalKernel:
    """Measurements and published values: all in closed form."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        spread = problem.cells.spread
        self._spread = 0.0 if spread is None else float(spread.sum())

    def evidence(self, chi: Array, psi: Array, *, start: Array, nodes: Nodes) -> float:
        """Integrate a normal against a normal."""
        del start, nodes
        precision, variance = math.exp(-2 * chi[0]), self._variance(chi)
        weight, gap = self._problem.cells.size / variance, self._gap(psi)
        pull, curvature = self._conditional(weight, gap, precision=precision)
        total = (self._problem.cells.size * np.log(2 * np.pi * variance) + weight * gap**2).sum()
        total += self._spread / self._problem.residual_sd(chi) ** 2
        total -= (pull**2 / curvature + np.log(precision / curvature)).sum()
        return -0.5 * float(total)

    def draw(self, chi: Array, psi: Array, *, start: Array, seed: int) -> Array:
        """Draw from the normal conditional."""
        weight = self._problem.cells.size / self._variance(chi)
        precision = math.exp(-2 * chi[0])
        pull, curvature = self._conditional(weight, self._gap(psi), precision=precision)
        noise = np.random.default_rng(seed).standard_normal(len(start))
        return np.asarray(pull / curvature + noise / np.sqrt(curvature))

    def _variance(self, chi: Array) -> Array:
        error = self._problem.cells.error
        sd = self._problem.residual_sd(chi) if error is None else error
        return np.broadcast_to(np.square(sd), self._problem.cells.size.shape)

    def _gap(self, psi: Array) -> Array:
        return self._problem.cells.response - self._problem.eta(psi)

    def _conditional(self, weight: Array, gap: Array, *, precision: float) -> tuple[Array, Array]:
        starts = self._problem.starts[:-1]
        pull = np.add.reduceat(weight * gap, starts)
        return pull, np.add.reduceat(weight, starts) + precision


#: Family -> kernel.
KERNELS: dict[str, Callable[[Problem], Kernel]] = {
    "binomial": BinomialKernel,
    "poisson": PoissonKernel,
    "normal": NormalKernel,
}


def _constant(problem: Problem) -> float:
    constant = problem.family.constant
    return 0.0 if constant is None else float(constant(problem.cells).sum())
