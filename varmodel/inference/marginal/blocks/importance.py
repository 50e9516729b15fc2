"""A block's evidence and draws by importance sampling from its approximate conditional.

Points come in antithetic pairs about the mode, in the T + 1 standardised coordinates of (u, v) that
``spread_out`` maps: most normal and a little wider, a tenth from a t; or they are drawn as
``skewed`` says, close to the conditional itself. A point's weight is the conditional over what it
was drawn from; the mean of the weights estimates the evidence without bias, and a
point drawn by its weight, where the weight of (chi, psi) holds that mean, is jointly exact
(importance sampling squared: Tran, Scharth, Gunawan, Kohn, Brown and Hawkins 2021, Robustly
estimating the marginal likelihood for cognitive models via importance sampling, Behavior Research
Methods 53).

========= =================================================================
r         log likelihood less its quadratic, a point's log weight but for the proposal's width
c3, c4    the terms of third and fourth order of r, of known mean
rest      e^r - 1 - c3 - c4 - c3^2 / 2, small: its mean added to what is known is a finer rule
========= =================================================================
"""

from varmodel.inference.marginal.blocks.conditional import (
    ADDED,
    HEIGHT,
    MEAN_U,
    Room,
    spread_out,
)
from varmodel.inference.marginal.blocks.laplace import approximate, begin
from varmodel.inference.marginal.blocks.lasting import Lasting, NormalLasting, draw_lasting
from varmodel.inference.marginal.blocks.modes import (
    Layout,
    Variances,
    take_batch,
    take_provider,
)
from varmodel.inference.marginal.blocks.scheme import (
    NU,
    Drawn,
    Points,
    fill_heavy,
    fill_normals,
)
from varmodel.inference.marginal.blocks.skewed import draw_skewed, lean
from varmodel.inference.marginal.elementary import FUSED, advance, exp, log, log1p, uniform
from varmodel.inference.marginal.likelihood.batch import BASE, BATCH, B
from varmodel.inference.marginal.likelihood.operations import (
    Index,
    Likelihood,
    log_likelihoods,
    steepening,
)
from varmodel.inference.marginal.loops import loop
from varmodel.values import Array

_HIGHEST, _FLOOR = 300.0, 1e-300
#: Rows of ``Points.rows``.
(_SCALE, _SQUARE, _LOG_RATIO, _R, _C3, _MORE, _TOTAL, _TOTALS, _REST, _RESTS, _PAIR, _PAIR_REST) = (
    range(12)
)
#: Where u is not normal: its distance from the mean of the normal in its place, 0 elsewhere; the
#: uniform number that it is drawn by; log ratio of v alone.
_AWAY, _UNIFORM, _OF_V = range(12, 15)
#: Weight of the point that is kept.
_HELD = 15
#: Columns of what is returned.
PLAIN, FINER, NOISE, FINER_NOISE = range(4)


@loop(fastmath=FUSED)
def weigh_blocks(
    model: Likelihood,
    layout: Layout,
    predictor: Array,
    parameter: Array,
    variances: Variances,
    start: Array,
    nearest: Index,
    points: Points,
    state: Index,
    picking: Index,
    room: Room,
    drawn: Drawn,
    out: Array,
) -> None:
    """Fill log evidences by weights (point, column), and what is asked for of the points.

    As ``evidence_of_blocks``; ``state``, ``picking`` (point,): streams of random numbers.
    """
    for batch in range(len(predictor)):
        at = batch * BATCH
        width = min(BATCH, len(out) - at)
        take_batch(variances, parameter, batch, width, room)
        out[at : at + width] = 0.0
        for j in range(len(layout.starts) - 1):
            units = take_provider(layout, variances, batch, j, width, room)
            first = layout.starts[j]
            begin(start, nearest, at, first, units, width, room)
            law = variances.law
            approximate(law, model, at, first, units, predictor[batch], width, points.near, room)
            points.rows[_TOTAL:] = 0.0
            if points.skewed:
                lean(units, width, steepening(model), room)
            for copy in range(max(len(drawn.row), 1)):
                if copy > 0 and drawn.row[copy, at] < 0:  # the first of a batch has most
                    break
                for pair in range(points.pairs if copy == 0 else points.again):
                    _lay_pair(points, pair, units, law, width, state, at, room)
                    for side in (1.0, -1.0):
                        if points.chained and side < 0.0:
                            continue
                        sign = _place(law, units, width, side, at, points, room)
                        _weigh(model, first, units, predictor[batch], width, sign, points, room)
                        if len(drawn.log_weight) > 0:
                            row = 2 * pair + (1 if side < 0 else 0)
                            for k in range(width):
                                total = points.rows[_R, k] + points.rows[_LOG_RATIO, k]
                                drawn.log_weight[j, row, at + k] = total
                        if len(drawn.row) > 0:
                            _keep(units, width, sign, points, picking, at, room)
                    _close_pair(width, points)
                if len(drawn.row) > 0:
                    _hand_over(j, first, units, width, at, copy, room, drawn)
            _sum_up(width, at, points, room, out)


