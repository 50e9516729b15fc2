"""Only some rows are read: the same in every engine, and their places are the table's own."""

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

from tests.frame.reading.test_frames import engines, summary
from varmodel.errors import InputError
from varmodel.frame.reading import read_table

LONG = {
    "trust": ["A", "A", "B", "B", "C", "C"],
    "measure": ["falls", "NA", "falls", "NA", "falls", "falls "],
    "events": ["1", "*", "2", "*", "3", "3"],
    "year": ["2020", "2020", "2020", "2021", "2021", "2021"],
}
NAMES = ("trust", "events")


def test_rows_without_the_text_are_not_read_in_any_engine(tmp_path):
    kept = [("A", "1"), ("B", "2"), ("C", "3")]
    for name, table in engines(tmp_path, LONG).items():
        found = read_table(table, NAMES, where={"measure": "falls"})
        columns = found.columns
        pairs = zip(*([c.levels[k] for k in c.codes] for c in columns.values()), strict=True)
        assert (list(pairs), found.rows_in, list(columns)) == (kept, 3, list(NAMES)), name
        both = read_table(table, NAMES, where={"measure": "falls", "year": "2021"})
        assert both.columns["trust"].levels == ("C",), name
        alone = read_table(table, ("measure",), where={"measure": "falls"})
        assert (alone.columns["measure"].levels, alone.count.tolist()) == (("falls",), [3])


def test_places_are_those_of_the_whole_table(tmp_path):
    tables = engines(tmp_path, LONG)
    for name, place in (("pandas", (4,)), ("polars lazy", (4,)), ("csv", ())):
        where = read_table(tables[name], NAMES, where={"year": "2021", "measure": "falls"})
        where = where.where(["events"], [("3",)])
        assert (where.rows, where.lines) == (place, () if place else (6,))


def test_a_whole_number_is_its_decimal_text():
    years = [2020, 2021, 2021]
    for table in (
        pd.DataFrame({"x": ["a", "b", "c"], "year": years}),
        pd.DataFrame({"x": ["a", "b", "c", "d"], "year": [*years, np.nan]}),
        pl.DataFrame({"x": ["a", "b", "c"], "year": years}),
        pd.DataFrame({"x": ["a", "b", "c"], "year": ["2020", 2021, "2021"]}),
    ):
        assert read_table(table, ("x",), where={"year": "2021"}).columns["x"].levels == ("b", "c")


def test_no_row_and_no_column_are_refused(tmp_path):
    for name, table in engines(tmp_path, LONG).items():
        with pytest.raises(InputError, match=r"did you mean 'falls'.*: 'NA', 'falls'") as caught:
            read_table(table, NAMES, where={"measure": "fall"})
        assert (caught.value.code, caught.value.where.column) == ("INPUT.EMPTY", "measure"), name
        with pytest.raises(InputError, match=r"INPUT\.EMPTY: no row holds all"):
            read_table(table, NAMES, where={"measure": "falls ", "year": "2020"})
        with pytest.raises(InputError, match=r"SCHEMA\.MISSING: no column 'Measure'"):
            read_table(table, NAMES, where={"Measure": "falls"})


def test_other_columns_can_be_read_again(tmp_path):
    found = {}
    for name, table in engines(tmp_path, LONG).items():
        distinct = read_table(table, NAMES, where={"measure": "falls"})
        assert distinct.unread == ("measure", "year"), name
        found[name] = summary(distinct.again(["events", "year"], {"trust": ("B", "C")}))
    whole = pd.DataFrame({"x": [1, 2, 2], "y": ["a", "b", "c"]})
    whole.to_parquet(tmp_path / "whole.parquet")
    for table in (whole, pl.from_pandas(whole), duckdb.from_df(whole), tmp_path / "whole.parquet"):
        kept = read_table(table, ("x",)).again(["y"], {"x": (2,)})
        assert (kept.columns["y"].levels, kept.rows_in) == (("b", "c"), 2)
    assert found["pandas"][2:] == ([1, 1], 2)
    assert found["pandas"][0]["year"] == ("2020", "2021")
    assert all(each == found["pandas"] for each in found.values())
