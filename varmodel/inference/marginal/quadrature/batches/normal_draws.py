"""Exact draws of the effects given the rest, of mixtures of normals, in batches.

Rejection from an envelope at the mode. With W the likelihood's curvature there and P the normal's,
``h(mode) - h(mode + d) >= P d^2 / 2 + W (exp(-|d|) - 1 + |d|)``: the curvature of log(1 + e^x) and
of e^x changes by at most a factor e^|d| over a distance d. This bounds the ratio to a Student-t of
two degrees of freedom, whose quantiles take no more than a square root.
"""

import math
from typing import NamedTuple

import numpy as np

from varmodel.inference.marginal.elementary import FUSED, advance, exp, log, uniform
from varmodel.inference.marginal.likelihood.batch import (
    BATCH,
    RISE,
    STEP,
    B,
    Cells,
    whole_batches,
)
from varmodel.inference.marginal.likelihood.operations import (
    Index,
    Likelihood,
    normal_share,
    rise_batch,
)
from varmodel.inference.marginal.loops import loop
from varmodel.inference.marginal.quadrature.batches.normals import (
    CURVATURE,
    MEAN,
    MODE,
    PRECISION,
    SD,
    SPARE,
    START,
    Room,
    at_block,
    integrate,
    locate_modes,
    take_provider,
)
from varmodel.inference.marginal.quadrature.distributions import Distribution
from varmodel.inference.marginal.quadrature.grid import Rule
from varmodel.values import Array

_PEAK, _U, _LOT, _OPEN, _DRAWN = (SPARE + BATCH * k for k in range(5))
#: Grid of the envelope's heights: conditional sds, and shares of the normal in the curvature.
_LEAST, _MOST, _SDS, _SHARES = 0.02, 64.0, 48, 8
#: Slack on the log of the envelope's height: for a mode that is not quite one.
_SLACK = 0.01
#: Points that are fewer than this share of their draws are drawn together.
_SEVERAL = 0.5


class Copies(NamedTuple):
    """Points that are drawn several times each, those of most draws first.

    ``first`` (point,): one draw of each; ``row`` (copy, point): all of them, -1 where a point has
    no more.
    """

    first: Index
    row: Index

    def in_batches(self, part: slice) -> tuple[Index, Index]:
        """Give the first draws of some points in whole batches, and all draws of these points."""
        some = self.first[part]
        every = some[whole_batches(len(some))]
        row = np.full((len(self.row), len(every)), -1)
        row[:, : len(some)] = self.row[:, part]
        return every, row


def copies_of(chi: Array, psi: Array) -> Copies | None:
    """Find which draws are of one point; None where most have one of their own."""
    points = np.hstack([psi, chi])
    _, first, point, count = np.unique(
        points[:, 0], return_index=True, return_inverse=True, return_counts=True
    )
    if len(first) > _SEVERAL * len(points) or not (points[first][point] == points).all():
        return None
    order, place = np.argsort(-count, kind="stable"), np.empty(len(first), dtype=np.int64)
    place[order] = np.arange(len(first))
    draws = np.argsort(point, kind="stable")
    copy = np.arange(len(draws)) - np.repeat(np.cumsum(count) - count, count)
    row = np.full((int(count.max()), len(first)), -1, dtype=np.int64)
    row[copy, place[point[draws]]] = draws
    return Copies(first[order], row)


def one_each(count: int) -> Copies:
    """Draw every point once."""
    every = np.arange(count)
    return Copies(every, every[np.newaxis])


@loop(fastmath=FUSED)
def draw_from_normals(
    model: Likelihood,
    predictor: Array,
    parameter: Array,
    distribution: Distribution,
    rule: Rule,
    start: Array,
    nearest: Index,
    state: Index,
    room: Room,
    out: Array,
) -> None:
    """Fill one draw of every provider's effect at each point; shapes as in the evidence.

    ``state`` (point,): where each point's uniform numbers begin; ``out`` (point, provider), without
    the points that fill the last block up.
    """
    s = room.s
    for j in range(len(model.data.linear)):
        count = take_provider(model, j, room.cells)
        for block in range(len(predictor)):
            first = block * BATCH
            cells = at_block(model, j, predictor[block], parameter, start, nearest, first, room)
            if distribution.mean.shape[1] > 1:
                integrate(model, cells, count, distribution, first, 1, rule, room)
            streams = state[first : first + BATCH]
            _choose(distribution, first, len(rule.points), streams, room)
            locate_modes(model, cells, count, s)
            _envelop(model, cells, count, s)
            _reject(model, cells, count, streams, s)
            for k in range(min(BATCH, len(out) - first)):
                out[first + k, j] = s[_DRAWN + k]


@loop(fastmath=FUSED)
def draw_copies(
    model: Likelihood,
    predictor: Array,
    parameter: Array,
    distribution: Distribution,
    start: Array,
    nearest: Index,
    state: Index,
    row: Index,
    room: Room,
    out: Array,
) -> None:
    """Fill all draws of each point, whose mode is looked for once; of one normal.

    ``state``, ``row`` (copy, point): where the uniform numbers of each draw begin, and its row of
    ``out``, or -1.
    """
    s = room.s
    for j in range(len(model.data.linear)):
        count = take_provider(model, j, room.cells)
        for block in range(len(predictor)):
            first = block * BATCH
            cells = at_block(model, j, predictor[block], parameter, start, nearest, first, room)
            for k in range(BATCH):
                s[B + k], s[MEAN + k] = s[START + k], distribution.mean[first + k, 0]
                s[PRECISION + k] = distribution.precision[first + k, 0]
            locate_modes(model, cells, count, s)
            _envelop(model, cells, count, s)
            for copy in range(len(row)):
                if row[copy, first] < 0:  # the block's first point has most draws
                    break
                _reject(model, cells, count, state[copy, first : first + BATCH], s)
                for k in range(BATCH):
                    if row[copy, first + k] >= 0:
                        out[row[copy, first + k], j] = s[_DRAWN + k]


