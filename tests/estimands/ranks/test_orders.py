import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from tests.estimands.hand_made import make_rates
from varmodel.estimands import rank
from varmodel.estimands.ranks import r_values, threshold, told_apart, triple_goal, within


def mixed(count=20, *, draws=500, seed=1):
    """Providers known well and badly."""
    rng = np.random.default_rng(seed)
    sds = rng.choice([0.1, 1.5], count)
    return make_rates(rng.normal(size=count) + sds * rng.normal(size=(draws, count)))


def test_r_values_are_the_definition():
    """Try every length of list, one provider after the other."""
    rates = mixed()
    places = rank(rates, better="higher")["rank"].to_numpy()[0]
    wanted = np.full(20, np.nan)
    for length in range(20, 0, -1):
        chance = (places <= length).mean(axis=0)
        bar = np.sort(chance)[-length]
        wanted[chance >= bar] = length / 20
    np.testing.assert_allclose(r_values(rates, better="higher"), wanted)


def test_r_values_of_a_known_order_are_its_places():
    found = r_values(make_rates([[1, 3, 2, 4]] * 3), better="lower")
    np.testing.assert_array_equal(found, [0.25, 0.75, 0.5, 1])


def test_threshold_takes_the_likeliest_and_counts_its_errors():
    rates = mixed()
    found = threshold(rates, better="lower")
    chance = (rank(rates, better="lower")["rank"] <= 5).mean(("chain", "draw")).to_numpy()
    inside = found["member"].to_numpy()
    assert inside.sum() == 5
    assert chance[inside].min() >= chance[~inside].max()
    errors = (1 - chance[inside]).sum() + chance[~inside].sum()
    assert float(found["operating_characteristic"]) == pytest.approx(
        errors / (2 * 0.25 * 0.75 * 20)
    )
    assert float(found["expected_wrong"]) == pytest.approx((1 - chance[inside]).sum())


@pytest.mark.parametrize(("count", "gamma", "size"), [(7, 0.75, 2), (12, 0.75, 3), (11, 0.9, 2)])
def test_threshold_has_the_places_of_the_quantile(count, gamma, size):
    found = threshold(mixed(count), better="lower", gamma=gamma)
    assert int(found["member"].sum()) == found.attrs["places"] == size


@pytest.mark.parametrize(("sd", "wanted"), [(1e-6, 0), (1e6, 1)])
def test_the_operating_characteristic_runs_from_perfect_to_chance(sd, wanted):
    rng = np.random.default_rng(1)
    rates = make_rates(np.arange(40.0) + sd * rng.normal(size=(4_000, 40)))
    found = threshold(rates, better="higher")["operating_characteristic"]
    assert float(found) == pytest.approx(wanted, abs=0.05)


def test_neighbours_told_apart_by_hand():
    """Ordered a, b, c: a before b in all draws, b before c in three of four."""
    rates = make_rates([[1, 2, 3], [1, 2, 3], [1, 2, 3], [1, 3, 2]])
    assert float(told_apart(rates, better="lower")) == 0.5
    assert float(told_apart(rates, better="lower", prob=0.75)) == 1
    assert float(told_apart(make_rates([[1, 1], [1, 1]]), better="lower")) == 0


def test_ranks_within_groups_are_those_of_each_group_alone():
    rates = mixed(9)
    groups = pd.Series(list("abcabcaab"), index=[str(j) for j in range(9)])
    found = within(rates, groups[::-1], better="lower")
    assert found["rank"].dims == ("chain", "draw", "provider")
    for label, own in groups.groupby(groups):
        names = own.index.tolist()
        alone = rank(
            rates.assign_coords(provider=groups.index.to_numpy()).sel(provider=names),
            better="lower",
        )
        part = found.sel(provider=names)
        for name in ("rank", "expected_rank", "prob_top_quarter", "prob_bottom_quarter"):
            np.testing.assert_array_equal(part[name], alone[name], err_msg=label)
        assert (part["group_size"] == len(names)).all()
    labelled = xr.DataArray(groups.to_numpy(), {"provider": groups.index.to_numpy()}, ("provider",))
    xr.testing.assert_identical(within(rates, labelled, better="lower"), found)


def test_groups_of_others_are_refused(refused):
    with refused("CONFIG.VALUE", "groups lacks a provider"):
        within(mixed(3), pd.Series(["a", "b"], index=["0", "1"]), better="lower")
    with refused("CONFIG.VALUE", "provider '1' has no group"):
        within(mixed(3), pd.Series(["a", None, "b"], index=list("012")), better="lower")
    with refused("CONFIG.VALUE", "groups must be"):
        within(mixed(3), ["a", "b", "c"], better="lower")


def test_the_histogram_is_spread_as_the_truth():
    """Posterior means are too narrow, unshrunken figures too wide; the ensemble is neither."""
    rng = np.random.default_rng(4)
    truth = rng.normal(size=400)
    seen = truth + rng.normal(size=400)  # reliability one half
    draws = make_rates(seen / 2 + np.sqrt(0.5) * rng.normal(size=(300, 400)))
    found = triple_goal(draws).to_numpy()
    assert found.std() == pytest.approx(1, abs=0.05)
    assert draws.mean(("chain", "draw")).std() == pytest.approx(np.sqrt(0.5), abs=0.05)
    assert stats.spearmanr(found, seen).statistic > 0.99


def test_somebody_is_always_left_out_of_the_top():
    assert threshold(mixed(4), better="lower", gamma=1e-12)["member"].sum() == 3


@pytest.mark.parametrize("wrong", [0, 1, -1, np.nan, "x", True])
def test_shares_are_refused(refused, wrong):
    with refused("CONFIG.VALUE", "gamma"):
        threshold(mixed(4), better="lower", gamma=wrong)
    with refused("CONFIG.VALUE", "prob"):
        told_apart(mixed(4), better="lower", prob=wrong)
