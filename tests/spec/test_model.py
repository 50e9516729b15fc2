"""The frozen model: equality, digests, replace, copies, refusals."""

import copy
import pickle
from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest

from varmodel.errors import SpecError
from varmodel.families import EFFECTS, FAMILIES, FORMS, Prior
from varmodel.spec import Benchmark, Exclusion, Factor, ModelSpec, Nil, Review, UnitCost
from varmodel.spec.model import PUBLISHED_FIELDS

OTHERWISE = {
    "name": "other",
    "title": "other",
    "status": "archived",
    "group": "community",
    "provider": "hospital",
    "provider_name": "hospital_name",
    "period": "year",
    "period_style": "quarter",
    "rows": "cells",
    "numerator": "deaths",
    "denominator": "operations",
    "better": "neither",
    "annualise": 1,
    "half_counts": True,
    "unit": "per 1,000",
    "not_aggregates": ("UK",),
    "where": {"measure": "other"},
    "successors": {"RA1": "RA2"},
    "why_it_matters": "other",
    "caveats": (),
    "exclusions": (),
    "case_mix": (),
    "demography": ("imd",),
    "transient": "iid",
    "effect_predictors": ("beds",),
    "within_between": ("age",),
    "classes": "kind",
    "levels": ("area",),
    "priors": {},
    "benchmark": None,
    "peers": {"columns": ["beds"], "count": 5},
    "unit_cost": 250,
    "nil": Nil(),
    "review": Review(),
}


def problems(function, *args, **arguments):
    with pytest.raises(SpecError) as caught:
        function(*args, **arguments)
    return caught.value.problems


def codes(function, *args, **arguments):
    return [problem.code for problem in problems(function, *args, **arguments)]


# What a model is


def test_fields_are_those_of_the_contract():
    assert " ".join(item.name for item in fields(ModelSpec)) == (
        "schema name title status group provider provider_name period period_style rows numerator "
        "denominator expected exposure value standard_error value_range half_counts unit better "
        "annualise why_it_matters caveats not_aggregates where successors exclusions family "
        "case_mix demography effect transient transient_share effect_predictors within_between "
        "classes levels levels_adjusted dispersion_unit priors benchmark "
        "peers unit_cost nil review"
    )


def test_what_is_not_stated_has_its_default(spec):
    assert (spec.schema, spec.status, spec.effect, spec.annualise) == (1, "draft", "normal", None)
    assert (spec.case_mix, spec.exclusions, spec.caveats) == ((), (), ())
    assert (spec.benchmark, spec.unit_cost, dict(spec.priors)) == (None, None, {})
    assert (spec.nil, spec.review) == (Nil(1.05, 0.05, 0.95, None, None), Review())


def test_a_file_gives_typed_parts(full):
    assert full.case_mix == ("age", Factor("sex"), "bmi")
    assert full.terms == ("age", Factor("sex"), "bmi", Factor("imd"))
    assert full.exclusions == (
        Exclusion("type", ("specialist", "007"), "different case mix"),
        Exclusion("region", ("Wales",), "not in England"),
    )
    assert full.unit_cost == UnitCost(205, 225, 273, "GBP", 2006, "a page")
    assert full.priors["intercept"] == Prior("normal", mu=0, sigma=10)
    assert (full.benchmark, full.nil) == (Benchmark("quantile", 0.75), Nil(1.1, 0.01, 0.9))
    assert full.review == Review("A", "B", "2027-01", ("key",))
    assert full.response_columns == {"numerator": "events", "denominator": "cases"}
    assert full.family_row is FAMILIES["binomial"]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_named_columns_make_the_form(form):
    family = next(family for family in FAMILIES.values() if form in family.forms)
    spec = ModelSpec(
        name="x",
        provider="p",
        better="lower",
        family=family.name,
        priors={"provider_sd": Prior("half_normal", sigma=1)},
        **{name: f"column of {name}" for name in form.columns},
    )
    assert spec.form is form
    assert spec.rows == form.rows
    assert list(spec.response_columns) == list(form.columns)


def test_the_family_makes_the_form_where_the_columns_are_the_same():
    spec = ModelSpec(name="x", provider="p", better="lower", family="normal", value="days")
    forms = {"normal": "measurements", "lognormal": "log_measurements"}
    forms["gamma"] = "positive_measurements"
    for family, form in forms.items():
        changed = spec.replace(family=family, priors={"residual_sd": Prior("half_normal", sigma=1)})
        assert changed.form.name == form
        assert changed.rows == "records"
        assert ModelSpec.from_toml(changed.to_toml()) == changed
    (problem,) = problems(spec.replace, family="poisson")
    assert (
        "poisson needs numerator + expected or numerator + exposure, not value" in problem.message
    )
    (problem,) = problems(spec.replace, family="gamma", standard_error="se")
    assert "gamma needs value, not value + standard_error" in problem.message
    (problem,) = problems(spec.replace, value=None)
    assert problem.fix.count("value") == 2  # alone, and with its standard_error


