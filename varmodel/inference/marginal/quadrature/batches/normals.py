"""Integrals over the effects where their distribution is a mixture of normals, in batches.

The product of likelihood and normal is log-concave; Gauss-Hermite nodes stand about its mode.
Evidence has points side by side, for one provider after another.
"""

import math
from typing import NamedTuple

import numpy as np

from varmodel.inference.marginal.elementary import FUSED, exp, log
from varmodel.inference.marginal.likelihood.batch import (
    BASE,
    BATCH,
    FREE,
    INFORMATION,
    LINEAR,
    PARAMETER,
    REACH,
    RISE,
    SLOPE,
    STEP,
    B,
    Cells,
    room_for_cells,
    room_for_rows,
)
from varmodel.inference.marginal.likelihood.operations import (
    Index,
    Likelihood,
    base_batch,
    expand_batch,
    linear,
    rise_batch,
    slopes_batch,
)
from varmodel.inference.marginal.loops import loop
from varmodel.inference.marginal.quadrature.distributions import Distribution
from varmodel.inference.marginal.quadrature.grid import Rule
from varmodel.values import Array

#: The normal; the mode of its product with the likelihood (a step from B), and curvature there.
MEAN, PRECISION, MODE, CURVATURE, SD = (FREE + BATCH * k for k in range(5))
#: Where to look for the mode.
START = FREE + BATCH * 5
_MOVING, _TOP = (FREE + BATCH * k for k in range(6, 8))
#: Log of the sum over the nodes; their weights' sum.
SUM, WHOLE = (FREE + BATCH * k for k in range(8, 10))
#: Six rows for those who call.
SPARE = FREE + BATCH * 10

STEPS, _CONVERGED = 60, 1e-3
#: A mode is looked for within half the series' reach; nearer than this share of it it is found.
_HALF, WITHIN = 0.5, 0.4


class Room(NamedTuple):
    """Memory that the loops use again.

    ``s``: the rows of members; ``cells``; ``effect`` and log ``height`` at the nodes, (component x
    node, member).
    """

    s: Array
    cells: Cells
    effect: Array
    height: Array


def room_for(model: Likelihood, distribution: Distribution, *, rule: Rule) -> Room:
    """Set memory aside."""
    nodes = distribution.mean.shape[1] * len(rule.points)
    return Room(room_for_rows(), room_for_cells(model.data.starts), *np.empty((2, nodes, BATCH)))


@loop(fastmath=FUSED)
def evidence_of_normals(
    model: Likelihood,
    predictor: Array,
    parameter: Array,
    distribution: Distribution,
    rule: Rule,
    start: Array,
    nearest: Index,
    room: Room,
    out: Array,
) -> None:
    """Fill the log evidence of all providers together at each point of some blocks.

    ``predictor`` (block, pattern, member), ``start`` (peak, provider); all others by point, the
    last block filled up.
    """
    out[:] = 0.0
    for j in range(len(model.data.linear)):
        count = take_provider(model, j, room.cells)
        for block in range(len(predictor)):
            first = block * BATCH
            cells = at_block(model, j, predictor[block], parameter, start, nearest, first, room)
            integrate(model, cells, count, distribution, first, 1, rule, room)
            for k in range(BATCH):
                out[first + k] += room.s[SUM + k]


@loop()
def take_provider(model: Likelihood, j: int, cells: Cells) -> int:
    """Read what is the same at all points; return the number of cells, made even."""
    count = 0
    for i in range(model.data.starts[j], model.data.starts[j + 1]):
        cells.row[count] = model.data.pattern[i]
        cells.size[count, :], cells.response[count, :] = model.data.size[i], model.data.response[i]
        count += 1
    cells.row[count], cells.size[count, :], cells.response[count, :] = 0, 0.0, 0.0
    return count + count % 2


@loop()
def at_block(
    model: Likelihood,
    j: int,
    predictor: Array,
    parameter: Array,
    start: Array,
    nearest: Index,
    first: int,
    room: Room,
) -> Cells:
    """Read what changes with the point."""
    s = room.s
    for k in range(BATCH):
        s[START + k], s[PARAMETER + k] = start[nearest[first + k], j], parameter[first + k]
        s[LINEAR + k] = linear(model, j, parameter[first + k])
    return Cells(predictor, room.cells.row, room.cells.size, room.cells.response)


