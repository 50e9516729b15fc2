import numpy as np
import pytest
import xarray as xr
from scipy import special

from tests.estimands.hand_made import make_rates
from varmodel.estimands.money import value_of_information, worth_acting

Z = special.ndtri((np.arange(64) + 0.5) / 64)


def loss(mean, sd):
    """E max(0, N(mean, sd)) - max(0, mean)."""
    k = abs(mean) / sd
    return sd * (np.exp(-0.5 * k**2) / np.sqrt(2 * np.pi) - k * special.ndtr(-k))


def draws(values, *dims):
    return xr.DataArray(np.asarray(values, float)[np.newaxis], dims=("chain", "draw", *dims))


def crossed(price, gap):
    """Every price with every gap: independent to the last digit."""
    p, x = (a.reshape(-1) for a in np.meshgrid(price, gap, indexing="ij"))
    saving = make_rates((p * x)[:, np.newaxis], ["a"])
    return xr.Dataset({"saving": saving, "price": draws(p)})


def test_the_price_by_hand():
    """Act where p 10 > 15: of p = 1, 3 in half; blindly the mean saving is 20."""
    found = value_of_information(crossed([1.0, 3.0], [8.0, 12.0]), cost=15)
    assert list(found["input"].to_numpy()) == ["price"]
    np.testing.assert_allclose(found["evppi"], [(30 - 15) / 2 - (20 - 15)])


def test_what_changes_no_choice_is_worth_nothing():
    dear = value_of_information(crossed([1.0, 3.0], [8.0, 12.0]), cost=40)
    free = value_of_information(crossed([1.0, 3.0], [8.0, 12.0]), cost=0)
    fixed = value_of_information(crossed([2.0, 2.0], [0.0, 12.0]), cost=10)
    for found in (dear, free, fixed):
        np.testing.assert_array_equal(found["evppi"], [0])


def test_an_input_of_two_by_its_closed_form():
    """S = a + b, normal and independent: knowing a, E[S | a] is normal with a's sd."""
    rng = np.random.default_rng(1)
    a, b = rng.permuted(np.tile(Z, (2, 250)), axis=1)
    saving = make_rates((10 + 3 * a + 2 * b)[:, np.newaxis], ["a"])
    noise = rng.standard_normal(a.size)
    found = value_of_information(
        saving, cost=9, inputs={"a": draws(a), "b": draws(b), "noise": draws(noise)}
    )
    wanted = np.array([loss(1, 3.0), loss(1, 2.0), 0])
    error = np.abs(found["evppi"].to_numpy() - wanted)
    assert (error <= 4 * found["mcse"].to_numpy() + 1e-12).all(), (found["evppi"], wanted)
    assert float(found["mcse"].max()) < 0.05
    assert found["evppi"][0] > found["evppi"][1] > 5 * found["evppi"][2]


def test_knowing_a_providers_saving_is_worth_its_evpi():
    rng = np.random.default_rng(3)
    saving = make_rates(rng.normal(5, 2, (2000, 2)), ["a", "b"])
    for name in ("a", "b"):
        one = saving.sel(provider=[name])
        found = value_of_information(one, cost=5.5, inputs={"s": one})
        assert list(found["input"].to_numpy()) == [f"s[{name}]"]
        np.testing.assert_allclose(found["evppi"], worth_acting(one, cost=5.5)["evpi"], rtol=1e-9)


@pytest.mark.parametrize("copies", [1, 5])
def test_the_error_is_that_of_repetition(copies):
    """Draws that stand five times, as importance resampling leaves them, are a fifth of them."""
    rng = np.random.default_rng(2)
    runs = []
    for _ in range(40):
        ab = np.repeat(rng.standard_normal((2, 2000 // copies)), copies, axis=1)
        a, b = rng.permutation(ab, axis=1)
        saving = make_rates((3 * a + 2 * b)[:, np.newaxis], ["a"])
        if copies > 1:
            weight = np.full((1, 2000), copies / 2000)
            saving = saving.assign_coords(ancestor_weight=(("chain", "draw"), weight))
        runs.append(value_of_information(saving, cost=0.5, inputs={"a": draws(a)}))
    spread = np.std([float(x["evppi"][0]) for x in runs])
    stated = np.mean([float(x["mcse"][0]) for x in runs])
    assert stated == pytest.approx(spread, rel=0.35)


def test_refusals(refused):
    saving = make_rates([[1.0, 2], [3, 4]], ["a", "b"])
    with refused("CONFIG.VALUE", "inputs"):
        value_of_information(saving, cost=1)
    with refused("CONFIG.VALUE", "other draws"):
        value_of_information(saving, cost=1, inputs={"x": draws([1.0])})
    with refused("CONFIG.VALUE", "price"):
        value_of_information(saving, cost=1, inputs={"price": draws([1.0, 2.0])})
