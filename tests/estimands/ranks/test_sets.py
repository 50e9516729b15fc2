"""Sets for all providers at once, and of those that may be best."""

import itertools

import numpy as np
import pytest

from tests.estimands.hand_made import make_rates
from varmodel.estimands import rank
from varmodel.estimands.ranks import best, sets

#: Ten figures with standard error .2 and their published sets (Mogstad et al., 1 the largest).
FIGURES, ERROR = np.linspace(1, 3, 10), 0.2
LOWER = [7, 6, 5, 4, 3, 2, 1, 1, 1, 1]
UPPER = [10, 10, 10, 10, 9, 8, 7, 6, 5, 4]


def stepdown(x, error, *, prob=0.95, size=40_000):
    """Rank sets of Mogstad, Romano, Shaikh & Wilhelm (2024): all pairs tested, step by step.

    A pair is parted when its difference lies beyond the quantile of the largest among the pairs
    that are not parted yet.
    """
    rng = np.random.default_rng(1)
    pairs = np.array(list(itertools.permutations(range(len(x)), 2)))
    noise = error * rng.normal(size=(size, len(x)))
    scale = error * np.sqrt(2)
    seen = (x[pairs[:, 0]] - x[pairs[:, 1]]) / scale
    drawn = (noise[:, pairs[:, 0]] - noise[:, pairs[:, 1]]) / scale
    open_ = np.ones(len(pairs), bool)
    while True:
        critical = np.quantile(drawn[:, open_].max(axis=1), prob)
        new = open_ & (seen > critical)
        if not new.any():
            break
        open_ &= ~new
    above, below = (np.bincount(pairs[~open_, k], minlength=len(x)) for k in (1, 0))
    return 1 + above, len(x) - below


@pytest.fixture(scope="module")
def draws():
    """Joint draws under a flat prior: each of the ten has its own normal posterior."""
    rng = np.random.default_rng(2)
    return make_rates(FIGURES + ERROR * rng.normal(size=(4, 10_000, 10)))


def test_the_oracle_has_the_published_sets():
    lower, upper = stepdown(FIGURES, ERROR)
    np.testing.assert_array_equal(lower, LOWER)
    np.testing.assert_array_equal(upper, UPPER)


@pytest.mark.published(
    "vm.ranks.sets", source="Mogstad, Romano, Shaikh & Wilhelm (2024), ten figures, a place at most"
)
def test_sets_are_those_of_the_stepdown_or_a_place_narrower(draws):
    """Under a flat prior a set may be narrower: it conditions on the figures, and does not test."""
    found = sets(draws, better="higher")
    assert float(found["checked_prob"]) == pytest.approx(0.95, abs=0.01)
    for name, oracle, inwards in (("lower", LOWER, 1), ("upper", UPPER, -1)):
        gap = inwards * (found[name].to_numpy() - oracle)
        assert set(gap) <= {0, 1}


def test_sets_hold_what_is_stated_of_fresh_draws():
    """150 providers: fitted to the half of 20,000 draws, they hold nearly .95 of others."""
    rng = np.random.default_rng(3)
    truth, size = rng.normal(size=150), 10_000
    values = truth + 0.3 * rng.normal(size=(4, size, 150))
    found = sets(make_rates(values[:2]), better="lower")
    fresh = rank(make_rates(values[2:]), better="lower")["rank"]
    held = ((fresh >= found["lower"]) & (fresh <= found["upper"])).all("provider").mean()
    assert float(found["checked_prob"]) == pytest.approx(float(held), abs=0.01)
    assert 0.925 < float(held) < 0.96


def test_sets_by_hand():
    """Two that swap in one draw of four, one that is always last; half of eight draws is fitted."""
    one, other = [1.0, 2.0, 3.0], [2.0, 1.0, 3.0]
    found = sets(make_rates([one, one, one, other, one, one, one, other]), better="lower", prob=0.9)
    np.testing.assert_array_equal(found["lower"], [1, 1, 3])
    np.testing.assert_array_equal(found["upper"], [2, 2, 3])
    np.testing.assert_array_equal(found["shared_rank"], [1, 1, 3])
    assert float(found["checked_prob"]) == 1
    steady = sets(make_rates([one, one, one, one, one, one, one, other]), better="lower", prob=0.9)
    np.testing.assert_array_equal(steady["lower"], [1, 2, 3])
    assert float(steady["checked_prob"]) == 0.75


def test_a_shared_rank_is_the_smallest_lower_end_that_overlaps(draws):
    found = sets(draws, better="higher")
    lower, upper = (found[name].to_numpy() for name in ("lower", "upper"))
    for own, shared in enumerate(found["shared_rank"].to_numpy()):
        overlaps = (lower <= upper[own]) & (upper >= lower[own])
        assert shared == lower[overlaps].min()


def test_best_by_hand():
    """The first is best in half of the draws, the second in .4, the third in .1."""
    ten = np.array([[3, 2, 1]] * 5 + [[2, 3, 1]] * 4 + [[1, 2, 3]], float)
    rates = make_rates(np.tile(ten, (2, 1)))
    assert best(rates, better="higher", prob=0.5)["member"].to_numpy().tolist() == [1, 0, 0]
    found = best(rates, better="higher", prob=0.9)
    assert found["member"].to_numpy().tolist() == [True, True, False]
    assert float(found["checked_prob"]) == pytest.approx(0.9)
    assert best(rates, better="higher", m=2, prob=0.89)["member"].to_numpy().tolist() == [1, 1, 0]
    assert best(rates, better="higher", m=3, prob=0.5)["member"].all()


def test_best_holds_the_best_of_fresh_draws(draws):
    found = best(draws[:2], better="higher", m=3)
    top = rank(draws[2:], better="higher")["rank"] <= 3
    held = ~(top & ~found["member"]).any("provider")
    assert float(held.mean()) == pytest.approx(float(found["checked_prob"]), abs=0.01)
    assert float(held.mean()) >= 0.94
    assert int(found["member"].sum()) < 7


def test_who_is_tied_over_the_last_place_counts():
    rates = make_rates([[1.0, 1.0, 2.0]] * 4)
    assert best(rates, better="lower", prob=0.9)["member"].to_numpy().tolist() == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("verb", [best, sets])
def test_arguments_are_refused(refused, verb):
    rates = make_rates([[1, 2], [2, 1]])
    for wrong in (0, 1, np.nan, "x", True):
        with refused("CONFIG.VALUE", "prob"):
            verb(rates, better="lower", prob=wrong)
    with refused("CONFIG.VALUE", "one draw"):
        verb(rates[:, :1], better="lower")


@pytest.mark.parametrize("wrong", [0, 3, 1.5, True])
def test_a_number_of_places_that_there_is_not_is_refused(refused, wrong):
    with refused("CONFIG.VALUE", "m must"):
        best(make_rates([[1, 2], [2, 1]]), better="lower", m=wrong)