@loop()
def _choose(distribution: Distribution, first: int, many: int, streams: Index, room: Room) -> None:
    """Take each member's normal from its components, by the weights of their nodes."""
    s = room.s
    for k in range(BATCH):
        m, n = 0, first + k
        if distribution.mean.shape[1] > 1:
            streams[k] = advance(streams[k])
            m = _pick(room.height[:, k], uniform(streams[k])) // many
        s[B + k], s[MEAN + k], s[PRECISION + k] = (
            s[START + k],
            distribution.mean[n, m],
            distribution.precision[n, m],
        )


@loop()
def _pick(weight: Array, share: float) -> int:
    """Give the place where the cumulated weights reach a share of their sum."""
    left, row = share * weight.sum(), 0
    while row < len(weight) - 1 and left >= weight[row]:
        left -= weight[row]
        row += 1
    return row


@loop(fastmath=FUSED)
def _envelop(model: Likelihood, cells: Cells, count: int, s: Array) -> None:
    """Fill the envelope's sd, and the log of its height."""
    _bound(model, s)
    for k in range(BATCH):
        s[STEP + k], s[SD + k] = s[MODE + k], 1.0 / math.sqrt(s[CURVATURE + k])
    rise_batch(model, cells, count, s)
    for k in range(BATCH):
        gap = s[B + k] + s[MODE + k] - s[MEAN + k]
        s[_PEAK + k] += s[RISE + k] - 0.5 * s[PRECISION + k] * gap * gap


@loop(fastmath=FUSED)
def _reject(model: Likelihood, cells: Cells, count: int, streams: Index, s: Array) -> None:
    """Draw until every member has accepted."""
    left = BATCH
    for k in range(BATCH):
        s[_OPEN + k] = 1.0
    while left > 0:
        _propose(streams, s)
        rise_batch(model, cells, count, s)
        left = 0
        for k in range(BATCH):
            gap = s[B + k] + s[STEP + k] - s[MEAN + k]
            height = s[RISE + k] - 0.5 * s[PRECISION + k] * gap * gap - s[_PEAK + k]
            thick = 1.0 + 0.5 * s[_U + k] * s[_U + k]
            accepted = s[_LOT + k] < exp(height) * thick * math.sqrt(thick)
            s[_DRAWN + k] = s[B + k] + s[STEP + k] if s[_OPEN + k] > 0.0 else s[_DRAWN + k]
            s[_OPEN + k] = 0.0 if accepted else s[_OPEN + k]
            left += 1 if s[_OPEN + k] > 0.0 else 0


@loop()
def _propose(streams: Index, s: Array) -> None:
    """Fill steps from the envelope, a t of two degrees of freedom; members that are done stay."""
    for k in range(BATCH):
        state = streams[k]
        other = advance(state)
        p, after = uniform(other), advance(other)
        s[_LOT + k] = uniform(after)
        streams[k] = after if s[_OPEN + k] > 0.0 else state
        s[_U + k] = (2.0 * p - 1.0) / math.sqrt(2.0 * p * (1.0 - p)) * s[_OPEN + k]
        s[STEP + k] = s[MODE + k] + s[SD + k] * s[_U + k]


@loop(fastmath=FUSED)
def _bound(model: Likelihood, s: Array) -> None:
    """Fill the log of the envelope's height, both 0 at the mode, from a grid.

    It grows with the sd, so the next one is taken, and is convex in the normal's share.
    """
    for k in range(BATCH):
        share = s[PRECISION + k] / s[CURVATURE + k]
        share = normal_share(model, share)
        place = -0.5 * log(s[CURVATURE + k]) * _PER_LOG + _OFFSET
        row = math.ceil(min(max(place, 0.0), _SDS - 1.0))
        column = min(int(share * _SHARES), _SHARES - 1)
        part = share * _SHARES - column
        low, high = _TOPS[row, column], _TOPS[row, column + 1]
        flat = 1.5 * log(1.5 / share) - 1.5 + share
        s[_PEAK + k] = _SLACK + (low + part * (high - low) if place <= _SDS - 1.0 else flat)


_PER_LOG = (_SDS - 1) / math.log(_MOST / _LEAST)
_OFFSET = -math.log(_LEAST) * _PER_LOG


def _tops() -> Array:
    """Work out the largest log ratio of conditional to envelope, (sd, share)."""
    u = np.geomspace(0.2, 1e3, 200)
    sd = np.geomspace(_LEAST, _MOST, _SDS)[:, np.newaxis]
    share = np.linspace(0, 1, _SHARES + 1)[:, np.newaxis]
    fall = (np.expm1(-u * sd) + u * sd) / sd**2
    falls = share * u**2 / 2 + (1 - share) * fall[:, np.newaxis]
    return np.asarray((1.5 * np.log1p(u**2 / 2) - falls).max(axis=-1))


_TOPS = _tops()
