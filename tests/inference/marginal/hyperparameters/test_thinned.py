"""What axes add to the dense grid: the whole of it, unless a direction is flat then."""

import numpy as np
import pytest

from varmodel.inference.marginal.hyperparameters.thinned import LogQuadratic, _within

DENSE = LogQuadratic(np.array([1.0]), np.zeros((1, 2)), np.array([np.diag([4.0, 2.0])]))


def added(*diagonal):
    return LogQuadratic(np.array([0.5]), np.ones((1, 2)), np.array([np.diag(diagonal)]))


@pytest.mark.parametrize(
    ("less", "share"), [((1.0, -1.0), 1.0), ((1.0, -3.5), 0.5), ((1.0, -40.0), 0.0)]
)
def test_a_sum_is_no_flatter_than_a_quarter_of_the_prior(less, share):
    """Sds of the prior are 1 and 1: of the second direction at least .25 has to be left."""
    found = _within(DENSE, added(*less), scale=np.ones((1, 2)))
    np.testing.assert_allclose(found.precision[0], np.diag([4.0, 2.0]) + share * np.diag(less))
    np.testing.assert_allclose(found.pull[0], share)
    np.testing.assert_allclose(found.height, 1 + 0.5 * share)


def test_a_wide_prior_leaves_a_flat_direction():
    """As a wide level_sd does: the intercept and the groups' effects are hardly told apart."""
    found = _within(DENSE, added(0.0, -1.99), scale=np.array([[1.0, 10.0]]))
    np.testing.assert_allclose(found.precision[0], np.diag([4.0, 0.01]))
