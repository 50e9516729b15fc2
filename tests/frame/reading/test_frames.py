"""Tables in memory and relations: every engine gives the same, none is changed."""

import datetime as dt
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from varmodel.errors import InputError, SpecError
from varmodel.frame.reading import parse_numbers, read_table

TEXTS = {
    "provider": ["R1", "007", "NA", "R1", "é", "R1", "\U0001f3e5", "R1"],
    "note": ["a", "b", 'c "d", e', "a", "", "two\nlines", "\ufb01", "a"],
    "events": ["1", "2", "*", "1", "1.0", "1", " 3", "1"],
}

DAY = dt.datetime(2006, 7, 1)  # noqa: DTZ001 - tables have no zone
MOMENT = DAY + dt.timedelta(hours=3, microseconds=5)


def summary(distinct):
    return (
        {name: column.levels for name, column in distinct.columns.items()},
        [column.codes.tolist() for column in distinct.columns.values()],
        distinct.count.tolist(),
        distinct.rows_in,
    )


def engines(folder, columns):
    """Give the same table to every engine."""
    frame, table = pd.DataFrame(columns), pa.table(columns)
    frame.to_csv(folder / "t.csv", index=False)
    pq.write_table(table, folder / "t.parquet")
    return {
        "pandas": frame,
        "pandas objects": frame.astype(object),
        "pandas categories": frame.astype("category"),
        "pandas arrow": frame.astype(pd.StringDtype("pyarrow")),
        "polars": pl.DataFrame(columns),
        "polars lazy": pl.LazyFrame(columns),
        "polars categories": pl.DataFrame(columns).cast(pl.Categorical),
        "pyarrow": table,
        "pyarrow dictionaries": pa.table(
            {name: pa.array(values).dictionary_encode() for name, values in columns.items()}
        ),
        "pyarrow large": table.cast(pa.schema([(name, pa.large_string()) for name in columns])),
        "duckdb": duckdb.connect().from_arrow(table),
        "csv": folder / "t.csv",
        "parquet": str(folder / "t.parquet"),
    }


def test_every_engine_gives_the_same(tmp_path):
    names = ("events", "provider", "note")
    found = {
        name: summary(read_table(table, names)) for name, table in engines(tmp_path, TEXTS).items()
    }
    expected = found["csv"]
    assert expected[0]["events"] == (" 3", "*", "1", "1.0", "2")
    assert (sum(expected[2]), expected[3], len(expected[2])) == (8, 8, 6)
    assert {name for name, each in found.items() if each != expected} == set()


def test_the_order_of_rows_does_not_matter(tmp_path):
    backwards = {name: values[::-1] for name, values in TEXTS.items()}
    forth, back = engines(tmp_path, TEXTS), engines(tmp_path, backwards)
    for name in ("pandas", "pandas objects", "polars", "pyarrow"):
        assert summary(read_table(forth[name], tuple(TEXTS))) == summary(
            read_table(back[name], tuple(TEXTS))
        )


TYPED = {
    "whole": [7, None, 2**53 + 1, 7],
    "real": [1.5, None, -0.0, 1.5],
    "logical": [True, None, False, True],
    "day": [dt.date(2006, 7, 1), None, dt.date(1999, 12, 31), dt.date(2006, 7, 1)],
    "price": [Decimal("1.50"), None, Decimal("2.00"), Decimal("1.50")],
    "text": ["a", None, "", "a"],
}


def test_typed_columns_keep_their_types(tmp_path):
    table = pa.table(TYPED)
    pq.write_table(table, tmp_path / "t.parquet")
    tables = {
        "polars": pl.DataFrame(TYPED),
        "polars lazy": pl.LazyFrame(TYPED),
        "pyarrow": table,
        "duckdb": duckdb.connect().from_arrow(table),
        "parquet": tmp_path / "t.parquet",
        "pandas": pd.DataFrame(
            {name: pd.Series(each, dtype=object) for name, each in TYPED.items()}
        ),
        "pandas nullable": pd.DataFrame(TYPED).convert_dtypes().astype({"whole": "Int64"}),
    }
    tables["pandas nullable"]["whole"] = pd.array(TYPED["whole"], dtype="Int64")
    expected = {
        "whole": (None, 7, 2**53 + 1),
        "real": (None, 0.0, 1.5),
        "logical": (None, False, True),
        "day": (None, dt.date(1999, 12, 31), dt.date(2006, 7, 1)),
        "price": (None, Decimal("1.50"), Decimal("2.00")),
        "text": (None, "", "a"),
    }
    for engine, table in tables.items():
        found = {name: read_table(table, tuple(TYPED)).columns[name].levels for name in TYPED}
        assert found == expected, engine
        for name, levels in found.items():
            kinds = [type(level) for level in levels]
            assert kinds == [type(level) for level in expected[name]], (engine, name)
        assert read_table(table, tuple(TYPED)).count.tolist() == [1, 2, 1], engine


