import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.estimands.hand_made import make_rates
from varmodel.estimands import savings
from varmodel.spec import Benchmark, UnitCost

NAMES = ["a", "b", "c", "d", "e"]
QUARTER = Benchmark("quantile", 0.75)
RATES = make_rates([[0.1, 0.2, 0.3, 0.4, 0.5], [0.5, 0.2, 0.1, 0.3, 0.4]], NAMES)
ACTIVITY = pd.Series([10.0, 20, 30, 40, 50], index=NAMES)
FINITE = st.floats(-50, 50).map(lambda x: round(x, 3))
DRAWS = arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 8)), elements=FINITE)


def price(rates=RATES, **changes):
    arguments = {
        "activity": ACTIVITY,
        "benchmark": QUARTER,
        "unit_cost": 2.0,
        "better": "higher",
        "random_seed": 1,
    }
    return savings(rates, **arguments | changes)


def test_savings_by_hand():
    found = price()
    by_hand = [[2 * 10 * 0.3, 2 * 20 * 0.2, 2 * 30 * 0.1, 0, 0], [0, 8, 18, 8, 0]]
    np.testing.assert_allclose(found["saving"][0], by_hand, atol=1e-13)
    np.testing.assert_allclose(found["benchmark"], [[0.4, 0.4]])
    np.testing.assert_allclose(found["total"], [[20, 34]])
    np.testing.assert_array_equal(found["price"], [[2, 2]])
    np.testing.assert_array_equal(found["prob_saving"], [0.5, 1, 1, 0.5, 0])
    shrunken = np.array([0.3, 0.2, 0.2, 0.35, 0.45])
    expected = 2 * ACTIVITY * np.maximum(0, np.quantile(shrunken, 0.75) - shrunken)
    np.testing.assert_allclose(found["plug_in_shrunken"], expected, atol=1e-13)
    assert "plug_in_observed" not in found
    assert found["saving"].dims == ("chain", "draw", "provider")
    assert found.attrs["benchmark"] == "quantile"
    assert found.attrs["units"] == "GBP"


def test_low_is_good():
    found = price(better="lower")
    np.testing.assert_allclose(found["benchmark"], [[0.2, 0.2]])
    np.testing.assert_allclose(found["saving"][0, 0], [0, 0, 2 * 30 * 0.1, 2 * 40 * 0.2, 30])


def test_expectation_under_a_normal_law_is_kappa():
    """E (Q_a - X)+ = sigma kappa(a), kappa(a) = z_a a + phi(z_a) (methods 0)."""
    rng = np.random.default_rng(20)
    providers, mean, sigma = 2_000, 30.0, 4.0
    rates = make_rates(rng.normal(mean, sigma, (1, 400, providers)))
    each = xr.DataArray(np.ones(providers), dims="provider")
    found = price(rates, activity=each, unit_cost=1)["total"].mean() / providers
    assert float(found) / sigma == pytest.approx(0.8236438853, rel=0.005)


def test_a_quantile_between_whole_places_of_floating_point_is_a_providers_rate():
    values = np.random.default_rng(0).normal(size=(50, 11))
    each = xr.DataArray(np.ones(11), dims="provider")
    for share in (0.1, 0.3, 0.6, 0.7, 0.9):
        for better in ("higher", "lower"):
            found = price(
                make_rates(values),
                activity=each,
                benchmark=Benchmark("quantile", share),
                better=better,
            )
            np.testing.assert_array_equal((found["saving"] > 0).sum("provider"), round(10 * share))


def test_rounding_is_no_saving():
    rates = make_rates([[0.3, 0.1 + 0.2, 0.5]])
    each = xr.DataArray(np.full(3, 1e9), dims="provider")
    found = price(rates, activity=each, benchmark=Benchmark("external", 0.1 + 0.2))
    np.testing.assert_array_equal(found["prob_saving"], 0)


@pytest.mark.parametrize(
    ("benchmark", "level"),
    [(Benchmark("median"), 0.3), (Benchmark("mean"), 0.3), (Benchmark("external", 0.9), 0.9)],
)
def test_other_benchmarks(benchmark, level):
    found = price(benchmark=benchmark)
    np.testing.assert_allclose(found["benchmark"], [[level, level]])
    gap = np.maximum(0, level - RATES[0].to_numpy())
    np.testing.assert_allclose(found["saving"][0], 2 * ACTIVITY.to_numpy() * gap, atol=1e-13)


