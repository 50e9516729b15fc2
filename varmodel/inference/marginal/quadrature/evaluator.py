"""The evaluator of problems whose effects are one number a provider: quadrature, by provider.

From points (chi, psi) to log posteriors, gradients and effects, in blocks of bounded memory.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from varmodel.families.effects import NORMAL_EFFECTS
from varmodel.inference.marginal.evaluator import TOLERANCE, PointByPoint, Slope, Starts, spread_of
from varmodel.inference.marginal.kernels import KERNELS, Kernel
from varmodel.inference.marginal.likelihood.batch import BATCH, held_array, whole_batches
from varmodel.inference.marginal.likelihood.operations import Index
from varmodel.inference.marginal.problem import Problem
from varmodel.inference.marginal.quadrature.batches.normal_draws import (
    Copies,
    copies_of,
    draw_copies,
    draw_from_normals,
)
from varmodel.inference.marginal.quadrature.batches.normals import (
    Room,
    evidence_of_normals,
    room_for,
)
from varmodel.inference.marginal.quadrature.batches.spline_draws import draw_from_splines
from varmodel.inference.marginal.quadrature.batches.splines import fill_evidence
from varmodel.inference.marginal.quadrature.by_point import (
    evidence,
    logs_left,
    room_for_logs,
    scratch,
    sum_logs,
)
from varmodel.inference.marginal.quadrature.distributions import Distribution
from varmodel.inference.marginal.quadrature.draws_by_point import draw_effects
from varmodel.inference.marginal.quadrature.effects import (
    distribution_at,
    is_spline,
    side_by_side,
    slopes_by_hyperparameters,
)
from varmodel.inference.marginal.quadrature.grid import Rule, hermite_rule
from varmodel.inference.marginal.quadrature.information import information_of_terms
from varmodel.inference.marginal.quadrature.scores import expect, has_batches, of_normals
from varmodel.numerics.threads import share_out
from varmodel.values import Array

LEAST_NODES, MOST_NODES = 7, 61
#: At least so many blocks, whatever the workers: the bits depend on the blocks (BLAS).
_PARTS = 4
#: Numbers held at a time by one worker; cells of all points that are not worth a thread.
_BLOCK, _LITTLE = 100_000, 50_000


@dataclass(frozen=True, slots=True, eq=False)
class QuadratureEvaluator(PointByPoint):
    """A problem with its kernel and its nodes: an :class:`Evaluator`.

    Attributes
    ----------
    problem : Problem
    kernel : Kernel
    rule : Rule
    """

    problem: Problem
    kernel: Kernel
    rule: Rule
    block_k: ClassVar[float] = float("nan")  # effects are drawn without weights
    block_points: ClassVar[int] = 0

    @property
    def effect_shape(self) -> tuple[int, ...]:
        """One number a provider."""
        return (self.problem.providers,)

    @property
    def effect_dims(self) -> Mapping[str, tuple[str, ...]]:
        """What ``draw`` gives."""
        return {"provider_effect": ("provider",)}

    @property
    def nodes(self) -> int:
        """Number of nodes of an integral."""
        return len(self.rule.points)

    def guess(self) -> None:
        """Begin from as far as the priors reach: a grid over that has points near the mass."""

    def of_normal_effects(self) -> "QuadratureEvaluator":
        """Take the same problem with normal effects."""
        return replace(self, problem=self.problem.of_normal_effects())

    def refined(
        self, chi: Array, psi: Array, *, starts: Starts, tolerance: float = TOLERANCE
    ) -> tuple[Self, float]:
        """Double the nodes until that moves no difference of log likelihoods by the tolerance."""
        chosen, last = self, self.log_posterior(chi, psi, starts=starts)
        while True:
            finer = replace(chosen, rule=hermite_rule(2 * chosen.nodes))
            heights = finer.log_posterior(chi, psi, starts=starts)
            change = spread_of(heights - last)
            if change < tolerance or chosen.nodes > MOST_NODES:
                return chosen, change
            chosen, last = finer, heights

    def log_posterior(self, chi: Array, psi: Array, *, starts: Starts) -> Array:
        """Give log p(y | chi, psi) p(chi, psi), shape (point,)."""
        out = np.empty(len(chi))
        found = self._evidence_in_batches if self._batched else self._evidence_by_point

        def work(part: slice) -> None:
            near = Starts(starts.effect, starts.nearest[part])
            out[part] = found(chi[part], psi[part], starts=near)

        self._in_blocks(work, len(chi))
        return np.asarray(out + self.problem.log_prior(chi, psi))

    def draw(self, chi: Array, psi: Array, *, starts: Starts, seeds: Index) -> dict[str, Array]:
        """Draw all effects at each point, shape (point, provider), from their conditionals."""
        out = np.empty((len(chi), self.problem.providers))
        draw = self._draw_in_batches if self._batched else self._draw_by_point

        def work(part: slice) -> None:
            near = Starts(starts.effect, starts.nearest[part])
            draw(chi[part], psi[part], starts=near, seeds=seeds[part], out=out[part])

        one = self._of_normals and self.problem.law is NORMAL_EFFECTS
        copies = copies_of(chi, psi) if one else None
        if copies is None:
            self._in_blocks(work, len(chi))
        else:
            self._draw_copies(chi, psi, starts=starts, seeds=seeds, copies=copies, out=out)
        return {"provider_effect": out}

    def _draw_copies(
        self, chi: Array, psi: Array, *, starts: Starts, seeds: Index, copies: Copies, out: Array
    ) -> None:
        def work(part: slice) -> None:
            every, row = copies.in_batches(part)
            state = seeds[row].astype(np.uint64)
            (laid, _), near = self._lay_out(chi[every], psi[every]), starts.nearest[every]
            room = self._room(laid[-1])
            draw_copies(self.kernel.likelihood, *laid, starts.effect, near, state, row, room, out)

        self._in_blocks(work, len(copies.first))

    def _draw_in_batches(
        self, chi: Array, psi: Array, *, starts: Starts, seeds: Index, out: Array
    ) -> None:
        model, (laid, every) = self.kernel.likelihood, self._lay_out(chi, psi)
        near, state = (starts.effect, starts.nearest[every]), seeds[every].astype(np.uint64)
        if is_spline(self.problem.law):
            drawn = np.empty((len(every), out.shape[1]))
            draw_from_splines(model, laid, rule=self.rule, near=near, state=state, out=drawn)
            out[every] = drawn
        else:
            draw_from_normals(model, *laid, self.rule, *near, state, self._room(laid[-1]), out)

    def _draw_by_point(
        self, chi: Array, psi: Array, *, starts: Starts, seeds: Index, out: Array
    ) -> None:
        predictor, parameter, distribution = self._predict(chi, psi)
        ones, room = room_for_logs(self.kernel.likelihood, 1)[0], scratch()
        laid = (predictor, parameter, distribution, self.rule, starts.effect, starts.nearest)
        draw_effects(self.kernel.likelihood, *laid, seeds, ones, room, out)

    def slope(self, chi: Array, psi: Array, *, effect: Array) -> Slope:
        """Give the log posterior at one point, its gradient by psi, and the expected effects.

        The gradient by the linear terms is the expected score given the data (Fisher's
        identity), and that of the log density by the distribution's own coordinates.
        """
        problem, laid = self.problem, self._predict(chi[np.newaxis], psi[np.newaxis])
        _, parameter, distribution = laid
        height, mean, score, powers = expect(
            problem.law, laid, model=self.kernel.likelihood, rule=self.rule, near=effect
        )
        height += float(self._rest(chi[np.newaxis], psi[np.newaxis], parameter)[0])
        height += float(problem.log_prior(chi, psi))
        linear = np.bincount(problem.pattern, score, minlength=len(problem.design))
        slope = linear @ problem.design + self.kernel.factor(parameter)[0] * self.kernel.slope
        slope -= problem.precision_at(chi) * (psi[: problem.terms] - problem.prior_mean)
        others = slopes_by_hyperparameters(
            self, chi, psi=psi, distribution=distribution, powers=powers, effect=mean
        )
        return Slope(height, np.concatenate([slope, *others]), mean, score)

    def information(
        self, chi: Array, psi: Array, *, here: Slope, along: Slope, apart: float
    ) -> Array:
        """Give the information about the linear terms: the cells' less what the effects take up.

        How much that is by provider says the difference along the intercept.
        """
        kept = np.add.reduceat(here.score - along.score, self.problem.starts[:-1]) / apart
        cells = self.cell_information(chi, psi, here=here)
        return information_of_terms(self.problem, cells, kept=kept)

    def cell_information(self, chi: Array, psi: Array, *, here: Slope) -> Array:
        """Give each cell's information about eta over its effect, from what is known at psi."""
        problem = self.problem
        eta = problem.eta(psi)[problem.pattern] + here.effect[problem.provider]
        parameter = self._parameter(chi[np.newaxis], psi[np.newaxis])
        return self.kernel.information(here.score, float(parameter[0]), eta)

    def _evidence_in_batches(self, chi: Array, psi: Array, *, starts: Starts) -> Array:
        model, (laid, every) = self.kernel.likelihood, self._lay_out(chi, psi)
        found, out = np.empty(len(every)), np.empty(len(chi))
        near = starts.effect, starts.nearest[every]
        if is_spline(self.problem.law):
            fill_evidence(model, laid, rule=self.rule, near=near, out=found)
        else:
            evidence_of_normals(model, *laid, self.rule, *near, self._room(laid[-1]), found)
        out[every] = found
        return out + self._rest(chi, psi, self._parameter(chi, psi))

    def _evidence_by_point(self, chi: Array, psi: Array, *, starts: Starts) -> Array:
        model, out = self.kernel.likelihood, np.empty(len(chi))
        predictor, parameter, distribution = self._predict(chi, psi)
        ones = room_for_logs(model, len(chi))
        laid = (predictor, parameter, distribution, self.rule, starts.effect, starts.nearest)
        evidence(model, *laid, ones, scratch(), out)
        return np.asarray(out + self._rest(chi, psi, parameter) - sum_logs(model, ones))

    @property
    def _batched(self) -> bool:
        return has_batches(self.problem.law, self.kernel.likelihood)

    @property
    def _of_normals(self) -> bool:
        return of_normals(self.problem.law, self.kernel.likelihood)

    def _room(self, distribution: Distribution) -> Room:
        return room_for(self.kernel.likelihood, distribution, rule=self.rule)

    def _predict(self, chi: Array, psi: Array) -> tuple[Array, Array, Distribution]:
        """Give predictors (point, pattern), parameter and distribution."""
        return self.kernel.predictor(self.problem.eta(psi)), *self._at(chi, psi)

    def _lay_out(self, chi: Array, psi: Array) -> tuple[tuple[Array, Array, Distribution], Index]:
        """Give the same of whole blocks, predictors as (block, pattern, member); which each is."""
        design, every = self.problem.design, whole_batches(len(chi))
        distribution, order = side_by_side(self._at(chi[every], psi[every])[1])
        every = every[order]
        blocks = psi[every, : design.shape[1]].reshape(-1, BATCH, design.shape[1])
        held = held_array(len(blocks) * len(design), BATCH).reshape(len(blocks), -1, BATCH)
        predictor = self.kernel.predictor(np.matmul(design, blocks.swapaxes(1, 2), out=held))
        return (predictor, self._parameter(chi[every], psi[every]), distribution), every

    def _at(self, chi: Array, psi: Array) -> tuple[Array, Distribution]:
        """Give parameter and distribution of effects at each point."""
        problem = self.problem
        u, sd = problem.shape(chi, psi), np.exp(problem.log_sd(chi, psi))
        distribution = distribution_at(problem.law, sd, u=u, even=not self._of_normals)
        return self._parameter(chi, psi), distribution

    def _parameter(self, chi: Array, psi: Array) -> Array:
        """Give the likelihood's own parameter at each point."""
        return np.full(len(chi), self.kernel.parameter(self.problem.values(chi, psi)))

    def _rest(self, chi: Array, psi: Array, parameter: Array) -> Array:
        """Give what no effect touches."""
        linear = psi[:, : self.problem.terms] @ self.kernel.slope
        outside = self.kernel.outside(self.problem.values(chi, psi))
        return np.asarray(outside + self.kernel.factor(parameter) * linear)

    def _in_blocks(self, work: Callable[[slice], None], points: int) -> None:
        """Work on blocks of points on all cores; the loops release the interpreter's lock."""
        wide, grain = len(self.problem.design), BATCH
        if not self._batched:
            wide, grain = wide + logs_left(self.kernel.likelihood), 1
        length = grain * max(1, min(_BLOCK // (wide * grain), -(-points // (grain * _PARTS))))
        parts = [slice(k, min(k + length, points)) for k in range(0, points, length)]
        little = points * len(self.problem.provider) < _LITTLE
        list(map(work, parts) if little else share_out(work, parts))


def evaluator(problem: Problem, *, nodes: int | None = None) -> QuadratureEvaluator:
    """Put a problem, its kernel and its nodes together; without a number, the fewest."""
    normal = problem.family.scale_name == "identity" and problem.law.normals is not None
    fewest = 1 if normal else LEAST_NODES  # one is exact where the conditionals are normal
    rule = hermite_rule(fewest if nodes is None else nodes)
    return QuadratureEvaluator(problem, KERNELS[problem.family.name](problem), rule)
