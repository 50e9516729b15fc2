import json
import tempfile

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import xarray as xr
from scipy import special

from tests.frame.hand_made import HOSTILE, make_model, make_table
from varmodel.errors import DesignError, InputError, SpecError, VarmodelWarning
from varmodel.frame import prepare
from varmodel.spec import Exclusion, Factor

QUARTERS = make_model(period="quarter")
AGE = make_model(case_mix=("age",))
RECORDS = make_model(period="quarter", rows="records")
NORMAL = make_model("measurements")
SITES = make_model(case_mix=("beds", "doctors", "distance"))
LOGNORMAL, GAMMA = make_model("log_measurements"), make_model("positive_measurements")

#: file, model, code, lines, count, words of the fix
REFUSED = [
    ("key_duplicate", QUARTERS, "KEY.DUPLICATE", (3, 6, 7, 8), 4, 'rows = "records"'),
    ("key_duplicate_months", QUARTERS, "KEY.DUPLICATE", (2, 6), 2, 'rows = "records"'),
    ("key_identifier_case", QUARTERS, "KEY.IDENTIFIER", (2, 6), 2, "visibly different"),
    ("key_identifier_cyrillic", QUARTERS, "KEY.IDENTIFIER", (2, 6), 2, "visibly different"),
    ("key_name", QUARTERS, "KEY.NAME", (6,), 1, "remove it"),
    ("key_aggregate", QUARTERS, "KEY.AGGREGATE", (6,), 1, "remove the row"),
    (
        "key_aggregate_level",
        AGE,
        "KEY.AGGREGATE",
        (4, 7, 10, 13),
        4,
        'not_aggregates = ["All ages"]',
    ),
    ("period_format_mixed", QUARTERS, "PERIOD.FORMAT", (6, 7), 2, "all periods alike"),
    ("period_format_years", QUARTERS, "PERIOD.FORMAT", (6,), 1, "all periods alike"),
    ("period_ambiguous", QUARTERS, "PERIOD.AMBIGUOUS", (2, 3, 4, 5), 4, "period_style"),
    ("band_format_eaten", AGE, "BAND.FORMAT", (3, 7, 11, 15), 4, "such as 5-17"),
    ("band_format_overlap", AGE, "BAND.FORMAT", (2, 3, 6, 7, 10), 8, "each case is in one"),
    ("count_negative", QUARTERS, "COUNT.NEGATIVE", (6,), 1, "correct the figure"),
    ("count_exceeds", QUARTERS, "COUNT.EXCEEDS", (6, 7), 2, "same cases"),
    ("count_exceeds_trial", make_model("trial"), "COUNT.EXCEEDS", (5,), 1, "denominator"),
    ("count_zero_denominator", QUARTERS, "COUNT.ZERO_DENOMINATOR", (6,), 1, "move the events"),
    ("count_nothing", QUARTERS, "COUNT.ZERO_DENOMINATOR", (2, 3, 4, 5), 4, "column"),
    ("value_covariate_missing", AGE, "VALUE.MISSING", (6,), 1, "fill it in"),
    ("value_covariate_suppressed", AGE, "VALUE.SUPPRESSED", (6, 7), 2, "never read as 0"),
    ("value_covariate_infinite", AGE, "VALUE.NONFINITE", (6,), 1, "finite"),
    ("value_covariate_range", AGE, "VALUE.RANGE", (6,), 1, "unit"),
    ("value_not_positive", LOGNORMAL, "VALUE.RANGE", (3, 5, 6, 9), 4, "say why it was 0"),
    ("value_not_positive", GAMMA, "VALUE.RANGE", (3, 5, 6, 9), 4, "choose family normal"),
    ("value_number_term", AGE, "VALUE.NUMBER", (102,), 1, '{ column = "age", factor = true }'),
    ("value_error_zero", make_model("published"), "VALUE.RANGE", (4,), 1, "standard error"),
    ("value_total", QUARTERS, "VALUE.RANGE", (6,), 1, "correct the figure"),
    ("config_exclusion_varies", make_model(), "CONFIG.VALUE", (6, 7), 2, "one value"),
    ("formula_limit", AGE, "FORMULA.LIMIT", (), 101, "correct the texts"),
    ("design_too_few", QUARTERS, "DESIGN.TOO_FEW", (), 1, "exclusions"),
    ("design_constant", AGE, "DESIGN.CONSTANT", (), 1, "leave the term out"),
    ("design_constant_response", NORMAL, "DESIGN.CONSTANT", (), 1, "check the column"),
    ("design_constant_events", QUARTERS, "DESIGN.CONSTANT", (), 1, "check the column"),
    ("design_identification", NORMAL, "DESIGN.IDENTIFICATION", (), 1, "standard_error"),
    ("design_saturated", SITES, "DESIGN.SATURATED", (), 1, "same for all patients of a provider"),
]
KINDS = {"CONFIG": SpecError, "FORMULA": SpecError, "DESIGN": DesignError}


