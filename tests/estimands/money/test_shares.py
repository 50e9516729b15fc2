"""The price's share of a total's variance, against closed forms."""

import numpy as np
import pytest
import xarray as xr

from varmodel.errors import SpecError
from varmodel.estimands.money.shares import width_shares

DRAWS = ("chain", "draw")


def savings(price, events):
    """Give a total of each price with each number of events: independent without any error."""
    price, events = np.meshgrid(price, events, indexing="ij")
    return xr.Dataset({"price": (DRAWS, price), "total": (DRAWS, price * events)})


def test_the_shares_are_the_closed_form_and_the_whole_variance_of_the_product():
    price, events = np.array([150.0, 200.0, 310.0]), np.array([8.0, 10.0, 11.0, 19.0])
    found = savings(price, events)
    mean, spread, other, width = price.mean(), price.var(), events.mean(), events.var()
    whole = float(found["total"].to_numpy().var())
    assert whole == pytest.approx(mean**2 * width + other**2 * spread + spread * width)
    shares = width_shares(found)
    assert float(shares["price"]) == pytest.approx((other**2 * spread + spread * width / 2) / whole)
    assert float(shares["statistics"]) == pytest.approx(1 - float(shares["price"]))


def test_equal_relative_spreads_share_evenly():
    relative = np.array([0.8, 1.0, 1.2])
    shares = width_shares(savings(200.0 * relative, 7.0 * relative))
    assert float(shares["price"]) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("price", "events", "share"), [([225.0], [1.0, 2.0], 0.0), ([200.0, 250.0], [3.0], 1.0)]
)
def test_what_is_known_has_no_share(price, events, share):
    assert float(width_shares(savings(price, events))["price"]) == pytest.approx(share)


def test_a_total_that_does_not_vary_has_none():
    assert np.isnan(float(width_shares(savings([0.0, 0.0], [0.0, 0.0]))["price"]))


def test_other_things_are_refused():
    with pytest.raises(SpecError, match="has no price") as caught:
        width_shares(savings([1.0], [1.0]).drop_vars("price"))
    assert caught.value.code == "CONFIG.VALUE"


def test_prices_of_each_provider_are_refused(refused):
    """As many providers as draws: dividing by position would give shares of nothing."""
    own = savings(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    own["price"] = "provider", np.array([1.0, 2.0])
    with refused("CONFIG.VALUE", "own price"):
        width_shares(own)