def test_nan_is_missing_in_every_engine(tmp_path):
    values = [1.0, float("nan"), None, 1.0]
    table = pa.table({"x": pa.array(values, pa.float64(), from_pandas=False)})
    pq.write_table(table, tmp_path / "t.parquet")
    tables = [
        pd.DataFrame({"x": values}),
        pd.DataFrame({"x": pd.Series(values, dtype=object)}),
        pl.DataFrame({"x": values}, strict=False),
        table,
        duckdb.connect().from_arrow(table),
        tmp_path / "t.parquet",
    ]
    for each in tables:
        distinct = read_table(each, ("x",))
        assert distinct.columns["x"].levels == (None, 1.0)
        assert distinct.count.tolist() == [2, 2]


def test_equal_values_of_different_types_stay_apart():
    mixed = pd.DataFrame({"x": [1, True, "1", 1.0, None, True, np.int64(1), np.nan]}, dtype=object)
    distinct = read_table(mixed, ("x",))
    column = distinct.columns["x"]
    assert [type(level).__name__ for level in column.levels] == [
        "NoneType", "bool", "float", "int", "str",
    ]  # fmt: skip
    assert distinct.count.tolist() == [2, 2, 1, 2, 1]
    assert distinct.where(["x"], [(True,)]).rows == (1, 5)
    assert distinct.rows(["x"], [(1,)]) == 2
    _, refused = parse_numbers(column, integer=True)
    assert {place: finding.code for place, finding in refused.items()} == {
        0: "VALUE.MISSING",
        1: "VALUE.NUMBER",
    }


def test_moments_at_midnight_are_dates(tmp_path):
    moments = [DAY, MOMENT, None]
    table = pa.table({"x": pa.array(moments, pa.timestamp("ns"))})
    pq.write_table(table, tmp_path / "t.parquet")
    expected = {None, DAY.date(), MOMENT}
    frames = [pd.DataFrame({"x": moments}), pl.DataFrame({"x": moments}), table]
    for each in [*frames, duckdb.connect().from_arrow(table), tmp_path / "t.parquet"]:
        assert set(read_table(each, ("x",)).columns["x"].levels) == expected


def test_rows_of_tables_in_memory_are_zero_based(tmp_path):
    tables = engines(tmp_path, TEXTS)
    for name in ("pandas", "pandas categories", "polars", "polars lazy", "pyarrow"):
        distinct = read_table(tables[name], ("provider", "events"))
        assert distinct.where(["provider"], [("R1",)]).rows == (0, 3, 5, 7), name
        assert distinct.where(["events"], [("*",), (" 3",)]).rows == (2, 6), name
    assert read_table(tables["duckdb"], ("events",)).where(["events"], [("*",)]).rows == ()


def test_at_most_five_rows_are_shown_and_all_are_counted():
    distinct = read_table(pl.DataFrame({"x": ["*", "1"] * 100_000}), ("x",))
    problem = distinct.problem("VALUE.SUPPRESSED", "m", columns=["x"], wanted=[("*",)], fix="f")
    assert (problem.where.rows, problem.count) == ((0, 2, 4, 6, 8), 100_000)


def test_the_input_is_not_changed(tmp_path):
    frame = pd.DataFrame(TEXTS, index=[5, 5, 6, 7, 8, 9, 1, 2]).astype(object)
    copy = frame.copy(deep=True)
    read_table(frame, ("provider", "events")).where(["events"], [("*",)])
    pd.testing.assert_frame_equal(frame, copy)
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t AS SELECT 1 AS x")
    before = connection.execute("SELECT name, value FROM duckdb_settings()").fetchall()
    read_table(connection.table("t"), ("x",))
    assert connection.execute("SELECT name, value FROM duckdb_settings()").fetchall() == before
    assert connection.execute("SELECT table_name FROM duckdb_tables()").fetchall() == [("t",)]


