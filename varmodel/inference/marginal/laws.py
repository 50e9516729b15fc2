"""The law of effects as the loops read it, at each point of a block."""

from collections.abc import Sequence

import numpy as np

from varmodel.families.effects import EffectLaw, flexible_pieces
from varmodel.families.links import Array
from varmodel.inference.marginal.pieces import Law

#: Log weight of a component that fills a row up.
_NOTHING = -1e300
#: Step of the differences by the shape.
_NUDGE = 1e-5


def law_at(law: EffectLaw, sd: Array, *, u: Array) -> Law:
    """Write a law out for points with sds (point,) and coordinates u (point, law.size)."""
    shape = law.natural(u)
    if law.normals is None:
        return _in_pieces(sd, shape)
    if not law.size:  # the same shape at every point
        return _mixture([np.zeros((len(sd), 1))] * 2, sd[:, np.newaxis])
    rows = [law.normals(one, row) for one, row in zip(sd, shape, strict=True)]
    logs, means, sds = (
        _filled([getattr(row, name) for row in rows], rest)
        for name, rest in (("log_weight", _NOTHING), ("mean", 0.0), ("sd", 1.0))
    )
    return _mixture([logs, means], sds)


def _mixture(logs_and_means: Sequence[Array], sds: Array) -> Law:
    logs, means = logs_and_means
    points = len(sds)
    nothing = np.empty((points, 0))
    return Law(logs, means, sds**-2.0, nothing, np.empty((points, 0, 4)), *[np.empty(points)] * 3)


def _filled(rows: Sequence[Array], rest: float) -> Array:
    table = np.full((len(rows), max(map(len, rows))), rest)
    for line, row in zip(table, rows, strict=True):
        line[: len(row)] = row
    return table


def _in_pieces(sd: Array, shape: Array) -> Law:
    found = flexible_pieces(shape)
    knots = np.tile(found.knots, (len(sd), 1))
    none = np.empty((len(sd), 0))
    bend = _largest_bend(knots, found.coefficients)
    return Law(none, none, none, knots, found.coefficients, found.sd / sd, found.mean, bend)


def _largest_bend(knots: Array, pieces: Array) -> Array:
    """Give the largest second derivative of a log density: straight lines within its pieces."""
    widths = np.diff(knots, axis=1)
    ends = [2 * pieces[..., 2], 2 * pieces[..., 2] + 6 * pieces[..., 3] * widths]
    return np.abs(ends).max(axis=(0, 2))


def slope_by_shape(u: Array, law: Law, *, powers: Array, providers: int) -> Array:
    """Differentiate the expected log density of all effects by the shape of a law in pieces.

    Parameters
    ----------
    u : ndarray, shape (coordinate,)
    law : Law
        Written out at ``u``, for one point.
    powers : ndarray, shape (piece, 4)
        Expected sums over providers of the powers of z less its knot.
    providers : int

    Returns
    -------
    ndarray, shape (coordinate,)
        Fisher's identity: the slope of the log evidence.
    """
    cubic, knots = law.pieces[0], law.knots[0, :-1]
    rises = cubic[:, 1:] * np.arange(1, 4)
    by_piece = (rises * powers[:, :3]).sum(axis=1)
    turned = (rises * powers[:, 1:]).sum() + by_piece @ (knots - law.offset[0])
    nudges = _NUDGE * np.eye(len(u))
    low, high = flexible_pieces(u - nudges), flexible_pieces(u + nudges)
    bent = (powers * (high.coefficients - low.coefficients)).sum(axis=(1, 2))
    moved = by_piece.sum() * (high.mean - low.mean)
    widened = (turned + providers) * np.log(high.sd / low.sd)
    return np.asarray((bent + moved + widened) / (2 * _NUDGE))