@pytest.fixture(autouse=True)
def nothing_left(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("temp")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.chdir(folder)
    yield
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case[0])
def test_hostile_tables_are_refused(case):
    name, spec, code, lines, count, fix = case
    if code == "CONFIG.VALUE":
        rule = Exclusion("type", ["specialist"], "other patients")
        spec = spec.replace(exclusions=[rule], rows="records")
    path = HOSTILE / f"{name}.csv"
    with pytest.raises(KINDS.get(code.partition(".")[0], InputError)) as caught:
        prepare(spec, path)
    error = caught.value
    assert (error.code, error.where.lines, error.count) == (code, lines, count)
    assert fix in error.fix
    assert len(str(error)) <= 2_000


def test_a_collinear_term_is_named_with_its_partners():
    spec = make_model(case_mix=("age", "age_in_months", "sex"))
    with pytest.raises(DesignError) as caught:
        prepare(spec, HOSTILE / "design_collinear.csv")
    assert caught.value.code == "DESIGN.COLLINEAR"
    assert len(caught.value.problems) == 1
    assert {"age", "age_in_months"} <= set(str(caught.value).replace(",", "").split())


def test_all_problems_of_a_stage_come_at_once():
    with pytest.raises(InputError) as caught:
        prepare(QUARTERS, HOSTILE / "count_negative.csv")
    assert [problem.where.column for problem in caught.value.problems] == ["deaths", "cases"]


@pytest.mark.filterwarnings("ignore:DESIGN.PERIODS")
def test_the_same_key_is_added_in_records():
    frame = prepare(RECORDS, HOSTILE / "key_duplicate.csv")
    assert frame["events"].values.tolist() == [3, 8, 10, 2, 7]
    assert frame["trials"].values.tolist() == [40, 85, 100, 30, 80]


def test_counts_in_halves_are_read_and_added_where_the_model_says_so():
    halves = [2.5, 5, 2, 7.5, 0.5, 4]
    table = pd.concat([make_table(deaths=halves), make_table(deaths=halves)])
    spec = make_model(rows="records", half_counts=True)
    as_text = prepare(spec, table.assign(deaths=table["deaths"].astype(str)))
    xr.testing.assert_identical(prepare(spec, table), as_text)
    assert as_text["events"].values.tolist() == [5, 10, 4, 15, 1, 8]
    with pytest.raises(InputError, match=r"VALUE\.NONINTEGER.*half_counts = true"):
        prepare(make_model(rows="records"), table)
    with pytest.raises(InputError, match=r"VALUE\.NONINTEGER.*multiple of \.5.*'2\.25'"):
        prepare(spec, make_table(deaths=["2.25", *halves[1:]]))


def test_a_style_settles_what_is_ambiguous():
    frame = prepare(QUARTERS.replace(period_style="month"), HOSTILE / "period_ambiguous.csv")
    assert frame["period"].values.tolist() == ["2005Q2"]


def test_rows_of_nothing_are_counted_and_their_providers_named():
    with pytest.warns(VarmodelWarning) as caught:
        frame = prepare(QUARTERS, HOSTILE / "count_zero_of_zero.csv")
    rows, quarter, providers, stopped = caught
    assert rows.message.code == "COUNT.ZERO_DENOMINATOR"
    assert rows.message.problem.count == 3
    assert quarter.message.code == providers.message.code == "DESIGN.NO_INFORMATION"
    assert "period[2006Q2]" in str(quarter.message)
    assert "RA5, RA6" in str(providers.message)
    assert stopped.message.code == "DESIGN.PERIODS"
    assert {warning.filename for warning in caught} == {__file__}
    assert frame["provider"].values.tolist() == ["RA1", "RA2", "RA3", "RA4"]
    assert [row["provider"] for row in json.loads(frame.attrs["excluded"])] == ["RA5", "RA6"]
    assert frame["pattern_weight"].values.sum() == 1


