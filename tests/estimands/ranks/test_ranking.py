import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from tests.estimands.hand_made import make_rates, random_fit
from varmodel.estimands import adjusted_rates, provider_effects, rank, rank_probabilities

NAMES = ["A", "B", "C", "D", "E"]
COARSE = arrays(
    np.float64,
    st.tuples(st.integers(1, 6), st.integers(1, 9)),
    elements=st.integers(0, 3).map(float),
)


def test_ranks_by_hand():
    draws = [[5, 4, 3, 2, 1], [1, 4, 4, 2, 9], [7, 7, 7, 7, 7]]
    found = rank(make_rates(draws, NAMES), better="higher")
    by_hand = [[1, 2, 3, 4, 5], [5, 2.5, 2.5, 4, 1], [3, 3, 3, 3, 3]]
    np.testing.assert_array_equal(found["rank"][0], by_hand)
    np.testing.assert_allclose(found["expected_rank"], [3, 2.5, 8.5 / 3, 11 / 3, 3])
    places = {  # of five places two are the top quarter; a tied block has a share in each place
        "prob_top_quarter": [1.4, 1.9, 0.9, 0.4, 1.4],
        "prob_middle": [0.2, 0.7, 1.7, 0.2, 0.2],
        "prob_bottom_quarter": [1.4, 0.4, 0.4, 2.4, 1.4],
    }
    for name, by_hand in places.items():
        np.testing.assert_allclose(found[name], np.array(by_hand) / 3)
    third = 1 / 3 / 5
    first = [1 / 3 + third, third, third, third, 1 / 3 + third]
    second = [third, 1 / 3 + 1 / 6 + third, 1 / 6 + third, third, third]
    np.testing.assert_allclose(found["probability"][:2], [first, second], atol=1e-15)
    np.testing.assert_array_equal(found["position"], [1, 2, 3, 4, 5])
    assert found["rank"].dims == ("chain", "draw", "provider")
    assert list(found["provider"].to_numpy()) == NAMES


@pytest.mark.parametrize("form", ["share", "expected", "measurements"])
def test_effects_have_the_order_of_rates_on_the_same_patients(form):
    fit = random_fit(form)
    by_effect, by_rate = (
        rank(figure(fit), better="lower")["rank"] for figure in (provider_effects, adjusted_rates)
    )
    np.testing.assert_array_equal(by_effect, by_rate)


def test_providers_are_ranked_within_each_period():
    """Labels stay, and what else hangs on a dimension; a warning of xarray's would be an error."""
    rng, quarters = np.random.default_rng(3), ["2024Q1", "2024Q2", "2024Q3"]
    values = rng.integers(0, 6, (2, 40, 5, 3)).astype(float)
    coords = {
        "provider": NAMES,
        "period": quarters,
        "region": ("provider", list("NNSSS")),
        "ancestor_weight": (("chain", "draw"), np.full((2, 40), 1 / 80)),
    }
    rates = xr.DataArray(values, coords, ("chain", "draw", "provider", "period"))
    found = rank(rates, better="lower")
    assert found["rank"].dims == rates.dims
    assert found["expected_rank"].dims == ("provider", "period")
    assert found["probability"].dims == ("provider", "position", "period")
    for name in ("provider", "period", "ancestor_weight"):
        np.testing.assert_array_equal(found["rank"][name], rates[name])
    for label in quarters:
        alone = rank(rates.sel(period=label, drop=True), better="lower")
        for name, figure in alone.items():
            np.testing.assert_array_equal(found[name].sel(period=label), figure, name)


def test_low_is_good_turns_the_order():
    draws = [[5, 4, 3, 2, 1]]
    assert rank(make_rates(draws), better="lower")["rank"].to_numpy().tolist() == [
        [[5, 4, 3, 2, 1]]
    ]


@pytest.mark.parametrize(
    ("count", "quarter"), [(1, 1), (4, 1), (5, 2), (12, 3), (13, 4), (150, 38)]
)
def test_the_quarter_has_a_quarter_of_the_places(count, quarter):
    found = rank(make_rates(np.arange(count)[np.newaxis]), better="higher")
    assert found["prob_top_quarter"].sum() == quarter
    assert found["prob_bottom_quarter"].sum() == quarter


def test_labels_default_to_positions_and_attrs_are_passed_on():
    rates = make_rates([[1, 2]], provisional=1, spec_digest="d", population="own", other="x")
    found = rank(rates, better="higher")
    assert list(found["provider"].to_numpy()) == ["0", "1"]
    expected = {"provisional": 1, "spec_digest": "d", "population": "own", "better": "higher"}
    assert found.attrs == found["rank"].attrs == found["probability"].attrs == expected


def test_dimensions_may_come_in_any_order():
    rates = make_rates(np.random.default_rng(0).normal(size=(2, 3, 5)), NAMES)
    turned = rank(rates.transpose("provider", "draw", "chain"), better="higher")
    np.testing.assert_array_equal(turned["rank"], rank(rates, better="higher")["rank"])


def test_weights_stay_with_the_draws():
    rates = make_rates([[1, 2], [2, 1]]).assign_coords(
        ancestor_weight=(("chain", "draw"), [[0.2, 0.3]])
    )
    assert "ancestor_weight" in rank(rates, better="higher")["rank"].coords