# Frozen, hashed, copied


def test_a_model_is_frozen(full):
    with pytest.raises(FrozenInstanceError):
        full.better = "lower"
    with pytest.raises(TypeError):
        full.priors["intercept"] = Prior("normal", sigma=1)


def test_a_model_does_not_share_what_it_was_given(spec):
    given, terms = {"intercept": Prior("normal", sigma=1)}, ["age"]
    made = spec.replace(priors=given, case_mix=terms)
    given.clear()
    terms.append("sex")
    assert list(made.priors) == ["intercept"]
    assert made.case_mix == ("age",)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda s: pickle.loads(dumped(s))])
def test_a_copy_is_equal(full, duplicate):
    again = duplicate(full)
    assert again == full
    assert hash(again) == hash(full)
    assert again.digest == full.digest


def dumped(spec):
    return pickle.dumps(spec)


def test_models_are_keys(spec, full):
    assert {spec: 1, full: 2}[full.replace()] == 2


# Digests


def test_the_digest_is_that_of_the_text(full):
    assert ModelSpec.from_toml(full.to_toml()).digest == full.digest
    assert len(full.digest) == len(full.fit_digest) == 64


def test_how_a_model_was_written_does_not_matter(spec, full):
    assert spec.replace(rows="cells").digest == spec.digest
    reordered = dict(reversed(full.priors.items()))
    assert full.replace(priors=reordered).digest == full.digest
    assert full.replace(annualise=np.int64(4)).digest == full.digest
    assert full.replace(case_mix=["age", {"column": "sex", "factor": True}, "bmi"]) == full


@pytest.mark.parametrize("name", OTHERWISE)
def test_every_field_is_in_the_digest_and_those_that_fix_draws_in_fit_digest(full, name):
    other = full.replace(**{name: OTHERWISE[name]})
    assert other != full
    assert other.digest != full.digest
    assert (other.fit_digest != full.fit_digest) == (name not in PUBLISHED_FIELDS)


def test_no_field_escaped_the_test_above():
    alone = {"schema", "family", "effect", "expected", "exposure", "value", "standard_error"}
    alone |= {"value_range", "dispersion_unit", "transient_share", "levels_adjusted"}
    assert set(OTHERWISE) | alone == {item.name for item in fields(ModelSpec)}
    assert alone & set(PUBLISHED_FIELDS) == {"levels_adjusted"}


@pytest.mark.parametrize("effect", EFFECTS)
def test_the_law_of_the_effects_is_in_both_digests(spec, effect):
    other = spec.replace(effect=effect)
    assert ModelSpec.from_toml(other.to_toml()).effect == effect
    assert (other.digest == spec.digest) == (effect == "normal")
    assert (other.fit_digest == spec.fit_digest) == (effect == "normal")


# The unit of over-dispersed counts


def test_the_unit_is_the_providers_and_the_periods_where_it_is_not_named(spec):
    wide = spec.replace(family="beta_binomial")
    assert spec.unit_columns == ()
    assert wide.unit_columns == (spec.provider,)
    assert wide.replace(period="quarter").unit_columns == (spec.provider, "quarter")
    named = wide.replace(dispersion_unit=[spec.provider, "ward"])
    assert named.unit_columns == (spec.provider, "ward")
    assert ModelSpec.from_toml(named.to_toml()) == named
    assert named.fit_digest != wide.fit_digest
    assert "dispersion_unit" not in wide.to_toml()


def test_what_cannot_be_a_unit_is_refused(spec):
    wide = spec.replace(family="beta_binomial")
    for unit, words in {
        ("ward",): "its column must be named",
        (spec.provider, spec.numerator): "cannot tell units apart",
        (spec.provider, spec.provider): "different columns",
    }.items():
        (problem,) = problems(wide.replace, dispersion_unit=unit)
        assert words in problem.message
    (problem,) = problems(spec.replace, dispersion_unit=[spec.provider])
    assert problem.message == "family binomial has no dispersion"
    (problem,) = problems(wide.replace, half_counts=True)
    assert "whole events" in problem.message
    (problem,) = problems(wide.replace, denominator=None)
    assert "beta_binomial needs numerator + denominator" in problem.message
    assert wide.replace(effect="mixture").effect == "mixture"