#: file, model, code, place, count, first value, words of the message
WARNED = [
    ("key_missing_mark", AGE, "KEY.MISSING_MARK", "age", 2, "NA", "first at line 4, column 'age'"),
    ("period_gap", QUARTERS, "PERIOD.GAP", "quarter", 3, "2006Q3", "2006Q3, 2007Q1, 2007Q2"),
    ("design_separation", AGE, "DESIGN.SEPARATION", "age", 1, "b", "nobody or everybody"),
    ("design_separation_number", AGE, "DESIGN.SEPARATION", "age", 1, None, "above or below 80"),
    ("design_rounded", QUARTERS, "DESIGN.ROUNDED", "deaths", 1, None, "multiple of 5"),
    ("design_identical", QUARTERS, "DESIGN.IDENTICAL", "trust", 2, "RA3", "RA3, RA7"),
]


@pytest.mark.parametrize("case", WARNED, ids=lambda case: case[0])
def test_what_looks_wrong_is_a_warning(case):
    name, spec, code, place, count, value, words = case
    with pytest.warns(VarmodelWarning, match=words) as caught:
        prepare(spec, HOSTILE / f"{name}.csv")
    (warning,) = caught
    problem = warning.message.problem
    assert (warning.message.code, problem.where.column, problem.count) == (code, place, count)
    assert value is None or problem.value == value
    assert problem.fix
    assert warning.filename == __file__


@pytest.mark.parametrize(
    ("name", "spec", "place"),
    [("design_no_information", QUARTERS, "trust"), ("design_no_information_term", AGE, "age[b]")],
)
def test_what_carries_no_information_is_named(name, spec, place):
    with pytest.warns(VarmodelWarning) as caught:
        prepare(spec, HOSTILE / f"{name}.csv")
    found = {warning.message.code: warning.message.problem for warning in caught}
    assert list(found) == ["COUNT.ZERO_DENOMINATOR", "DESIGN.NO_INFORMATION"]
    assert found["DESIGN.NO_INFORMATION"].where.column == place


def test_an_alias_is_a_warning():
    spec = make_model(provider_name="trust_name")
    with pytest.warns(VarmodelWarning, match="Eastgate") as caught:
        frame = prepare(spec, HOSTILE / "key_alias.csv")
    assert [w.message.code for w in caught] == ["KEY.ALIAS"]
    assert caught[0].filename == __file__
    assert frame["provider_name"].values.tolist() == [
        "Northgate",
        "Eastgate",
        "Westgate",
        "Eastgate",
    ]


def test_two_names_for_one_code_are_a_warning():
    table = make_table(trust=["RA1", "RA1", "RA3", "RA4", "RA5", "RA6"], name=list("BACDEF"))
    with pytest.warns(VarmodelWarning, match="two names for one code: RA1"):
        frame = prepare(make_model(provider_name="name", rows="records"), table)
    assert frame["provider_name"].values.tolist() == ["A", "C", "D", "E", "F"]


def test_an_aggregate_is_found_by_its_name():
    table = make_table(name=["a", "b", "c", "d", "e", "ENGLAND"])
    with pytest.raises(InputError) as caught:
        prepare(make_model(provider_name="name"), table)
    assert caught.value.code == "KEY.AGGREGATE"
    assert caught.value.where.rows == (5,)


@pytest.mark.parametrize("label", [1.0, True, None, np.nan, ""])
def test_a_label_that_is_no_text_is_refused(label):
    labels = ["RA1", "RA2", "RA3", "RA4", "RA5", label]
    with pytest.raises(InputError, match=r"VALUE\.(NUMBER|MISSING)"):
        prepare(make_model(), make_table(trust=labels))


