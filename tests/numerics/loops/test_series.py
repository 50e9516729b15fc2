import numpy as np
import pytest
from numpy.polynomial import chebyshev

from varmodel.numerics.loops.series import sum_series


@pytest.mark.parametrize("count", [3, 4, 15])
def test_series_are_those_of_numpy_to_the_last_bit(count):
    rng = np.random.default_rng(1)
    series, x = rng.normal(size=(5, count)), rng.uniform(-1, 1, (5, 7))
    found = np.full(x.shape, np.nan)
    sum_series(series, x, found, *np.empty((3, 7)))
    wanted = [chebyshev.chebval(at, own) for at, own in zip(x, series, strict=True)]
    np.testing.assert_array_equal(found, wanted)
