"""Benchmark, price, exclusions, nil rule and review as a caller makes them."""

import numpy as np
import pytest

from varmodel.errors import SpecError
from varmodel.spec import Benchmark, Exclusion, Nil, Review, UnitCost, as_unit_cost


def refused(kind, *args, **arguments):
    with pytest.raises(SpecError) as caught:
        kind(*args, **arguments)
    found = caught.value.problems
    assert {problem.code for problem in found} == {"CONFIG.VALUE"}
    assert all(problem.fix for problem in found)
    return [problem.where.column for problem in found]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("best", None),
        (["median"], None),
        (None, None),
        ("quantile", None),
        ("quantile", 0),
        ("quantile", 1),
        ("quantile", 75),
        ("quantile", "0.75"),
        ("quantile", True),
        ("median", 0.5),
        ("mean", 0.0),
        ("external", None),
        ("external", float("nan")),
        ("superpopulation", 1),
        ("conditional", None),
        ("national", 0.5),
        ("best_m", 0),
        ("best_m", 2.5),
    ],
)
def test_benchmarks_that_are_none(kind, value):
    refused(Benchmark, kind, value)


def test_a_benchmark_holds_a_plain_float():
    assert type(Benchmark("quantile", np.float32(0.5)).value) is float
    assert Benchmark("external", 0) == Benchmark("external", 0.0)


def test_the_nearest_kind_is_named():
    with pytest.raises(SpecError, match="did you mean 'quantile'"):
        Benchmark("quantiles", 0.75)


@pytest.mark.parametrize(
    ("prices", "others", "places"),
    [
        ((2, 1, 3), {}, ["unit_cost"]),
        ((1, 3, 2), {}, ["unit_cost"]),
        ((-1, 0, 1), {}, ["unit_cost"]),
        ((1, 2, float("inf")), {}, ["unit_cost"]),
        ((1, "2", 3), {}, ["unit_cost"]),
        ((1, 2, 3), {"currency": 5}, ["unit_cost.currency"]),
        ((1, 2, 3), {"currency": ""}, ["unit_cost.currency"]),
        ((1, 2, 3), {"price_year": "2006"}, ["unit_cost.price_year"]),
        ((1, 2, 3), {"price_year": 2006.0}, ["unit_cost.price_year"]),
        ((1, 2, 3), {"price_year": True}, ["unit_cost.price_year"]),
        ((1, 2, 3), {"source": 5}, ["unit_cost.source"]),
        (
            (3, 2, 1),
            {"source": 5, "currency": None},
            ["unit_cost", "unit_cost.currency", "unit_cost.source"],
        ),
    ],
)
def test_prices_that_are_none(prices, others, places):
    assert refused(UnitCost, *prices, **others) == places


def test_the_mean_of_a_price_is_that_of_pert():
    assert UnitCost(205, 225, 273).mean == pytest.approx((205 + 4 * 225 + 273) / 6)
    assert UnitCost(250, 250, 250).mean == 250
    assert UnitCost(0, 0, 0).mean == 0


def test_a_number_is_a_constant_price():
    assert as_unit_cost(250) == UnitCost(250, 250, 250)
    price = UnitCost(1, 2, 3)
    assert as_unit_cost(price) is price


@pytest.mark.parametrize(
    ("column", "values", "reason", "place"),
    [
        ("", ["x"], "r", "exclusions"),
        (5, ["x"], "r", "exclusions"),
        ("type", [], "r", "exclusions.type"),
        ("type", "x", "r", "exclusions.type"),
        ("type", [1], "r", "exclusions.type"),
        ("type", None, "r", "exclusions.type"),
        ("type", np.array(["x"]), "r", "exclusions.type"),
        ("type", ["x"], "", "exclusions.type"),
        ("type", ["x"], None, "exclusions.type"),
    ],
)
def test_exclusions_that_are_none(column, values, reason, place):
    assert refused(Exclusion, column, values, reason) == [place]


def test_an_exclusion_keeps_its_own_values():
    values = ["x"]
    made = Exclusion("type", values, "r")
    values.append("y")
    assert made == Exclusion("type", ("x",), "r")


def test_all_problems_of_an_exclusion_come_at_once():
    assert len(refused(Exclusion, "type", [], "")) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("smallest_relevant_mor", 1),
        ("alpha", 0),
        ("alpha", 5),
        ("prob", 1),
        ("prob", "0.9"),
        ("prob", None),
    ],
)
def test_nil_rules_that_are_none(name, value):
    assert refused(Nil, **{name: value}) == [f"nil.{name}"]


def test_a_nil_rule_holds_plain_floats():
    assert type(Nil(smallest_relevant_mor=2).smallest_relevant_mor) is float


def test_a_review_holds_texts():
    assert refused(Review, authored_by=5, sources="x") == ["review.authored_by", "review.sources"]
    assert Review(sources=["a"]).sources == ("a",)


def test_a_price_of_two_numbers_says_low_mode_high():
    with pytest.raises(SpecError, match=r"CONFIG\.VALUE.*low, mode and high"):
        UnitCost(100, 200)
