import pytest

from tests.frame.hand_made import make_model, make_table
from varmodel.errors import VarmodelWarning
from varmodel.frame import describe, prepare
from varmodel.spec import Exclusion


def test_a_frame_is_described():
    spec = make_model(
        period="quarter",
        case_mix=("age",),
        exclusions=[Exclusion("trust", ["RA6"], "too small")],
    )
    quarters = ["2006Q1", "2006Q2"] * 3
    with pytest.warns(VarmodelWarning, match=r"DESIGN\.PERIODS"):
        frame = prepare(spec, make_table(quarter=quarters, age=[1, 2, 3, 5, 8, 13]))
    said = describe(frame)
    assert said == {
        "rows": "6",
        "cells": "5",
        "patterns": "5",
        "providers": "5",
        "periods": "2 (2006Q1 to 2006Q2)",
        "excluded": "1: RA6 (too small)",
        "no activity": "none",
        "support below 0.5": "none",
        "lacking periods": "5: RA1, RA2, RA3, RA4, RA5",
        "terms": "2: period[2006Q2], age",
        "national rate": "0.0772727",
    }


def test_a_small_frame_is_described():
    said = describe(prepare(make_model(), make_table()))
    assert said["periods"] == "1 (no period column)"
    assert said["excluded"] == said["terms"] == "none"


def test_the_level_of_a_lognormal_is_named_for_what_it_is():
    table = make_table(los=[1, 2, 4, 8, 16, 32], trust=list("AABCDD"))
    said = describe(prepare(make_model("log_measurements"), table))
    assert said["national geometric mean"] == "5.65685"
    assert "national rate" not in said
    assert "national rate" in describe(prepare(make_model("positive_measurements"), table))


def test_who_is_left_out_and_who_lacks_patients_is_told():
    table = make_table(trust=list("ABCDEF")).merge(
        make_table(sex=["F", "M"] * 3)["sex"], how="cross"
    )
    table = table[(table["trust"] != "A") | (table["sex"] == "F")].drop_duplicates(["trust", "sex"])
    table.loc[table["trust"] == "B", ["deaths", "cases"]] = 0
    table.loc[(table["sex"] == "F") & (table["cases"] > 0), "cases"] = 9
    with pytest.warns(VarmodelWarning):
        said = describe(prepare(make_model(case_mix=("sex",)), table))
    assert said["no activity"] == "1: B"
    assert said["support below 0.5"] == "1: A"
    assert "lacking periods" not in said