@loop(fastmath=FUSED, inline="always")
def _lay_pair(
    points: Points,
    pair: int,
    units: int,
    law: Lasting,
    width: int,
    state: Index,
    at: int,
    room: Room,
) -> None:
    """Draw a point about the mode, and the log of normal over mixture there."""
    rows, x = points.rows, room.x
    many = units if law.nodes > 0 else units + 1  # u is drawn apart
    fill_normals(state, at, width, many, room.z)
    if points.skewed:
        for k in range(width):
            rows[_OF_V, k] = 0.0
            state[at + k] = advance(state[at + k])
            rows[_UNIFORM, k] = uniform(state[at + k])
        return
    for k in range(width):
        rows[_SCALE, k], rows[_SQUARE, k] = points.wider[units - 1], 0.0
    if pair < points.heavy:
        fill_heavy(state, at, width, rows[_SCALE])
    for t in range(many):
        for k in range(width):
            x[t, k] = room.z[t, k] * rows[_SCALE, k]
            rows[_SQUARE, k] += x[t, k] * x[t, k]
    share, wider, size = points.heavy / points.pairs, points.wider[units - 1], float(many)
    most, few = log(1.0 - share) - size * log(wider), log(share) + points.log_t[many]
    for k in range(width):
        square = rows[_SQUARE, k]
        normal = most - 0.5 * square / (wider * wider)
        t = few - 0.5 * (NU + size) * log1p(square / NU)
        mixture = max(normal, t) + log1p(exp(-abs(normal - t)))
        rows[_LOG_RATIO, k] = -0.5 * square - mixture
    if law.nodes > 0:
        for k in range(width):
            state[at + k] = advance(state[at + k])
            rows[_UNIFORM, k], rows[_OF_V, k] = uniform(state[at + k]), rows[_LOG_RATIO, k]
            x[units, k] = 0.0
    spread_out(units, width, room)


@loop(fastmath=FUSED, inline="always")
def _place(
    law: Lasting | NormalLasting,
    units: int,
    width: int,
    side: float,
    at: int,
    points: Points,
    room: Room,
) -> float:
    """Place one side of the pair; return which side of ``x`` it is."""
    if law.nodes > 0:
        _place_lasting(law, at, width, side, points, room)
    if not points.skewed:
        return side
    wider, away, logs = points.wider[units - 1], points.rows[_AWAY], points.rows[_LOG_RATIO]
    draw_skewed(units, width, side, wider, law.nodes, away, room, logs)
    return 1.0


@loop(fastmath=FUSED, inline="always")
def _place_lasting(
    law: Lasting, at: int, width: int, side: float, points: Points, room: Room
) -> None:
    """Draw u by its nodes, for the other side of the pair by the rest of the uniform number."""
    rows = points.rows
    for k in range(width):
        share = rows[_UNIFORM, k] if side > 0.0 else 1.0 - rows[_UNIFORM, k]
        rows[_AWAY, k], logs = draw_lasting(law, at + k, k, share, room)
        rows[_LOG_RATIO, k] = rows[_OF_V, k] + logs


