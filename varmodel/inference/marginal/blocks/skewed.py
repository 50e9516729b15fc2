"""Points of a block, one coordinate after the other, each from a skewed distribution.

u first, then v from the last unit to the first. Given what is drawn already, the quadratic makes a
coordinate x normal. Its likelihood's information is not constant as there: where a unit has few
events it vanishes on one side, and what is left is the wide prior. With d the distance of the
unit's effect from where the series stands,

``log f(x) = -precision (x - mean)^2 / 2 + taken d^2 / 2 - bent (grown e^(c d) - 1 - c d) / c^2``,

of which a Poisson's is the exact case. x is drawn from a smooth split normal, the sinh-arcsinh
distribution (Jones and Pewsey 2009, Biometrika 96): ``x = middle + scale sinh(arcsinh z + e)``, z
standard normal, whose two sides are as wide as f is. Its density is known, so weights make good
for what f leaves out; f has the prior's tails, so that they stay bounded.

========= =================================================================
taken     what the likelihood gives of the precision, the units up to t together
bent      the same as it is: where a kind's information is not -l'', taken less the excess
c         how fast it changes with the effect: less the third derivative over bent
grown     its mean over the units before, which are drawn later, over its value at their mean
tilt      first derivative that these units' third ones leave
========= =================================================================
"""

import math

import numpy as np

from varmodel.inference.marginal.blocks.conditional import (
    BENT_U,
    GROWN_U,
    KNOWN,
    STEEP_U,
    VAR_U,
    Room,
    left_over,
)
from varmodel.inference.marginal.elementary import FUSED, exp, log
from varmodel.inference.marginal.likelihood.batch import BATCH, FREE
from varmodel.inference.marginal.loops import loop
from varmodel.values import Array

#: Sds at which the wide side is as wide as f, and the narrow one.
_FAR, _NEAR = 4.0, 2.0
#: Newton's steps to the top of f; least |c|, and least ``bent`` over ``taken``.
_STEPS, _FLATTEST, _LEAST = 2, 0.01, 0.05
#: Rows of ``Room.s``: what ``_draw`` reads, what it gives, and the effect that is drawn already.
(
    _Z,
    _MEAN,
    _PRECISION,
    _TAKEN,
    _BENT,
    _C,
    _GROWN,
    _OFF,
    _VALUE,
    _LOWER,
    _UPPER,
    _EFFECT,
    _TOTAL,
    _NOW,
    _BOWED,
    _SCALE,
) = (FREE + BATCH * k for k in range(16))
#: Ends of an exponent, of ``grown``; below this distance a series stands for e^y - 1 - y.
_LARGEST, _LEAST_GROWN, _MOST_GROWN, _SHORT = 50.0, 0.2, 5.0, 0.02


@loop(fastmath=FUSED)
def lean(units: int, width: int, steepest: float, room: Room) -> None:
    """Fill taken, bent, c and grown of each unit, and what u has of them; ``m`` is used up.

    Derivatives are carried from unit to unit as the quadratic carries effects; ``steepest``: how
    fast an information may change at all.
    """
    rows, tilt = room.rows, room.m
    for k in range(width):
        rows[STEEP_U, k] = rows[GROWN_U, k] = rows[BENT_U, k] = 0.0
    for t in range(units):
        before = max(t - 1, 0)
        for k in range(width):
            third, excess, tilted = room.third[t, k], room.excess[t, k], 0.0
            h = 1.0 - room.n[t, k]
            rows[STEEP_U, k] += third * h * h * h
            rows[GROWN_U, k] += 0.5 * third * h * room.v[t, k]
            rows[BENT_U, k] += excess * h * h
            earlier = 0.0
            if t > 0:
                j = room.j[t, k]
                earlier = max(1.0 / room.p[t, k] - 1.0 / room.p[0, k], 0.0)
                moved = 0.5 * room.steep[before, k] * left_over(room, before, k)
                tilted = j * (tilt[before, k] + moved)
                third += j * j * j * room.steep[before, k]
                excess += j * j * room.bent[before, k]
            room.taken[t, k], tilt[t, k] = room.w[t, k] + earlier, tilted
            room.steep[t, k], room.bent[t, k] = third, excess
    for t in range(units):
        for k in range(width):
            found = _steepness(
                room.taken[t, k], room.bent[t, k], room.steep[t, k], tilt[t, k], steepest
            )
            room.bent[t, k], room.steep[t, k], room.grown[t, k] = found
    for k in range(width):
        third, first = rows[STEEP_U, k], rows[GROWN_U, k]
        found = _steepness(rows[KNOWN, k], rows[BENT_U, k], third, first, steepest)
        rows[BENT_U, k], rows[STEEP_U, k], rows[GROWN_U, k] = found


