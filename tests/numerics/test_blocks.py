"""Elementwise functions of what was broadcast."""

import numpy as np

from varmodel.numerics.blocks import once_each


def test_a_function_is_worked_out_once_for_each_number():
    seen = []

    def noted(x):
        seen.append(x.size)
        return np.exp(x)

    column = np.linspace(0, 1, 6).reshape(3, 2)
    for shape, values in (((3, 2), column), ((4, 3, 2), column), ((3, 5), column[:, :1])):
        wide = np.broadcast_to(values, shape)
        np.testing.assert_array_equal(once_each(noted, wide), np.exp(wide))
    assert seen == [6, 6, 3]
