"""The marginal sampler: pilot, frozen proposal, weights, resampling, effects."""

import itertools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from arviz_stats.base.array import array_stats

from varmodel.families.links import Array
from varmodel.inference.marginal.kernels import KERNELS, Kernel
from varmodel.inference.marginal.pilot import Grid, explore
from varmodel.inference.marginal.problem import Index, Problem
from varmodel.inference.marginal.proposal import Points, Proposal, freeze
from varmodel.inference.marginal.quadrature import Nodes, hermite_nodes, integrate

psislw: Callable[[Array], tuple[Array, float]] = array_stats.psislw

LEAST_NODES, MOST_NODES = 7, 61
#: Largest change of a difference of log likelihoods when the nodes are doubled.
TOLERANCE = 0.02
WORKERS = 2
#: Grid points of most mass at which the nodes are checked.
CHECKED = 21


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Equally weighted joint draws and how they came about.

    Attributes
    ----------
    chi, psi, effect : ndarray, shape (chain, draw, ...)
    weight, log_weight : ndarray, shape (chain, draw)
        Of the draw's ancestor: normalised over all proposals; raw, in logs.
    pareto_k, pareto_k_sd : float
        Of the ratios, and of the ratios times provider_sd.
    importance_ess, largest_weight, edge_mass, node_change : float
    evaluations, nodes : int
    seconds : dict
        By stage.
    """

    chi: Array
    psi: Array
    effect: Array
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
    seconds: dict[str, float]


def sample(problem: Problem, *, draws: int, chains: int, random_seed: int) -> Sample:
    """Draw from the joint posterior of chi, psi and all effects.

    1. find the mass of chi and the modes of psi along it; 2. choose enough nodes; 3. freeze the
    proposal, weigh its points; 4. resample; 5. draw the effects of each kept point.
    """
    clock = _Clock()
    kernel = KERNELS[problem.family.name](problem)
    grid = explore(problem, hermite_nodes(_fewest(problem)))
    clock.stop("pilot")
    (nodes, node_change), proposal = choose_nodes(problem, grid), freeze(grid)
    clock.stop("nodes")
    streams = np.random.SeedSequence(random_seed).spawn(chains)
    count = _proposals(draws)
    points = [proposal.draw(np.random.default_rng(stream), count) for stream in streams]
    log_ratio = np.array(_map(lambda p: _weigh(problem, kernel, proposal, p, nodes=nodes), points))
    clock.stop("weights")
    smooth, pareto_k = smooth_weights(log_ratio.ravel())
    pareto_k_sd = smooth_weights((log_ratio + [p.chi[:, 0] for p in points]).ravel())[1]
    weight = np.exp(smooth - smooth.max()).reshape(log_ratio.shape)
    weight /= weight.sum()
    kept = [_resample(w, draws, stream) for w, stream in zip(weight, streams, strict=True)]
    jobs = list(zip(points, kept, streams, strict=True))
    effect = np.array(_map(lambda job: _draw_effects(kernel, proposal, *job), jobs))
    clock.stop("effects")
    return Sample(
        chi=np.array([p.chi[k] for p, k in zip(points, kept, strict=True)]),
        psi=np.array([p.psi[k] for p, k in zip(points, kept, strict=True)]),
        effect=effect,
        weight=np.take_along_axis(weight, np.array(kept), axis=1),
        log_weight=np.take_along_axis(log_ratio, np.array(kept), axis=1),
        pareto_k=pareto_k,
        pareto_k_sd=pareto_k_sd,
        importance_ess=float(1 / (weight**2).sum()),
        largest_weight=float(weight.max()),
        edge_mass=_edge_mass(grid),
        node_change=node_change,
        evaluations=count * chains,
        nodes=len(nodes.points),
        seconds=clock.seconds,
    )


def choose_nodes(problem: Problem, grid: Grid) -> tuple[Nodes, float]:
    """Double the nodes until that moves no difference of log likelihoods by the tolerance.

    Returns
    -------
    tuple
        The nodes, and how far doubling them moved a difference.
    """
    heavy = np.argsort([-peak.log_mass for peak in grid.peaks])[:CHECKED]
    chi = np.array(list(itertools.product(*grid.axes)))[heavy]
    count = _fewest(problem)
    last = _heights(problem, grid, heavy, chi=chi, nodes=hermite_nodes(count))
    while True:
        finer = _heights(problem, grid, heavy, chi=chi, nodes=hermite_nodes(2 * count))
        moved = finer - last
        change = float(np.abs(moved - moved[0]).max())
        if change < TOLERANCE or count > MOST_NODES:
            return hermite_nodes(count), change
        count, last = 2 * count, finer


def _fewest(problem: Problem) -> int:
    """One node is exact where the conditionals are normal."""
    return 1 if problem.family.link.name == "identity" else LEAST_NODES


def _heights(problem: Problem, grid: Grid, which: Index, *, chi: Array, nodes: Nodes) -> Array:
    peaks = [grid.peaks[k] for k in which]
    return np.array(
        [
            integrate(problem, c, psi=p.psi, start=p.effect, nodes=nodes).log_evidence.sum()
            for c, p in zip(chi, peaks, strict=True)
        ]
    )


def smooth_weights(log_ratio: Array) -> tuple[Array, float]:
    """Smooth log ratios by Pareto tails; also k-hat (Vehtari et al. 2024).

    arviz-stats takes *minus* the log ratios.
    """
    smooth, pareto_k = psislw(-log_ratio)
    return np.asarray(smooth), float(pareto_k)


def _weigh(
    problem: Problem, kernel: Kernel, proposal: Proposal, points: Points, *, nodes: Nodes
) -> Array:
    """Give log of posterior over proposal at each point."""
    ratios = np.empty(len(points.log_density))
    for n, (chi, psi) in enumerate(zip(points.chi, points.psi, strict=True)):
        start = proposal.start(points.nearest[n], psi)
        evidence = kernel.evidence(chi, psi, start=start, nodes=nodes)
        ratios[n] = evidence + problem.log_prior(chi, psi) - points.log_density[n]
    return ratios


def _resample(weight: Array, draws: int, stream: np.random.SeedSequence) -> Index:
    """Resample systematically, in random order."""
    rng = np.random.default_rng(stream.spawn(1)[0])
    places = (np.arange(draws) + rng.random()) / draws
    cumulative = np.cumsum(weight) / weight.sum()
    chosen = np.searchsorted(cumulative, places, side="right").clip(max=len(weight) - 1)
    return rng.permutation(chosen)


def _draw_effects(
    kernel: Kernel, proposal: Proposal, points: Points, kept: Index, stream: np.random.SeedSequence
) -> Array:
    """Draw the effects of each kept point anew, duplicates included."""
    seeds = np.random.default_rng(stream.spawn(1)[0]).integers(2**31, size=len(kept))
    effect = np.empty((len(kept), proposal.effect.shape[1]))
    for n, (k, seed) in enumerate(zip(kept, seeds, strict=True)):
        start = proposal.start(points.nearest[k], points.psi[k])
        effect[n] = kernel.draw(points.chi[k], points.psi[k], start=start, seed=int(seed))
    return effect


def _proposals(draws: int) -> int:
    """Proposals a chain: a little more than the draws, for the weights are nearly equal."""
    return max(int(1.1 * draws), 250)


def _edge_mass(grid: Grid) -> float:
    """Share of the mass at the ends of the log-sd axes."""
    mass = np.exp(grid.log_mass)
    inner = mass[tuple(slice(1, -1) for _ in grid.axes)]
    return float(1 - inner.sum() / mass.sum())


def _map[T, R](work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Work on both cores; the kernels release the interpreter's lock."""
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(work, items))


class _Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def stop(self, stage: str) -> None:
        now = time.perf_counter()
        self.seconds[stage], self._last = now - self._last, now
