"""The ready plan: what a model leaves open."""

import numpy as np

from tests.toys import TOYS
from varmodel.estimands.money.prices import lognormal
from varmodel.families import Prior
from varmodel.frame import prepare
from varmodel.spec import Benchmark, LognormalCost, OwnCost, UnitCost, load_model
from varmodel.studies import default_plan
from varmodel.studies.universes.plan import with_fields
from varmodel.studies.universes.product import read_dimensions


def test_of_a_model_with_everything():
    spec = TOYS["share"]().spec
    plan = default_plan(spec)
    assert {name: list(options) for name, options in plan.items()} == {
        "prior": ["as stated", "x 0.5", "x 2"],
        "effect": ["normal", "student_t", "mixture", "flexible"],
        "family": ["binomial", "beta_binomial"],
        "size": ["as stated", "log_volume"],
        "covariates": ["as stated", "without age", "without sex"],
        "benchmark": ["as stated", "quantile 0.5", "quantile 0.9"],
        "unit_cost": ["as stated", "low (200)", "high (270)"],
    }
    assert all(next(iter(options.values())) == {} for options in plan.values())
    assert plan["prior"]["x 2"]["priors"]["provider_sd"] == Prior("half_normal", sigma=1.4)
    assert plan["benchmark"]["quantile 0.9"] == {"benchmark": Benchmark("quantile", 0.9)}
    low = plan["unit_cost"]["low (200)"]["unit_cost"]
    assert low == UnitCost(200, 200, 200, price_year=2006)
    read_dimensions(plan)  # no two dimensions set one field


def test_the_ends_of_other_prices():
    """Of a lognormal one in twenty is below the lower end; own prices move by a tenth together."""
    spec = TOYS["share"]().spec.replace(unit_cost=LognormalCost(200, 60, "EUR", 2018, "a tariff"))
    plan = default_plan(spec)["unit_cost"]
    assert list(plan) == ["as stated", "5 % point (118.198)", "95 % point (310.472)"]
    ends = [plan[name]["unit_cost"] for name in list(plan)[1:]]
    drawn = lognormal(spec.unit_cost, (200_000,), rng=np.random.default_rng(1))
    np.testing.assert_allclose([x.mode for x in ends], np.quantile(drawn, [0.05, 0.95]), rtol=5e-3)
    assert {(x.currency, x.price_year, x.source) for x in ends} == {("EUR", 2018, "a tariff")}
    own = spec.replace(unit_cost=OwnCost("fee", "EUR", factor=2.0))
    plan = default_plan(own)["unit_cost"]
    assert plan["a tenth less"] == {"unit_cost": OwnCost("fee", "EUR", factor=1.8)}
    assert plan["a tenth more"] == {"unit_cost": OwnCost("fee", "EUR", factor=2.2)}


def test_a_prior_that_hangs_on_the_table_needs_the_table():
    toy = TOYS["measurements"]()
    assert "prior" not in default_plan(toy.spec)
    frame = prepare(toy.spec, toy.table)
    half = default_plan(toy.spec, frame)["prior"]["x 0.5"]["priors"]["provider_sd"]
    assert half == Prior("half_normal", sigma=0.5 * frame.attrs["pooled_sd"])


def test_every_option_makes_another_model():
    spec = TOYS["share"]().spec.replace(
        period="quarter",
        exclusions={"kind": {"values": ["private"], "reason": "other patients"}},
        priors={"intercept": {"dist": "normal", "sigma": 1.0}},
    )
    plan = default_plan(spec)
    assert list(plan["transient"]) == ["auto", "none", "iid", "ar1"]
    assert plan["exclusions"]["nobody excluded"] == {"exclusions": ()}
    made = {
        (name, label): with_fields(spec, fields)
        for name, options in plan.items()
        for label, fields in options.items()
        if fields
    }
    assert len({x.digest for x in made.values()} | {spec.digest}) == len(made) + 1
    assert set(made["prior", "x 2"].priors) == {"intercept", "provider_sd"}


def test_over_dispersion_by_unit_can_be_left_out():
    spec = load_model("sickness_absence_rate")
    assert spec.dispersion_unit
    plain = spec.replace(**default_plan(spec)["family"]["poisson"])
    assert (plain.family, plain.dispersion_unit) == ("poisson", ())


def test_what_a_model_says_of_a_part_keeps_no_option_without_it():
    spec = load_model("sickness_absence_rate")
    half = {"dist": "half_normal", "sigma": 0.3}
    stated = spec.replace(priors=dict.fromkeys(("transient_sd", "dispersion"), half))
    plan = default_plan(stated)
    assert list(plan["transient"]) == list(default_plan(spec)["transient"])
    assert set(with_fields(stated, plan["transient"]["none"]).priors) == {"dispersion"}
    assert set(with_fields(stated, plan["family"]["poisson"]).priors) == {"transient_sd"}


def test_with_classes_the_prior_is_that_of_their_sds():
    """provider_sd is then worked out: of another prior of it nothing would move."""
    spec = TOYS["share"]().spec.replace(classes="type")
    double = default_plan(spec)["prior"]["x 2"]["priors"]
    assert double == {"class_sd": Prior("half_normal", sigma=1.4)}
    stated = spec.replace(priors={"provider_sd": {"dist": "half_normal", "sigma": 0.2}})
    half = with_fields(stated, default_plan(stated)["prior"]["x 0.5"])
    assert half.priors["class_sd"] == Prior("half_normal", sigma=0.1)