def test_labels_are_texts_as_given():
    labels = ["007", "NA", "NULL", "5E1", "1-2", " x"]
    with pytest.warns(VarmodelWarning) as caught:
        frame = prepare(make_model(), make_table(trust=labels))
    assert frame["provider"].values.tolist() == sorted(labels)
    places = [(w.message.code, w.message.problem.where.rows, w.filename) for w in caught]
    assert places == [("KEY.MISSING_MARK", (1, 2), __file__), ("KEY.MISSING_MARK", (3,), __file__)]
    numbered = prepare(make_model(), make_table(trust=[1, 2, 3, 10, 5, 6]))
    assert numbered["provider"].values.tolist() == ["1", "10", "2", "3", "5", "6"]


@pytest.mark.filterwarnings("ignore:DESIGN.(PERIODS|SUPPORT)")
def test_the_frame_holds_what_it_should():
    spec = make_model(period="quarter", case_mix=("age", "sex"), rows="records")
    table = pd.DataFrame(
        {
            "trust": ["B", "A", "A", "C", "D", "B", "A"],
            "quarter": ["2006-07 Q1", "2006-07 Q1", "2006-07 Q2"] + ["2006-07 Q2"] * 4,
            "age": [30, 10, 20, 10, 30, 20, 20],
            "sex": ["M", "F", "F", "F", "M", "F", "F"],
            "deaths": [1, 2, 3, 4, 5, 6, 7],
            "cases": [10, 20, 30, 40, 50, 60, 70],
        }
    )
    frame = prepare(spec, table)
    assert frame["provider"].values.tolist() == ["A", "B", "C", "D"]
    assert frame["period"].values.tolist() == ["2006Q2", "2006Q3"]
    assert frame["period_label"].values.tolist() == ["2006-07 Q1", "2006-07 Q2"]
    assert frame["term"].values.tolist() == ["period[2006Q3]", "age", "sex[M]"]
    assert frame["provider_index"].values.tolist() == [0, 0, 1, 1, 2, 3]
    assert frame["pattern_index"].values.tolist() == [0, 3, 1, 3, 2, 4]
    assert frame["period_index"].values.tolist() == [0, 1, 0, 1, 1, 1]
    assert frame["events"].values.tolist() == [2, 10, 1, 6, 4, 5]
    assert frame["trials"].values.tolist() == [20, 100, 10, 60, 40, 50]
    assert frame["activity"].values.tolist() == [60, 35, 20, 25]
    np.testing.assert_allclose(frame["observed"].values, [0.1, 0.1, 0.1, 0.1])
    np.testing.assert_allclose(frame["pattern_weight"].values * 280, [20, 10, 40, 160, 50])
    raw = np.array([[0, 10, 0], [0, 30, 1], [1, 10, 0], [1, 20, 0], [1, 30, 1]])
    mean = frame["pattern_weight"].values @ raw
    np.testing.assert_allclose(frame["term_mean"].values, mean)
    sd = np.sqrt(frame["pattern_weight"].values @ (raw[:, 1] - mean[1]) ** 2)
    np.testing.assert_allclose(frame["term_sd"].values, [1, sd, 1])
    np.testing.assert_allclose(frame["design"].values, (raw - mean) / [1, sd, 1])
    assert json.loads(frame.attrs["terms"]) == [
        {"column": "quarter", "kind": "period", "levels": ["2006Q2", "2006Q3"]},
        {"column": "age", "kind": "numeric", "levels": []},
        {"column": "sex", "kind": "factor", "levels": ["F", "M"]},
    ]
    expected = {"form": "share", "family": "binomial", "periods": 2, "excluded": "[]"}
    expected |= {"rows_in": 7, "cells_out": 6, "pooled_mean": 0.1, "pooled_sd": 1.0}
    assert {name: frame.attrs[name] for name in expected} == expected
    assert all(type(value) in {str, int, float} for value in frame.attrs.values())


def test_measurements_become_sufficient_statistics():
    values = [1.0, 2.0, 4.0, 8.0, 3.0, 3.0]
    table = pd.DataFrame({"trust": list("AAABCD"), "los": values})
    frame = prepare(NORMAL, table)
    assert frame["measurements"].values.tolist() == [3, 1, 1, 1]
    np.testing.assert_allclose(frame["mean"].values, [7 / 3, 8, 3, 3])
    np.testing.assert_allclose(frame["sum_of_squares"].values, [np.var(values[:3]) * 3, 0, 0, 0])
    np.testing.assert_allclose(frame.attrs["pooled_mean"], np.mean(values))
    np.testing.assert_allclose(frame.attrs["pooled_sd"], np.std(values, ddof=1))
    assert frame["observed"].values.tolist() == frame["mean"].values.tolist()


