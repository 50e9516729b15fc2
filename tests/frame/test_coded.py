import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from varmodel.frame.coded import Coded, code_keys, group, texts


def test_levels_are_sorted_and_merged():
    coded = code_keys(texts(["b", "a", "b"]), np.array([0, 1, 2, 2]))
    assert coded.levels.tolist() == ["a", "b"]
    assert coded.values.tolist() == ["b", "a", "b", "b"]
    assert coded.is_text


def test_only_held_levels_are_kept():
    kept = code_keys(texts(["c", "b", "a"]), np.array([0, 1, 2, 0])).keep(
        np.array([True, False, True, True])
    )
    assert kept.levels.tolist() == ["a", "c"]
    assert kept.values.tolist() == ["c", "a", "c"]


@given(st.lists(st.tuples(*[st.integers(0, 4)] * 3), min_size=1))
def test_groups_are_in_lexicographic_order(table):
    columns = [Coded(np.arange(5), np.array(column)) for column in zip(*table, strict=True)]
    groups = group(columns, len(table))
    assert [table[row] for row in groups.first] == sorted(set(table))
    assert [sorted(set(table))[code] for code in groups.codes] == table


def test_many_wide_columns_do_not_overflow():
    codes = np.array([0, 1, 2**40, 2**40])

    class Wide:
        levels = range(2**41)

    wide = [type("Column", (Wide,), {"codes": codes})() for _ in range(5)]
    assert group(wide, 4).codes.tolist() == [0, 1, 2, 2]


def test_no_column_makes_one_group():
    assert group([], 3).codes.tolist() == [0, 0, 0]