@loop(fastmath=FUSED, inline="always")
def _steepness(
    taken: float, excess: float, third: float, first: float, steepest: float
) -> tuple[float, float, float]:
    """Give bent, c and grown of an information and the derivatives beside it."""
    bent = max(taken - excess, _LEAST * taken)
    c = -third / max(bent, 1e-300)
    most = max(steepest, _FLATTEST)
    size = min(max(abs(c), _FLATTEST), most)
    c = size if c > 0.0 else -size
    grown = 1.0 - c * first / max(bent, 1e-300)
    return bent, c, min(max(grown, _LEAST_GROWN), _MOST_GROWN)


@loop(fastmath=FUSED)
def draw_skewed(
    units: int,
    width: int,
    side: float,
    wider: float,
    nodes: int,
    away: Array,
    room: Room,
    out: Array,
) -> None:
    """Turn standard normals ``z`` times side into a point; add the log of normal over skewed.

    ``nodes``: 0 where u is drawn too; else it is ``away`` (member,) from the normal's mean, and
    ``out`` (member,) holds its logs. ``x`` takes the deviations of b and, last, of u.
    """
    x, s = room.x, room.s
    for k in range(width):
        x[units, k], s[_EFFECT + k], s[_TOTAL + k] = 0.0, away[k], 0.0
    if nodes == 0:
        for k in range(width):
            out[k] = 0.0
        _lay_lasting(width, side, units, room)
        _draw(width, wider, s)
        for k in range(width):
            x[units, k] = s[_EFFECT + k] = s[_VALUE + k]
    for t in range(units - 1, -1, -1):
        _lay_unit(t, units, width, side, room)
        _draw(width, wider, s)
        for k in range(width):
            x[t, k] = s[_VALUE + k]
    for t in range(units):
        for k in range(width):
            x[t, k] += (1.0 - room.n[t, k]) * x[units, k]
    for k in range(width):
        out[k] += s[_TOTAL + k]


@loop(fastmath=FUSED)
def _lay_lasting(width: int, side: float, units: int, room: Room) -> None:
    """Lay u out as ``_draw`` reads it."""
    rows, s = room.rows, room.s
    for k in range(width):
        s[_Z + k], s[_MEAN + k], s[_OFF + k] = side * room.z[units, k], 0.0, 0.0
        s[_PRECISION + k], s[_TAKEN + k] = 1.0 / rows[VAR_U, k], rows[KNOWN, k]
        s[_BENT + k], s[_C + k] = rows[BENT_U, k], rows[STEEP_U, k]
        s[_GROWN + k] = rows[GROWN_U, k]


@loop(fastmath=FUSED)
def _lay_unit(t: int, units: int, width: int, side: float, room: Room) -> None:
    """Lay v_t out, given v_(t+1) and u; a loop for few arrays each, so that it is vectorised."""
    s = room.s
    if t < units - 1:
        for k in range(width):
            s[_MEAN + k] = room.j[t + 1, k] * room.x[t + 1, k]
        for k in range(width):
            s[_PRECISION + k] = 1.0 / left_over(room, t, k)
    else:
        for k in range(width):
            s[_MEAN + k], s[_PRECISION + k] = 0.0, 1.0 / room.c[t, k]
    for k in range(width):
        s[_OFF + k], s[_Z + k] = (1.0 - room.n[t, k]) * s[_EFFECT + k], side * room.z[t, k]
    for k in range(width):
        s[_TAKEN + k], s[_BENT + k] = room.taken[t, k], room.bent[t, k]
    for k in range(width):
        s[_C + k], s[_GROWN + k] = room.steep[t, k], room.grown[t, k]


