"""Which proposal is frozen, and how many points it draws: what pilots of it say (methods 13).

Pilots have a random stream of their own, the same for every seed, so that which proposal is taken
and how many points are drawn are facts of the data; their points are discarded.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from varmodel.families.effects import NORMAL_EFFECTS
from varmodel.inference.marginal.evaluator import Evaluator
from varmodel.inference.marginal.hyperparameters.blend import (
    Blend,
    Weighed,
    add_components,
    normalise,
    weigh,
)
from varmodel.inference.marginal.hyperparameters.declared import SHAPE
from varmodel.inference.marginal.hyperparameters.grids import Grid
from varmodel.inference.marginal.hyperparameters.modes import mean_less_mode
from varmodel.inference.marginal.hyperparameters.proposal import Proposal, freeze
from varmodel.inference.marginal.hyperparameters.thinned import Thinned, freeze_thinned
from varmodel.inference.marginal.problem import Problem
from varmodel.numerics.pareto import smooth_weights
from varmodel.numerics.streams import generator
from varmodel.values import Array

#: Points of a pilot, and of the first look where effects are normal. With other shapes a look would
#: not do: of 37 sets with two clusters that looked light 3 had a k-hat of .4 to .6 by a pilot.
PILOT, LOOK = 2_000, 300
#: The first width of this k-hat is taken; where none has it, the one of the least.
WIDE_ENOUGH = 0.4
#: Effective share of a pilot's points that asks for nothing better.
GOOD_SHARE, FAIR_SHARE = 0.5, 0.15
#: A k-hat that asks for nothing better: that of 20 seeds stays well below the gate's.
LIGHT = 0.1
#: Widths in units of the precision: of all psi, and, where it holds hyperparameters, of these and
#: of the intercept, which are far from normal then.
USUAL, WIDTHS, SHAPE_WIDTHS = 1.05, (1.05, 1.2, 1.4), (1.4, 1.8, 2.3, 3.0)
#: More coordinates than this need more points than a component is made of.
_MOST_BLENDED = 12
_ROUNDS = 3
#: Effective size to reach: this, or half the draws; so much more, for a pilot may err.
LEAST_SIZE, MARGIN = 1_000, 1.3
#: Points at most; where even they would not give what the gate asks for, no more than the draws.
MOST_POINTS, GATE_SIZE = 200_000, 400


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """A frozen proposal and what a pilot of it showed.

    Attributes
    ----------
    proposal : Proposal or Blend
    width : float
        Of the intercept, and of the hyperparameters that are not on the grid.
    pareto_k, ess : float
        Of the pilot's weights; the largest k-hat of these and of these times an sd of effects.
    seen : Weighed
        The pilot.
    """

    proposal: Proposal | Blend | Thinned
    width: float
    pareto_k: float
    ess: float
    seen: Weighed

    @property
    def share(self) -> float:
        """Effective size over number of points."""
        return self.ess / len(self.seen.log_ratio)

    @property
    def even(self) -> bool:
        """Whether nothing better is looked for."""
        return self.pareto_k < LIGHT and self.share > FAIR_SHARE

    @property
    def components(self) -> int:
        """Number of t distributions added to that of the grid."""
        return len(self.proposal.components) if isinstance(self.proposal, Blend) else 0

    def points(self, draws: int) -> int:
        """Give how many points to propose for so many draws in all."""
        needed = math.ceil(MARGIN * max(LEAST_SIZE, draws / 2) / self.share)
        if needed > MOST_POINTS:
            hopeless = MOST_POINTS * self.share < MARGIN * GATE_SIZE
            needed = draws if hopeless else MOST_POINTS
        return max(needed, draws)


def choose_proposal(evaluator: Evaluator, grid: Grid) -> Choice:
    """Choose the width, and add components where no width makes the weights even.

    A hyperparameter that is not on the grid is skewed where it may be next to nought: k-hat of a
    pilot has to be light then, not only below what is allowed.
    """
    rng = generator(0, "pilot")
    tried: list[tuple[Choice, Proposal | Thinned]] = []
    skewed = any(one.role != SHAPE for one in evaluator.problem.hyperparameters.sampled)
    enough = LIGHT if skewed else WIDE_ENOUGH
    for proposal, width in _candidates(evaluator, grid):
        if not tried and evaluator.problem.law is NORMAL_EFFECTS:
            quick = _try(evaluator, proposal, rng=rng, width=width, count=LOOK)
            if quick.pareto_k < enough and quick.share > GOOD_SHARE:
                return quick
        tried.append((_try(evaluator, proposal, rng=rng, width=width), proposal))
        if tried[-1][0].pareto_k < enough:
            break
    best, base = min(tried, key=lambda one: one[0].pareto_k)
    small = len(grid.axes) + evaluator.problem.size <= _MOST_BLENDED
    if best.even or not small or isinstance(base, Thinned):
        return best
    return _blended(evaluator, best, base=base, rng=rng)


def _candidates(evaluator: Evaluator, grid: Grid) -> Iterator[tuple[Proposal | Thinned, float]]:
    """Give proposals from narrow to wide, centred at the means of psi as far as they are known."""
    problem = evaluator.problem
    shift = mean_less_mode(evaluator, grid.points[grid.heaviest], mode=grid.best)
    for width in SHAPE_WIDTHS if problem.size > problem.terms else WIDTHS:
        widths = _widths(problem, width)
        if grid.apart:
            yield freeze_thinned(grid, problem, width=widths, shift=shift), width
        else:
            yield freeze(grid, width=widths, shift=shift), width


def _widths(problem: Problem, width: float) -> Array:
    """Widen all of psi, or the intercept and the hyperparameters where psi holds some."""
    if problem.size == problem.terms:
        return np.full(problem.size, width)
    widths = np.full(problem.size, USUAL)
    widths[[0, *range(problem.terms, problem.size)]] = width
    return widths


def _try(
    evaluator: Evaluator,
    proposal: Proposal | Blend | Thinned,
    *,
    rng: np.random.Generator,
    width: float,
    count: int = PILOT,
) -> Choice:
    return _judge(
        proposal, weigh(evaluator, proposal, points=proposal.draw(rng, count)), width=width
    )


def _judge(proposal: Proposal | Blend | Thinned, seen: Weighed, *, width: float) -> Choice:
    smooth, pareto_k = smooth_weights(seen.log_ratio)
    pareto_k = max(pareto_k, seen.pareto_k_sd)
    ess = float(1 / (normalise(smooth) ** 2).sum())
    return Choice(proposal, width, pareto_k, ess, seen)


def _blended(
    evaluator: Evaluator, best: Choice, *, base: Proposal, rng: np.random.Generator
) -> Choice:
    """Add t distributions where the weights are largest; take it where that is better."""
    seen, blend = [best.seen], Blend(base, (), np.ones(1))
    for _ in range(_ROUNDS):
        blend = add_components(evaluator, seen, start=blend, rng=rng)
        found = _try(evaluator, blend, rng=rng, width=best.width)
        seen.append(found.seen)
        best = min(best, found, key=lambda one: one.pareto_k)
        if found.even:
            return found
    return best
