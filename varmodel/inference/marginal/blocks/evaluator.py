"""Evidence, gradients and draws where a provider's effects are a block (methods 14).

The block is Gaussian where u is normal; elsewhere it is so given u, over which nodes are laid.

========= =================================================================
u, v_jt   lasting effect of a provider, transient effect of it in a period
tau_u     provider_sd, tau_v: transient_sd, rho: transient_rho (0 where v is independent)
unit      cells of a provider in a period; ``Starts`` and ``Slope`` hold u + v by unit
pairs     antithetic points that a block's evidence is a mean over; 0: Laplace's approximation
          with the term of fourth order
========= =================================================================
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from varmodel.inference.marginal.blocks.conditional import room_for_units
from varmodel.inference.marginal.blocks.drawing import draw_blocks
from varmodel.inference.marginal.blocks.importance import (
    FINER,
    FINER_NOISE,
    NOISE,
    PLAIN,
)
from varmodel.inference.marginal.blocks.laplace import NEAR, evidence_of_blocks
from varmodel.inference.marginal.blocks.points import Blocks, Streams, blocks_of, seeds_of
from varmodel.inference.marginal.blocks.scheme import Scheme, weights_alone
from varmodel.inference.marginal.blocks.scores import BY_RHO, LOG_EVIDENCE, Scored
from varmodel.inference.marginal.blocks.start import locate
from varmodel.inference.marginal.blocks.units import Units
from varmodel.inference.marginal.evaluator import (
    TOLERANCE,
    Guess,
    Slope,
    Slopes,
    Starts,
    central_differences,
    spread_of,
)
from varmodel.inference.marginal.hyperparameters.declared import SHAPE, TRANSIENT_RHO
from varmodel.inference.marginal.likelihood.operations import Likelihood
from varmodel.inference.marginal.problem import Problem
from varmodel.numerics.pareto import smooth_weights
from varmodel.numerics.threads import share_out
from varmodel.values import Array, Index

#: Pairs of the finer rule.
CHECKING = 256
#: Pairs of a first look at the finer rule. It is enough where what it finds and so many of its own
#: sds together are below this share of the tolerance: mostly they are below a hundredth.
_FEW, _SDS, _FAR_BELOW = 32, 10.0, 0.1
#: Fewest pairs of importance sampling, plenty and most; the variance that fewer than plenty may
#: leave the log evidence, and that any may.
FEWEST, PLENTY, MOST, SMALL_NOISE, LARGEST_NOISE = 4, 32, 2_048, 0.1, 0.5
#: The finer rule centres its points as close to the modes.
_CLOSE = 1e-4
#: Weights, of all points together, that a provider's k-hat is of.
_POOLED = 2_048
#: What is not to be filled.
_NOTHING = np.empty((0, 0, 0))
#: Slopes keep no scores: there are many points, and whoever asks for an information has its own.
_NO_SCORE = np.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class BlockEvaluator:
    """A problem with its units and its kernel.

    Attributes
    ----------
    blocks : Blocks
    pairs : int
    block_k : float
        Largest k-hat over providers of the weights of their blocks; NaN until it is worked out.
    """

    blocks: Blocks
    pairs: int = 0
    block_k: float = field(default=float("nan"))

    @property
    def problem(self) -> Problem:
        """What is evaluated."""
        return self.blocks.problem

    @property
    def units(self) -> Units:
        """The cells of a provider in a period."""
        return self.blocks.units

    @property
    def likelihood(self) -> Likelihood:
        """What the loops read of the cells."""
        return self.blocks.kernel.likelihood

    @property
    def effect_shape(self) -> tuple[int, ...]:
        """One number a unit."""
        return self.units.provider.shape

    @property
    def effect_dims(self) -> Mapping[str, tuple[str, ...]]:
        """What ``draw`` gives."""
        return {"provider_effect": ("provider",), "transient_effect": ("provider", "period")}

    @property
    def block_points(self) -> int:
        """Number of weights that a provider's k-hat is of."""
        return _POOLED

    @property
    def nodes(self) -> int:
        """Number of points that a block's evidence is a mean over; 1 for Laplace's."""
        return max(2 * self.pairs, 1)

    @property
    def side_by_side(self) -> bool:
        """Whether several points cost little more than one."""
        return True

    def of_normal_effects(self) -> "BlockEvaluator":
        """Take the same problem with normal effects."""
        return replace(self, blocks=replace(self.blocks, problem=self.problem.of_normal_effects()))

    def log_posterior(self, chi: Array, psi: Array, *, starts: Starts) -> Array:
        """Give log p(y | chi, psi) p(chi, psi), shape (point,)."""
        rest = self.blocks.rest(chi, psi) + self.problem.log_prior(chi, psi)
        if self.pairs:
            scheme, seeds = Scheme(self.pairs, NEAR), seeds_of(chi, psi)
            return np.asarray(self._weighed(chi, psi, starts, scheme, seeds)[:, PLAIN] + rest)
        out = np.empty(len(chi))

        def work(part: slice) -> None:
            laid = self.blocks.lay_out(chi[part], psi[part], starts=starts, part=part)
            room = room_for_units(self.units.layout.most)
            evidence_of_blocks(self.likelihood, *laid, room, out[part])

        self.blocks.in_parts(work, len(chi))
        return out + rest

    def guess(self) -> Guess:
        """Look for where the mass of the hyperparameters lies."""
        return locate(self)

    def slopes(self, chi: Array, psi: Array, *, effect: Array) -> list[Slope]:
        """Give the log posterior at points, its gradient by psi, and the expected effects.

        By the linear terms it is the expected score (Fisher's identity), by rho and the shape the
        expected derivative of the density of v and of u, by other hyperparameters of psi central
        differences.
        """

        def work(part: slice) -> list[Slope]:
            return self._slopes(chi[part], psi[part], effect[part])

        return [one for some in share_out(work, self.blocks.in_batches(len(chi))) for one in some]

    def _slopes(self, chi: Array, psi: Array, effect: Array) -> list[Slope]:
        """Do so for one batch."""
        count, shaped = len(chi), self.problem.law.size > 0
        scored = self.scores(chi, psi, effect=effect, nodes=shaped)
        height = scored.slopes[LOG_EVIDENCE, :count] + self.blocks.rest(chi, psi)
        height += self.problem.log_prior(chi, psi)
        rows = zip(chi, psi, scored.pattern.T, strict=False)
        linear = [self.by_terms(*at, pattern=one) for *at, one in rows]
        others = self._by_hyperparameters(chi, psi, scored)
        gradient = np.concatenate([np.stack(linear), *others], axis=1)
        return [
            Slope(float(height[k]), gradient[k], scored.effect[k], _NO_SCORE) for k in range(count)
        ]

    def by_terms(self, chi: Array, psi: Array, *, pattern: Array) -> Array:
        """Give the slope by the linear terms at one point from the expected scores by pattern."""
        problem, kernel = self.problem, self.blocks.kernel
        factor = kernel.factor(self.blocks.parameter(chi[np.newaxis], psi[np.newaxis]))[0]
        prior = problem.precision_at(chi) * (psi[: problem.terms] - problem.prior_mean)
        return np.asarray(pattern @ problem.design + factor * kernel.slope - prior)

    def _by_hyperparameters(self, chi: Array, psi: Array, scored: Scored) -> Iterator[Array]:
        """Give the slopes by each hyperparameter of psi, in their order, (point, column)."""
        every, count = self.problem.hyperparameters, len(chi)
        for one in every.sampled:
            columns = every.columns(one.name)
            if one.name == TRANSIENT_RHO:
                found = scored.slopes[BY_RHO, :count, np.newaxis]
            elif one.role == SHAPE:
                nodes = zip(chi, psi, scored.nodes, strict=False)
                found = np.array([self.blocks.slope_by_shape(*at, nodes=n) for *at, n in nodes])
            else:
                height, effect = replace(self, pairs=0).log_posterior, scored.effect[:count]
                yield central_differences(height, chi=chi, psi=psi, columns=columns, effect=effect)
                continue
            yield found + np.array([one.prior_slope(row[columns]) for row in psi])

    def informations(
        self, chi: Array, psi: Array, *, here: Slopes, along: Slopes, apart: Array
    ) -> list[Array]:
        """Give the information about the linear terms: the cells' less what blocks take up."""
        del along, apart
        effect = np.stack([one.effect for one in here])

        def work(part: slice) -> list[Array]:
            scored = self.scores(chi[part], psi[part], effect=effect[part], shared=True)
            of = chi[part], psi[part], effect[part], scored.score.T, scored.shared
            return [self._information(*row) for row in zip(*of, strict=False)]

        held = self.problem.providers * self.units.layout.most**2
        batches = self.blocks.in_batches(len(chi), held=held)
        return [one for some in share_out(work, batches) for one in some]

    def _information(
        self, chi: Array, psi: Array, effect: Array, score: Array, shared: Array
    ) -> Array:
        """Do so at one point."""
        blocks, cells = self.blocks, self.units.problem
        eta = self.problem.eta(psi)[cells.pattern] + effect[cells.provider]
        parameter = float(blocks.parameter(chi[np.newaxis], psi[np.newaxis])[0])
        weight = blocks.kernel.information(score, parameter, eta)
        return blocks.information(weight, shared=shared)

    def draw(self, chi: Array, psi: Array, *, starts: Starts, seeds: Index) -> dict[str, Array]:
        """Draw all effects at each point from their conditionals, missing periods included."""
        return draw_blocks(self.blocks, (chi, psi), starts=starts, seeds=seeds, pairs=self.pairs)

    def refined(
        self, chi: Array, psi: Array, *, starts: Starts, tolerance: float = TOLERANCE
    ) -> tuple["BlockEvaluator", float]:
        """Keep Laplace's approximation if a finer rule moves no difference by the tolerance.

        Else take importance sampling with so many points that their noise is small. The finer rule
        is looked at with few points, and with many where these do not leave it far below.
        """
        block_k = self._tails(chi, psi, starts)
        plain = replace(self, pairs=0, block_k=block_k)
        rest = self.blocks.rest(chi, psi) + self.problem.log_prior(chi, psi)
        height = plain.log_posterior(chi, psi, starts=starts) - rest
        seeds = np.zeros(len(chi), np.uint64)  # the same points at all
        for pairs, most, sds in ((_FEW, _FAR_BELOW * tolerance, _SDS), (CHECKING, tolerance, 0.0)):
            scheme = Scheme(pairs, _CLOSE, skewed=False)
            found = self._weighed(chi, psi, starts, scheme, seeds)
            change = spread_of(height - found[:, FINER])
            if change + sds * float(np.sqrt(found[:, FINER_NOISE].max())) < most:
                return plain, change
        found = self._weighed(chi, psi, starts, Scheme(CHECKING, NEAR), seeds)
        pairs, noise = FEWEST, float(found[:, NOISE].max()) * CHECKING
        while noise > (SMALL_NOISE if pairs < PLENTY else LARGEST_NOISE) * pairs and pairs < MOST:
            pairs *= 2
        exact = noise <= LARGEST_NOISE * pairs
        return (replace(plain, pairs=pairs), 0.0) if exact else (plain, change)

    def _tails(self, chi: Array, psi: Array, starts: Starts) -> float:
        """Give the largest k-hat over providers, the weights of all points put together."""
        count = len(chi)
        scheme = Scheme(-(-_POOLED // (2 * count)), NEAR)
        weights = np.empty((self.problem.providers, 2 * scheme.pairs, count))
        laid, state = (
            self.blocks.lay_out(chi, psi, starts=starts, part=slice(count)),
            seeds_of(chi, psi),
        )
        drawn = weights_alone(weights)
        self.blocks.weigh(laid, scheme, state=state, picking=state, drawn=drawn)
        return max(smooth_weights(one.ravel()[:_POOLED])[1] for one in weights)

    def _weighed(
        self, chi: Array, psi: Array, starts: Starts, scheme: Scheme, seeds: Streams
    ) -> Array:
        """Give log evidences by weights, shape (point, column)."""
        out = np.empty((len(chi), 4))

        def work(part: slice) -> None:
            laid, state = (
                self.blocks.lay_out(chi[part], psi[part], starts=starts, part=part),
                seeds[part].copy(),
            )
            nothing = weights_alone(_NOTHING)
            out[part] = self.blocks.weigh(laid, scheme, state=state, picking=state, drawn=nothing)

        self.blocks.in_parts(work, len(chi))
        return out

    def scores(
        self, chi: Array, psi: Array, *, effect: Array, shared: bool = False, nodes: bool = False
    ) -> Scored:
        """Give expected scores, effects and slopes at points, one batch of them."""
        return self.blocks.scores(chi, psi, effect=effect, shared=shared, nodes=nodes)


def block_evaluator(problem: Problem) -> BlockEvaluator:
    """Take the evaluator of a problem with periods."""
    return BlockEvaluator(blocks_of(problem))