SPREADS = {
    "log_measurements": lambda x: ((np.log(x) - np.log(x).mean()) ** 2).sum(),
    "positive_measurements": lambda x: len(x) * (np.log(x.mean()) - np.log(x).mean()),
}


@pytest.mark.parametrize("form", SPREADS)
def test_positive_measurements_become_the_statistics_of_their_family(form):
    values = [1.0, 2.0, 4.0, 8.0, 3.0, 3.0]
    spec = make_model(form)
    frame = prepare(spec, pd.DataFrame({"trust": list("AAABCD"), "los": values}))
    first = np.log(values[:3]).mean() if form == "log_measurements" else 7 / 3
    rest = np.log(values[3:]) if form == "log_measurements" else values[3:]
    assert frame["measurements"].values.tolist() == [3, 1, 1, 1]
    np.testing.assert_allclose(frame[spec.form.response].values, [first, *rest])
    spread = SPREADS[form](np.array(values[:3]))
    np.testing.assert_allclose(frame[spec.form.spread].values, [spread, 0, 0, 0], rtol=1e-13)
    np.testing.assert_allclose(frame["observed"].values, [7 / 3, 8, 3, 3])
    assert frame["activity"].values.tolist() == [3, 1, 1, 1]


def test_pooled_figures_are_those_of_the_family():
    values = np.array([1.0, 2.0, 4.0, 8.0, 3.0, 3.0])
    table = pd.DataFrame({"trust": list("AAABCD"), "los": values})
    lognormal = prepare(LOGNORMAL, table).attrs
    assert lognormal["pooled_mean"] == pytest.approx(np.exp(np.log(values).mean()))
    assert lognormal["pooled_sd"] == pytest.approx(np.log(values).std(ddof=1))
    gamma = prepare(GAMMA, table).attrs
    kappa = gamma["pooled_sd"] ** -2
    half = SPREADS["positive_measurements"](values) / 5
    assert gamma["pooled_mean"] == pytest.approx(values.mean())
    assert np.log(kappa) - special.digamma(kappa) == pytest.approx(half)


@pytest.mark.parametrize("form", SPREADS)
def test_the_spread_of_nearly_equal_and_of_very_unequal_measurements(form):
    near, far = 1e6 * np.array([1, 1 + 1e-6, 1 - 2e-6]), np.array([1e-60, 1e-3, 1e40])
    table = pd.DataFrame({"trust": list("AAABBBCD"), "los": [*near, *far, 1, 2]})
    spec = make_model(form)
    found = prepare(spec, table)[spec.form.spread].values
    beyond = (near - near.mean()) / near.mean()
    squares = (beyond**2).sum() / (1 if form == "log_measurements" else 2)
    np.testing.assert_allclose(found[0], squares, rtol=1e-5)
    np.testing.assert_allclose(found[1], SPREADS[form](far))


@pytest.mark.parametrize("form", SPREADS)
def test_a_row_written_twice_counts_twice(form):
    table = pd.DataFrame({"trust": list("AABBCCDD"), "los": [1.0, 3, 2, 2.5, 7, 8, 4, 4]})
    spec = make_model(form)
    once, twice = prepare(spec, table), prepare(spec, pd.concat([table, table]))
    assert (twice["measurements"] == 2 * once["measurements"]).all()
    np.testing.assert_allclose(twice[spec.form.response], once[spec.form.response], rtol=1e-14)
    np.testing.assert_allclose(twice[spec.form.spread], 2 * once[spec.form.spread], atol=1e-15)


def test_only_families_above_0_refuse_a_0():
    table = pd.read_csv(HOSTILE / "value_not_positive.csv")
    assert prepare(NORMAL, table)["measurements"].sum() == 9


def test_published_values_are_kept_and_have_no_activity():
    table = pd.DataFrame(
        {"trust": list("ABCD"), "rate": [1.0, 2, 3, 4], "se": [0.1, 0.2, 0.3, 0.4]}
    )
    frame = prepare(make_model("published"), table)
    assert frame["value"].values.tolist() == [1, 2, 3, 4]
    assert frame["standard_error"].values.tolist() == [0.1, 0.2, 0.3, 0.4]
    assert "activity" not in frame
    assert frame["observed"].values.tolist() == [1, 2, 3, 4]
    assert frame["pattern_weight"].values.tolist() == [1]
    with pytest.raises(InputError, match=r"KEY\.DUPLICATE") as caught:
        prepare(make_model("published"), pd.concat([table, table[:1]], ignore_index=True))
    assert "records" not in caught.value.fix


