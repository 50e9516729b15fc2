"""Whole columns in one pass give what the parser of one value gives, or leave it to that."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from varmodel.frame.reading.levels import Column
from varmodel.frame.reading.numbers import Finding, parse_numbers, read_number
from varmodel.frame.reading.numbers.plain import plain_numbers, smallest_step

KINDS = [(False, False), (True, False), (True, True)]
ODD = ["", "1e3", "1,000", "1_0", "+1", ".5", "1.", "nan", "1\n2", "٣", " 1", "1" * 16, "1.5"]
NUMBERS = st.one_of(
    st.lists(st.from_regex(r"-?[0-9]{1,17}(\.[0-9]{1,17})?", fullmatch=True), min_size=1),
    st.lists(st.sampled_from(["0", "-0", "12", "3.0", "2.5", *ODD]), min_size=1),
    st.lists(st.floats(allow_nan=False), min_size=1),
    st.lists(st.integers(-(2**70), 2**70), min_size=1),
)


@pytest.mark.parametrize(("integer", "halves"), KINDS)
@given(levels=NUMBERS)
def test_equals_the_parser_of_one_value(integer, halves, levels):
    one_by_one = [read_number(level, integer=integer, halves=halves) for level in levels]
    codes = np.arange(len(levels))
    values, refused = parse_numbers(Column(tuple(levels), codes), integer=integer, halves=halves)
    assert refused == {k: x for k, x in enumerate(one_by_one) if isinstance(x, Finding)}
    kept = [x for x in one_by_one if not isinstance(x, Finding)]
    found = values[[k not in refused for k in range(len(levels))]]
    assert found.tolist() == kept
    assert not np.signbit(found[found == 0]).any()


@pytest.mark.parametrize("levels", [["1", "2.50", "-7"], [1.5, -2.0], [3, 4]])
def test_reads_plain_columns_at_once(levels):
    unit = smallest_step(integer=False, halves=False)
    assert plain_numbers(levels, unit).tolist() == [float(level) for level in levels]


@pytest.mark.parametrize(
    "levels", [["1", text] for text in ODD[:-1]] + [[1, 2.0], [True], [10**400]]
)
def test_leaves_what_may_be_refused_to_the_parser_of_one_value(levels):
    assert plain_numbers(levels, smallest_step(integer=False, halves=False)) is None
