import numpy as np
import pytest

from varmodel.numerics.blocks import BLOCK
from varmodel.numerics.quantiles import better_quantile


@pytest.mark.parametrize("sign", [1, -1])
def test_the_better_quantile_of_more_rows_than_a_block_holds(sign):
    values = np.random.default_rng(1).standard_normal((2, BLOCK // 7, 9))
    expected = np.quantile(values, 0.8 if sign > 0 else 0.2, axis=-1)

    found = better_quantile(values, 0.8, sign=sign)

    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)
    assert found.shape == values.shape[:-1]


def test_the_better_quantile_of_one_row_is_a_number():
    assert better_quantile(np.array([3.0, 1.0, 2.0]), 1.0, sign=-1) == 1.0