@loop(fastmath=FUSED)
def _draw(width: int, wider: float, s: Array) -> None:
    """Fill x of each member, and add the log of the normal's density over the skewed one's."""
    for k in range(width):
        s[_VALUE + k] = s[_MEAN + k]
    for _ in range(_STEPS):
        _climb(width, s)
    _measure_sides(width, s)
    for k in range(width):
        # roots of the precisions of both sides, over that of their product: e^e and e^-e
        lower, upper = math.sqrt(s[_LOWER + k]), math.sqrt(s[_UPPER + k])
        between = 1.0 / math.sqrt(lower * upper)
        s[_LOWER + k], s[_UPPER + k] = lower * between, upper * between
        s[_SCALE + k] = wider * between
    for k in range(width):
        scale, precision, z = s[_SCALE + k], s[_PRECISION + k], s[_Z + k]
        even, odd = 0.5 * (s[_LOWER + k] + s[_UPPER + k]), 0.5 * (s[_LOWER + k] - s[_UPPER + k])
        odd = odd if s[_C + k] > 0.0 else -odd
        root = math.sqrt(1.0 + z * z)
        x = s[_VALUE + k] + scale * (z * even + root * odd)
        stretch, away = scale * math.sqrt(precision) * (even + z / root * odd), x - s[_MEAN + k]
        s[_VALUE + k] = x
        s[_TOTAL + k] += 0.5 * (z * z - precision * away * away) + log(stretch)


@loop(fastmath=FUSED)
def _measure_sides(width: int, s: Array) -> None:
    """Fill the precisions of the wide side of f and of the narrow one.

    A loop for each exponential: more in one would not be vectorised.
    """
    for k in range(width):
        d, c = s[_VALUE + k] + s[_OFF + k], s[_C + k]
        now = s[_BENT + k] * s[_GROWN + k] * exp(max(min(c * d, _LARGEST), -_LARGEST))
        prior = max(s[_PRECISION + k] - s[_TAKEN + k], 0.0)
        s[_NOW + k], s[_LOWER + k] = now, prior
        s[_UPPER + k] = abs(c) / math.sqrt(prior + now)  # c times an sd
    for k in range(width):
        s[_BOWED + k] = _bow(-_FAR * s[_UPPER + k])
    for k in range(width):
        s[_UPPER + k] = s[_LOWER + k] + s[_NOW + k] * _bow(_NEAR * s[_UPPER + k])
    for k in range(width):
        s[_LOWER + k] += s[_NOW + k] * s[_BOWED + k]


@loop(fastmath=FUSED)
def _climb(width: int, s: Array) -> None:
    """Take one of Newton's steps to the top of f, shortened where it is long."""
    for k in range(width):
        x, c, precision = s[_VALUE + k], s[_C + k], s[_PRECISION + k]
        d = x + s[_OFF + k]
        now = s[_BENT + k] * s[_GROWN + k] * exp(max(min(c * d, _LARGEST), -_LARGEST))
        slope = precision * (s[_MEAN + k] - x) + s[_TAKEN + k] * d - (now - s[_BENT + k]) / c
        step = slope / (max(precision - s[_TAKEN + k], 0.0) + now)
        s[_VALUE + k] = x + step / (1.0 + 0.5 * abs(c * step))


@loop(fastmath=FUSED)
def _bow(y: float) -> float:
    """Give 2 (e^y - 1 - y) / y^2, y held within what a float holds.

    Both forms are added up, one times 0: a choice between them would be a branch, and no processor
    could work on several numbers at a time.
    """
    y = max(min(y, _LARGEST), -_LARGEST)
    short = 1.0 + y * (1.0 / 3.0 + y * (1.0 / 12.0 + y / 60.0))
    whole = 2.0 * (exp(y) - 1.0 - y) / max(y * y, 1e-30)
    is_short = np.float64(abs(y) < _SHORT)
    return is_short * short + (1.0 - is_short) * whole
