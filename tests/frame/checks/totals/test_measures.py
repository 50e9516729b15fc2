"""Rows of one key: what is said of them, and when a column nobody named is suspected."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from tests.frame.hand_made import make_model
from varmodel.errors import InputError, VarmodelWarning
from varmodel.frame import prepare

RNG = np.random.default_rng(3)
TRUSTS = [f"RA{j}" for j in range(9)]
KINDS = ["falls", "stay", "cost"]
VALUES = make_model("measurements", value="v")


def long_table(column, *, times=1, scale=(1.0, 30.0, 900.0)):
    """Return a value for each trust and kind, so many times."""
    keys = [(t, k, s) for t in TRUSTS for k, s in zip(KINDS, scale, strict=True)] * times
    table = pd.DataFrame(keys, columns=["trust", column, "v"])
    return table.assign(v=table["v"] * RNG.uniform(0.8, 1.2, len(table)))


def counts(column, texts):
    """Return counts for each trust and text, the cases the same under each text."""
    cases = dict(zip(TRUSTS, RNG.integers(500, 5_000, len(TRUSTS)), strict=True))
    keys = [(trust, text, cases[trust]) for trust in TRUSTS for text in texts]
    table = pd.DataFrame(keys, columns=["trust", column, "cases"])
    return table.assign(deaths=RNG.binomial(table["cases"], 0.1))


def varied(table):
    """Let no size repeat."""
    return table.assign(cases=table["cases"] + np.arange(len(table)))


def refusal(spec, table):
    with pytest.raises(InputError) as caught:
        prepare(spec, table)
    assert caught.value.code == "KEY.DUPLICATE"
    return str(caught.value)


def test_columns_that_tell_rows_apart_are_named_and_where_is_offered():
    table = counts("Register description", ["CHD", "AF"])
    said = refusal(make_model(), table)
    assert "they differ in 'Register description' (AF, CHD)" in said
    assert said.index('[where] "Register description" = "AF"') < said.index('rows = "records"')
    assert "stocks" in said
    assert "flows" in said
    frame = prepare(make_model(where={"Register description": "AF"}), table)
    wanted = table[table["Register description"] == "AF"]
    assert frame["events"].values.tolist() == wanted["deaths"].tolist()
    assert frame.attrs["rows_in"] == len(TRUSTS)


@pytest.mark.parametrize("period", [None, "list"])
def test_month_ends_are_told_apart_by_their_dates(period):
    said = refusal(make_model(period=period), counts("list", ["2023-01-31", "2023-02-28"]))
    assert "they differ in 'list' (2023-01-31, 2023-02-28)" in said


def test_rows_alike_in_every_column_are_said_to_be():
    table = counts("note", ["x"])
    assert "alike in every column" in refusal(make_model(), pd.concat([table, table]))


@pytest.mark.parametrize("engine", [pd.DataFrame, pl.from_pandas])
def test_measures_that_a_value_would_average_are_asked_for(engine):
    for column, times in (("indicator_name", 1), ("indicator_name", 3), ("what", 1), ("what", 3)):
        said = refusal(VALUES, engine(long_table(column, times=times)))
        assert f"differ in {column!r} (cost, falls, stay)" in said
        assert f'[where] {column} = "cost"' in said
    prepare(VALUES.replace(where={"what": "stay"}), engine(long_table("what", times=2)))
    prepare(VALUES.replace(case_mix=("what",)), engine(long_table("what", times=3)))


def test_patients_and_months_are_no_measures():
    patients = pd.DataFrame({"trust": RNG.choice(TRUSTS, 400), "sex": RNG.choice(["F", "M"], 400)})
    patients = patients.assign(ward=RNG.choice(["a", "b", "c"], 400), v=RNG.normal(size=400))
    prepare(VALUES, patients)
    prepare(VALUES, long_table("what", times=3, scale=(1.0, 1.1, 1.2)))
    prepare(VALUES, long_table("month").replace({"falls": "Jan", "stay": "Feb", "cost": "Mar"}))


def test_records_that_were_stated_are_added_with_a_warning():
    records = make_model(rows="records")
    for column in ("register", "what"):
        with pytest.warns(VarmodelWarning, match=f"differ in '{column}'.*added into one") as caught:
            prepare(records, counts(column, KINDS))
        assert [(w.message.code, w.filename) for w in caught] == [("KEY.DUPLICATE", __file__)]
    prepare(records, varied(counts("site", KINDS)))


def test_a_total_beside_its_parts_is_refused_where_it_would_be_added():
    table = counts("specialty", ["Eyes", "Skin", "Total"])
    with pytest.raises(InputError, match=r"KEY\.AGGREGATE: rows of a total.*not read.*'Total'"):
        prepare(make_model(rows="records"), varied(table))
    assert '[where] specialty = "Total"' in refusal(make_model(), table)
    prepare(make_model(rows="records"), varied(table.replace("Total", "Wales")))
    prepare(make_model(rows="records", not_aggregates=("Total",)), varied(table))
