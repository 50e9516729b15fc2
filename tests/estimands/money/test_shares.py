"""Shares of a total, of its variance and of its gap, against closed forms."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from tests.estimands.hand_made import make_rates
from varmodel import Benchmark
from varmodel import savings as price
from varmodel.errors import SpecError
from varmodel.estimands.money.shares import closable_share, width_shares

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


def test_the_closable_share_is_the_root_of_what_lasts():
    """Of normal effects sd x kappa is the mean gap to a quantile: .8 where .64 of them last."""
    rng = np.random.default_rng(1)
    lasting = rng.normal(0, 0.8, (4, 20_000))
    coming = lasting + rng.normal(0, 0.6, lasting.shape)
    names = [f"P{k}" for k in range(20_000)]
    options = {"activity": pd.Series(1.0, names), "unit_cost": 5.0, "better": "lower"}
    options |= {"benchmark": Benchmark("quantile", 0.75), "random_seed": 1}
    found = closable_share(*(price(make_rates(x, names), **options) for x in (coming, lasting)))
    np.testing.assert_allclose(found.mean(), 0.8, atol=0.01)


def test_no_more_than_all_can_be_closed_and_of_nothing_nothing_passes():
    coming, lasting = (
        xr.Dataset({"total": (DRAWS, np.array([x]))}) for x in ([4.0, 4, 0], [1.0, 6, 2])
    )
    assert closable_share(coming, lasting).to_numpy().tolist() == [[0.25, 1, 1]]
