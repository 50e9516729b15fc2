import numpy as np
import pandas as pd
import pytest

from tests.frame.hand_made import make_model
from varmodel.frame.checks.totals import unread
from varmodel.frame.checks.totals.unread import look, telling, typical_providers, words_of
from varmodel.frame.reading import read_table
from varmodel.frame.rows import columns_of, read_rows

TABLE = pd.DataFrame(
    {
        "trust": ["B", "A", "A", "A", "C", "C", "C", "C", "C"],
        "deaths": [1] * 9,
        "cases": [9] * 9,
        "site": ["x", "x", "y", "z", "x", "x", "y", "y", "z"],
        "ward": ["x", "x", "y", "y", "x", "x", "x", "x", "x"],
        "id": range(9),
    }
)
SPEC = make_model()


def look_at(table, providers):
    distinct = read_table(table, columns_of(SPEC))
    rows = read_rows(SPEC, distinct)
    return look(SPEC, rows, distinct=distinct, providers=np.array(providers))


def test_texts_that_tell_most_rows_apart_come_first():
    seen = look_at(TABLE, [0, 2])
    assert set(seen.distinct.columns["trust"].levels) == {"A", "C"}
    assert telling(SPEC, seen) == ["site", "ward"]
    assert telling(SPEC, look_at(TABLE.rename(columns={"id": "year"}), [0])) == [
        "site",
        "year",
        "ward",
    ]


def test_few_rows_are_looked_at(monkeypatch):
    monkeypatch.setattr(unread, "LOOKED_AT_ROWS", 4)
    assert look_at(TABLE, [0, 1]).distinct.rows_in == 4
    assert look_at(TABLE, [2]) is None
    assert look_at(TABLE[["trust", "deaths", "cases"]], [1]) is None
    assert look_at(TABLE.assign(site=[[1]] * 9), [1]) is None  # cannot be read


def test_providers_of_a_median_number_of_rows_come_first():
    distinct = read_table(TABLE, columns_of(SPEC))
    assert typical_providers(SPEC, distinct).tolist() == [0, 1, 2]


@pytest.mark.parametrize("name", ["registerDescription", "Register description", "registers_2"])
def test_a_name_is_taken_apart(name):
    assert "register" in words_of(name)