def test_column_names_that_are_no_texts():
    frame = pd.DataFrame([["a", "b", "c", "d"]], columns=[5, "x", None, ("x", "y")])
    assert read_table(frame, ("x",)).columns["x"].levels == ("b",)
    with pytest.raises(InputError) as caught:
        read_table(frame, ("5", "x", "y"))
    assert [problem.where.column for problem in caught.value.problems] == ["5", "y"]
    assert caught.value.code == "SCHEMA.MISSING"


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame([["a", "b", "c"]], columns=["x", "x", "y"]),
        pa.table([pa.array(["a"]), pa.array(["b"]), pa.array(["c"])], names=["x", "x", "y"]),
    ],
)
def test_a_named_column_stands_once(table):
    assert read_table(table, ("y",)).rows_in == 1
    with pytest.raises(InputError) as caught:
        read_table(table, ("x", "y"))
    assert (caught.value.code, caught.value.count) == ("SCHEMA.DUPLICATE", 2)


def test_a_name_with_control_characters_is_refused():
    with pytest.raises(InputError) as caught:
        read_table(pl.DataFrame({"x": ["a"], "y\x00": ["b"]}), ("x",))
    assert caught.value.code == "SCHEMA.NAME"


def test_hostile_names_in_a_relation():
    relation = duckdb.connect().sql('SELECT 1 AS "x"" FROM t; --", 2 AS "c0", 3 AS "N"')
    distinct = read_table(relation, ('x" FROM t; --', "c0", "N"))
    assert [column.levels for column in distinct.columns.values()] == [(1,), (2,), (3,)]


def test_relations_of_all_types():
    query = """SELECT 1::HUGEINT AS huge, 'a'::ENUM('a', 'b') AS enum, 2::UTINYINT AS small,
        '12345678-1234-5678-1234-567812345678'::UUID AS uuid, 0.5::FLOAT AS real, [1] AS list,
        TIMESTAMPTZ '2006-07-01 00:00:00+00' AS zoned, NULL AS nothing"""
    relation = duckdb.connect().sql(query)
    distinct = read_table(relation, ("huge", "enum", "small", "uuid", "real", "nothing"))
    levels = [column.levels[0] for column in distinct.columns.values()]
    assert levels == [1, "a", 2, "12345678-1234-5678-1234-567812345678", 0.5, None]
    for name in ("list", "zoned"):
        with pytest.raises(InputError) as caught:
            read_table(relation, (name,))
        assert (caught.value.code, caught.value.where.column) == ("VALUE.NUMBER", name)


def test_a_relation_that_fails_is_refused():
    relation = duckdb.connect().sql("SELECT CAST(x AS INTEGER) AS x FROM (VALUES ('a')) t(x)")
    with pytest.raises(InputError) as caught:
        read_table(relation, ("x",))
    assert caught.value.code == "INPUT.PARSE"


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"x": []}),
        pl.DataFrame({"x": []}),
        pl.LazyFrame({"x": []}),
        pa.table({"x": pa.array([], pa.string())}),
        duckdb.connect().sql("SELECT 1 AS x WHERE false"),
    ],
)
def test_a_table_without_rows_is_refused(table):
    with pytest.raises(InputError) as caught:
        read_table(table, ("x",))
    assert (caught.value.code, bool(caught.value.fix)) == ("INPUT.EMPTY", True)


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"x": [[1], [2]]}),
        pd.DataFrame({"x": [{"a": 1}, 2]}),
        pl.DataFrame({"x": [[1], [2]]}),
        pl.DataFrame({"x": [object()]}, schema={"x": pl.Object}),
        pl.DataFrame({"x": [b"a"]}),
        pa.table({"x": [{"a": 1}]}),
    ],
)
def test_nested_values_are_refused(table):
    with pytest.raises(InputError) as caught:
        read_table(table, ("x",))
    assert (caught.value.code, caught.value.where.column) == ("VALUE.NUMBER", "x")


def test_columns_without_any_value_are_missing():
    for table in (
        pd.DataFrame({"x": [None, None]}),
        pl.DataFrame({"x": [None, None]}),
        pa.table({"x": pa.nulls(2)}),
    ):
        distinct = read_table(table, ("x",))
        assert (distinct.columns["x"].levels, distinct.count.tolist()) == ((None,), [2])


@pytest.mark.parametrize("table", [{"x": [1]}, [1], None, 5, pd.Series([1]), np.ones(3), b"t.csv"])
def test_any_other_table_is_refused(table):
    with pytest.raises(SpecError) as caught:
        read_table(table, ("x",))
    assert caught.value.code == "CONFIG.VALUE"
    assert type(table).__name__ in str(caught.value)
    assert "pandas" in caught.value.fix


def test_a_column_named_twice_is_read_once():
    assert list(read_table(pd.DataFrame({"x": ["a"]}), ("x", "x")).columns) == ["x"]
