"""The laws of effects as the loops read them."""

import numpy as np
import pytest
from scipy import special, stats

from tests.inference.marginal.hand_made import SHAPES
from varmodel.families.effects import EFFECTS
from varmodel.inference.marginal.quadrature.distributions import (
    NORMALS,
    coordinate,
    ends,
    fill_of_spline,
    locate,
    log_density,
    rises,
)
from varmodel.inference.marginal.quadrature.effects import distribution_at, slope_by_shape

SDS = np.array([0.01, 0.4, 2.5])
SPREAD = {
    "normal": np.empty((3, 0)),
    "student_t": np.array([[-2.5], [0.5], [5.0]]),
    "mixture": np.array([[-3.0, 1.5], [0.1, -2.0], [2.0, 2.0]]),
    "flexible": np.array([[0, 0, 0], [0.6, -0.4, 0.3], [-0.5, 0.8, -0.2]]),
}


@pytest.mark.parametrize("name", EFFECTS)
def test_a_law_is_its_density_at_every_point_of_a_block(name):
    law, u = EFFECTS[name], SPREAD[name]
    written = distribution_at(law, SDS, u=u)
    for n, sd in enumerate(SDS):
        b = sd * np.linspace(-6, 6, 101)
        if written.kind != NORMALS:
            low, high = ends(written, n)
            b = b[(b > low) & (b < high)]
            places = [coordinate(written, n, one) for one in b]
            found = [log_density(written, n, x) - np.log(rises(written, n, x)[1]) for x in places]
        else:
            parts = stats.norm.logpdf(
                b[:, np.newaxis], written.mean[n], written.precision[n] ** -0.5
            )
            found = special.logsumexp(parts + written.log_weight[n], axis=1)
        np.testing.assert_allclose(found, law.log_density(b, sd, law.natural(u[n])), atol=1e-7)


@pytest.mark.parametrize("name", ["student_t", "flexible"])
def test_the_greatest_density_and_the_largest_curvature(name):
    """Of the coordinate: what is said, or a bound on it."""
    written = distribution_at(EFFECTS[name], SDS, u=SPREAD[name])
    for n in range(len(SDS)):
        x = np.linspace(*written.knots[n, [0, -1]], 4001)
        found = np.array([log_density(written, n, one) for one in x])
        assert written.top[n] - 1.3 < found.max() <= written.top[n] + 1e-12
        bend = np.diff(found, 2) / (x[1] - x[0]) ** 2
        assert 0.95 * written.curvature[n] < np.abs(bend).max() < 1.001 * written.curvature[n]


@pytest.mark.parametrize("within", [0.1, 1.3])
def test_a_spline_is_the_same_piece_by_piece(within):
    """To the last bit, at knots and beyond the ends too."""
    written = distribution_at(EFFECTS["flexible"], SDS, u=SPREAD["flexible"])
    for n in range(len(SDS)):
        knots = written.knots[n]
        inside = knots[(knots >= within * knots[0]) & (knots <= within * knots[-1])]
        x = np.sort([*np.linspace(*within * knots[[0, -1]], 37), *inside])
        found = x.copy()
        fill_of_spline(written, n, found)
        assert found.tolist() == [log_density(written, n, one) for one in x]


@pytest.mark.parametrize("name", ["normal", "mixture"])
def test_the_weights_of_components_sum_to_one(name):
    written = distribution_at(EFFECTS[name], SDS, u=SPREAD[name])
    np.testing.assert_allclose(special.logsumexp(written.log_weight, axis=1), 0, atol=1e-7)


@pytest.mark.parametrize("u", [[0.0, 0, 0], [0.6, -0.4, 0.3]])
def test_the_slope_by_shape(u):
    """For effects that are known, against differences of their log density."""
    law, u, b = EFFECTS["flexible"], np.array(u), np.array([-0.7, 0.1, 0.3, 1.4])
    written = distribution_at(law, np.array([0.5]), u=u[np.newaxis])
    powers = np.zeros(written.cubics.shape[1:])
    for one in b:
        x, piece = locate(written, 0, written.offset[0] + written.stretch[0] * one)
        powers[piece] += x ** np.arange(4)
    found = slope_by_shape(u, written, powers=powers, providers=len(b))
    steps = 1e-5 * np.eye(3)
    exact = [
        (law.log_density(b, 0.5, u + h) - law.log_density(b, 0.5, u - h)).sum() / 2e-5
        for h in steps
    ]
    np.testing.assert_allclose(found, exact, rtol=1e-5, atol=1e-6)


def test_all_laws_are_tried():
    assert set(SPREAD) == set(SHAPES) == set(EFFECTS)
