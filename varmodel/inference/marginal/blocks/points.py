"""Points (chi, psi) as the loops of blocks read them, and what no effect touches."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from varmodel.families.effects import NORMAL_EFFECTS
from varmodel.inference.marginal.blocks.conditional import NODES, room_for_units
from varmodel.inference.marginal.blocks.importance import weigh_blocks
from varmodel.inference.marginal.blocks.lasting import Lasting, NormalLasting, law_of
from varmodel.inference.marginal.blocks.scheme import Drawn, Scheme, points_of
from varmodel.inference.marginal.blocks.scores import Scored, scores_of_blocks
from varmodel.inference.marginal.blocks.units import Units, in_batches, units_of, variances_of
from varmodel.inference.marginal.evaluator import Starts
from varmodel.inference.marginal.hyperparameters.declared import TRANSIENT_RHO, TRANSIENT_SD
from varmodel.inference.marginal.kernels import KERNELS, Kernel
from varmodel.inference.marginal.likelihood.batch import BATCH
from varmodel.inference.marginal.problem import Problem
from varmodel.inference.marginal.quadrature.effects import distribution_at
from varmodel.numerics.threads import share_out
from varmodel.values import Array

#: Layout, predictors, parameters, variances, effects to start from, the nearest of them.
type Laid = tuple[Any, ...]
#: States of streams of random numbers, one a point.
type Streams = npt.NDArray[np.uint64]

#: At least so many parts, whatever the workers; numbers held at a time by one; fewest points.
_PARTS, _HELD, _FEW = 4, 3_000_000, 4
#: An odd number that spreads the bits of a seed.
_MIX = np.uint64(0xD6E8FEB86659FD93)
#: Numbers that a processor works on at a time; cells at points that are worth a thread.
_ROW, _WORTH = 4, 20_000
#: Step of the differences by a shape; shares of nodes that are left out of them, and points of the
#: line on which the nodes of all providers are put together.
_NUDGE, _NOTHING, _LINE = 1e-5, 1e-14, 512


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """A problem with its units.

    Attributes
    ----------
    problem : Problem
    units : Units
    kernel : Kernel
        Of the problem by unit.
    """

    problem: Problem
    units: Units
    kernel: Kernel

    def lay_out(self, chi: Array, psi: Array, *, starts: Starts, part: slice) -> Laid:
        """Lay points out as the loops read them."""
        units = self.units
        predictor = in_batches(self.kernel.predictor(self.problem.eta(psi)))
        parameter = in_batches(self.parameter(chi, psi))
        transient, lasting_sd, x = self.spreads(chi, psi)
        variances = variances_of(
            lasting_sd, transient, atanh_rho=x, most=int(units.layout.lag.max())
        )
        variances = variances._replace(law=self.law(chi, psi))
        turned = np.ascontiguousarray(predictor.swapaxes(1, 2))
        return units.layout, turned, parameter, variances, starts.effect, starts.nearest[part]

    def information(self, weight: Array, *, shared: Array) -> Array:
        """Give the information about the linear terms: X'WX - sum_j A_j' S_j A_j.

        ``weight`` (cell,) by unit: W; ``shared`` (provider, unit, unit): S; A_j (unit, term): the
        sums of W X over the cells of a unit.
        """
        units, design = self.units, self.problem.design
        own, provider = units.problem, units.provider
        by_pattern = np.bincount(own.pattern, weight, minlength=len(design))
        rows = np.take(design.T, own.pattern, axis=1)  # term by term: the sums run along memory
        rows *= weight
        place = np.arange(len(provider)) - units.layout.starts[provider]
        sums = np.zeros((*shared.shape[:2], design.shape[1]))
        sums[provider, place] = np.add.reduceat(rows, own.starts[:-1], axis=1).T
        taken = np.einsum("jtp,jtq->pq", sums, shared @ sums)
        return np.asarray((design.T * by_pattern) @ design - taken)

    def spreads(self, chi: Array, psi: Array) -> tuple[Array, Array, Array]:
        """Read tau_v, tau_u and atanh rho at points."""
        every = self.problem.hyperparameters
        tau_v = np.exp(every.coordinate(chi, psi, name=TRANSIENT_SD))
        x = np.zeros(len(chi))
        if any(one.name == TRANSIENT_RHO for one in every.listed):
            x = every.coordinate(chi, psi, name=TRANSIENT_RHO)
        return tau_v, np.exp(self.problem.log_sd(chi, psi)), x

    def law(self, chi: Array, psi: Array) -> Lasting | NormalLasting:
        """Give the distribution of u at points, where it is not normal."""
        problem = self.problem
        if problem.law is NORMAL_EFFECTS:
            return law_of()
        u, sd = problem.shape(chi, psi), np.exp(problem.log_sd(chi, psi))
        return law_of(distribution_at(problem.law, sd, u=u))

    def parameter(self, chi: Array, psi: Array) -> Array:
        """Give the likelihood's own parameter at each point."""
        found = self.kernel.parameter(self.problem.values(chi, psi))
        return np.array(np.broadcast_to(found, len(chi)), dtype=np.float64)

    def scores(
        self, chi: Array, psi: Array, *, effect: Array, shared: bool = False, nodes: bool = False
    ) -> Scored:
        """Give what ``scores_of_blocks`` tells of some points, a batch at most.

        Members beyond the points fill up a row of the processor's; ``effect`` (point, unit).
        """
        every = np.arange(_filled_up(len(chi))).clip(max=len(chi) - 1)
        chi, psi, count = chi[every], psi[every], len(every)
        starts = Starts(effect, every)
        layout, predictor, *laid, _, _ = self.lay_out(chi, psi, starts=starts, part=slice(count))
        lags = np.arange(1 + int(layout.lag.max()))[:, np.newaxis]
        rho = np.tanh(self.spreads(chi, psi)[2])
        by_x = lags * rho ** np.maximum(lags - 1, 0) * (1 - rho**2)
        member, most, providers = predictor[0], layout.most, self.problem.providers
        scored = Scored(
            effect=effect[every],
            score=np.empty((len(self.units.problem.provider), count)),
            pattern=np.empty(member.shape),
            slopes=np.empty((4, count)),
            shared=np.zeros((count if shared else 0, providers, most, most)),
            nodes=np.empty((count if nodes else 0, providers, 2, NODES)),
        )
        room = room_for_units(most)
        scores_of_blocks(
            self.kernel.likelihood, layout, member, *laid, by_x=by_x, room=room, scored=scored
        )
        return scored

    def slope_by_shape(self, chi: Array, psi: Array, *, nodes: Array) -> Array:
        """Differentiate the log evidence at one point by the shape of the distribution of u.

        Fisher's identity: the expected slope of the log density, over ``nodes``.
        """
        law, at = self.problem.law, self.problem.shape(chi, psi)
        sd = float(np.exp(self.problem.log_sd(chi, psi)))
        u, share = _share_on_line(nodes[:, 0].ravel(), nodes[:, 1].ravel())
        steps = _NUDGE * np.eye(law.size)
        ends = (law.natural(at + side * steps) for side in (1, -1))
        up, down = (law.log_density(u, np.full(law.size, sd), one) for one in ends)
        inside = np.isfinite(up) & np.isfinite(down)  # a bounded density's ends move with its shape
        rise = np.subtract(up, down, out=np.zeros_like(up), where=inside)
        return np.asarray(rise @ share / (2 * _NUDGE))

    def weigh(
        self, laid: Laid, scheme: Scheme, *, state: Streams, picking: Streams, drawn: Drawn
    ) -> Array:
        """Give log evidences by weights, (point, column); fill what is kept of the points."""
        most, out = self.units.layout.most, np.empty((len(state), 4))
        points, room = points_of(scheme, most), room_for_units(most)
        likelihood = self.kernel.likelihood
        weigh_blocks(likelihood, *laid, points, state, picking, room, drawn, out)
        return out

    def rest(self, chi: Array, psi: Array) -> Array:
        """Give what no effect touches."""
        linear = psi[:, : self.problem.terms] @ self.kernel.slope
        outside = self.kernel.outside(self.problem.values(chi, psi))
        return np.asarray(outside + self.kernel.factor(self.parameter(chi, psi)) * linear)

    def in_batches(self, points: int, *, held: int = 1) -> list[slice]:
        """Cut points into batches, two at least where there is work for two cores.

        ``held``: numbers that are held of each point beside its cells.
        """
        worth = points * len(self.units.problem.provider) > _WORTH
        length = min(BATCH, _filled_up(-(-points // 2)) if worth else BATCH, max(_HELD // held, 1))
        return [slice(k, min(k + length, points)) for k in range(0, points, length)]

    def in_parts(self, work: Callable[[slice], None], points: int) -> None:
        """Work on parts of the points on all cores; how they are cut depends on their number."""
        wide = BATCH * (len(self.problem.design) + len(self.units.provider))
        length = BATCH * max(1, min(_HELD // wide, -(-points // (BATCH * _PARTS))))
        if points <= BATCH * _PARTS:
            length = max(_FEW, -(-points // _PARTS))
        share_out(work, [slice(k, min(k + length, points)) for k in range(0, points, length)])


def _filled_up(points: int) -> int:
    """Give how many members stand for so many points: whole rows of the processor's."""
    return points if points == 1 else -(-points // _ROW) * _ROW


def _share_on_line(u: Array, share: Array) -> tuple[Array, Array]:
    """Put weighted points together on evenly spaced ones, each on the two beside it."""
    u, share = u[share > _NOTHING], share[share > _NOTHING]
    if len(u) == 0:  # the evidence is no number there
        return u, share
    line, step = np.linspace(u.min(), u.max(), _LINE, retstep=True)
    place = (u - line[0]) / step
    before = np.minimum(place.astype(np.int64), _LINE - 2)
    part = share * (place - before)
    found = np.bincount(before, share - part, minlength=_LINE)
    return line, found + np.bincount(before + 1, part, minlength=_LINE)


def seeds_of(chi: Array, psi: Array) -> Streams:
    """Give each point a stream of its own, by its bits: the same numbers when it comes again."""
    seed = np.zeros(len(chi), dtype=np.uint64)
    for column in np.hstack([chi, psi]).T:
        seed = (seed ^ np.ascontiguousarray(column).view(np.uint64)) * _MIX
        seed ^= seed >> np.uint64(29)
    return seed


def blocks_of(problem: Problem) -> Blocks:
    """Put a problem with periods, its units and its kernel together."""
    if problem.transient is None:
        raise TypeError("a problem without a transient has no blocks")
    units = units_of(problem, problem.transient)
    return Blocks(problem, units, KERNELS[problem.family.name](units.problem))
