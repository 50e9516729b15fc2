import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from varmodel.estimands.classical import (
    direct_rate,
    indirect_ratio,
    proportion_interval,
    systematic_variation,
)


@pytest.mark.published(
    "vm.classical.indirect_ratio",
    source="Public Health England, test values of its tools",
    numbers="1.0707232939",
)
@pytest.mark.parametrize(
    ("prob", "lower", "upper"),
    [(0.95, 1.0017147713, 1.1432332873), (0.998, 0.9635155620, 1.1860070416)],
)
def test_a_published_ratio_with_byars_limits(prob, lower, upper):
    found = indirect_ratio(895, 835.8835612311743, prob=prob)
    np.testing.assert_allclose(found, [[1.0707232939, lower, upper]], atol=5e-11)


def test_exact_limits_are_those_of_chi_square_and_of_small_counts():
    count = np.array([0, 1, 9, 10, 40])
    exact = indirect_ratio(count, np.full(5, 2.0), method="exact")
    wanted = stats.chi2.ppf(0.025, 2 * count) / 4, stats.chi2.ppf(0.975, 2 * count + 2) / 4
    np.testing.assert_allclose(exact["lower"], np.nan_to_num(wanted[0]))
    np.testing.assert_allclose(exact["upper"], wanted[1])
    byar = indirect_ratio(count, np.full(5, 2.0))
    np.testing.assert_array_equal(byar[:3], exact[:3])
    np.testing.assert_allclose(byar[3:], exact[3:], rtol=3e-3)
    assert (byar[3:]["lower"] != exact[3:]["lower"]).all()


@pytest.mark.published(
    "vm.classical.proportion_interval",
    source="Public Health England, 65 of 100",
    numbers="0.5525444, 0.7363576",
)
def test_wilson_has_the_published_figures():
    found = proportion_interval(65, 100)
    np.testing.assert_allclose(found, [[0.65, 0.5525444, 0.7363576]], atol=5e-8)
    edge = proportion_interval([0, 20], [20, 20])
    assert edge["lower"][0] == 0
    assert edge["upper"][1] == 1


def test_labels_of_a_series_are_kept():
    events = pd.Series([3, 12], index=["a", "b"])
    assert indirect_ratio(events, pd.Series([4.0, 10], index=["a", "b"])).index.tolist() == [
        "a",
        "b",
    ]
    assert proportion_interval(events, [40, 90]).index.tolist() == ["a", "b"]


STRATA = pd.DataFrame(
    {
        "provider": ["a", "a", "b", "b"],
        "events": [10, 30, 2, 5],
        "population": [1_000, 500, 300, 900],
        "standard_population": [600, 400, 600, 400],
    }
)


def test_labelled_arrays_are_of_the_same_providers_or_refused(refused):
    """Two orders of the same providers: dividing by position would give others' ratios."""
    observed, expected = (
        xr.DataArray(x, {"provider": names}, ("provider",))
        for x, names in (([10.0, 20.0], ["a", "b"]), ([20.0, 10.0], ["b", "a"]))
    )
    with refused("CONFIG.VALUE", "other labels"):
        indirect_ratio(observed, expected)
    found = indirect_ratio(observed, expected.sel(provider=["a", "b"]))
    assert found["value"].to_dict() == {"a": 1.0, "b": 1.0}


def test_a_direct_rate_by_hand():
    """.6 x 10/1000 + .4 x 30/500; variance .6^2 10/1000^2 + .4^2 30/500^2, Dobson's scale."""
    found = direct_rate(STRATA)
    assert found.loc["a", "value"] == pytest.approx(0.03)
    count = indirect_ratio(40, 1)  # Byar's limits of the total
    scale = np.sqrt((0.36 * 10 / 1e6 + 0.16 * 30 / 2.5e5) / 40)
    for end in ("lower", "upper"):
        assert found.loc["a", end] == pytest.approx(0.03 + scale * (count[end][0] - 40))
    exact = indirect_ratio(7, 1, method="exact")
    scale = np.sqrt((0.36 * 2 / 9e4 + 0.16 * 5 / 8.1e5) / 7)
    assert found.loc["b", "upper"] == pytest.approx(
        found.loc["b", "value"] + scale * (exact["upper"][0] - 7)
    )


def test_a_direct_rate_of_one_stratum_is_crude():
    row = pd.DataFrame({"events": [895], "population": [2_000], "standard_population": [7]})
    np.testing.assert_allclose(direct_rate(row), indirect_ratio(895, 2_000), rtol=1e-12)


def test_no_event_at_all_has_an_upper_limit():
    found = direct_rate(STRATA.assign(events=0))
    assert (found["value"] == 0).all()
    assert (found["upper"] > 0).all()
    assert (found["lower"] == 0).all()


def test_systematic_variation_is_the_variance_of_the_log_rate():
    rng = np.random.default_rng(1)
    expected = rng.uniform(20, 200, 4_000)
    rates = np.exp(rng.normal(-0.02, 0.2, 4_000))
    found = systematic_variation(rng.poisson(expected * rates), expected).loc[0]
    assert found["lower"] < 100 * np.expm1(0.04) < found["upper"]
    alike = systematic_variation(rng.poisson(expected), expected).loc[0]
    assert alike["lower"] < 0 < alike["upper"]


def test_systematic_variation_by_hand():
    found = systematic_variation([12, 8, 20], [10, 10, 20])
    assert found["value"][0] == pytest.approx(100 / 3 * (0.04 + 0.04 + 0 - 0.1 - 0.1 - 0.05))


NAMELESS = STRATA.assign(provider=["a", "a", None, "b"])


def test_arguments_are_refused(refused):
    for call, words in (
        (lambda: indirect_ratio([1, 2], [1.0]), "have 2 and 1 rows"),
        (lambda: indirect_ratio([-1], [1.0]), "at least 0"),
        (lambda: indirect_ratio([1], [0.0]), "expected must be above 0"),
        (lambda: indirect_ratio([1], [1.0], method="byars"), "byar"),
        (lambda: indirect_ratio([1], [1.0], prob=1), "prob"),
        (lambda: indirect_ratio(pd.Series([1], ["a"]), pd.Series([1], ["b"])), "other labels"),
        (lambda: proportion_interval(3, 2), "at most trials"),
        (lambda: proportion_interval(0, 0), "trials must be above 0"),
        (lambda: direct_rate(STRATA.drop(columns="population")), "no column population"),
        (lambda: direct_rate(STRATA.assign(population=0)), "above 0"),
        (lambda: direct_rate([1]), "DataFrame"),
        (lambda: direct_rate(NAMELESS), "row 2 of strata has no provider"),
        (lambda: systematic_variation([1, 2], [1, 2]), "three providers"),
    ):
        with refused("CONFIG.VALUE", words):
            call()
    with refused("VALUE.NONFINITE", "observed"):
        indirect_ratio([np.nan], [1.0])
