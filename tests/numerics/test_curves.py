import numpy as np
import pytest
from scipy import interpolate

from varmodel.numerics.curves import along_akima, along_spline

RNG = np.random.default_rng(0)
TABLES = {places: RNG.normal(size=(places, 2, 3)) for places in (4, 5, 12)}


@pytest.mark.parametrize("places", TABLES)
@pytest.mark.parametrize("degree", [1, 2, 3])
def test_splines_are_those_of_scipy(places, degree):
    axis, table = np.linspace(-3.1, 0.7, places), TABLES[places]
    at = np.linspace(axis[0], axis[-1], 37)
    expected = interpolate.make_interp_spline(axis, table, k=degree)(at)
    np.testing.assert_allclose(
        along_spline(axis, table, at=at, degree=degree), expected, atol=1e-13
    )


@pytest.mark.parametrize("places", TABLES)
def test_akimas_curves_are_those_of_scipy_flat_stretches_included(places):
    axis, table = np.linspace(-3.1, 0.7, places), TABLES[places].copy()
    table[:, 0, 0], table[: places - 1, 1, 1] = 2.0, -1.0
    at = np.linspace(axis[0], axis[-1], 37)
    for column in (table[:, 0, 0], table[:, 1]):
        expected = interpolate.Akima1DInterpolator(axis, column, method="makima")(at)
        np.testing.assert_allclose(along_akima(axis, column, at=at), expected, atol=1e-13)
