import time

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from tests.frame.hand_made import make_model
from varmodel.errors import SpecError
from varmodel.families import EFFECTS, FORMS
from varmodel.frame import prepare, simulate
from varmodel.spec import Exclusion, Factor, Interaction, Spline

TRUTH = {"intercept": -1.0, "provider_sd": 0.3}


def full(form):
    return make_model(
        form, period="quarter", provider_name="name", case_mix=("age",), demography=(Factor("imd"),)
    )


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_a_table_that_prepare_takes(form):
    truth = {"intercept": 0.1, "coefficients": {"age": 0.2}}
    made = simulate(full(form), providers=20, periods=3, truth=truth, random_seed=1)
    frame = prepare(full(form), made.table)
    assert frame["provider"].values.tolist() == made.truth["provider"].values.tolist()
    assert frame["term"].values.tolist() == made.truth["term"].values.tolist()
    assert frame["period"].values.tolist() == ["2006Q1", "2006Q2", "2006Q3"]
    assert list(made.table.columns)[:3] == ["trust", "name", "quarter"]
    assert float(made.truth["coefficients"].sel(term="age")) == 0.2
    assert ("residual_sd" in made.truth) == bool(FORMS[form].spread)


@pytest.mark.parametrize("form", FORMS)
def test_curves_and_products_have_columns_that_can_be_fitted(form):
    terms = (Spline("age", 6), Factor("sex"), "bmi", Interaction(["age", "sex"]))
    spec = make_model(form, case_mix=terms, demography=(Interaction(["sex", "bmi"]),))
    truth = {"intercept": 0.1, "coefficients": {"age[spline 2]": 0.2, "age[spline 1]:sex[M]": 0.3}}
    truth["coefficients"]["sex[M]"] = 0.4
    made = simulate(spec, providers=40, truth=truth, random_seed=2)
    assert list(made.table.columns)[:4] == ["trust", "age", "sex", "bmi"]
    frame = prepare(spec, made.table)
    assert frame["term"].values.tolist() == made.truth["term"].values.tolist()
    assert "age[spline 6]:sex[M]" in frame["term"]
    assert float(made.truth["coefficients"].sel(term="age[spline 1]:sex[M]")) == 0.3


@pytest.mark.parametrize("form", FORMS)
def test_one_seed_gives_one_table(form):
    one, other = (simulate(full(form), providers=9, random_seed=4) for _ in range(2))
    pd.testing.assert_frame_equal(one.table, other.table)
    xr.testing.assert_identical(one.truth, other.truth)
    another = simulate(full(form), providers=9, random_seed=5)
    assert not one.table.equals(another.table)


@pytest.mark.parametrize(
    ("form", "inverse"),
    [
        ("share", lambda x: 1 / (1 + np.exp(-x))),
        ("exposure", np.exp),
        ("measurements", lambda x: x),
        ("log_measurements", lambda x: np.exp(x + 0.18)),
        ("positive_measurements", np.exp),
    ],
)
def test_figures_follow_the_truth(form, inverse):
    truth = {**TRUTH, "provider_sd": 0.0, "coefficients": [0.0] * 4}
    spec = make_model(form, case_mix=("age", Factor("imd")))
    truth["coefficients"] = np.zeros(3)
    truth |= {"residual_sd": 0.6} if spec.form.positive else {}
    made = simulate(spec, providers=60, mean_denominator=2000, truth=truth, random_seed=3)
    rate = float(made.truth["rate"][0])
    np.testing.assert_allclose(rate, inverse(-1.0))
    frame = prepare(spec, made.table)
    crude = np.average(frame["observed"], weights=frame["activity"])
    np.testing.assert_allclose(crude, rate, rtol=0.02)
    middle = np.exp(-1.0) if form == "log_measurements" else rate
    np.testing.assert_allclose(frame.attrs["pooled_mean"], middle, rtol=0.02)
    if spec.form.positive:
        np.testing.assert_allclose(frame.attrs["pooled_sd"], 0.6, rtol=0.02)


