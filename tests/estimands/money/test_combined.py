from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from tests.estimands.hand_made import make_rates
from varmodel.estimands import summarise
from varmodel.estimands.money import combine, combine_by_provider
from varmodel.fits.fit import WEIGHT

RNG = np.random.default_rng(5)
NAMES = ["p", "q", "r", "s"]


def indicators(count, draws=6):
    return {
        f"i{m}": make_rates(RNG.uniform(0, 60, (draws, 4)), NAMES, units="GBP")
        for m in range(count)
    }


def shapley(freed, base):
    """Average what each adds over all orders, (draw, provider, member)."""
    shares = np.zeros(freed.shape)
    orders = list(permutations(range(freed.shape[-1])))
    for order in orders:
        left = base.copy()
        for m in order:
            shares[..., m] += left * freed[..., m]
            left = left * (1 - freed[..., m])
    return shares / len(orders)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_shares_are_those_over_all_orders(count):
    given = indicators(count)
    base = pd.Series([50.0, 80.0, 100.0, 40.0], index=NAMES)  # some savings are above it
    found = combine(given, shared={"beds": (list(given), base.sample(frac=1, random_state=1))})
    stacked = np.stack([x[0].to_numpy() for x in given.values()], axis=-1)
    freed = np.minimum(1, stacked / base.to_numpy()[:, np.newaxis])
    whole = np.broadcast_to(base.to_numpy(), freed.shape[:2])
    np.testing.assert_allclose(found["share"][0], shapley(freed, whole).sum(axis=1), rtol=1e-12)
    total = (base.to_numpy() * (1 - np.prod(1 - freed, axis=-1))).sum(axis=-1)
    np.testing.assert_allclose(found["total"][0], total, rtol=1e-12)
    np.testing.assert_allclose(found["plain_total"][0], stacked.sum(axis=(1, 2)), rtol=1e-12)
    assert found["share"].dims == ("chain", "draw", "indicator")


def test_shares_of_thirty_add_up():
    given = indicators(30, draws=2)
    found = combine(given, shared={"all": (list(given), 500.0)})
    freed = np.stack([x.to_numpy() for x in given.values()]) / 500
    total = (500 * (1 - np.prod(1 - freed, axis=0))).sum(axis=-1)
    np.testing.assert_allclose(found["total"], total, rtol=1e-12)
    np.testing.assert_allclose(found["share"].sum("indicator"), total, rtol=1e-12)


def test_outside_of_groups_savings_are_added():
    given = indicators(3)
    given["i2"] = given["i2"].isel(provider=[1, 3])  # who is not in it saves nothing
    alone = combine(given)
    np.testing.assert_allclose(alone["total"], alone["plain_total"])
    two = combine(given, shared={"x": (["i0", "i2"], 100.0)})
    r = [given["i0"][0] / 100, given["i2"][0].reindex(provider=NAMES, fill_value=0) / 100]
    both = (100 * (1 - (1 - r[0]) * (1 - r[1]))).sum("provider")
    np.testing.assert_allclose(two["total"][0], both + given["i1"][0].sum("provider"))
    np.testing.assert_allclose(two["share"][0].sel(indicator="i1"), given["i1"][0].sum("provider"))


def effects_of(values, reliability, better="lower"):
    rate = xr.DataArray(values, {"provider": NAMES}, ("provider",))
    attrs = {"better": better, "mean_reliability": reliability}
    return xr.Dataset({"rate": rate, "benchmark": 0 * rate}, attrs=attrs)


def test_no_saving_is_spread_out_below_nothing_but_a_net_one_may_be():
    all_of = indicators(2, draws=50)
    given = {k: x * (np.arange(50) > 10)[np.newaxis, :, np.newaxis] for k, x in all_of.items()}
    effects = {name: effects_of(np.array([1.0, 2, 3, 4]), 0.2) for name in given}
    found = combine(given, effects=effects)
    total, by = found["total"], found.attrs["widened_by"]
    spread = float(total.mean()) + by * (total - float(total.mean()))
    assert spread.min() < 0
    np.testing.assert_allclose(found["correlated_total"], np.maximum(spread, 0))
    net = combine({name: x - 50 for name, x in given.items()}, effects=effects)
    np.testing.assert_allclose(net["correlated_total"], spread - 50 * 2 * len(NAMES))


def test_alike_shortfalls_widen_the_interval():
    given = indicators(2, draws=50)
    one, other = np.array([1.0, 2, 3, 4]), np.array([1.0, 3, 2, 4])  # they correlate .8
    effects = {"i0": effects_of(one, 0.9), "i1": effects_of(-other, 0.8, better="higher")}
    found = combine(given, effects=effects)
    r = 0.8 / np.sqrt(0.9 * 0.8)
    factor = np.sqrt(1 + r * (1 - 0.85))
    np.testing.assert_allclose(found.attrs["correlation"], r)
    np.testing.assert_allclose(found["correlated_total"].std(), factor * found["total"].std())
    np.testing.assert_allclose(found["correlated_total"].mean(), found["total"].mean())
    assert not found.attrs["provisional"]
    bare = {
        name: x.assign(reliability=0 * x["rate"] + r)
        for (name, x), r in zip(effects.items(), (0.9, 0.8), strict=True)
    }
    bare = {name: x.drop_attrs() for name, x in bare.items()}
    directed = {
        k: x.assign_attrs(better=b)
        for (k, x), b in zip(given.items(), ("lower", "higher"), strict=True)
    }
    np.testing.assert_allclose(combine(directed, effects=bare).attrs["widened_by"], factor)
    apart = {"i0": effects["i0"], "i1": effects_of(-other, 0.8)}  # one good where the other is bad
    assert combine(given, effects=apart).attrs["widened_by"] == 1