@loop(fastmath=FUSED, inline="always")
def _weigh(
    model: Likelihood,
    first: int,
    units: int,
    predictor: Array,
    width: int,
    side: float,
    points: Points,
    room: Room,
) -> None:
    """Fill r and its terms at one point of the pair; add the weights up."""
    rows, s = points.rows, room.s
    for k in range(width):
        rows[_R, k] = rows[_C3, k] = rows[_MORE, k] = 0.0
    for t in range(units):
        for k in range(width):
            away = side * room.x[t, k] + (1.0 - room.n[t, k]) * rows[_AWAY, k]
            s[B + k] = room.b[t, k] + room.step[t, k] + away
        log_likelihoods(model, first + t, predictor, width, s)
        for k in range(width):
            d = s[B + k] - room.b[t, k]
            square = d * d
            quadratic = room.base[t, k] + room.g[t, k] * d - 0.5 * room.w[t, k] * square
            rows[_R, k] += s[BASE + k] - quadratic
            rows[_C3, k] += room.third[t, k] * square * d / 6.0
            rows[_MORE, k] += 0.5 * room.excess[t, k] * square
            rows[_MORE, k] += room.fourth[t, k] * square * square / 24.0
    for k in range(width):
        rows[_R, k] = min(rows[_R, k], _HIGHEST)
        ratio, rise, c3 = exp(rows[_LOG_RATIO, k]), exp(rows[_R, k]), rows[_C3, k]
        rows[_PAIR, k] += ratio * rise
        rows[_PAIR_REST, k] += ratio * (rise - 1.0 - c3 - rows[_MORE, k] - 0.5 * c3 * c3)


@loop(fastmath=FUSED, inline="always")
def _close_pair(width: int, points: Points) -> None:
    """Add a pair's means to the sums."""
    rows = points.rows
    for k in range(width):
        mean, rest = 0.5 * rows[_PAIR, k], 0.5 * rows[_PAIR_REST, k]
        rows[_TOTAL, k], rows[_TOTALS, k] = rows[_TOTAL, k] + mean, rows[_TOTALS, k] + mean * mean
        rows[_REST, k], rows[_RESTS, k] = rows[_REST, k] + rest, rows[_RESTS, k] + rest * rest
        rows[_PAIR, k] = rows[_PAIR_REST, k] = 0.0


@loop(fastmath=FUSED, inline="always")
def _keep(
    units: int, width: int, side: float, points: Points, picking: Index, at: int, room: Room
) -> None:
    """Keep the point in place of the one kept before.

    By its share of the weights so far; or, in a chain, by its weight over that of the one kept:
    steps of Metropolis and Hastings, which leave the conditional as it is.
    """
    rows = points.rows
    for k in range(width):
        picking[at + k] = advance(picking[at + k])
        weight = exp(rows[_R, k] + rows[_LOG_RATIO, k])
        so_far = 2.0 * rows[_TOTAL, k] + rows[_PAIR, k]
        against = rows[_HELD, k] if points.chained else so_far
        taken = uniform(picking[at + k]) * against < weight
        rows[_SCALE, k] = 1.0 if taken else 0.0
        rows[_HELD, k] = weight if taken else rows[_HELD, k]
    for t in range(units + 1):
        for k in range(width):
            taken = rows[_SCALE, k] > 0.0
            moved = 1.0 if t == units else 1.0 - room.n[t, k]
            away = side * room.x[t, k] + moved * rows[_AWAY, k]
            room.kept[t, k] = away if taken else room.kept[t, k]


@loop(fastmath=FUSED, inline="always")
def _sum_up(width: int, at: int, points: Points, room: Room, out: Array) -> None:
    """Add a provider's log evidences, and the variances that the points leave them."""
    rows, many = points.rows, float(points.pairs)
    for k in range(width):
        height, known = room.rows[HEIGHT, k], 1.0 + room.rows[ADDED, k]
        mean, rest = rows[_TOTAL, k] / many, rows[_REST, k] / many
        finer = max(known + rest, _FLOOR)
        out[at + k, PLAIN] += height + log(max(mean, _FLOOR))
        out[at + k, FINER] += height + log(finer)
        spread = max(rows[_TOTALS, k] / many - mean * mean, 0.0) / (mean * mean)
        out[at + k, NOISE] += spread / (many - 1.0)
        spread = max(rows[_RESTS, k] / many - rest * rest, 0.0) / (finer * finer)
        out[at + k, FINER_NOISE] += spread / (many - 1.0)


@loop(fastmath=FUSED, inline="always")
def _hand_over(
    j: int, first: int, units: int, width: int, at: int, copy: int, room: Room, drawn: Drawn
) -> None:
    """Write the point that was kept."""
    for k in range(width):
        row, u = drawn.row[copy, at + k], room.rows[MEAN_U, k] + room.kept[units, k]
        if row >= 0:
            drawn.lasting[row, j] = u
            for t in range(units):
                b = room.b[t, k] + room.step[t, k] + room.kept[t, k]
                drawn.transient[row, drawn.place[first + t]] = b - u
