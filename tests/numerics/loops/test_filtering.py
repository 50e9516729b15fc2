"""The filter's products against (D^-1 + K)^-1 worked out whole."""

import numpy as np

from varmodel.numerics.loops.filtering import whiten

#: Two providers, three periods: the first is not seen in the second, the other says nothing there.
UNIT = np.array([[0, -1, 1], [2, 3, 4]])
HELD = np.array([3.0, 0.7, 1.2, 0.0, 5.0])


def test_whitened_columns_have_the_products_that_the_whole_matrix_gives():
    rng = np.random.default_rng(1)
    columns = np.ones((5, 3))
    columns[:, 1:] = rng.normal(size=(5, 2))
    sums = np.stack([HELD, HELD * columns[:, 2]], axis=1)[np.newaxis]
    whitened = np.zeros((1, 6, 3))
    whitened[0, :5, :2] = columns[:, :2]  # the last varies within units
    products, rho, variance = np.empty((1, 2, 3)), 0.6, 0.5
    kept, varying = np.array([[0.0, rho, rho]]), np.array([2])
    whiten(sums, varying, UNIT, kept, np.array([variance]), products, whitened)
    gram = np.zeros((3, 3))
    for provider, units in enumerate(UNIT):
        periods = np.array([t for t in range(3) if units[t] >= 0 and HELD[units[t]] > 0])
        seen = units[periods]
        passing = variance * rho ** np.abs(np.subtract.outer(periods, periods))
        left = np.linalg.inv(np.diag(1 / HELD[seen]) + passing)
        own = columns[seen].T @ left @ columns[seen]
        np.testing.assert_allclose(products[0, provider], own[0], rtol=1e-12)
        gram += own
    np.testing.assert_allclose(whitened[0].T @ whitened[0], gram, rtol=1e-12)
    np.testing.assert_allclose(sums[0, :, 1], np.sqrt(HELD) * columns[:, 2] * (HELD > 0))
