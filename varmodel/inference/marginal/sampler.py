"""The marginal sampler: pilot, frozen proposal, weights, resampling, effects."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from varmodel.inference.marginal.blocks.evaluator import block_evaluator
from varmodel.inference.marginal.classes import class_evaluator
from varmodel.inference.marginal.evaluator import Evaluator, Starts
from varmodel.inference.marginal.hyperparameters.apart import survey
from varmodel.inference.marginal.hyperparameters.blend import Blend, normalise, weigh
from varmodel.inference.marginal.hyperparameters.choice import Choice
from varmodel.inference.marginal.hyperparameters.finer import choose_on_grid
from varmodel.inference.marginal.hyperparameters.grids import Grid
from varmodel.inference.marginal.hyperparameters.pilot import Plain
from varmodel.inference.marginal.hyperparameters.proposal import Points, Proposal, pool
from varmodel.inference.marginal.hyperparameters.thinned import Thinned
from varmodel.inference.marginal.problem import Problem
from varmodel.inference.marginal.quadrature.evaluator import evaluator
from varmodel.numerics.pareto import smooth_weights
from varmodel.numerics.streams import streams
from varmodel.values import Array, Index

#: Grid points of most mass at which the evaluator is checked.
CHECKED = 21


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Equally weighted joint draws and how they came about.

    Attributes
    ----------
    chi, psi : ndarray, shape (chain, draw, ...)
    effects : dict of str to ndarray, shape (chain, draw, ...)
    effect_dims : mapping of str to tuple of str
        Dimensions of each behind chain and draw.
    weight, log_weight : ndarray, shape (chain, draw)
        Of the draw's ancestor: normalised over all proposals; raw, in logs.
    pareto_k, pareto_k_sd : float
        Of the ratios, and of the ratios times an sd of effects.
    importance_ess, largest_weight, edge_mass, node_change : float
    evaluations, nodes : int
    width : float
        Of the proposals of the intercept and of hyperparameters that are not on the grid.
    components : int
        t distributions added to the proposal of the grid.
    pilot_k, pilot_ess : float
        Of the pilot's weights, which chose the width and the number of evaluations.
    pilot : int
        Points of the pilot.
    block_k : float
        Largest k-hat over providers of the weights of their blocks; NaN where effects are none.
    block_points : int
        Number of weights that it is of.
    """

    chi: Array
    psi: Array
    effects: dict[str, Array]
    effect_dims: Mapping[str, tuple[str, ...]]
    weight: Array
    log_weight: Array
    pareto_k: float
    pareto_k_sd: float
    importance_ess: float
    largest_weight: float
    edge_mass: float
    node_change: float
    evaluations: int
    nodes: int
    width: float
    components: int
    pilot_k: float
    pilot_ess: float
    pilot: int
    block_k: float
    block_points: int


@dataclass(frozen=True, slots=True, eq=False)
class Proposed:
    """Weighed points of (chi, psi), of which any number of draws may be kept.

    Attributes
    ----------
    evaluator : Evaluator
        With its nodes.
    grid : Grid
    choice : Choice
    points : Points
        Chain after chain.
    weight, log_ratio : ndarray, shape (point,)
    pareto_k, pareto_k_sd, node_change : float
    chains : int
    """

    evaluator: Evaluator
    grid: Grid
    choice: Choice
    points: Points
    weight: Array
    log_ratio: Array
    pareto_k: float
    pareto_k_sd: float
    node_change: float
    chains: int


def sample(
    problem: Problem,
    *,
    draws: int,
    chains: int,
    random_seed: int,
    source_hash: str = "",
) -> Sample:
    """Draw from the joint posterior of chi, psi and all effects.

    1. find the mass of chi and the modes of psi along it; 2. choose enough nodes; 3. by pilots,
    choose a proposal and how many points it draws; 4. weigh its points; 5. resample; 6. draw the
    effects of each kept point.
    """
    found = propose(
        problem,
        draws=draws * chains,
        chains=chains,
        random_seed=random_seed,
        source_hash=source_hash,
    )
    return keep(found, draws=draws, random_seed=random_seed, source_hash=source_hash)