def test_many_providers_have_no_matrix_of_positions():
    rates = make_rates(np.arange(1_001.0)[np.newaxis])
    found = rank(rates, better="lower")
    assert "probability" not in found
    assert found["prob_middle"].sum() == 1_001 - 2 * 251
    np.testing.assert_array_equal(found["rank"][0, 0], np.arange(1, 1_002))


def test_ranks_of_many_providers_are_exact_in_half_the_memory():
    values = np.random.default_rng(2).integers(0, 700, (3, 1_501)).astype(float)
    found, exact = rank(make_rates(values), better="lower"), stats.rankdata(values, axis=1)
    assert found["rank"].dtype == np.float32
    np.testing.assert_array_equal(found["rank"].to_numpy()[0], exact)
    np.testing.assert_array_equal(found["expected_rank"], exact.mean(axis=0))
    assert float(found["prob_top_quarter"].sum()) == pytest.approx(376, abs=1e-9)


@given(COARSE)
@settings(max_examples=60, deadline=None)
def test_rows_and_columns_sum_to_one(values):
    found = rank(make_rates(values), better="higher")
    np.testing.assert_allclose(found["probability"].sum("position"), 1, atol=1e-12)
    np.testing.assert_allclose(found["probability"].sum("provider"), 1, atol=1e-12)
    assert found["probability"].min() >= 0
    mean = (found["probability"] * found["position"]).sum("position")
    np.testing.assert_allclose(mean, found["expected_rank"], atol=1e-12)


@given(COARSE, st.randoms())
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_providers_does_not_matter(values, random):
    order = list(range(values.shape[1]))
    random.shuffle(order)
    names = np.array([f"T{number}" for number in range(values.shape[1])])
    found = rank(make_rates(values, names), better="lower")
    shuffled = rank(make_rates(values[:, order], names[order]), better="lower")
    for name in ("rank", "expected_rank", "prob_top_quarter"):
        np.testing.assert_array_equal(shuffled[name].sel(provider=names), found[name])
    np.testing.assert_allclose(
        shuffled["probability"].sel(provider=names), found["probability"], atol=1e-12
    )


@given(COARSE)
@settings(max_examples=40, deadline=None)
def test_turning_the_direction_turns_the_ranks(values):
    count = values.shape[1]
    high, low = (rank(make_rates(values), better=better) for better in ("higher", "lower"))
    np.testing.assert_array_equal(high["rank"], count + 1 - low["rank"])
    np.testing.assert_allclose(high["probability"], low["probability"][:, ::-1], atol=1e-12)
    np.testing.assert_allclose(high["prob_top_quarter"], low["prob_bottom_quarter"], atol=1e-12)


@given(COARSE)
@settings(max_examples=60, deadline=None)
def test_three_places_are_those_of_the_matrix(values):
    found = rank(make_rates(values), better="higher")
    count = values.shape[1]
    outer = -(-count // 4)
    ends = [0, outer, max(outer, count - outer), count]
    names = ("prob_top_quarter", "prob_middle", "prob_bottom_quarter")
    for name, first, last in zip(names, ends[:-1], ends[1:], strict=True):
        if count > 1 or name != "prob_bottom_quarter":
            shares = found["probability"][:, first:last].sum("position")
            np.testing.assert_allclose(found[name], shares, atol=1e-12)


@given(COARSE, st.integers(1, 12))
@settings(max_examples=60, deadline=None)
def test_slices_share_the_places(values, bins):
    ranks = rank(make_rates(values), better="higher")
    found = rank_probabilities(ranks["rank"], bins=bins)
    count = values.shape[1]
    np.testing.assert_allclose(found.sum("bin"), 1, atol=1e-12)
    np.testing.assert_allclose(found.sum("provider"), count / bins, atol=1e-12)
    fine = np.repeat(ranks["probability"].to_numpy() / bins, bins, axis=1)
    np.testing.assert_allclose(found, fine.reshape(count, bins, count).sum(axis=2), atol=1e-12)


def test_percentiles_of_many_providers():
    ranks = rank(make_rates(-np.arange(2_000.0)[np.newaxis]), better="higher")
    found = rank_probabilities(ranks["rank"])
    assert found.dims == ("provider", "bin")
    np.testing.assert_allclose(found[:20, 0], 1)
    np.testing.assert_allclose(found[20:, 0], 0)


@pytest.mark.parametrize("better", ["neither", "up", "Higher", None, 1, ["higher"]])
def test_directions_are_refused(refused, better):
    with refused("CONFIG.VALUE", "better"):
        rank(make_rates([[1, 2]]), better=better)


@pytest.mark.parametrize("bins", [0, -1, 2.0, True, "ten"])
def test_bins_are_refused(refused, bins):
    with refused("CONFIG.VALUE", "bins"):
        rank_probabilities(rank(make_rates([[1, 2]]), better="higher")["rank"], bins=bins)


def test_rates_are_no_ranks(refused):
    with refused("CONFIG.VALUE", "no ranks"):
        rank_probabilities(make_rates([[0.1, 0.2]]))
