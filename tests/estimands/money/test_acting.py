import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import special

from tests.estimands.hand_made import make_rates
from varmodel.estimands.money import by_group, worth_acting, worth_curve

NAMES = ["a", "b", "c"]
SAVING = make_rates([[0, 4, 9], [10, 4, 9], [2, 4, 9], [0, 4, 9]], NAMES, units="GBP")


def normal_savings(mean, sd, count=4000):
    """Draws at the quantiles of a normal distribution: sums are integrals."""
    z = special.ndtri((np.arange(count) + 0.5) / count)
    return make_rates((mean + sd * z)[:, np.newaxis], ["a"])


def test_worth_by_hand():
    found = worth_acting(SAVING, cost=pd.Series({"c": 8.0, "a": 1.0, "b": 4.0}))
    np.testing.assert_array_equal(found["mean_saving"], [3, 4, 9])
    np.testing.assert_array_equal(found["prob_worth"], [0.5, 0, 1])
    np.testing.assert_array_equal(found["act"], [True, False, True])
    # a: knowing it, act in two draws of four: (9 + 1) / 4; blindly 3 - 1
    np.testing.assert_allclose(found["evpi"], [2.5 - 2, 0, 0])
    assert found.attrs["units"] == "GBP"
    np.testing.assert_array_equal(worth_acting(SAVING, cost=3)["act"], [False, True, True])


@pytest.mark.parametrize("cost", [5.0, 8.0, 13.0])
def test_evpi_of_a_normal_saving_is_the_unit_normal_loss(cost):
    """EVPI = sd (phi(k) - k Phi(-k)), k = |mean - cost| / sd (Raiffa & Schlaifer 1961)."""
    mean, sd = 8.0, 3.0
    k = abs(mean - cost) / sd
    loss = sd * (np.exp(-0.5 * k**2) / np.sqrt(2 * np.pi) - k * special.ndtr(-k))
    found = worth_acting(normal_savings(mean, sd), cost=cost)
    np.testing.assert_allclose(found["evpi"], loss, rtol=2e-3)
    np.testing.assert_allclose(found["prob_worth"], special.ndtr((mean - cost) / sd), atol=3e-4)


def test_the_curve_is_worth_acting_at_each_cost():
    costs = [0.0, 2.0, 3.5, 20.0]
    curve = worth_curve(xr.Dataset({"saving": SAVING}), costs=costs)
    for cost in costs:
        for name in ("prob_worth", "evpi"):
            one = worth_acting(SAVING, cost=cost)[name]
            np.testing.assert_array_equal(curve[name].sel(cost=cost), one)
    assert (np.diff(curve["prob_worth"], axis=1) <= 0).all()
    assert curve["prob_worth"].dims == ("provider", "cost")


def test_groups_are_sums_in_every_draw():
    groups = pd.Series({"c": "north", "b": "south", "a": "north"})
    found = by_group(SAVING, groups)
    assert list(found["group"].to_numpy()) == ["north", "south"]
    np.testing.assert_array_equal(found["saving"][0], [[9, 4], [19, 4], [11, 4], [9, 4]])
    np.testing.assert_array_equal(found["total"], SAVING.sum("provider"))
    act = worth_acting(found, cost=pd.Series({"south": 5.0, "north": 5.0}))["act"]
    assert act.dims == ("group",)
    np.testing.assert_array_equal(act, [True, False])


def test_refusals(refused):
    for cost, words in ((-1.0, "negative"), ("5", "str"), (pd.Series({"a": 1.0}), "'b'")):
        with refused("CONFIG.VALUE", words):
            worth_acting(SAVING, cost=cost)
    with refused("VALUE.NONFINITE"):
        worth_acting(SAVING, cost=float("nan"))
    with refused("CONFIG.VALUE", "no saving"):
        worth_acting(xr.Dataset({"total": SAVING.sum("provider")}), cost=1)
    for costs in ([], [2.0, 1.0], [-1.0, 1.0]):
        with refused("CONFIG.VALUE", "rise"):
            worth_curve(SAVING, costs=costs)
    with refused("CONFIG.VALUE", "'b'"):
        by_group(SAVING, pd.Series({"a": "x", "b": None, "c": "y"}))
    with refused("CONFIG.VALUE", "list"):
        by_group(SAVING, ["x", "y", "z"])
