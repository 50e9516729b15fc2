import numpy as np
import pandas as pd
import pytest
import xarray as xr

from tests.estimands.hand_made import make_rates
from varmodel.estimands import exceedance, pairwise, rank
from varmodel.estimands.draws.labelled import by_provider, check_rates

GOOD = make_rates([[1, 2, 3]], ["a", "b", "c"])


def test_good_rates_are_kept():
    checked = check_rates(GOOD.astype(int))
    xr.testing.assert_equal(checked, GOOD)
    assert checked.dtype == np.float64


def test_whole_numbers_are_labels():
    labels = check_rates(GOOD.assign_coords(provider=[7, 10, 2]))["provider"].to_numpy()
    assert list(labels) == ["7", "10", "2"]


def test_python_numbers_in_an_object_array_are_numbers():
    np.testing.assert_array_equal(check_rates(GOOD.astype(object)), GOOD)


HOSTILE = {
    "a pandas frame": pd.DataFrame({"a": [1.0]}),
    "an ndarray": np.ones((1, 3, 2)),
    "nothing": None,
    "no chain": GOOD.isel(chain=0, drop=True),
    "an area too much": GOOD.expand_dims("area"),
    "another dimension": GOOD.rename(provider="trust"),
    "no draws": GOOD.isel(draw=[]),
    "no providers": GOOD.isel(provider=[]),
    "a label twice": GOOD.assign_coords(provider=["a", "b", "a"]),
    "7 and '7'": GOOD.assign_coords(provider=np.array([7, "7", "b"], dtype=object)),
    "a missing label": GOOD.assign_coords(provider=np.array(["a", None, "b"], dtype=object)),
    "a NaN label": GOOD.assign_coords(provider=np.array(["a", np.nan, "b"], dtype=object)),
    "an empty label": GOOD.assign_coords(provider=["a", "", "b"]),
    "float labels": GOOD.assign_coords(provider=[1.0, 2.0, 3.0]),
    "bool labels": GOOD.assign_coords(provider=np.array([True, False, "x"], dtype=object)),
    "texts": GOOD.astype(str),
    "truth values": GOOD > 1,
    "complex numbers": GOOD + 0j,
    "times": GOOD.astype("datetime64[ns]"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_rates_are_refused(refused, what):
    for call in (
        lambda rates: rank(rates, better="higher"),
        lambda rates: pairwise(rates, better="higher"),
        lambda rates: exceedance(rates, threshold=1),
    ):
        with refused("CONFIG.VALUE"):
            call(HOSTILE[what])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_missing_numbers_are_refused(refused, value):
    with refused("VALUE.NONFINITE", "2 times", "rates"):
        rank(make_rates([[1, value, 3], [value, 1, 3]]), better="higher")


def test_figures_by_provider_come_in_any_order():
    series = pd.Series([3, 1, 2], index=["c", "a", "b"])
    np.testing.assert_array_equal(by_provider(series, ["a", "b", "c"], name="activity"), [1, 2, 3])
    array = series.rename_axis("provider").to_xarray()
    np.testing.assert_array_equal(by_provider(array, ["a", "b", "c"], name="activity"), [1, 2, 3])
    unlabelled = xr.DataArray([4.0, 5.0], dims="provider")
    np.testing.assert_array_equal(by_provider(unlabelled, ["0", "1"], name="activity"), [4, 5])


WRONG = {
    "absent": (pd.Series([1, 2], index=["a", "b"]), "'c'"),
    "unknown": (pd.Series([1, 2, 3, 4], index=["a", "b", "c", "zed"]), "'zed'"),
    "twice": (pd.Series([1, 2, 3, 4], index=["a", "b", "c", "c"]), "'c'"),
    "a list": ([1, 2, 3], "list"),
    "a dict": ({"a": 1}, "dict"),
    "a number": (3.0, "float"),
    "other dims": (GOOD, "dimensions"),
    "texts": (pd.Series(["1", "2", "3"], index=["a", "b", "c"]), "numbers"),
}


@pytest.mark.parametrize("what", WRONG)
def test_figures_by_provider_are_refused(refused, what):
    values, word = WRONG[what]
    with refused("CONFIG.VALUE", "activity", word):
        by_provider(values, ["a", "b", "c"], name="activity")


def test_a_missing_figure_names_its_provider(refused):
    with refused("VALUE.NONFINITE", "'b'"):
        by_provider(pd.Series([1, np.nan], index=["a", "b"]), ["a", "b"], name="observed")
