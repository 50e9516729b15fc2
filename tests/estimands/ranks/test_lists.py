import itertools

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from varmodel.estimands.ranks import fdr_list, utility_list


def chances(*values):
    labels = [f"T{j}" for j in range(len(values))]
    return xr.DataArray(list(values), {"provider": labels}, ("provider",), attrs={"provisional": 1})


@given(st.lists(st.floats(0.5, 1), min_size=1, max_size=8, unique=True), st.floats(0, 0.4))
def test_no_larger_set_keeps_the_rate(values, rate):
    found = fdr_list(chances(*values), rate=rate).to_numpy()
    wrong = 1 - np.array(values)
    kept = [
        len(some)
        for size in range(1, len(values) + 1)
        for some in itertools.combinations(wrong, size)
        if np.mean(some) <= rate
    ]
    assert found.sum() >= max(kept, default=0)
    assert not found.any() or wrong[found].mean() <= rate + 1e-9


def test_equals_are_listed_all_or_none():
    assert fdr_list(chances(0.9, 1.0, 0.9)).to_numpy().tolist() == [False, True, False]
    assert fdr_list(chances(0.95, 1.0, 0.95)).to_numpy().tolist() == [True, True, True]


def test_utilities_make_the_expected_cost_least():
    prob = np.linspace(0.01, 0.99, 30)
    found = utility_list(chances(*prob), false_alarm=3, miss=1).to_numpy()
    costs = np.where(found, 3 * (1 - prob), prob), np.where(found, prob, 3 * (1 - prob))
    assert (costs[0] <= costs[1] + 1e-12).all()
    assert found.sum() == (prob > 0.75).sum()


def test_labels_and_the_stamp_are_carried_on():
    for found in (fdr_list(chances(0.9, 1)), utility_list(chances(0.9, 1), false_alarm=1, miss=1)):
        assert found["provider"].to_numpy().tolist() == ["T0", "T1"]
        assert found.attrs["provisional"] == 1
        assert found.dtype == bool


def test_sums_of_places_are_probabilities_but_for_rounding():
    summed = chances(1 + 2e-16, -1e-17)
    assert fdr_list(summed, rate=0).to_numpy().tolist() == [True, False]
    found = utility_list(summed, false_alarm=0, miss=1)
    assert found.to_numpy().tolist() == [True, False]


@pytest.mark.parametrize("wrong", [-0.1, 1.2])
def test_what_is_no_probability_is_refused(refused, wrong):
    with refused("CONFIG.VALUE", "prob must lie"):
        fdr_list(chances(0.3, wrong))
    with refused("CONFIG.VALUE", "rate"):
        fdr_list(chances(0.3), rate=wrong)


def test_costs_are_refused(refused):
    for options, words in (
        ({"false_alarm": -1, "miss": 1}, "false_alarm"),
        ({"false_alarm": 1, "miss": np.nan}, "miss"),
        ({"false_alarm": 0, "miss": 0}, "both 0"),
    ):
        with refused("CONFIG.VALUE", words):
            utility_list(chances(0.3), **options)
    with refused("CONFIG.VALUE", "prob must be"):
        utility_list([0.3], false_alarm=1, miss=1)
