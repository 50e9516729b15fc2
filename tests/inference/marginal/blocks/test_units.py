"""What a problem's cells become; powers of a correlation."""

import numpy as np

from varmodel.inference.marginal.blocks.units import in_batches, powers
from varmodel.inference.marginal.likelihood.batch import BATCH


def test_powers_of_a_correlation():
    x = np.array([0.7, -0.7, 0.0, 25.0, -25.0])
    carried, renewed = powers(x, 5)
    rho = np.tanh(x[:2, np.newaxis])
    np.testing.assert_allclose(carried[:2, 1:], rho ** np.arange(1, 6), rtol=1e-13)
    np.testing.assert_allclose(renewed[:2, 1:], 1 - rho ** (2 * np.arange(1, 6)), rtol=1e-12)
    np.testing.assert_array_equal(carried[:, 0], 0)
    np.testing.assert_array_equal(renewed[:, 0], 1)
    np.testing.assert_array_equal(carried[2], 0)
    np.testing.assert_array_equal(renewed[2], 1)
    np.testing.assert_allclose(renewed[3, 1:], 4 * np.exp(-50.0) * np.arange(1, 6), rtol=1e-9)
    np.testing.assert_allclose(carried[4, 1:], (-1.0) ** np.arange(1, 6))


def test_the_last_batch_is_filled_up():
    laid = in_batches(np.arange(BATCH + 2.0))
    assert laid.shape == (2, BATCH)
    np.testing.assert_array_equal(laid[1, 1:], BATCH + 1)
