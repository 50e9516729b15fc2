import numpy as np
import pandas as pd
import pytest
import xarray as xr

from tests.estimands.hand_made import make_rates
from varmodel.estimands import rank, summarise
from varmodel.numerics.convergence import ess_mean

STATISTICS = ["mean", "sd", "median", "lower", "upper", "ci_prob", "ci_kind", "mcse"]


def random_rates(providers=3, draws=100, chains=2):
    values = np.random.default_rng(0).normal(size=(chains, draws, providers))
    return make_rates(values, [f"T{number}" for number in range(providers)])


def test_summary_is_the_definition():
    rates = random_rates()
    table = summarise(rates, prob=0.9)
    flat = rates.to_numpy().reshape(-1, 3)
    assert list(table.columns) == ["provider", *STATISTICS]
    assert list(table["provider"]) == ["T0", "T1", "T2"]
    np.testing.assert_allclose(table["mean"], flat.mean(axis=0))
    np.testing.assert_allclose(table["sd"], flat.std(axis=0, ddof=1))
    np.testing.assert_allclose(table["median"], np.median(flat, axis=0))
    np.testing.assert_allclose(table["lower"], np.quantile(flat, 0.05, axis=0))
    np.testing.assert_allclose(table["upper"], np.quantile(flat, 0.95, axis=0))
    np.testing.assert_allclose(table["mcse"], table["sd"] / np.sqrt(ess_mean(rates.to_numpy())))
    assert (table["ci_prob"] == 0.9).all()
    assert (table["ci_kind"] == "eti").all()


def test_blocks_change_nothing(monkeypatch):
    rates = random_rates(providers=5)
    whole = summarise(rates)
    monkeypatch.setattr("varmodel.numerics.blocks.BLOCK", 3)
    pd.testing.assert_frame_equal(summarise(rates), whole)


def test_all_other_dimensions_are_keys():
    rates = random_rates().expand_dims(part=["x", "y"], axis=1).transpose("draw", ...)
    table = summarise(rates)
    assert list(table.columns[:2]) == ["part", "provider"]
    assert list(table["part"]) == ["x"] * 3 + ["y"] * 3
    assert list(table["provider"]) == ["T0", "T1", "T2"] * 2


def test_providers_without_labels_are_numbered_in_text():
    table = summarise(random_rates().drop_vars("provider"))
    assert list(table["provider"]) == ["0", "1", "2"]


def test_one_quantity_is_one_row():
    table = summarise(random_rates().isel(provider=0, drop=True))
    assert list(table.columns) == STATISTICS
    assert len(table) == 1


def test_rank_intervals_are_whole_and_go_outwards():
    values = [[1, 2.5, 2.5], [1, 2.5, 2.5], [1, 2, 3], [2, 1, 3]]
    ranks = make_rates(values, ["a", "b", "c"]).rename("rank")
    table = summarise(ranks, prob=0.5)
    assert table["lower"].tolist() == [1, 1, 2]
    assert table["upper"].tolist() == [1, 3, 3]
    assert table["lower"].dtype == np.int64
    assert table["upper"].dtype == np.int64


def test_rank_intervals_count_draws_exactly():
    """2.5 % of 4,000 draws are 100: the hundredth value, whatever floating point makes of it."""
    ranks = make_rates(np.arange(1.0, 4_001).reshape(4, 1_000, 1)).rename("rank")
    table = summarise(ranks)
    assert (table["lower"][0], table["upper"][0]) == (100, 3_900)


def test_equal_draws_have_no_monte_carlo_error():
    table = summarise(make_rates(np.full((2, 50, 1), 3.0)))
    assert table["mcse"][0] == 0
    assert table["sd"][0] == 0


def test_three_draws_have_a_summary_and_no_monte_carlo_error_to_show():
    table = summarise(make_rates([[1.0], [2.0], [4.0]]))
    assert table["median"][0] == 2
    assert np.isnan(table["mcse"][0])


def test_one_draw_has_no_sd():
    table = summarise(make_rates([[1.0, 2.0]]))
    assert table["mean"].tolist() == [1, 2]
    assert table["sd"].isna().all()


def test_weights_give_the_error_of_importance_sampling():
    rng = np.random.default_rng(1)
    rates = random_rates(draws=500)
    equal = rates.assign_coords(ancestor_weight=(("chain", "draw"), np.full((2, 500), 1 / 800)))
    table = summarise(equal)
    np.testing.assert_allclose(table["mcse"], table["sd"] / np.sqrt(800))
    many = rates.assign_coords(ancestor_weight=(("chain", "draw"), np.full((2, 500), 1 / 9_000)))
    table = summarise(many)
    np.testing.assert_allclose(table["mcse"], table["sd"] / np.sqrt(1_000))
    weight = rng.uniform(0, 0.01, (2, 500))
    table = summarise(rates.assign_coords(ancestor_weight=(("chain", "draw"), weight)))
    square = (rates - rates.mean(("chain", "draw"))) ** 2
    size = square.mean(("chain", "draw")) / (square * weight[:, :, None]).mean(("chain", "draw"))
    np.testing.assert_allclose(table["mcse"], table["sd"] / np.sqrt(np.minimum(size, 1_000)))


def test_a_dataset_is_stacked():
    ranks = rank(random_rates(), better="higher")
    table = summarise(ranks)
    assert list(table.columns) == ["variable", "provider", *STATISTICS]
    assert set(table["variable"]) == {"rank"}
    whole = xr.Dataset({"rate": random_rates(), "total": random_rates().sum("provider")})
    table = summarise(whole)
    assert list(table.columns) == ["variable", "provider", *STATISTICS]
    assert table["variable"].tolist() == ["rate", "rate", "rate", "total"]
    assert table["provider"].isna().tolist() == [False, False, False, True]
    single = summarise(xr.Dataset({"total": random_rates().sum("provider")}))
    assert list(single.columns) == ["variable", *STATISTICS]


@pytest.mark.parametrize("prob", [0, 1, -0.1, 1.5, 95, np.nan, "0.95", None, True])
def test_probabilities_are_refused(refused, prob):
    with refused("CONFIG.VALUE", "prob"):
        summarise(random_rates(), prob=prob)


@pytest.mark.parametrize(
    "x",
    [
        None,
        np.ones((2, 3)),
        pd.DataFrame({"a": [1]}),
        xr.DataArray([1.0], dims="provider"),
        xr.DataArray([1.0], dims="draw"),
        xr.Dataset({"a": xr.DataArray([1.0], dims="provider")}),
        random_rates().isel(draw=[]),
        random_rates().astype(str),
    ],
)
def test_what_has_no_draws_is_refused(refused, x):
    with refused("CONFIG.VALUE"):
        summarise(x)


def test_missing_numbers_are_refused(refused):
    with refused("VALUE.NONFINITE"):
        summarise(random_rates().where(lambda x: x > 0))
