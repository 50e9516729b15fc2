"""The flexible law: its pieces, its directions, its edges."""

import numpy as np
import pytest
from scipy import integrate, stats

from varmodel.families import EFFECTS
from varmodel.families.effects import flexible_pieces
from varmodel.families.effects.flexible import HALF_WIDTH, KNOTS

LAW = EFFECTS["flexible"]
SHAPES = np.random.default_rng(3).normal(0, 0.7, (5, LAW.size))


def evaluate(pieces, piece, z, order=0):
    """A derivative of log f on one piece."""
    cubic = np.polynomial.Polynomial(pieces.coefficients[piece])
    return cubic.deriv(order)(z - pieces.knots[piece]) if order else cubic(z - pieces.knots[piece])


@pytest.mark.parametrize("shape", SHAPES)
def test_pieces_join_to_the_second_derivative(shape):
    pieces = flexible_pieces(shape)
    assert pieces.knots[[0, -1]].tolist() == [-HALF_WIDTH, HALF_WIDTH]
    for piece, knot in enumerate(pieces.knots[1:-1]):
        for order in range(3):
            left, right = (evaluate(pieces, k, knot, order) for k in (piece, piece + 1))
            assert left == pytest.approx(right, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
def test_pieces_are_the_density(shape):
    pieces = flexible_pieces(shape)
    for piece, (low, high) in enumerate(zip(pieces.knots, pieces.knots[1:], strict=False)):
        z = np.linspace(low, high, 50)
        b = 0.3 * (z - pieces.mean) / pieces.sd
        found = LAW.log_density(b[1:-1], 0.3, shape) + np.log(0.3 / pieces.sd)
        np.testing.assert_allclose(found, evaluate(pieces, piece, z[1:-1]), atol=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
def test_pieces_hold_the_moments(shape):
    pieces = flexible_pieces(shape)
    spans = list(enumerate(zip(pieces.knots, pieces.knots[1:], strict=False)))

    def moment(function):
        return sum(
            integrate.quad(lambda z: function(z) * np.exp(evaluate(pieces, k, z)), *span)[0]  # noqa: B023
            for k, span in spans
        )

    assert moment(np.ones_like) == pytest.approx(1, abs=1e-9)
    assert moment(lambda z: z) == pytest.approx(pieces.mean, abs=1e-9)
    assert moment(lambda z: (z - pieces.mean) ** 2) == pytest.approx(pieces.sd**2, rel=1e-9)


def test_no_shape_is_the_truncated_normal():
    pieces = flexible_pieces(np.zeros(LAW.size))
    law = stats.truncnorm(-HALF_WIDTH, HALF_WIDTH)
    assert pieces.mean == pytest.approx(0, abs=1e-12)
    assert pieces.sd == pytest.approx(law.std(), rel=1e-10)
    z = np.linspace(-HALF_WIDTH, HALF_WIDTH, 99)[1:-1]
    found = LAW.log_density(z / pieces.sd, 1.0, np.zeros(LAW.size)) - np.log(pieces.sd)
    np.testing.assert_allclose(found, law.logpdf(z), atol=1e-10)


def test_beyond_the_grid_there_is_nothing():
    shape = SHAPES[0]
    pieces = flexible_pieces(shape)
    edge = (HALF_WIDTH - pieces.mean) / pieces.sd
    inside, outside = LAW.log_density(np.array([edge - 1e-9, edge + 1e-9]), 1.0, shape)
    assert np.isfinite(inside)
    assert outside == -np.inf


@pytest.fixture(scope="module")
def directions():
    """z and each direction there, (direction, z)."""
    z = np.linspace(-HALF_WIDTH, HALF_WIDTH, 7001)
    pieces = [flexible_pieces(row) for row in (*np.eye(LAW.size), np.zeros(LAW.size))]
    place = np.clip(np.searchsorted(pieces[0].knots, z) - 1, 0, len(KNOTS))
    logs = [[evaluate(p, k, x) for k, x in zip(place, z, strict=True)] for p in pieces]
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
    """So the tails stay those of a normal law but for a slope: nothing piles up at the edges."""
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
    assert np.isfinite(flexible_pieces(shape).coefficients).all()
