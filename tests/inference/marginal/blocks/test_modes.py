"""Newton's steps reach the mode from anywhere, in few steps from nearby."""

import numpy as np
import pytest

from tests.inference.marginal.blocks.panels import KINDS, each, panel
from varmodel.inference.marginal.blocks import modes
from varmodel.inference.marginal.blocks.conditional import room_for_units
from varmodel.inference.marginal.blocks.laplace import begin

ETA = np.array([-0.6, -0.3])
POINT = (0.5, 0.4, 0.6)


def climbed(one, start, *, near=1e-6):
    predictor, parameter, variances, begun, nearest = one.laid(ETA, POINT, start=start)
    room = room_for_units(one.layout.most)
    modes.take_batch(variances, parameter, 0, 1, room)
    units = modes.take_provider(one.layout, variances, 0, 0, 1, room)
    begin(begun, nearest, 0, 0, units, 1, room)
    modes.climb(one.model, 0, units, predictor[0], 1, near, room)
    return room.b[:units, 0].copy()


@pytest.mark.parametrize("kind", each(KINDS))
@pytest.mark.parametrize("size", [4, 4_000])
def test_it_is_where_the_gradient_is_nought(kind, size):
    one = panel(kind, ((0, 1, 4),), size=size)
    mode = climbed(one, 0.0)
    precision = np.linalg.inv(one.covariance(POINT))

    def height(b):
        return sum(one.log_likelihood(ETA, b[t], t) for t in range(3)) - b @ precision @ b / 2

    steps = 1e-5 * np.eye(3)
    slope = np.array([(height(mode + h) - height(mode - h)) / 2e-5 for h in steps])
    np.testing.assert_allclose(slope, 0, atol=1e-4 * max(1, size / 40))
    for start in (-8.0, 5.0):
        np.testing.assert_allclose(climbed(one, start), mode, atol=1e-5)


def test_a_quadratic_has_one_step(monkeypatch):
    one = panel("normal", ((0, 1, 4),))
    exact = climbed(one, 0.0)
    monkeypatch.setattr(modes, "_STEPS", 1)
    # the loops were compiled with the constant: their Python bodies take the new one
    monkeypatch.setattr(modes, "climb", modes.climb.py_func)
    np.testing.assert_array_equal(climbed(one, 0.0), exact)