def test_excluded_providers_are_listed_and_left_out():
    kinds = ["acute", "acute", "cancer", "acute", "acute", "eye"]
    spec = make_model(
        exclusions=[
            Exclusion("type", ["cancer", "eye"], "other patients"),
            Exclusion("trust", ["RA6"], "no denominator"),
        ]
    )
    frame = prepare(spec, make_table(type=kinds))
    assert frame["provider"].values.tolist() == ["RA1", "RA2", "RA4", "RA5"]
    assert json.loads(frame.attrs["excluded"]) == [
        {"provider": "RA3", "observed": 2 / 30, "reason": "other patients"},
        {"provider": "RA6", "observed": 4 / 60, "reason": "other patients; no denominator"},
    ]
    assert frame.attrs["pooled_mean"] == 15 / 190
    assert frame.attrs["rows_in"] == 6


def test_an_excluded_level_is_no_level_of_the_design():
    spec = make_model(case_mix=("sex",), exclusions=[Exclusion("trust", ["RA6"], "why")])
    frame = prepare(spec, make_table(sex=["F", "M", "F", "M", "F", "X"]))
    assert frame["term"].values.tolist() == ["sex[M]"]


def test_too_few_are_left_by_exclusions():
    spec = make_model(exclusions=[Exclusion("trust", ["RA4", "RA5", "RA6"], "why")])
    with pytest.raises(DesignError, match=r"DESIGN\.TOO_FEW: 3 ranked"):
        prepare(spec, make_table())


def test_a_misspelt_exclusion_is_a_warning():
    spec = make_model(exclusions=[Exclusion("trust", ["RA6", "ra 5", "Christie"], "why")])
    with pytest.warns(VarmodelWarning, match="no row has 'ra 5'.*did you mean 'RA5'") as caught:
        prepare(spec, make_table())
    assert (caught[0].message.code, caught[0].filename) == ("CONFIG.VALUE", __file__)


@pytest.mark.parametrize(
    ("ages", "kind"),
    [
        ([1, 2, 3, 4, 5, 6], "numeric"),
        (["1", "2.5", "-3", "4e1", "5", "6"], "numeric"),
        (["0-4", "5-9", "10-14", "0-4", "5-9", "10-14"], "factor"),
        (["1", "2", "three", "1", "2", "three"], "factor"),
    ],
)
def test_a_bare_column_is_numeric_where_every_text_is(ages, kind):
    frame = prepare(AGE, make_table(age=ages))
    assert json.loads(frame.attrs["terms"])[0]["kind"] == kind


def test_a_column_of_categories_is_a_factor_in_every_engine(tmp_path_factory):
    ages, folder = ["1", "2", "10"] * 2, tmp_path_factory.mktemp("parquet")
    table = make_table(age=pd.Categorical(ages))
    lazy = pl.from_pandas(table).lazy()
    connection = duckdb.connect()
    connection.execute("CREATE TYPE ages AS ENUM ('1', '2', '10')")
    plain = connection.from_df(make_table(age=ages))
    table.to_parquet(folder / "pandas.parquet")
    lazy.collect().write_parquet(folder / "polars.parquet")
    tables = {
        "pandas": table,
        "polars": lazy,
        "enum": lazy.with_columns(pl.col("age").cast(pl.Enum(["1", "2", "10"]))),
        "arrow": pa.Table.from_pandas(table),
        "duckdb": plain.project("* REPLACE (age::ages AS age)"),
        "pandas.parquet": folder / "pandas.parquet",
        "polars.parquet": folder / "polars.parquet",
        "integers": make_table(age=pd.Categorical([1, 2, 10] * 2)),
    }
    frames = {name: prepare(AGE, each) for name, each in tables.items()}
    assert {frame.attrs["source_hash"] for frame in frames.values()} == {
        prepare(make_model(case_mix=(Factor("age"),)), make_table(age=ages)).attrs["source_hash"]
    }
    assert {tuple(f["term"].values) for f in frames.values()} == {("age[10]", "age[2]")}
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert prepare(AGE, plain)["term"].values.tolist() == ["age"]