def test_benchmark_draws_with_and_without_providers():
    level = xr.DataArray([[0.3, 0.6]], dims=("chain", "draw"))
    by_draw = price(benchmark=level)
    by_provider = price(benchmark=level.expand_dims(provider=NAMES[::-1]))
    np.testing.assert_allclose(by_draw["saving"], by_provider["saving"])
    assert by_draw["benchmark"].dims == ("chain", "draw")
    assert by_provider["benchmark"].dims == ("chain", "draw", "provider")
    assert list(by_provider["provider"].to_numpy()) == NAMES
    shrunken = RATES.mean(("chain", "draw")).to_numpy()
    expected = 2 * ACTIVITY * np.maximum(0, 0.45 - shrunken)
    np.testing.assert_allclose(by_draw["plug_in_shrunken"], expected)
    np.testing.assert_allclose(by_provider["plug_in_shrunken"], expected)


def test_a_benchmark_brings_its_own_plug_in():
    level = xr.DataArray([[0.3, 0.6]], dims=("chain", "draw")).expand_dims(provider=NAMES)
    level = level.assign_coords(plug_in=("provider", [0.1, 0.2, 0.3, 0.4, 0.5]))
    found = price(benchmark=level.isel(provider=[4, 0, 2, 3, 1]))
    shrunken = RATES.mean(("chain", "draw")).to_numpy()
    expected = 2 * ACTIVITY * np.maximum(0, [0.1, 0.2, 0.3, 0.4, 0.5] - shrunken)
    np.testing.assert_allclose(found["plug_in_shrunken"], expected, atol=1e-15)
    assert "plug_in" not in found.coords


def test_observed_rates_find_their_own_benchmark():
    observed = pd.Series([0.0, 0.1, 0.2, 0.6, 0.9], index=NAMES)
    found = price(observed=observed.sample(frac=1, random_state=1))
    np.testing.assert_allclose(found["plug_in_observed"], 2 * ACTIVITY * [0.6, 0.5, 0.4, 0, 0])
    low = price(observed=observed, better="lower")
    np.testing.assert_allclose(low["plug_in_observed"], 2 * ACTIVITY * [0, 0, 0.1, 0.5, 0.8])


def test_unshrunken_rates_bring_their_benchmark():
    rate = xr.DataArray([0.0, 0.1, 0.2, 0.6, 0.9], {"provider": NAMES}, ("provider",))
    observed = xr.Dataset({"rate": rate, "benchmark": 0 * rate + 0.5})
    found = price(observed=observed, benchmark=xr.DataArray([[0.3, 0.6]], dims=("chain", "draw")))
    np.testing.assert_allclose(found["plug_in_observed"], 2 * ACTIVITY * [0.5, 0.4, 0.3, 0, 0])


def test_one_price_a_draw_for_all_providers():
    rates = make_rates(np.tile([[0.1, 0.2, 0.3, 0.4, 0.5]], (20_000, 1)), NAMES)
    cost = UnitCost(100, 130, 400, currency="EUR", price_year=2006)
    found = price(rates, unit_cost=cost)
    assert found["price"].dims == ("chain", "draw")
    np.testing.assert_allclose(found["price"].mean(), cost.mean, rtol=0.01)
    assert 100 <= found["price"].min() < found["price"].max() <= 400
    a, b = 1 + 4 * 30 / 300, 1 + 4 * 270 / 300
    sd = 300 * np.sqrt(a * b / ((a + b) ** 2 * (a + b + 1)))
    np.testing.assert_allclose(found["price"].std(), sd, rtol=0.02)
    by_hand = found["price"] * 10 * 0.3
    np.testing.assert_allclose(found["saving"].sel(provider="a"), by_hand)
    np.testing.assert_allclose(found["plug_in_shrunken"][0], cost.mean * 10 * 0.3)
    assert found.attrs["units"] == "EUR"
    assert found.attrs["price_year"] == 2006
    again = price(rates, unit_cost=cost)
    np.testing.assert_array_equal(again["price"], found["price"])
    other = price(rates, unit_cost=cost, random_seed=2)
    assert not np.array_equal(other["price"], found["price"])


def test_a_range_without_width_is_a_constant():
    np.testing.assert_array_equal(price(unit_cost=UnitCost(7, 7, 7))["price"], 7)
    edge = price(unit_cost=UnitCost(7, 7, 8))["price"]
    assert ((edge >= 7) & (edge <= 8)).all()


@given(DRAWS, st.sampled_from(["higher", "lower"]), st.floats(0.01, 0.99), st.integers(0, 5))
@settings(max_examples=80, deadline=None)
def test_contracts(values, better, share, seed):
    rates = make_rates(values)
    activity = xr.DataArray(np.arange(values.shape[1], dtype=float), dims="provider")
    rest = {"activity": activity, "benchmark": Benchmark("quantile", share), "better": better}
    found = price(rates, **rest, unit_cost=UnitCost(1, 2, 4), random_seed=seed)
    assert (found["saving"] >= 0).all()
    sign = 1 if better == "higher" else -1
    reached = sign * (found["benchmark"] - rates) <= 0
    assert (found["saving"].where(reached, 0) == 0).all()
    np.testing.assert_allclose(found["total"], found["saving"].sum("provider"))
    dearer = price(rates, **rest, unit_cost=UnitCost(2, 4, 8), random_seed=seed)
    assert (dearer["saving"] >= found["saving"]).all()
    np.testing.assert_allclose(dearer["total"], 2 * found["total"])