def test_a_sum_that_nobody_compared_is_provisional():
    given = indicators(2)
    assert combine(given).attrs["provisional"] == 1
    assert "independent" in combine(given)["total"].attrs["provisional_reason"]
    assert combine({"one": given["i0"]}).attrs["provisional"] == 0
    stamped = given["i0"].assign_attrs(provisional=1, provisional_reason="by hand")
    effects = {name: effects_of(np.arange(4.0), 0.9) for name in given}
    found = combine({**given, "i0": stamped}, effects=effects)
    assert found.attrs["provisional_reason"] == "by hand"


def test_prices_of_different_years_are_no_plain_sum():
    given, effects = indicators(2), {name: effects_of(np.arange(4.0), 0.9) for name in ("i0", "i1")}
    one, other = (
        combine(
            {
                k: x.assign_attrs(price_year=y)
                for (k, x), y in zip(given.items(), years, strict=True)
            },
            effects=effects,
        ).attrs
        for years in ((2006, 2006), (2018, 2006))
    )
    assert (one["price_year"], one["provisional"]) == (2006, 0)
    assert "price_year" not in other
    assert other["provisional_reason"] == "prices of 2006, 2018 are added as they stand"


def test_refusals(refused):
    given = indicators(3)
    groups = {
        "no indicator": ({"x": (["i0", "i9"], 1.0)}, "allowed: i0, i1, i2"),
        "one in two groups": ({"x": (["i0"], 1.0), "y": (["i0", "i1"], 1.0)}, "two groups"),
        "no base": ({"x": (["i0"], 0.0)}, "above 0"),
        "a base that lacks one": ({"x": (["i0"], pd.Series({"p": 1.0}))}, "'q'"),
        "no pair": ({"x": ["i0", "i1"]}, "pair"),
    }
    for shared, words in groups.values():
        with refused("CONFIG.VALUE", words):
            combine(given, shared=shared)
    lost = {**given, "i1": -given["i1"]}
    with refused("CONFIG.VALUE", "below 0"):
        combine(lost, shared={"x": (["i0", "i1"], 1.0)})
    with refused("CONFIG.VALUE", "other draws"):
        combine({**given, "i1": given["i1"].isel(draw=[0])})
    with refused("CONFIG.VALUE", "EUR"):
        combine({**given, "i1": given["i1"].assign_attrs(units="EUR")})
    with refused("CONFIG.VALUE", "'i1'"):
        combine(given, effects={"i0": effects_of(np.arange(4.0), 0.9)})
    with refused("CONFIG.VALUE", "one at least"):
        combine({})


def weighted(seed, *, proposals=300, draws=(4, 500)):
    """Return draws resampled from weighted proposals, with the weight of each one's ancestor."""
    rng = np.random.default_rng(seed)
    values, weight = rng.gamma(2, 20, (proposals, 4)), rng.gamma(0.5, 1, proposals)
    weight /= weight.sum()
    chosen = rng.choice(proposals, draws, p=weight)
    given = make_rates(values[chosen], NAMES, units="GBP")
    return given.assign_coords({WEIGHT: (("chain", "draw"), weight[chosen])})


def test_the_error_of_a_sum_is_that_of_its_parts():
    one, other = weighted(1), weighted(2)
    apart = [summarise(x.sum("provider").rename("x"))["mcse"][0] for x in (one, other)]
    together = summarise(combine({"a": one, "b": other})["total"])["mcse"][0]
    assert together == pytest.approx(np.hypot(*apart))


def test_the_error_of_what_is_shared_is_how_much_the_total_moves():
    found = []
    for seed in range(200):
        given = {"a": weighted(2 * seed), "b": weighted(2 * seed + 1)}
        total = combine(given, shared={"x": (["a", "b"], 100.0)})["total"]
        found.append((float(total.mean()), summarise(total)["mcse"][0]))
    means, errors = np.array(found).T
    assert errors.mean() == pytest.approx(means.std(ddof=1), rel=0.15)


def test_each_providers_sums_add_up_to_those_of_all():
    given = indicators(3)
    given["i2"] = given["i2"].isel(provider=[1, 3])
    shared = {"x": (["i0", "i2"], 100.0)}
    each, whole = combine_by_provider(given, shared=shared), combine(given, shared=shared)
    for name in ("total", "plain_total", "share"):
        np.testing.assert_allclose(each[name].sum("provider"), whole[name], rtol=1e-12)
    assert each["share"].dims == ("chain", "draw", "provider", "indicator")
    assert (each["share"].sel(provider="p", indicator="i2") == 0).all()
    alone = combine_by_provider({"i1": given["i1"]})["total"]
    np.testing.assert_array_equal(alone, given["i1"])