@loop(fastmath=FUSED)
def integrate(
    model: Likelihood,
    cells: Cells,
    count: int,
    distribution: Distribution,
    first: int,
    apart: int,
    rule: Rule,
    room: Room,
) -> None:
    """Lay the nodes of all components and sum them; member k is at point ``first + apart k``."""
    s = room.s
    for m in range(distribution.mean.shape[1]):
        for k in range(BATCH):
            n = first + apart * k
            s[B + k], s[WHOLE + k] = s[START + k], distribution.log_weight[n, m]
            s[MEAN + k], s[PRECISION + k] = distribution.mean[n, m], distribution.precision[n, m]
        locate_modes(model, cells, count, s)
        base_batch(model, cells, count, s)
        _lay_nodes(model, cells, count, rule, m, room)
    _sum_logs(room)


@loop(fastmath=FUSED)
def locate_modes(model: Likelihood, cells: Cells, count: int, s: Array) -> None:
    """Expand close to the mode of each product; leave its step from there and its curvature."""
    for _ in range(STEPS):
        expand_batch(model, cells, count, s)
        climb_together(model, s)
        far = 0
        for k in range(BATCH):
            far += 1 if abs(s[MODE + k]) > WITHIN * s[REACH + k] else 0
        if far == 0:
            break
        for k in range(BATCH):
            s[B + k] += s[MODE + k] if abs(s[MODE + k]) > WITHIN * s[REACH + k] else 0.0


@loop(fastmath=FUSED)
def climb_together(model: Likelihood, s: Array) -> None:
    """Take Newton's steps; a member that has converged, or met its bound, stays."""
    for k in range(BATCH):
        s[STEP + k], s[_MOVING + k] = 0.0, 1.0
    for _ in range(STEPS):
        slopes_batch(model, s)
        moving = 0
        for k in range(BATCH):
            step, bound = s[STEP + k], _HALF * s[REACH + k]
            curvature = s[INFORMATION + k] + s[PRECISION + k]
            gap = s[B + k] + step - s[MEAN + k]
            move = (s[SLOPE + k] - s[PRECISION + k] * gap) / curvature
            move = s[_MOVING + k] * (min(max(step + move, -bound), bound) - step)
            s[CURVATURE + k] = curvature if s[_MOVING + k] > 0.0 else s[CURVATURE + k]
            s[STEP + k] = s[MODE + k] = step + move
            s[_MOVING + k] = 1.0 if move * move * curvature > _CONVERGED**2 else 0.0
            moving += 1 if s[_MOVING + k] > 0.0 else 0
        if moving == 0:
            break


@loop(fastmath=FUSED)
def _lay_nodes(model: Likelihood, cells: Cells, count: int, rule: Rule, m: int, room: Room) -> None:
    """Fill a component's nodes and their log heights."""
    many, s = len(rule.points), room.s
    for k in range(BATCH):
        s[SD + k] = 1.0 / math.sqrt(s[CURVATURE + k])
        s[WHOLE + k] += s[BASE + k] + 0.5 * log(s[PRECISION + k] / s[CURVATURE + k])
    for q in range(many):
        point, log_weight, row = rule.points[q], rule.log_weights[q], m * many + q
        for k in range(BATCH):
            s[STEP + k] = s[MODE + k] + s[SD + k] * point
        rise_batch(model, cells, count, s)
        for k in range(BATCH):
            effect = s[B + k] + s[STEP + k]
            gap = effect - s[MEAN + k]
            fall = 0.5 * s[PRECISION + k] * gap * gap
            room.effect[row, k] = effect
            room.height[row, k] = s[WHOLE + k] + log_weight + s[RISE + k] - fall


@loop(fastmath=FUSED)
def _sum_logs(room: Room) -> None:
    """Fill the log of the sum of each member's heights, and make them weights of sum 1."""
    s, height = room.s, room.height
    for k in range(BATCH):
        s[_TOP + k], s[WHOLE + k] = -np.inf, 0.0
    for row in range(len(height)):
        for k in range(BATCH):
            s[_TOP + k] = max(s[_TOP + k], height[row, k])
    for row in range(len(height)):
        for k in range(BATCH):
            height[row, k] = exp(height[row, k] - s[_TOP + k])
            s[WHOLE + k] += height[row, k]
    for k in range(BATCH):
        s[SUM + k] = s[_TOP + k] + log(s[WHOLE + k])
