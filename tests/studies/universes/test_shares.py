"""Shares of variance, against what is known in closed form."""

import itertools

import numpy as np
import pytest

from varmodel.studies.universes.shares import Totals, _shapley, share_out_variance


def make(means, *, error=0.0, whole=True, names=("a", "b"), options=None, fits=None, **moments):
    means = np.asarray(means, float)
    count = len(means)
    grid = np.array(list(itertools.product(range(2), repeat=len(names))))
    given = {"gap": 3.0, "gap_sd": 0.0, "price": 2.0, "price_sd": 0.0, "ess": np.inf, **moments}
    return Totals(
        names=names,
        options=grid if options is None else np.asarray(options),
        mean=means,
        error=np.full(count, error),
        fits=np.arange(count) if fits is None else np.asarray(fits),
        whole=whole,
        **{name: np.full(count, value) for name, value in given.items()},
    )


def shares(totals):
    return share_out_variance(totals, random_seed=1).set_index("input")


def test_an_interaction_is_parted_between_those_who_make_it():
    found = shares(make([0, 0, 0, 4]))
    assert found["variance"].to_dict() == {"a": 1.5, "b": 1.5, "posterior": 0, "price": 0}


@pytest.mark.parametrize("whole", [True, False])
def test_of_a_linear_total_each_choice_has_what_it_moves(whole):
    names, grid = ("a", "b", "c"), np.array(list(itertools.product(range(2), repeat=3)))
    found = shares(make(grid @ [1.0, 2.0, 4.0], names=names, options=grid, whole=whole))["variance"]
    assert found[list(names)].to_numpy() == pytest.approx([0.25, 1, 4])
    assert found.sum() == pytest.approx(5.25)


def test_a_value_is_the_mean_over_the_orders_in_which_players_come():
    worth = np.random.default_rng(1).random((16, 2))
    orders = list(itertools.permutations(range(4)))
    mean = np.zeros((4, 2))
    for order in orders:
        there = 0
        for player in order:
            mean[player] += (worth[there | 1 << player] - worth[there]) / len(orders)
            there |= 1 << player
    assert _shapley(worth) == pytest.approx(mean)


def test_within_a_universe_the_parts_are_the_variance_of_a_product():
    found = shares(make([6, 6, 6, 6], gap_sd=0.5, price_sd=1.0))
    assert found.loc["posterior", "variance"] == pytest.approx(4 * 0.25 + 0.125)
    assert found.loc["price", "variance"] == pytest.approx(9 + 0.125)
    rng = np.random.default_rng(1)
    product = rng.normal(3, 0.5, 200_000) * rng.normal(2, 1, 200_000)
    assert found["variance"].sum() == pytest.approx(product.var(), rel=0.02)
    assert found["share"].sum() == pytest.approx(1)


def test_monte_carlo_error_is_no_sensitivity():
    rng = np.random.default_rng(1)
    grid = np.array(list(itertools.product(range(4), repeat=2)))
    found = [
        shares(make(rng.normal(0, 1, 16), error=1.0, options=grid, gap_sd=0.5))["variance"]
        for _ in range(200)
    ]
    between = [float(x["a"] + x["b"]) for x in found]
    plain = [shares(make(rng.normal(0, 1, 16), options=grid))["variance"].sum() for _ in range(40)]
    assert np.mean(between) < 0.25
    assert np.mean(plain) == pytest.approx(15 / 16, abs=0.15)


def test_universes_of_one_fit_move_together():
    """What a benchmark moves is no noise of draws that both its options share."""
    found = shares(make([0, 2, 0, 2], error=1.0, fits=[0, 0, 1, 1]))
    assert found.loc["b", "variance"] == pytest.approx(1.0)
    assert found.loc["a", "variance"] == 0
    assert found.loc["a", "mcse"] > 0


def test_a_sample_has_a_row_of_what_the_options_alone_do_not_explain():
    names = ("a", "b", "c")
    grid = np.array(list(itertools.product(range(2), repeat=3)))[:7]
    additive = grid @ [1.0, 2.0, 4.0]
    found = shares(make(additive, whole=False, names=names, options=grid))
    assert found.loc["interactions and unexplained", "share"] == pytest.approx(0, abs=1e-9)
    assert found["variance"].sum() == pytest.approx(additive.var())
    crossed = shares(
        make(additive + 6 * grid[:, 0] * grid[:, 1], whole=False, names=names, options=grid)
    )
    assert crossed.loc["interactions and unexplained", "share"] > 0.01
    assert crossed["share"].sum() == pytest.approx(1)


def test_what_remains_of_a_product_is_averaged_alike():
    found = shares(make([0, 0, 4], options=[[0, 0], [0, 1], [1, 0]]))
    assert found["share"].sum() == pytest.approx(1)
    assert found.loc["a", "share"] > found.loc["b", "share"]


def test_a_choice_of_price_and_its_uncertainty_are_one_row():
    found = shares(make([0, 1, 0, 1], names=("a", "price"), price_sd=1.0))
    assert list(found.index) == ["a", "price", "posterior"]
    assert found.loc["price", "variance"] == pytest.approx(0.25 + 9)


def test_where_nothing_varies_there_is_nothing_to_share():
    assert len(shares(make([1, 1, 1, 1]))) == 0