# Replace


def test_replace_makes_a_new_model(full):
    other = full.replace(benchmark={"kind": "median"}, unit_cost={"value": 250})
    assert (other.benchmark, other.unit_cost) == (Benchmark("median"), 250.0)
    assert full.benchmark == Benchmark("quantile", 0.75)
    assert full.replace() == full


def test_replace_replaces_whole(full):
    other = full.replace(priors={"coefficients": Prior("normal", sigma=2)}, caveats=["one"])
    assert list(other.priors) == ["coefficients"]
    assert other.caveats == ("one",)


def test_replace_follows_the_response(spec):
    other = spec.replace(denominator=None)
    assert (other.form.name, other.rows) == ("trial", "records")
    assert other.replace(denominator="cases") == spec


def test_replace_names_the_nearest_field(spec):
    (problem,) = problems(spec.replace, benchmrk=Benchmark("median"))
    assert problem.code == "CONFIG.KEY"
    assert "did you mean 'benchmark'" in str(problem)


def test_replace_checks_again(spec):
    assert codes(spec.replace, expected="e") == ["CONFIG.KEY"]
    assert codes(spec.replace, name=None) == ["CONFIG.KEY"]


# Refusals


@pytest.mark.parametrize(
    "name",
    [item.name for item in fields(ModelSpec) if item.default is not None and item.name != "rows"],
)
def test_nothing_is_no_value_of_a_field_that_has_a_default(full, name):
    required = name in {"name", "provider", "better", "family"}
    assert codes(full.replace, **{name: None})[0] == ("CONFIG.KEY" if required else "CONFIG.VALUE")


WRONG_TYPES = [
    *({"title": value} for value in (5, b"x", ["x"], "\ud800")),
    *({"provider": value} for value in (5, "", " ", "a\x00", "a\x85", "\udcff", ["x"])),
    *({"better": value} for value in ("up", ["lower"], 5, np.array(["lower", "higher"]))),
    *({"annualise": value} for value in (0, -1, True, "4", float("nan"), float("inf"), 10**400)),
    *({"caveats": value} for value in ("x", [5], {"x": 1}, np.array(["x"]))),
    *({"case_mix": value} for value in ("age", {"column": "age"}, 5)),
    *({"exclusions": value} for value in (5, "x", [{"column": "x"}], [Exclusion])),
    *({"priors": value} for value in (5, [Prior("normal", sigma=1)], {"intercept": "normal"})),
    *({"benchmark": value} for value in (0.75, "median", Benchmark, Nil())),
    *({"peers": value} for value in (["beds"], {"columns": []}, {"columns": "beds"})),
    *({"peers": {"columns": ["beds"], "count": count}} for count in (1, 2.5, True)),
    {"peers": {"columns": ["beds"], "benchmark": "no"}},
    {"peers": {"columns": ["beds"]}, "benchmark": {"kind": "national"}},
    *({"unit_cost": {"mean": 3, "sd": sd}} for sd in (0, -1, "1", float("nan"))),
    *({"unit_cost": value} for value in (True, "250", float("nan"), -1, [1, 2, 3], 10**400)),
    *({"nil": value} for value in (0.05, True, Review())),
    *({"review": value} for value in ("me", 5, {"sources": [5]}, {"next_review": 2027})),
    *({"group": value} for value in ("dental", "Clinical", " ", 5, None, ["clinical"])),
    *({"schema": value} for value in (2, 0, "1", True, 1.0)),
    {"exclusions": [Exclusion("a", ["x"], "r"), Exclusion("a", ["y"], "r")]},
    {"exclusions": {5: {"values": ["x"], "reason": " "}}},
]


@pytest.mark.parametrize("change", WRONG_TYPES, ids=lambda change: str(change)[:50].encode())
def test_a_wrong_value_is_refused(spec, change):
    found = problems(spec.replace, **change)
    assert {problem.code for problem in found} == {"CONFIG.VALUE"}
    assert all(problem.fix and problem.where.column for problem in found)


def test_parts_may_be_given_as_tables(spec):
    made = spec.replace(
        exclusions={"type": {"values": ["x"], "reason": "r"}},
        priors={"intercept": {"dist": "normal", "sigma": 2}},
        unit_cost={"value": 3, "currency": "EUR"},
        nil={"alpha": 0.01},
        review={"sources": ["a"]},
    )
    assert made.exclusions == (Exclusion("type", ("x",), "r"),)
    assert made.unit_cost == UnitCost(3, 3, 3, currency="EUR")
    assert (made.nil.alpha, made.review.sources) == (0.01, ("a",))


