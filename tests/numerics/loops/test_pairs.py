import numpy as np

from varmodel.numerics.loops.pairs import count_less


def test_pairs_by_hand():
    rows = np.array([[1, 2, 3], [2, 2, 1], [0, 3, 4]], dtype=np.int16)
    signs = np.full((3, 3), -9)
    count_less(rows, signs, 0, 2)
    np.testing.assert_array_equal(signs, [[-9, 0, 1], [-9, -9, 1], [-9, -9, -9]])
