"""The laws of effects as the loops read them."""

import numpy as np
import pytest
from scipy import special, stats

from tests.inference.marginal.hand_made import SHAPES
from varmodel.families.effects import EFFECTS
from varmodel.inference.marginal.laws import law_at, slope_by_shape
from varmodel.inference.marginal.pieces import ends, locate, log_pieces

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
    written = law_at(law, SDS, u=u)
    for n, sd in enumerate(SDS):
        b = sd * np.linspace(-6, 6, 101)
        if law.normals is None:
            low, high = ends(written, n)
            b = b[(b > low) & (b < high)]
            found = [log_pieces(written, n, x) + np.log(written.stretch[n]) for x in b]
        else:
            parts = stats.norm.logpdf(
                b[:, np.newaxis], written.mean[n], written.precision[n] ** -0.5
            )
            found = special.logsumexp(parts + written.log_weight[n], axis=1)
        np.testing.assert_allclose(found, law.log_density(b, sd, law.natural(u[n])), atol=1e-7)


def test_short_rows_are_filled_up_with_nothing():
    law = EFFECTS["student_t"]
    written = law_at(law, SDS, u=SPREAD["student_t"])
    counts = [len(law.normals(1.0, law.natural(row)).mean) for row in SPREAD["student_t"]]
    assert len(set(counts)) > 1
    for logs, count in zip(written.log_weight, counts, strict=True):
        assert np.isfinite(written.precision).all()
        assert (logs[:count] > -1e3).all()
        assert (logs[count:] < -1e200).all()


@pytest.mark.parametrize("name", ["normal", "student_t", "mixture"])
def test_the_weights_of_components_sum_to_one(name):
    written = law_at(EFFECTS[name], SDS, u=SPREAD[name])
    np.testing.assert_allclose(special.logsumexp(written.log_weight, axis=1), 0, atol=1e-7)


@pytest.mark.parametrize("u", [[0.0, 0, 0], [0.6, -0.4, 0.3]])
def test_the_slope_by_shape(u):
    """For effects that are known, against differences of their log density."""
    law, u, b = EFFECTS["flexible"], np.array(u), np.array([-0.7, 0.1, 0.3, 1.4])
    written = law_at(law, np.array([0.5]), u=u[np.newaxis])
    powers = np.zeros(written.pieces.shape[1:])
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
