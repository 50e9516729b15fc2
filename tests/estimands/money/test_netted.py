import numpy as np
import pandas as pd
import pytest
import xarray as xr

from tests.estimands.hand_made import make_rates
from varmodel.estimands.money import by_group, net_of_displacement, released, worth_acting

SAVING = make_rates([[0.0, 40, 80], [20, 40, 0]], ["a", "b", "c"], units="GBP")
PRICE = xr.DataArray([[2.0, 4.0]], dims=("chain", "draw"))
GROSS = xr.Dataset({"saving": SAVING, "price": PRICE})


def test_cash_and_capacity_add_up_to_what_is_closed():
    found = released(GROSS, releasable=0.3, closure=0.5, random_seed=1)
    np.testing.assert_allclose(found["saving"], 0.15 * SAVING)
    np.testing.assert_allclose(found["capacity"], 0.35 * SAVING)
    np.testing.assert_allclose(found["total"], [[18, 9]])
    np.testing.assert_allclose(found["total_capacity"], [[42, 21]])
    assert found["price"].equals(PRICE)
    assert found.attrs["closure"] == 0.5


def test_one_share_a_draw_for_all_providers():
    many = SAVING.isel(draw=np.zeros(20_000, int))
    found = released(many.to_dataset(name="saving"), releasable=(0.2, 0.3, 0.9), random_seed=1)
    share = found["releasable"]
    np.testing.assert_allclose(share.mean(), (0.2 + 4 * 0.3 + 0.9) / 6, rtol=0.01)
    assert 0.2 <= share.min() < share.max() <= 0.9
    np.testing.assert_allclose(found["saving"], share * many)
    again = released(many.to_dataset(name="saving"), releasable=(0.2, 0.3, 0.9), random_seed=2)
    assert not np.array_equal(again["releasable"], share)


@pytest.mark.parametrize(
    "delta",
    [
        0.25,
        xr.DataArray([[0.25, 0.25]], dims=("chain", "draw")),
        xr.DataArray([0.25] * 3, {"provider": ["c", "b", "a"]}, ("provider",)),
    ],
)
def test_net_is_gross_less_what_is_displaced(delta):
    found = net_of_displacement(GROSS, delta=delta)
    np.testing.assert_allclose(found["saving"], 0.75 * SAVING)
    np.testing.assert_allclose(found["total"], [[90, 45]])
    np.testing.assert_array_equal(found["prob_saving"], [0.5, 1, 0.5])


def test_groups_have_a_displacement_of_their_own():
    groups = by_group(SAVING, pd.Series({"a": "x", "b": "y", "c": "y"}))
    delta = xr.DataArray([0.5, 0.0], {"group": ["y", "x"]}, ("group",))
    found = net_of_displacement(groups, delta=delta)
    np.testing.assert_allclose(found["saving"], [[[0, 60], [20, 20]]])


def test_at_the_tipping_value_acting_just_pays_for_itself():
    cost = pd.Series({"a": 5.0, "b": 30.0, "c": 60.0})
    tipping = net_of_displacement(GROSS, delta=0, cost=cost)
    np.testing.assert_allclose(tipping["tipping_delta"], [0.5, 0.25, -0.5])
    np.testing.assert_allclose(tipping["tipping_delta_total"], 1 - 95 / 90)
    net = net_of_displacement(GROSS, delta=tipping["tipping_delta"], cost=cost)
    np.testing.assert_allclose(worth_acting(net, cost=cost)["mean_saving"], cost)
    free = net_of_displacement(GROSS, delta=0.1)
    np.testing.assert_array_equal(free["tipping_delta"], 1)
    nothing = net_of_displacement(0 * GROSS, delta=0, cost=1.0)
    np.testing.assert_array_equal(nothing["tipping_delta"], -np.inf)


def test_refusals(refused):
    for share in (1.2, -0.1, (0.5, 0.4, 0.6), (0.1, 0.2), "0.5"):
        with refused("CONFIG.VALUE", "releasable"):
            released(GROSS, releasable=share, random_seed=1)
    for closure in (0, 1.5, None):
        with refused("CONFIG.VALUE", "closure"):
            released(GROSS, releasable=0.5, closure=closure, random_seed=1)
    for delta in ("half", float("nan"), None):
        with refused("CONFIG.VALUE", "delta"):
            net_of_displacement(GROSS, delta=delta)
