"""The distribution of effects as the loops read it, at each point of a block."""

from collections.abc import Iterator

import numpy as np

from varmodel.families.effects import EffectDistribution, arcsinh_form, flexible_spline
from varmodel.inference.marginal.evaluator import Surface, central_differences
from varmodel.inference.marginal.hyperparameters.declared import SHAPE
from varmodel.inference.marginal.quadrature.distributions import (
    NORMALS,
    SPLINE,
    STUDENT_T,
    Distribution,
)
from varmodel.values import Array, Index

#: Range of normals on their coordinate, in sds of the effects.
_RANGE = 12.0
_COLUMNS = ("log_weight", "mean", "sd")
#: Step of the differences by the shape.
_NUDGE = 1e-5


def distribution_at(
    law: EffectDistribution, sd: Array, *, u: Array, even: bool = True
) -> Distribution:
    """Write a distribution out for points with sds (point,) and coordinates u (point, law.size).

    Where nodes are not ``even``, a mixture of normals needs no coordinate.
    """
    shape = law.natural(u)
    if law.normals is None:
        return _EVEN[law.name](sd, shape)
    if not law.size:  # the same shape at every point
        none = np.zeros((len(sd), 1))
        return _normals(none, none, sd[:, np.newaxis], sd=sd if even else None)
    rows = [law.normals(one, row) for one, row in zip(sd, shape, strict=True)]
    columns = (np.array([getattr(row, name) for row in rows]) for name in _COLUMNS)
    return _normals(*columns, sd=sd if even else None)


def _normals(logs: Array, means: Array, sds: Array, *, sd: Array | None) -> Distribution:
    """Lay a mixture out; its coordinate is b / sd, on which ``top`` bounds the log density."""
    count, parts = sds.shape
    knots, cubics = np.empty((count, 2)), np.empty((count, 0, 4))
    stretch, offset, top, narrow = np.empty((4, count))
    if sd is not None:
        knots[:], offset[:], stretch[:] = (-_RANGE, _RANGE), 0.0, 1 / sd
        narrow[:] = (sd / sds.min(axis=1)) ** 2
        top[:] = (logs - np.log(sds)).max(axis=1) + np.log(parts * sd / np.sqrt(2 * np.pi))
    return Distribution(
        NORMALS, logs, means, sds**-2.0, knots, cubics, stretch, offset, top, narrow
    )


def _as_spline(sd: Array, shape: Array) -> Distribution:
    found = flexible_spline(shape)
    knots = np.tile(found.knots, (len(sd), 1))
    curvature = _largest_curvature(knots, found.coefficients)
    top = found.coefficients[..., 0].max(axis=1) + curvature * np.diff(found.knots)[1] ** 2 / 8
    none = np.empty((len(sd), 0))
    stretch, coefficients = found.sd / sd, found.coefficients
    return Distribution(
        SPLINE, none, none, none, knots, coefficients, stretch, found.mean, top, curvature
    )


def _largest_curvature(knots: Array, cubics: Array) -> Array:
    """Give the largest second derivative of a log density: straight lines within its pieces."""
    widths = np.diff(knots, axis=1)
    ends = [2 * cubics[..., 2], 2 * cubics[..., 2] + 6 * cubics[..., 3] * widths]
    return np.abs(ends).max(axis=(0, 2))


def _by_arcsinh(sd: Array, shape: Array) -> Distribution:
    nu = shape[:, 0]
    found = arcsinh_form(nu)
    range_ = np.column_stack([-found.reach, found.reach])
    none, cubics = np.empty((len(sd), 0)), np.empty((len(sd), 0, 4))
    stretch = 1 / (found.width * sd)
    return Distribution(STUDENT_T, none, none, none, range_, cubics, stretch, 0 * nu, found.top, nu)


_EVEN = {"flexible": _as_spline, "student_t": _by_arcsinh}


def is_spline(law: EffectDistribution) -> bool:
    """Say whether a distribution is written out as a spline."""
    return _EVEN.get(law.name) is _as_spline


def side_by_side(distribution: Distribution) -> tuple[Distribution, Index]:
    """Put points whose nodes are about as dense beside each other; say which stands where.

    Members of a batch wait for the one of them that has most nodes. Mixtures stay as they are.
    """
    if distribution.kind != SPLINE:
        return distribution, np.arange(len(distribution.mean))
    order = np.argsort(distribution.stretch)
    kind, *fields = distribution
    return Distribution(kind, *(x[order] for x in fields)), order


def slope_by_shape(u: Array, distribution: Distribution, *, powers: Array, providers: int) -> Array:
    """Differentiate the expected log density of all effects by the shape of a spline.

    Parameters
    ----------
    u : ndarray, shape (coordinate,)
    distribution : Distribution
        Written out at ``u``, for one point.
    powers : ndarray, shape (piece, 4)
        Expected sums over providers of the powers of z less its knot.
    providers : int

    Returns
    -------
    ndarray, shape (coordinate,)
        Fisher's identity: the slope of the log evidence.
    """
    cubic, knots = distribution.cubics[0], distribution.knots[0, :-1]
    rises = cubic[:, 1:] * np.arange(1, 4)
    by_piece = (rises * powers[:, :3]).sum(axis=1)
    turned = (rises * powers[:, 1:]).sum() + by_piece @ (knots - distribution.offset[0])
    nudges = _NUDGE * np.eye(len(u))
    found = flexible_spline(np.stack([u - nudges, u + nudges]))
    (low, high), (left, right), (less, more) = found.coefficients, found.mean, found.sd
    bent = (powers * (high - low)).sum(axis=(1, 2))
    moved = by_piece.sum() * (right - left)
    widened = (turned + providers) * np.log(more / less)
    return np.asarray((bent + moved + widened) / (2 * _NUDGE))


def slopes_by_hyperparameters(
    surface: Surface,
    chi: Array,
    *,
    psi: Array,
    distribution: Distribution,
    powers: Array,
    effect: Array,
) -> Iterator[Array]:
    """Give the slope at a point by each hyperparameter of psi, in their order.

    That of a spline by Fisher's identity, as :func:`slope_by_shape`; others, of which there are
    few, by differences.
    """
    problem, every = surface.problem, surface.problem.hyperparameters
    for one in every.sampled:
        columns = every.columns(one.name)
        if one.role == SHAPE:
            u = psi[columns]
            found = slope_by_shape(u, distribution, powers=powers, providers=problem.providers)
            yield found - one.scale**-2.0 * u
        else:
            at = {"chi": chi[np.newaxis], "psi": psi[np.newaxis], "effect": effect[np.newaxis]}
            yield central_differences(surface.log_posterior, columns=columns, **at)[0]
