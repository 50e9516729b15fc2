"""The flexible distribution: its spline, its directions, its edges."""

import numpy as np
import pytest
from scipy import integrate, stats

from varmodel.families import EFFECTS
from varmodel.families.effects import flexible_spline
from varmodel.families.effects.flexible import HALF_WIDTH, KNOTS

LAW = EFFECTS["flexible"]
SHAPES = np.random.default_rng(3).normal(0, 0.7, (5, LAW.size))


def evaluate(spline, piece, z, order=0):
    """A derivative of log f on one piece."""
    cubic = np.polynomial.Polynomial(spline.coefficients[piece])
    return cubic.deriv(order)(z - spline.knots[piece]) if order else cubic(z - spline.knots[piece])


@pytest.mark.parametrize("shape", SHAPES)
def test_pieces_join_to_the_second_derivative(shape):
    spline = flexible_spline(shape)
    assert spline.knots[[0, -1]].tolist() == [-HALF_WIDTH, HALF_WIDTH]
    for piece, knot in enumerate(spline.knots[1:-1]):
        for order in range(3):
            left, right = (evaluate(spline, k, knot, order) for k in (piece, piece + 1))
            assert left == pytest.approx(right, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
def test_pieces_are_the_density(shape):
    spline = flexible_spline(shape)
    for piece, (low, high) in enumerate(zip(spline.knots, spline.knots[1:], strict=False)):
        z = np.linspace(low, high, 50)
        b = 0.3 * (z - spline.mean) / spline.sd
        found = LAW.log_density(b[1:-1], 0.3, shape) + np.log(0.3 / spline.sd)
        np.testing.assert_allclose(found, evaluate(spline, piece, z[1:-1]), atol=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
def test_pieces_hold_the_moments(shape):
    spline = flexible_spline(shape)
    spans = list(enumerate(zip(spline.knots, spline.knots[1:], strict=False)))

    def moment(function):
        return sum(
            integrate.quad(lambda z: function(z) * np.exp(evaluate(spline, k, z)), *span)[0]  # noqa: B023
            for k, span in spans
        )

    assert moment(np.ones_like) == pytest.approx(1, abs=1e-9)
    assert moment(lambda z: z) == pytest.approx(spline.mean, abs=1e-9)
    assert moment(lambda z: (z - spline.mean) ** 2) == pytest.approx(spline.sd**2, rel=1e-9)


def test_no_shape_is_the_truncated_normal():
    spline = flexible_spline(np.zeros(LAW.size))
    distribution = stats.truncnorm(-HALF_WIDTH, HALF_WIDTH)
    assert spline.mean == pytest.approx(0, abs=1e-12)
    assert spline.sd == pytest.approx(distribution.std(), rel=1e-10)
    z = np.linspace(-HALF_WIDTH, HALF_WIDTH, 99)[1:-1]
    found = LAW.log_density(z / spline.sd, 1.0, np.zeros(LAW.size)) - np.log(spline.sd)
    np.testing.assert_allclose(found, distribution.logpdf(z), atol=1e-10)


def test_beyond_the_grid_there_is_nothing():
    shape = SHAPES[0]
    spline = flexible_spline(shape)
    edge = (HALF_WIDTH - spline.mean) / spline.sd
    inside, outside = LAW.log_density(np.array([edge - 1e-9, edge + 1e-9]), 1.0, shape)
    assert np.isfinite(inside)
    assert outside == -np.inf


@pytest.fixture(scope="module")
def directions():
    """z and each direction there, (direction, z)."""
    z = np.linspace(-HALF_WIDTH, HALF_WIDTH, 7001)
    spline = [flexible_spline(row) for row in (*np.eye(LAW.size), np.zeros(LAW.size))]
    place = np.clip(np.searchsorted(spline[0].knots, z) - 1, 0, len(KNOTS))
    logs = [[evaluate(p, k, x) for k, x in zip(place, z, strict=True)] for p in spline]
    q = np.array(logs[:-1]) - logs[-1]
    return z, q - q @ weight(z)[:, np.newaxis]  # the normaliser is no part of a direction


def weight(z):
    found = np.exp(-0.5 * (z / 1.5) ** 2)
    return found / found.sum()


def test_directions_hold_nothing_that_mean_and_sd_say(directions):
    """Orthogonal to 1, z, z^2 and one another where the mass lies, their mean square 1."""
    z, q = directions
    np.testing.assert_allclose((q * weight(z)) @ q.T, np.eye(LAW.size), atol=1e-4)
    np.testing.assert_allclose((q * weight(z)) @ np.array([z, z**2]).T, 0, atol=1e-3)


def test_directions_are_straight_beyond_the_knots(directions):
    """So the tails stay normal but for a slope: nothing piles up at the edges."""
    z, q = directions
    for tail in (z > KNOTS[-1] + 0.01, z < KNOTS[0] - 0.01):
        np.testing.assert_allclose(np.diff(q[:, tail], 2), 0, atol=1e-9)


def test_the_first_direction_is_skewness_the_second_tails(directions):
    z, q = directions
    parity = np.array([[-1], [1], [-1]])
    np.testing.assert_allclose(q, parity * q[:, ::-1], atol=1e-6)
    assert (q @ (weight(z) * z**3))[0] > 1
    assert (q @ (weight(z) * z**4))[1] > 1


def test_a_wild_shape_stays_finite():
    shape = np.array([60.0, -80.0, 50.0])
    assert np.isfinite(LAW.draw(np.random.default_rng(1), 1.0, shape, 100)).all()
    assert np.isfinite(LAW.median_gap(shape))
    assert np.isfinite(flexible_spline(shape).coefficients).all()