def test_a_declared_factor_keeps_its_texts():
    frame = prepare(make_model(case_mix=(Factor("imd"),)), make_table(imd=[1, 2, 10, 1, 2, 10]))
    assert frame["term"].values.tolist() == ["imd[10]", "imd[2]"]


@pytest.mark.filterwarnings("ignore:DESIGN.PERIODS")
def test_dates_and_names_of_months_fall_in_quarters():
    dates = pd.to_datetime(["2006-01-01", "2006-02-01", "2006-04-03"] + ["2006-06-30"] * 3)
    frame = prepare(make_model(period="day"), make_table(day=dates))
    assert frame["period"].values.tolist() == ["2006Q1", "2006Q2"]
    assert frame["period_label"].values.tolist() == ["2006-01-01", "2006-04-03"]


def test_two_terms_of_one_name_are_refused():
    spec = make_model(period="quarter", case_mix=("period",), rows="records")
    quarters = ["2006Q1", "2006Q2"] * 3
    table = make_table(quarter=quarters, period=["2006Q1", "2006Q2", "x"] * 2)
    with pytest.raises(SpecError, match=r"CONFIG\.VALUE: two terms are called period\[2006Q2\]"):
        prepare(spec, table)


def test_many_distinct_patterns_are_no_burden():
    rng = np.random.default_rng(1)
    size = 50_000
    table = pd.DataFrame(
        {
            "trust": rng.integers(1, 200, size),
            "age": rng.normal(size=size),
            "died": rng.integers(0, 2, size),
        }
    )
    frame = prepare(make_model("trial", case_mix=("age",)), table)
    assert frame.sizes["pattern"] == frame.sizes["cell"] == size
    np.testing.assert_allclose(frame["design"].values.std(), 1)


def test_a_frame_is_written_to_disk_as_it_is(tmp_path_factory):
    frame = prepare(make_model(), make_table())
    path = tmp_path_factory.mktemp("disk") / "frame.nc"
    frame.to_netcdf(path, engine="h5netcdf")
    xr.testing.assert_identical(xr.load_dataset(path, engine="h5netcdf"), frame)


@pytest.mark.parametrize("dtype", ["bool", "boolean", "bool[pyarrow]"])
def test_truth_values_are_read_as_0_and_1_and_a_term_of_them_is_a_factor(dtype):
    died = pd.Series([True, False, False, True, True, False, True, False] * 3)
    made = {
        "trust": np.repeat(["RA1", "RA2", "RA3", "RA4"], 6),
        "urgent": [k % 5 < 2 for k in range(24)],
    }
    table = pd.DataFrame({**made, "died": died})
    spec = make_model("trial", case_mix=("urgent",))
    frame = prepare(spec, table.astype({"died": dtype, "urgent": dtype}))
    assert frame["term"].to_numpy().tolist() == ["urgent[True]"]
    assert frame["events"].sum() == died.sum()
    words = table.assign(died=died.map({True: "yes", False: "no"}))
    with pytest.raises(InputError, match=r"VALUE\.NUMBER.*1 and 0") as caught:
        prepare(spec, words)
    assert "map" in caught.value.fix


def test_of_two_spellings_the_odd_one_is_pointed_at():
    table = make_table(trust=["RA1", "RA1", "ra1", "RA2", "RA3", "RA4"])
    with pytest.raises(InputError, match=r"'RA1' in 2 rows and 'ra1' in 1 row") as caught:
        prepare(make_model(rows="records"), table)
    assert (caught.value.code, caught.value.where.rows) == ("KEY.IDENTIFIER", (2,))


@pytest.mark.parametrize("sign", ["\x1b", "\u202e", "\ufffe"])
def test_no_sign_that_a_page_obeys_is_a_label(sign):
    table = make_table(trust=[f"RA{k}" for k in range(5)] + [f"RA{sign}"])
    for spec, named in (
        (make_model(), table),
        (make_model(provider_name="name"), make_table(name=table["trust"])),
    ):
        with pytest.raises(InputError) as caught:
            prepare(spec, named)
        assert (caught.value.code, caught.value.where.rows) == ("KEY.NAME", (5,))
        assert sign not in str(caught.value)
