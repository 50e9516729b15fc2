import numpy as np
import pytest

from varmodel.numerics.sorting import number_keys, stable_order

#: Few that could be, more than have marks, more than fit into a word beside their places.
SIZES = [5, 10**6, 2**61]


def keys_below(size):
    few = np.random.default_rng(0).integers(size, size=20)
    return np.random.default_rng(1).choice(np.r_[few, size - 1], size=100)


@pytest.mark.parametrize("size", SIZES)
def test_equal_numbers_keep_their_order(size):
    keys = keys_below(size)
    expected = sorted(range(100), key=keys.tolist().__getitem__)
    assert stable_order(keys, size).tolist() == expected


@pytest.mark.parametrize("size", SIZES)
def test_numbers_are_told_apart_by_their_first_places(size):
    keys = keys_below(size)
    _, first, codes = np.unique(keys, return_index=True, return_inverse=True)
    found = number_keys(keys, size)
    assert (found[0].tolist(), found[1].tolist()) == (first.tolist(), codes.tolist())
