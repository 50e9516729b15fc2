"""A table in memory holds what prepare reads, whatever it came in."""

import pandas as pd
import pytest

from tests.frame.hand_made import make_model
from varmodel.frame import prepare
from varmodel.frame.in_memory import read_into_memory

TABLE = pd.DataFrame(
    {
        "site": ["B", "A", "C", "D", "E", "B"],
        "set": ["1", "1", "1", "1", "1", "2"],
        "kind": pd.Categorical(["1", "2", "1", "2", "1", "2"]),
        "y": [3, 4, 5, 6, 1, 9],
        "n": [9, 9, 9, 12, 7, 9],
        "unread": range(6),
    }
)


def spec_of(**fields):
    named = {"provider": "site", "numerator": "y", "denominator": "n", "where": {"set": "1"}}
    return make_model("share", **named, case_mix=("kind",), **fields)


@pytest.mark.parametrize("form", ["frame", "csv"])
def test_it_gives_the_same_frame(form, tmp_path):
    spec, table = spec_of(), TABLE
    if form == "csv":
        table = tmp_path / "table.csv"
        TABLE.to_csv(table, index=False)
    held = read_into_memory(spec, table)
    assert "unread" not in held
    assert len(held) == 5
    assert prepare(spec, held).identical(prepare(spec, table))


def test_rows_of_some_providers_by_the_codes_of_today():
    spec = spec_of(successors={"A": "C"})
    held = read_into_memory(spec, TABLE, providers={"C", "E"})
    assert sorted(held["site"]) == ["A", "C", "E"]


def test_equal_rows_are_all_kept():
    spec = make_model("measurements", provider="site", value="y")
    table = pd.DataFrame({"site": ["A", "A", "B"], "y": [2.0, 2.0, 2.5]})
    assert read_into_memory(spec, table)["site"].tolist() == ["A", "A", "B"]