def test_coefficients_move_the_response():
    spec = make_model(case_mix=("age",))
    truth = {**TRUTH, "provider_sd": 0.0, "coefficients": [1.0]}
    made = simulate(spec, providers=60, mean_denominator=4000, truth=truth, random_seed=3)
    frame = prepare(spec, made.table)
    age = made.table.groupby("age")[["deaths", "cases"]].sum()
    odds = age["deaths"] / (age["cases"] - age["deaths"])
    slope = np.polyfit(age.index, np.log(odds), 1)[0] * float(frame["term_sd"][0])
    np.testing.assert_allclose(slope, 1.0, atol=0.03)


def test_the_true_rate_is_standardised_to_all():
    spec = make_model(case_mix=("age",))
    made = simulate(spec, providers=8, truth={**TRUTH, "coefficients": [0.7]}, random_seed=3)
    frame = prepare(spec, made.table)
    eta = -1 + 0.7 * frame["design"].values[:, 0] + made.truth["provider_effect"].values[:, None]
    rate = (1 / (1 + np.exp(-eta))) @ frame["pattern_weight"].values
    np.testing.assert_allclose(made.truth["rate"].values, rate)


def test_sizes_are_lognormal_and_case_mix_differs():
    spec = make_model(case_mix=(Factor("sex"),))
    table = simulate(spec, providers=2000, random_seed=2).table
    cases = table.groupby("trust")["cases"].sum()
    assert abs(np.log(cases).std() - 0.9) < 0.05
    assert abs(cases.mean() - 200) < 20
    assert (table["cases"] > 0).all()
    share = table[table["sex"] == "a"].groupby("trust")["cases"].sum() / cases
    assert share.std() > 0.1


def test_standard_errors_fall_with_size():
    spec = make_model("published")
    table = simulate(spec, providers=500, random_seed=2).table
    assert abs(np.log(table["se"]).std() - 0.45) < 0.05
    assert len(table) == 500


@pytest.mark.parametrize("style", ["quarter", "financial_quarter", "month", "date"])
def test_periods_are_written_in_the_style_asked(style):
    spec = make_model(period="quarter", period_style=style)
    made = simulate(spec, providers=5, periods=5, random_seed=2)
    frame = prepare(spec, made.table)
    assert frame["period"].values.tolist() == ["2006Q1", "2006Q2", "2006Q3", "2006Q4", "2007Q1"]


def test_names_of_terms_choose_the_levels():
    spec = make_model(case_mix=(Factor("sex"), "band", "age"))
    names = ["sex[M]", "sex[U]", "band[20-39]", "age"]
    truth = xr.Dataset({"coefficients": ("term", [1.0, 2, 3, 4])}, coords={"term": names})
    made = simulate(spec, providers=30, truth=truth, random_seed=2)
    assert made.truth["term"].values.tolist() == names
    assert made.truth["coefficients"].values.tolist() == [1, 2, 3, 4]


def test_a_truth_goes_round():
    spec = full("measurements")
    first = simulate(spec, providers=6, periods=2, random_seed=8)
    again = simulate(spec, providers=6, periods=2, truth=first.truth, random_seed=8)
    xr.testing.assert_identical(first.truth, again.truth)
    pd.testing.assert_frame_equal(first.table, again.table)


LAWS = {
    "student_t": {"effect_nu": 4.0},
    "mixture": {"effect_weight": 0.1, "effect_distance": 4.0},
    "flexible": {"effect_shape": [0.3, -0.2, 0.2]},
}


@pytest.mark.parametrize("effect", LAWS)
def test_effects_follow_the_law_of_the_model(effect):
    truth = {**TRUTH, **LAWS[effect]}
    made = simulate(
        make_model(effect=effect), providers=3000, mean_denominator=2, truth=truth, random_seed=5
    )
    distribution, drawn = EFFECTS[effect], np.sort(made.truth["provider_effect"].values)
    shape = np.concatenate(
        [np.atleast_1d(made.truth[name].values) for name in distribution.parameters]
    )
    b = np.linspace(-40, 40, 200_001) * 0.3
    below = np.cumsum(np.exp(distribution.log_density(b, 0.3, shape))) * (b[1] - b[0])
    gap = np.interp(drawn, b, below) - (np.arange(3000) + 0.5) / 3000
    assert np.abs(gap).max() < 1.95 / np.sqrt(3000)
    for name, value in LAWS[effect].items():
        np.testing.assert_array_equal(made.truth[name], value)