@given(DRAWS, st.floats(0.01, 0.99))
@settings(max_examples=40, deadline=None)
def test_turning_rates_and_direction_changes_nothing(values, share):
    activity = xr.DataArray(np.ones(values.shape[1]), dims="provider")
    rest = {"activity": activity, "benchmark": Benchmark("quantile", share)}
    high = price(make_rates(values), **rest, better="higher")
    low = price(make_rates(-values), **rest, better="lower")
    np.testing.assert_array_equal(high["saving"], low["saving"])


def test_provenance_is_passed_on():
    rates = RATES.assign_attrs(provisional=1, independent_draws=1, population="own", junk=2)
    rates = rates.assign_coords(ancestor_weight=(("chain", "draw"), [[0.1, 0.2]]))
    level = LEVEL.expand_dims(provider=NAMES)
    level.attrs = {"benchmark": "quantile", "benchmark_value": 0.75, "population": "own"}
    found = price(rates, benchmark=level)
    for variable in (found, found["saving"], found["total"], found["plug_in_shrunken"]):
        assert variable.attrs["provisional"] == 1
        assert variable.attrs["population"] == "own"
        assert variable.attrs["benchmark_population"] == "own"
        assert variable.attrs["benchmark_value"] == 0.75
        assert "junk" not in variable.attrs
    assert {"ancestor_weight", "chain", "draw"} >= set(found["total"].coords) > set()
    assert "ancestor_weight" in found["total"].coords


LEVEL = xr.DataArray([[0.3, 0.6]], dims=("chain", "draw"))
WRONG = {
    "no price": ({"unit_cost": None}, "unit_cost"),
    "a negative price": ({"unit_cost": -1.0}, "price"),
    "a price that is no number": ({"unit_cost": np.nan}, "price"),
    "a price in words": ({"unit_cost": "250"}, "str"),
    "a price that is a truth value": ({"unit_cost": True}, "bool"),
    "a negative seed": ({"random_seed": -1}, "random_seed"),
    "half a seed": ({"random_seed": 1.5}, "random_seed"),
    "no seed": ({"random_seed": None}, "random_seed"),
    "no direction": ({"better": "neither"}, "better"),
    "negative activity": ({"activity": -ACTIVITY}, "'a'"),
    "activity lacks one": ({"activity": ACTIVITY.drop("c")}, "'c'"),
    "activity has one too many": ({"activity": pd.concat([ACTIVITY, pd.Series({"z": 1})])}, "'z'"),
    "activity has one twice": ({"activity": pd.concat([ACTIVITY, ACTIVITY[:1]])}, "'a'"),
    "activity as a list": ({"activity": [1, 2, 3, 4, 5]}, "list"),
    "benchmark as a number": ({"benchmark": 0.5}, "float"),
    "benchmark of other draws": ({"benchmark": LEVEL.isel(draw=[0])}, "draw"),
    "benchmark of other chains": (
        {"benchmark": xr.concat([LEVEL, LEVEL], "chain")},
        "chain",
    ),
    "benchmark of no draws": ({"benchmark": LEVEL.mean("draw")}, "draw"),
    "benchmark of other providers": (
        {"benchmark": LEVEL.expand_dims(provider=["a", "b", "c", "d", "x"])},
        "'e'",
    ),
    "observed without a benchmark": (
        {"observed": xr.Dataset({"rate": ACTIVITY.rename_axis("provider").to_xarray()})},
        "benchmark",
    ),
    "observed as a list": ({"observed": [1, 2]}, "list"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_arguments_are_refused(refused, what):
    changes, word = WRONG[what]
    with refused("CONFIG.VALUE", word):
        price(**changes)


def test_draws_are_matched_by_label(refused):
    rates = RATES.assign_coords(draw=[0, 1])
    with refused("CONFIG.VALUE", "other draws"):
        price(rates, benchmark=LEVEL.assign_coords(draw=[1, 2]))


def test_missing_figures_are_refused(refused):
    for changes in (
        {"activity": ACTIVITY.where(ACTIVITY > 10)},
        {"benchmark": LEVEL.where(LEVEL > 0.5)},
        {"observed": ACTIVITY.where(ACTIVITY > 10)},
    ):
        with refused("VALUE.NONFINITE"):
            price(**changes)
    with refused("VALUE.NONFINITE"):
        price(RATES.where(RATES > 0.1))


def test_the_seed_is_required():
    with pytest.raises(TypeError, match="random_seed"):
        savings(RATES, activity=ACTIVITY, benchmark=QUARTER, unit_cost=1, better="higher")
