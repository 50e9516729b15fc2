import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from varmodel.numerics.sums import exact_sum, integer_sums, real_sums

numbers = st.floats(-1e9, 1e9, allow_subnormal=False)
rows = st.lists(st.tuples(numbers, st.integers(1, 2000), st.integers(0, 3)), max_size=30)


def columns(table):
    values, count, groups = zip(*table, strict=True) if table else ((), (), ())
    return (
        np.array(values, dtype=float),
        np.array(count, dtype=np.int64),
        np.array(groups, dtype=np.int64),
    )


@given(rows)
def test_a_sum_is_exact_and_rounded_once(table):
    values, count, groups = columns(table)
    exact = [
        math.fsum(np.repeat(values[groups == g], count[groups == g]).tolist()) for g in range(4)
    ]
    assert real_sums(values, count, owner=groups, size=4).tolist() == exact


@given(rows, st.randoms())
def test_a_sum_has_no_order(table, random):
    shuffled = random.sample(table, len(table))
    sums = []
    for rows_in_order in (table, shuffled):
        values, count, groups = columns(rows_in_order)
        sums.append(real_sums(values, count, owner=groups, size=4).tobytes())
    assert sums[0] == sums[1]


def test_integers_are_exact():
    values, count = np.array([2.0**40 + 1, 3.0]), np.array([1000, 1])
    sums = integer_sums(values, count, owner=np.array([0, 0]), size=2)
    assert sums.tolist() == [1000 * (2**40 + 1) + 3, 0]


@given(st.lists(st.floats(-1e300, 1e300)))
def test_any_reals_are_rounded_once(listed):
    values = [*listed, *(-value for value in listed[1:])]  # what cancels leaves the least bits
    assert exact_sum(np.array(values)) == math.fsum(values)