@pytest.mark.parametrize("effect", LAWS)
def test_the_shape_of_the_effects_is_drawn_from_its_prior(effect):
    spec = make_model(effect=effect)
    one, other = (simulate(spec, providers=5, random_seed=seed).truth for seed in (1, 2))
    assert all((one[name] != other[name]).all() for name in EFFECTS[effect].parameters)
    again = simulate(spec, providers=5, truth=one, random_seed=1).truth
    xr.testing.assert_identical(one, again)


@pytest.mark.parametrize(
    ("effect", "wrong"),
    [
        ("normal", {"effect_nu": 4.0}),
        ("student_t", {"effect_nu": 2.0}),
        ("student_t", {"effect_nu": -3.0}),
        ("student_t", {"effect_shape": [0.0] * 3}),
        ("mixture", {"effect_weight": 1.1}),
        ("mixture", {"effect_distance": -1.0}),
        ("flexible", {"effect_shape": [0.0] * 9}),
    ],
)
def test_parameters_that_make_no_law_are_refused(effect, wrong):
    with pytest.raises(SpecError, match=r"CONFIG\.VALUE"):
        simulate(make_model(effect=effect), truth=wrong, random_seed=1)


def test_an_exclusion_column_excludes_nobody():
    spec = make_model(exclusions=[Exclusion("type", ["ordinary", "cancer"], "why")])
    made = simulate(spec, providers=6, random_seed=1)
    assert set(made.table["type"]) == {"#"}
    assert prepare(spec, made.table).sizes["provider"] == 6


def test_single_rows_of_cells_are_single():
    spec = make_model("trial", case_mix=("age",), rows="cells")
    made = simulate(spec, providers=40, random_seed=1)
    assert not made.table.duplicated(["trust", "age"]).any()
    prepare(spec, made.table)


@pytest.mark.parametrize(
    "wrong",
    [
        {"random_seed": -1},
        {"random_seed": True},
        {"random_seed": 1.0},
        {"providers": 3},
        {"periods": 2},
        {"mean_denominator": 0},
        {"mean_denominator": np.inf},
        {"truth": {"tau": 1.0}},
        {"truth": {"provider_sd": -1.0}},
        {"truth": {"residual_sd": 1.0}},
        {"truth": {"intercept": "a"}},
        {"truth": {"intercept": [1.0, 2.0]}},
        {"truth": {"provider_effect": [1.0]}},
        {"truth": {"coefficients": {"age": 1.0}}},
    ],
)
def test_wrong_arguments_are_refused(wrong):
    with pytest.raises(SpecError, match=r"CONFIG\.VALUE"):
        simulate(make_model(), **{"random_seed": 1, **wrong})


def test_a_seed_is_required():
    with pytest.raises(TypeError):
        simulate(make_model())


def test_five_years_of_all_trusts_are_quick():
    spec = make_model(period="quarter", case_mix=(Factor("a"), Factor("b")))
    start = time.perf_counter()
    made = simulate(spec, periods=20, random_seed=1)
    assert time.perf_counter() - start < 5
    assert len(made.table) > 10_000


def test_a_simulation_says_what_it_is():
    made = simulate(full("measurements"), truth=TRUTH, random_seed=1, providers=12, periods=2)
    lines = repr(made).splitlines()
    assert lines[0] == "Simulation"
    facts = {line.split()[0]: line.split(maxsplit=1)[1] for line in lines[1:]}
    assert facts["table"].startswith(f"{len(made.table):,} rows: trust, ")
    assert facts["providers"] == "12"
    assert facts["intercept"] == "-1"
    assert "residual_sd" in facts
    assert made._repr_html_().startswith("<table>")
