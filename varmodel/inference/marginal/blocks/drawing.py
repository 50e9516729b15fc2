"""Draws of all effects at each point: blocks from their conditionals, then what periods lack.

Transient effects of the periods that a provider lacks are drawn given those that it has. AR(1)
given its neighbours: v_p, d periods after v_q and e before the next known value v_n, has

``mean {rho^d (1 - rho^(2e)) v_q + rho^e (1 - rho^(2d)) v_n} / (1 - rho^(2(d + e)))`` and
``variance tau_v^2 (1 - rho^(2d)) (1 - rho^(2e)) / (1 - rho^(2(d + e)))``.

Before the first and after the last it is the autoregression itself, which looks the same both ways.
"""

import math

import numpy as np
import numpy.typing as npt

from varmodel.inference.marginal.blocks.laplace import NEAR
from varmodel.inference.marginal.blocks.points import Blocks, Streams, seeds_of
from varmodel.inference.marginal.blocks.scheme import Drawn, Scheme, fill_normals
from varmodel.inference.marginal.blocks.units import powers
from varmodel.inference.marginal.evaluator import Starts
from varmodel.inference.marginal.loops import loop
from varmodel.inference.marginal.quadrature.batches.normal_draws import copies_of, one_each
from varmodel.values import Array, Index

#: Steps of the chain that draws a block where its evidence is Laplace's, and further steps to
#: another draw at the same point: the chain need not come near the conditional again, only away
#: from the draw before.
DRAWING, AGAIN = 4, 2
#: An odd number that parts two streams.
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_NO_WEIGHTS = np.empty((0, 0, 0))


def draw_blocks(
    blocks: Blocks, points: tuple[Array, Array], *, starts: Starts, seeds: Index, pairs: int
) -> dict[str, Array]:
    """Draw u and v at points (chi, psi) from their conditionals, periods without cells included.

    A block is one of the points that its evidence is a mean over, picked by weight, or where that
    is Laplace's (no ``pairs``) the last of a chain's points, by Metropolis and Hastings with points
    that do not hang on the one before. Draws at one point are of one chain. Gives
    ``provider_effect`` (point, provider) and ``transient_effect`` (point, provider, period), on the
    link scale.
    """
    (chi, psi), units = points, blocks.units
    count = len(chi)
    lasting = np.empty((count, blocks.problem.providers))
    path = np.empty((*lasting.shape, len(units.calendar)))
    known = known_periods(units.provider, units.period, shape=path.shape[1:])
    place = units.provider * len(units.calendar) + units.period
    picking = seeds.astype(np.uint64)
    states = seeds_of(chi, psi) if pairs else picking * _GOLDEN
    copies = (None if pairs else copies_of(chi, psi)) or one_each(count)
    scheme = Scheme(pairs or DRAWING, NEAR, chained=not pairs, again=AGAIN)

    def work(part: slice) -> None:
        some = copies.first[part]
        row = np.ascontiguousarray(copies.row[:, part])  # of one layout: loops are compiled by it
        at, own, near = (chi[some], psi[some]), picking[some], starts.nearest[some]
        laid = blocks.lay_out(*at, starts=Starts(starts.effect, near), part=slice(len(some)))
        drawn = Drawn(lasting, path.reshape(count, -1), row, place, _NO_WEIGHTS)
        blocks.weigh(laid, scheme, state=states[some], picking=own, drawn=drawn)
        if not known.all():
            copy, point = np.nonzero(row >= 0)
            draws = row[copy, point]
            streams = np.where(copy == 0, own[point], picking[draws])
            _fill_missing(blocks, path, known, draws, (chi[draws], psi[draws]), streams)

    blocks.in_parts(work, len(copies.first))
    return {"provider_effect": lasting, "transient_effect": path}


def _fill_missing(
    blocks: Blocks,
    path: Array,
    known: Index,
    draws: npt.NDArray[np.integer],
    points: tuple[Array, Array],
    streams: Streams,
) -> None:
    """Fill the periods that providers lack, in some of the draws."""
    calendar = blocks.units.calendar
    tau, _, x = blocks.spreads(*points)
    carried, renewed = powers(x, int(calendar[-1] - calendar[0]))
    room = np.empty((len(calendar) + 4, 1))
    fill_missing(path, draws, known, calendar, tau, carried, renewed, streams, room)


@loop()
def fill_missing(
    path: Array,
    rows: Index,
    known: Index,
    calendar: Index,
    tau: Array,
    carried: Array,
    renewed: Array,
    state: Index,
    room: Array,
) -> None:
    """Fill what is not ``known`` (provider, period) in some ``rows`` of paths.

    ``path`` (draw, provider, period); ``calendar`` (period,); for each of the rows ``tau``,
    ``carried``, ``renewed`` (row, lag) and ``state``: streams; ``room`` (period + 4, 1).
    """
    periods = known.shape[1]
    for n in range(len(rows)):
        for j in range(len(known)):
            first, last = _ends(known[j])
            if known[j].sum() == periods:
                continue
            fill_normals(state, n, 1, periods, room)
            v = path[rows[n], j]
            for p in range(first - 1, -1, -1):
                d = calendar[p + 1] - calendar[p]
                v[p] = _step(v[p + 1], d, tau[n], carried[n], renewed[n], room[p, 0])
            for p in range(first + 1, periods):
                if known[j, p] != 0:
                    continue
                d, after = calendar[p] - calendar[p - 1], p
                while after <= last and known[j, after] == 0:
                    after += 1
                if after > last:
                    v[p] = _step(v[p - 1], d, tau[n], carried[n], renewed[n], room[p, 0])
                else:
                    e, beside = calendar[after] - calendar[p], (v[p - 1], v[after])
                    v[p] = _between(beside, d, e, tau[n], carried[n], renewed[n], room[p, 0])


@loop()
def _ends(known: Index) -> tuple[int, int]:
    """Give the first and the last period that is known."""
    first, last = len(known), -1
    for p in range(len(known)):
        if known[p] != 0:
            first, last = min(first, p), p
    return first, last


@loop()
def _step(beside: float, d: int, tau: float, carried: Array, renewed: Array, z: float) -> float:
    return carried[d] * beside + tau * math.sqrt(renewed[d]) * z


@loop()
def _between(
    beside: tuple[float, float],
    d: int,
    e: int,
    tau: float,
    carried: Array,
    renewed: Array,
    z: float,
) -> float:
    """Draw one period from its distribution between the one before and the next known."""
    whole = renewed[d + e]
    mean = carried[d] * renewed[e] * beside[0] + carried[e] * renewed[d] * beside[1]
    return mean / whole + tau * math.sqrt(renewed[d] * renewed[e] / whole) * z


def known_periods(provider: Index, period: Index, *, shape: tuple[int, int]) -> Index:
    """Mark the periods (provider, period) that have a unit."""
    known = np.zeros(shape, dtype=np.int64)
    known[provider, period] = 1
    return known
