"""The filter and smoother against dense matrices, missing periods and limits included."""

import numpy as np
import pytest

from tests.inference.marginal.blocks.panels import panel, variances_at
from varmodel.inference.marginal.blocks.conditional import (
    LOG_DET,
    MEAN_U,
    VAR_U,
    condition,
    determine,
    room_for_units,
    spread_out,
)
from varmodel.inference.marginal.blocks.modes import take_batch, take_provider

PERIODS = (0, 1, 3, 4, 8, 9)
POINTS = [(0.4, 0.3, 0.7), (0.4, 0.3, -0.8), (1e-6, 0.5, 0.9), (0.7, 0.2, 0.0)]


def conditioned(point, w, g, b):
    """Return the conditional of one block whose units have these slopes and informations."""
    one = panel("binomial", (PERIODS,))
    room = room_for_units(len(w))
    variances = variances_at(np.atleast_2d(point), 4)
    take_batch(variances, np.ones((1, 32)), 0, 1, room)
    units = take_provider(one.layout, variances, 0, 0, 1, room)
    room.w[:units, 0], room.g[:units, 0], room.b[:units, 0] = w, g, b
    condition(units, 1, room)
    determine(units, 1, room)
    return one, room, units


def shared_of(room, units):
    """Put S together from what is held of it."""
    h, shared = 1 - room.n[:units, 0], np.empty((units, units))
    for t in range(units):
        left = room.v[t, 0]
        for q in range(t, -1, -1):
            shared[t, q] = shared[q, t] = left + h[q] * h[t] * room.rows[VAR_U, 0]
            left *= room.j[q, 0]
    return shared


@pytest.mark.parametrize("point", POINTS)
def test_it_is_that_of_dense_matrices(point):
    rng = np.random.default_rng(1)
    w, g, b = rng.gamma(1.0, 20.0, 6), rng.normal(0, 3, 6), rng.normal(0, 0.3, 6)
    w[2], g[2] = 0.0, 0.0  # nobody treated
    one, room, units = conditioned(point, w, g, b)
    prior = one.covariance(point)
    dense = np.linalg.inv(np.linalg.inv(prior) + np.diag(w))
    target = dense @ (w * b + g)
    np.testing.assert_allclose(b + room.step[:units, 0], target, atol=1e-12)
    np.testing.assert_allclose(room.spread[:units, 0], np.diag(dense), rtol=1e-9)
    np.testing.assert_allclose(shared_of(room, units), dense, atol=1e-12)
    exact = np.linalg.slogdet(np.eye(6) + prior @ np.diag(w))[1]
    assert room.rows[LOG_DET, 0] == pytest.approx(exact, rel=1e-10)
    # u given all units: the row of ones of the prior
    ones = point[0] ** 2 * np.ones(6)
    gain = ones @ np.linalg.inv(prior + np.diag(1 / np.maximum(w, 1e-12)))
    assert room.rows[MEAN_U, 0] == pytest.approx(gain @ (b + g / np.maximum(w, 1e-12)), abs=1e-8)
    assert room.rows[VAR_U, 0] == pytest.approx(point[0] ** 2 - gain @ ones, abs=1e-9)


@pytest.mark.parametrize("point", POINTS)
def test_a_draw_has_the_covariance(point):
    """Unit vectors in, the columns of a root of S out."""
    w = np.array([3.0, 40, 0.5, 9, 20, 1])
    one, room, units = conditioned(point, w, np.zeros(6), np.zeros(6))
    columns = []
    for k in range(units + 1):
        room.x[: units + 1, 0] = np.eye(units + 1)[k]
        spread_out(units, 1, room)
        columns.append(room.x[: units + 1, 0].copy())
    root = np.array(columns).T
    dense = np.linalg.inv(np.linalg.inv(one.covariance(point)) + np.diag(w))
    np.testing.assert_allclose(root[:units] @ root[:units].T, dense, atol=1e-12)
    assert root[units] @ root[units] == pytest.approx(room.rows[VAR_U, 0])


def test_nothing_cancels_in_the_limits():
    """Without v, without u, rho next to +-1, units that know all: finite, and what is left."""
    w, g = np.full(6, 30.0), np.arange(6.0)
    for tau_v in (1e-12, 1e-30):
        room = conditioned((0.5, tau_v, 0.7), w, g, np.zeros(6))[1]
        alone = g.sum() / (w.sum() + 4.0)
        np.testing.assert_allclose(room.step[:6, 0], alone, rtol=1e-10)
        np.testing.assert_allclose(room.spread[:6, 0], 1 / (w.sum() + 4.0), rtol=1e-10)
        assert room.rows[LOG_DET, 0] == pytest.approx(np.log1p(0.25 * w.sum()))
    for rho in (1 - 1e-15, 1.0):  # v is one more number for all
        room = conditioned((0.3, 0.4, rho), w, g, np.zeros(6))[1]
        np.testing.assert_allclose(room.step[:6, 0], g.sum() / (w.sum() + 4.0), rtol=1e-6)
    room = conditioned((1e-30, 0.5, -1 + 1e-12), w, g, np.zeros(6))[1]
    sign = (-1.0) ** np.array(PERIODS)
    np.testing.assert_allclose(room.step[:6, 0], sign * (sign @ g) / (w.sum() + 4.0), rtol=1e-6)
    room = conditioned((0.5, 0.3, 0.7), np.full(6, 1e14), g, np.zeros(6))[1]
    np.testing.assert_allclose(room.spread[:6, 0], 1e-14, rtol=1e-2)
