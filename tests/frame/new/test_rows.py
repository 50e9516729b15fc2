"""New rows: the order of the table, and what is refused."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tests.frame.hand_made import make_model, make_table
from varmodel.errors import InputError, SpecError
from varmodel.frame import prepare
from varmodel.frame.new.rows import new_cells, own_rows, read_new_rows

SPEC = make_model(case_mix=("age",))
FRAME = prepare(SPEC, make_table(age=[40, 50, 60, 70, 40, 50]))
NEW = pd.DataFrame(
    {
        "trust": ["X", "RA2", "X", "RA1"],
        "age": [70, 40, 40, 70],
        "deaths": [1, 2, 3, 4],
        "cases": [10, 20, 30, 40],
        "row 0": ["not", "a", "row", "number"],
    },
    index=[3, 3, 1, 0],
)


def rows_of(table, fields=("numerator", "denominator"), spec=SPEC):
    return read_new_rows(spec, FRAME, table=table, fields=fields)


@pytest.mark.parametrize("engine", [pd.DataFrame, pl.from_pandas, pa.Table.from_pandas])
def test_rows_keep_their_order(engine):
    rows = rows_of(engine(NEW.reset_index(drop=True)))
    assert rows.provider.values.tolist() == NEW["trust"].tolist()
    assert rows.response["denominator"].tolist() == [10, 20, 30, 40]
    assert rows.design[:, 0].argsort(kind="stable").tolist() == [1, 2, 0, 3]


def test_a_lazy_table_and_a_table_of_equal_rows():
    lazy = pl.from_pandas(NEW.reset_index(drop=True)).lazy()
    assert rows_of(lazy).response["numerator"].tolist() == [1, 2, 3, 4]
    rows = rows_of(pd.concat([NEW, NEW]))
    assert rows.response["numerator"].tolist() == [1, 2, 3, 4] * 2


def test_the_table_is_left_as_it_is():
    before = NEW.copy()
    rows_of(NEW)
    pd.testing.assert_frame_equal(NEW, before)


def test_own_rows_of_one_design_are_added():
    table = pd.concat([NEW, NEW, NEW.assign(cases=0, deaths=0)])
    own = own_rows(SPEC, rows_of(table), level=2)
    assert own.design.shape == (2, 1)
    assert own.cells.response.tolist() == [6, 2]
    assert own.cells.size.tolist() == [60, 20]


def test_published_values_are_not_added():
    spec = make_model("published")
    table = make_table(rate=[1.0, 2, 3, 4, 5, 6], se=0.5)
    frame = prepare(spec, table)
    new = pd.DataFrame({"trust": ["X", "X"], "rate": [1.0, 2.0], "se": [0.5, 0.7]})
    rows = read_new_rows(spec, frame, table=new, fields=spec.form.columns)
    own = own_rows(spec, rows, level=0)
    assert own.cells.response.tolist() == [1, 2]
    assert own.cells.error.tolist() == [0.5, 0.7]


def test_a_row_without_a_size_is_one_case():
    cells = new_cells(make_model("trial"), {}, rows=3)
    assert cells.size.tolist() == [1, 1, 1]


@pytest.mark.parametrize("table", ["new.csv", None, 3, {"trust": ["X"]}, np.zeros((2, 2))])
def test_a_table_that_is_not_in_memory(table):
    with pytest.raises(SpecError, match="in memory") as caught:
        rows_of(table)
    assert caught.value.code == "CONFIG.VALUE"


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"trust": ["ra1", "RA2", "X", "RA1"]}, "KEY.IDENTIFIER", "'RA1' and 'ra1'"),
        ({"trust": ["R\u0410", "RA2", "RA", "RA1"]}, "KEY.IDENTIFIER", "look the same"),
        ({"trust": ["England", "RA2", "X", "RA1"]}, "KEY.AGGREGATE", "row 0"),
        ({"trust": ["a\x07b", "RA2", "X", "RA1"]}, "KEY.NAME", "row 0"),
        ({"trust": [None, "RA2", "X", "RA1"]}, "VALUE.MISSING", "row 0"),
        ({"cases": [10, 20, -1, 40]}, "COUNT.NEGATIVE", "row 2"),
        ({"cases": [10, 20, "*", 40]}, "VALUE.SUPPRESSED", "row 2"),
        ({"deaths": [1, 21, 3, 4]}, "COUNT.EXCEEDS", "row 1"),
        ({"age": [70, "old", 40, 70]}, "VALUE.NUMBER", "row 1"),
    ],
)
def test_hostile_rows(changes, code, words):
    with pytest.raises(InputError, match=words) as caught:
        rows_of(NEW.assign(**changes))
    assert caught.value.code == code


def test_sizes_alone_are_checked_too():
    with pytest.raises(InputError) as caught:
        rows_of(NEW.assign(cases=[1, 2, 3, -4]), fields=("denominator",))
    assert caught.value.code == "COUNT.NEGATIVE"


@pytest.mark.parametrize("column", ["trust", "age", "cases"])
def test_an_absent_column_is_named(column):
    with pytest.raises(SpecError, match=column) as caught:
        rows_of(NEW.drop(columns=column))
    assert caught.value.code == "FORMULA.UNKNOWN"


def test_no_rows():
    with pytest.raises(InputError) as caught:
        rows_of(NEW[:0])
    assert caught.value.code == "INPUT.EMPTY"


def test_rows_that_where_leaves_out_are_refused_and_say_why():
    spec = SPEC.replace(where={"measure": "stays"})
    table = make_table(age=[40, 50, 60, 70, 40, 50]).assign(measure="stays")
    frame = prepare(spec, pd.concat([table, table.assign(measure="deaths", age=99)]))
    rows = read_new_rows(spec, frame, table=NEW.assign(measure="stays"))
    assert rows.design.tolist() == read_new_rows(spec, frame, table=NEW).design.tolist()
    mixed = NEW.assign(measure=["stays", "deaths", "stays", "deaths"])
    with pytest.raises(InputError, match=r"VALUE\.RANGE.*\[where\] names 'stays'") as caught:
        read_new_rows(spec, frame, table=mixed)
    assert caught.value.where.rows == (1, 3)


def test_a_year_that_may_be_a_month_is_a_year_where_the_fitted_periods_are():
    spec = make_model(period="year")
    years = ["2010-11", "2011-12", "2012-13"]
    made = pd.concat(
        [make_table(deaths=[3, 5, 2, 7, 1, k]).assign(year=y) for k, y in enumerate(years)]
    )
    frame = prepare(spec, made)
    rows = read_new_rows(spec, frame, table=made[made["year"] == "2011-12"])
    assert rows.period.tolist() == [1] * 6
    assert (
        read_new_rows(spec, frame, table=made[:6].assign(year="2013-14")).period.tolist() == [3] * 6
    )
