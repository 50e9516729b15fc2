"""From points (chi, psi) to log posteriors, gradients and effects, in blocks of bounded memory."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.polynomial import hermite_e

from varmodel.families.effects import NORMAL
from varmodel.families.links import Array
from varmodel.inference.marginal.draws import draw_effects
from varmodel.inference.marginal.expansion import BINOMIAL
from varmodel.inference.marginal.integrals import evidence, expected_scores, scratch
from varmodel.inference.marginal.kernels import KERNELS, Kernel
from varmodel.inference.marginal.laws import law_at, slope_by_shape
from varmodel.inference.marginal.pieces import Law, Rule
from varmodel.inference.marginal.problem import Index, Problem

WORKERS = 2
#: At least so many blocks, whatever the workers: the bits depend on the blocks (BLAS).
_PARTS = 4
_held = threading.local()
#: Numbers held at a time by one worker.
_BLOCK = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Starts:
    """Where to look for the effects' modes.

    Attributes
    ----------
    effect : ndarray, shape (peak, provider)
    nearest : ndarray of int64, shape (point,)
        The peak beside each point.
    """

    effect: Array
    nearest: Index


@dataclass(frozen=True, slots=True, eq=False)
class Evaluator:
    """A problem with its kernel and its nodes.

    Attributes
    ----------
    problem : Problem
    kernel : Kernel
    rule : Rule
    """

    problem: Problem
    kernel: Kernel
    rule: Rule

    def of_normal_effects(self) -> "Evaluator":
        """Take the same problem with normal effects."""
        problem = replace(self.problem, law=NORMAL)
        return Evaluator(problem, self.kernel, self.rule)

    def log_posterior(self, chi: Array, psi: Array, *, starts: Starts) -> Array:
        """Give log p(y | chi, psi) p(chi, psi), shape (point,)."""
        total = self._log_evidence(chi, psi, starts=starts)
        return np.asarray(total + self.problem.log_prior(chi, psi))

    def draw(self, chi: Array, psi: Array, *, starts: Starts, seeds: Index) -> Array:
        """Draw all effects at each point, shape (point, provider), from their conditionals."""
        out = np.empty((len(chi), self.problem.providers))

        def work(part: slice) -> None:
            odds, scale, law = self._predict(chi[part], psi[part])
            near, ones = starts.nearest[part], _held_array(1, self._logs)[0]
            model = self.kernel.likelihood
            start, seed, room = starts.effect, seeds[part], scratch(law, self.rule)
            draw_effects(
                model, odds, scale, law, self.rule, start, near, seed, ones, room, out[part]
            )

        self._in_blocks(work, len(chi))
        return out

    def gradient(self, chi: Array, psi: Array, *, effect: Array) -> tuple[float, Array, Array]:
        """Give the log posterior at one point, its gradient by psi, and the expected effects.

        The gradient by the linear terms is the expected score given the data (Fisher's
        identity), and that of the log density by the law's own coordinates.
        """
        problem, mean = self.problem, effect.copy()
        odds, scale, law = self._predict(chi[np.newaxis], psi[np.newaxis])
        score, ones = np.empty(len(problem.provider)), _held_array(1, self._logs)[0]
        powers, room = np.zeros(law.pieces.shape[1:]), scratch(law, self.rule)
        model, one = self.kernel.likelihood, float(scale[0])
        height = expected_scores(
            model, odds[0], one, law, self.rule, mean, ones, room, score, powers
        )
        height += self._rest(chi[np.newaxis], psi[np.newaxis], logs=ones[np.newaxis])[0]
        height += float(problem.log_prior(chi, psi))
        linear = np.bincount(problem.pattern, score, minlength=len(problem.design))
        slope = linear @ problem.design + one * self.kernel.slope
        slope -= problem.prior_precision * (psi[: problem.terms] - problem.prior_mean)
        return height, np.concatenate([slope, self._by_shape(psi, law, powers)]), mean

    def _by_shape(self, psi: Array, law: Law, powers: Array) -> Array:
        """Give the slope by the law's own coordinates, where psi holds them."""
        problem, u = self.problem, psi[self.problem.terms :]
        if not len(u):
            return u
        prior = problem.prior_scale[problem.terms :] ** -2.0 * u
        found = slope_by_shape(u, law, powers=powers, providers=problem.providers)
        return found - prior

    def _log_evidence(self, chi: Array, psi: Array, *, starts: Starts) -> Array:
        out = np.empty(len(chi))

        def work(part: slice) -> None:
            odds, scale, law = self._predict(chi[part], psi[part])
            near, ones = starts.nearest[part], _held_array(len(scale), self._logs)
            model, room = self.kernel.likelihood, scratch(law, self.rule)
            evidence(model, odds, scale, law, self.rule, starts.effect, near, ones, room, out[part])
            out[part] += self._rest(chi[part], psi[part], logs=ones)

        self._in_blocks(work, len(chi))
        return out

    @property
    def _logs(self) -> int:
        """Number of logs that NumPy takes for the loops."""
        binomial = self.kernel.likelihood.kind == BINOMIAL
        return len(self.kernel.likelihood.pattern) if binomial else 0

    def _predict(self, chi: Array, psi: Array) -> tuple[Array, Array, Law]:
        problem = self.problem
        odds = self.kernel.odds(problem.eta(psi))
        scale = self.kernel.scale(problem.residual_sd(chi))
        law = law_at(problem.law, np.exp(chi[:, 0]), u=problem.coordinates(chi, psi))
        return odds, scale, law

    def _rest(self, chi: Array, psi: Array, *, logs: Array) -> Array:
        """Give what the loops leave to NumPy."""
        sd = self.problem.residual_sd(chi)
        total = self.kernel.outside(sd)
        total = total + self.kernel.scale(sd) * (psi[:, : self.problem.terms] @ self.kernel.slope)
        if not self._logs:
            return np.asarray(total)
        return np.asarray(total - np.log(logs, out=logs) @ self.kernel.likelihood.size)

    def _in_blocks(self, work: Callable[[slice], None], points: int) -> None:
        """Work on blocks of points on all cores; the loops release the interpreter's lock."""
        wide = len(self.problem.design) + self._logs
        length = max(1, min(_BLOCK // wide, -(-points // _PARTS)))
        parts = [slice(k, min(k + length, points)) for k in range(0, points, length)]
        share_out(work, parts)


def _held_array(rows: int, columns: int) -> Array:
    """Give memory that the thread holds on to: fresh pages would cost more than the work."""
    held = getattr(_held, "array", np.empty(0))
    if held.size < rows * columns:
        held = _held.array = np.empty(rows * columns)
    return np.asarray(held[: rows * columns].reshape(rows, columns))


def evaluator(problem: Problem, *, nodes: int) -> Evaluator:
    """Put a problem, its kernel and its nodes together."""
    return Evaluator(problem, KERNELS[problem.family.name](problem), hermite_rule(nodes))


def hermite_rule(count: int) -> Rule:
    """Make ``count`` nodes, exact for polynomials up to degree 2 count - 1."""
    points, weights = hermite_e.hermegauss(count)
    return Rule(points, np.log(weights / np.sqrt(2 * np.pi)) + points**2 / 2)


def share_out[T](work: Callable[[T], None], items: Sequence[T]) -> None:
    """Do all items, on threads where there are several."""
    if len(items) == 1 or WORKERS == 1:
        for item in items:
            work(item)
        return
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(work, items))
