import numpy as np
import pandas as pd
import pytest
import xarray as xr

from tests.estimands.hand_made import make_rates
from tests.frame.hand_made import make_model, make_table
from varmodel.errors import SpecError, VarmodelError
from varmodel.estimands import savings
from varmodel.estimands.money import combine, value_of_information
from varmodel.estimands.money.prices import own_prices
from varmodel.fits.store import key_of
from varmodel.frame import prepare
from varmodel.spec import Benchmark, LognormalCost, ModelSpec, OwnCost

NAMES = ["a", "b", "c"]
RATES = make_rates([[0.1, 0.2, 0.4], [0.3, 0.2, 0.4]], NAMES)
ACTIVITY = pd.Series([10.0, 20, 30], index=NAMES)
GAPS = np.array([[3.0, 4, 0], [1, 4, 0]])  # activity times the gap to .4


def price(unit_cost, rates=RATES):
    options = {"benchmark": Benchmark("external", 0.4), "better": "higher", "random_seed": 1}
    return savings(rates, activity=ACTIVITY, unit_cost=unit_cost, **options)


def test_a_lognormal_price_has_its_mean_and_sd():
    many = RATES.isel(draw=np.zeros(40_000, int))
    found = price(LognormalCost(200, 60, price_year=2006), many)
    drawn = found["price"].to_numpy().reshape(-1)
    np.testing.assert_allclose([drawn.mean(), drawn.std()], [200, 60], rtol=0.02)
    np.testing.assert_allclose(np.log(drawn).std(), np.sqrt(np.log1p(0.3**2)), rtol=0.02)
    np.testing.assert_allclose(found["saving"][0, :, 1], 4 * drawn)
    np.testing.assert_allclose(found["plug_in_shrunken"], 200 * GAPS[0])
    assert found.attrs["price_year"] == 2006


def test_each_provider_has_its_own_price():
    own = pd.Series({"c": 5.0, "b": 3.0, "a": 2.0})
    found = price(own)
    np.testing.assert_allclose(found["saving"][0], GAPS * [2, 3, 5])
    np.testing.assert_allclose(found["total"][0], [18, 14])
    np.testing.assert_array_equal(found["price"], [2, 3, 5])
    np.testing.assert_allclose(found["plug_in_shrunken"], [2 * 2, 3 * 4, 0])
    drawn = xr.DataArray([[[2.0, 3, 5], [4, 3, 5]]], dims=("chain", "draw", "provider"))
    found = price(drawn.assign_coords(provider=NAMES))
    np.testing.assert_allclose(found["saving"][0], GAPS * [[2, 3, 5], [4, 3, 5]])
    np.testing.assert_allclose(found["plug_in_shrunken"], [3 * 2, 3 * 4, 0])


def test_of_own_prices_no_single_one_is_valued(refused):
    with refused("CONFIG.VALUE", "inputs"):
        value_of_information(price(pd.Series(2.0, index=NAMES)), cost=1)


def test_a_lognormal_price_in_a_file():
    text = """
schema = 1
name = "x"
[indicator]
provider = "trust"
numerator = "events"
denominator = "cases"
better = "higher"
[model]
family = "binomial"
[unit_cost]
mean = 200
sd = 60
currency = "EUR"
"""
    spec = ModelSpec.from_toml(text)
    assert spec.unit_cost == LognormalCost(200, 60, "EUR")
    assert ModelSpec.from_toml(spec.to_toml()) == spec


def test_own_prices_in_a_file_are_a_column_of_the_table():
    spec = make_model(unit_cost={"column": "fee", "currency": "EUR"})
    assert spec.unit_cost == OwnCost("fee", "EUR")
    assert ModelSpec.from_toml(spec.to_toml()) == spec
    table = make_table(fee=[5, 4.5, 3, 2, 1, 0])
    frame = prepare(spec, table)
    np.testing.assert_array_equal(frame["own_price"], table["fee"])
    dearer = spec.replace(unit_cost={"column": "fee", "currency": "EUR", "factor": 1.1})
    assert "factor" not in spec.to_toml()  # nothing that is stored moves
    np.testing.assert_allclose(own_prices(frame, dearer.unit_cost), 1.1 * table["fee"])
    with pytest.raises(SpecError, match="multiplied by must be a number above 0"):
        OwnCost("fee", factor=0)
    plain = prepare(spec.replace(unit_cost=1.0), table)
    assert plain.attrs["source_hash"] == frame.attrs["source_hash"]  # the same draws
    settings = {"random_seed": 1}
    assert key_of(spec, frame, settings=settings) != key_of(spec, plain, settings=settings)
    for fee, words in (
        ([5, 4, 3, -2, 1, 0], "the price of RA4 is below 0"),
        (["low", "high"] * 3, "a price is a number"),
    ):
        with pytest.raises(VarmodelError, match=words):
            prepare(spec, make_table(fee=fee))
    twice = pd.concat([table, table.assign(fee=7)]).assign(quarter=["2006Q1"] * 6 + ["2006Q2"] * 6)
    with pytest.raises(SpecError, match="differs within a provider"):
        prepare(spec.replace(period="quarter"), twice)


def test_own_prices_carry_their_currency():
    own = xr.DataArray([2.0, 3, 5], {"provider": NAMES}, ("provider",))
    found = price(own.assign_attrs(units="EUR", price_year=2018))
    assert (found.attrs["units"], found["saving"].attrs["price_year"]) == ("EUR", 2018)
    with pytest.raises(SpecError, match="EUR"):
        combine({"one": found, "other": price(LognormalCost(200, 60))})


def test_refusals(refused):
    with refused("CONFIG.VALUE", "'b'"):
        price(pd.Series({"a": 1.0, "b": -1.0, "c": 2.0}))
    with refused("CONFIG.VALUE", "'c'"):
        price(pd.Series({"a": 1.0, "b": 1.0}))
    with refused("CONFIG.VALUE", "list"):
        price([1.0, 2.0, 3.0])