def propose(
    problem: Problem,
    *,
    draws: int,
    chains: int,
    random_seed: int,
    source_hash: str,
    plain: Plain | None = None,
) -> Proposed:
    """Take the first four steps of :func:`sample`, for so many draws in all.

    ``plain``: what is known of the same problem with normal effects.
    """
    first = evaluator_of(problem)
    grid = survey(first, plain=plain)
    chosen, node_change = refine(first, grid)
    grid, choice = choose_on_grid(chosen, grid)
    rngs = _generators("proposals", chains, random_seed=random_seed, source_hash=source_hash)
    count = math.ceil(choice.points(draws) / chains)
    points = pool([choice.proposal.draw(rng, count) for rng in rngs])
    seen = weigh(chosen, choice.proposal, points=points)
    smooth, pareto_k = smooth_weights(seen.log_ratio)
    return Proposed(
        evaluator=chosen,
        grid=grid,
        choice=choice,
        points=points,
        weight=normalise(smooth),
        log_ratio=seen.log_ratio,
        pareto_k=pareto_k,
        pareto_k_sd=seen.pareto_k_sd,
        node_change=node_change,
        chains=chains,
    )


def keep(found: Proposed, *, draws: int, random_seed: int, source_hash: str) -> Sample:
    """Take the last two steps of :func:`sample`: so many draws a chain."""
    points, weight, choice, chosen = found.points, found.weight, found.choice, found.evaluator
    resampling, drawing = (
        _generators(purpose, found.chains, random_seed=random_seed, source_hash=source_hash)
        for purpose in ("resampling", "effects")
    )
    kept = _keep(weight.reshape(found.chains, -1), draws, rngs=resampling)
    effects = _draw_effects(chosen, choice.proposal, points.at(kept.ravel()), drawing)
    return Sample(
        chi=points.chi[kept],
        psi=points.psi[kept],
        effects={name: x.reshape(*kept.shape, *x.shape[1:]) for name, x in effects.items()},
        effect_dims=chosen.effect_dims,
        weight=weight[kept],
        log_weight=found.log_ratio[kept],
        pareto_k=found.pareto_k,
        pareto_k_sd=found.pareto_k_sd,
        importance_ess=float(1 / (weight**2).sum()),
        largest_weight=float(weight.max()),
        edge_mass=found.grid.edge_mass(chosen.problem),
        node_change=found.node_change,
        evaluations=len(weight),
        nodes=chosen.nodes,
        width=choice.width,
        components=choice.components,
        pilot_k=choice.pareto_k,
        pilot_ess=choice.ess,
        pilot=len(choice.seen.log_ratio),
        block_k=chosen.block_k,
        block_points=chosen.block_points,
    )


def _generators(
    purpose: str, chains: int, *, random_seed: int, source_hash: str
) -> list[np.random.Generator]:
    """Give each chain a stream of its own for a purpose."""
    every = streams(random_seed, purpose, source_hash=source_hash)
    return [np.random.default_rng(one) for one in every.spawn(chains)]


def evaluator_of(problem: Problem) -> Evaluator:
    """Take the evaluator that integrates the effects of a problem out."""
    if problem.classes is not None:
        return class_evaluator(problem, evaluator_of)
    return evaluator(problem) if problem.transient is None else block_evaluator(problem)


def refine(first: Evaluator, grid: Grid) -> tuple[Evaluator, float]:
    """Let an evaluator take nodes enough where most mass is; how far its heights may be off."""
    heavy = np.argsort([-mode.log_mass for mode in grid.modes])[:CHECKED]
    psi = np.array([grid.modes[k].psi for k in heavy])
    effect = np.array([grid.modes[k].effect for k in heavy])
    starts = Starts(effect, np.arange(len(heavy)))
    return first.refined(grid.points[heavy], psi, starts=starts)


def _keep(weight: Array, draws: int, *, rngs: Sequence[np.random.Generator]) -> Index:
    """Resample each chain's own points (chain, point); numbers over all points (chain, draw)."""
    chosen = [_resample(own, draws, rng) for own, rng in zip(weight, rngs, strict=True)]
    return np.array(chosen) + weight.shape[1] * np.arange(len(weight))[:, np.newaxis]


def _resample(weight: Array, draws: int, rng: np.random.Generator) -> Index:
    """Resample systematically, in random order."""
    places = (np.arange(draws) + rng.random()) / draws
    cumulative = np.cumsum(weight) / weight.sum()
    chosen = np.searchsorted(cumulative, places, side="right").clip(max=len(weight) - 1)
    return rng.permutation(chosen)


def _draw_effects(
    chosen: Evaluator,
    proposal: Proposal | Blend | Thinned,
    points: Points,
    rngs: Sequence[np.random.Generator],
) -> dict[str, Array]:
    """Draw the effects of each kept point anew, duplicates included."""
    draws = len(points.nearest) // len(rngs)
    seeds = [rng.integers(2**31, size=draws) for rng in rngs]
    starts = Starts(proposal.effect, points.nearest)
    return chosen.draw(points.chi, points.psi, starts=starts, seeds=np.concatenate(seeds))