@pytest.mark.parametrize(
    "wrong",
    [
        *({"half_counts": value} for value in (1, "yes", None)),
        *({"where": value} for value in ("a", {"a": 5}, {"a": " "}, {5: "a"})),
        *({"not_aggregates": value} for value in ("UK", [5])),
        {"value_range": (0, 10)},
        *({"value": "x", "value_range": v} for v in ((1, 1), (2, 1), (0,), "01", (0, "1"))),
        *({"nil": {"smallest_relevant": value}} for value in (0, -1, "1")),
        *({"nil": {"smallest_saving": value}} for value in (-1, "1", float("inf"))),
    ],
)
def test_what_a_table_must_look_like_is_checked(spec, wrong):
    if "value" in wrong:
        wrong = {"numerator": None, "denominator": None, "family": "normal", **wrong}
    assert set(codes(spec.replace, **wrong)) == {"CONFIG.VALUE"}


def test_a_year_is_what_the_model_says_or_four_quarters(spec, full):
    assert spec.annual_factor is None
    assert spec.replace(period="quarter").annual_factor == 4
    assert (spec.replace(annualise=12).annual_factor, full.annual_factor) == (12, 4)


def test_all_problems_come_at_once(spec):
    wrong = {
        "better": "up",
        "annualise": 0,
        "case_mix": ["a*b", "c(d)", 5],
        "priors": {
            "intercept": {"dist": "gauss"},
            "provider_sd": {"dist": "half_normal", "sigma": -1},
        },
        "exclusions": {"a": {"values": []}, "b": {"reasn": "x"}},
        "unknown": 1,
    }
    found = problems(spec.replace, **wrong)
    places = sorted({problem.where.column.partition(".")[0] for problem in found})
    assert places == sorted(wrong)
    assert [problem.code for problem in found].count("FORMULA.UNSAFE") == 3
    assert sum(problem.where.column.startswith("exclusions.") for problem in found) == 4


def test_relations_are_checked_where_the_fields_are_right(spec):
    wrong = {
        "family": "poisson",
        "case_mix": ["trust"],
        "period_style": "quarter",
        "priors": {"taus": Prior("normal", sigma=1), "provider_sd": Prior("normal", sigma=1)},
    }
    places = [problem.where.column for problem in problems(spec.replace, **wrong)]
    assert places == ["family", "priors", "priors.provider_sd", "columns", "period_style"]


@pytest.mark.parametrize("effect", ["t", "Normal", "dpm", "class", None, 5])
def test_other_laws_of_the_effects_are_refused(spec, effect):
    (problem,) = problems(spec.replace, effect=effect)
    assert (problem.code, problem.where.column) == ("CONFIG.VALUE", "effect")


@pytest.mark.parametrize("family", ["normal", "lognormal", "gamma"])
@pytest.mark.parametrize("effect", EFFECTS)
def test_measurements_take_every_law(family, effect):
    fields = {"name": "x", "provider": "p", "better": "lower", "value": "days", "family": family}
    assert ModelSpec(effect=effect, **fields).effect == effect


@pytest.mark.parametrize("effect", EFFECTS)
def test_published_values_take_every_law(effect):
    made = ModelSpec(
        name="x",
        provider="p",
        better="lower",
        family="normal",
        value="rate",
        standard_error="se",
        effect=effect,
        priors={"provider_sd": Prior("half_normal", sigma=1)},
    )
    assert made.effect == effect


def test_no_limit_but_fifty_terms(spec):
    assert len(spec.replace(case_mix=[f"x{i}" for i in range(50)]).terms) == 50
    assert codes(spec.replace, case_mix=[f"x{i}" for i in range(51)]) == ["FORMULA.LIMIT"]


@pytest.mark.parametrize("unit", ["", " ", 5, "per 1.000", "per year", "a\nb"])
def test_a_unit_is_a_text_and_per_takes_a_number(spec, unit):
    assert codes(spec.replace, unit=unit) == ["CONFIG.VALUE"]
    for right in ("%", "per 1,000", "per 100000", "days"):
        assert spec.replace(unit=right).unit == right


@pytest.mark.parametrize("sign", ["\x1b", "\r", "\u202e", "\ud800", "\ufffe"])
@pytest.mark.parametrize("name", ["title", "why_it_matters", "unit", "provider"])
def test_no_text_of_a_model_holds_a_sign_that_a_terminal_obeys(spec, name, sign):
    (problem,) = problems(spec.replace, **{name: f"a{sign}b"})
    assert (problem.code, problem.where.column) == ("CONFIG.VALUE", name)
    assert sign not in str(problem)
