"""Grades: the loss by its definition, the best cut by trying all, the best grouping exactly."""

import itertools
import time

import numpy as np
import pytest
from scipy import optimize

from tests.estimands.hand_made import make_rates
from varmodel.estimands import pairwise
from varmodel.estimands.ranks import grade


def rates_of(count, *, spread=1.0, draws=400, seed=1, sds=(0.3, 1.5)):
    """Providers some of whom are known well and others badly."""
    rng = np.random.default_rng(seed)
    noise = rng.uniform(*sds, count) * rng.normal(size=(draws, count))
    return make_rates(spread * rng.normal(size=count) + noise)


def loss_by_hand(ahead, grades, weight):
    """Go through all pairs, as the definition says."""
    wrong = right = 0.0
    for i, j in itertools.combinations(range(len(grades)), 2):
        if grades[i] != grades[j]:
            first, second = (i, j) if grades[i] < grades[j] else (j, i)
            wrong, right = wrong + ahead[second, first], right + ahead[first, second]
    pairs = len(grades) * (len(grades) - 1) / 2
    return wrong / pairs, (right - wrong) / pairs


def least_loss(ahead, weight):
    """Give the least loss of all groupings: an integer programme over strict weak orders."""
    count = len(ahead)
    place = {pair: k for k, pair in enumerate(itertools.permutations(range(count), 2))}
    cost = np.array([(1 - weight) * ahead[j, i] - weight * (2 * ahead[i, j] - 1) for i, j in place])
    rows = []
    for i, j in itertools.combinations(range(count), 2):  # not both ways
        rows.append({place[i, j]: 1, place[j, i]: 1})
    for i, j, k in itertools.permutations(range(count), 3):  # i above k: above j, or j above k
        rows.append({place[i, k]: 1, place[i, j]: -1, place[j, k]: -1})
    matrix = np.zeros((len(rows), len(place)))
    for row, entries in zip(matrix, rows, strict=True):
        row[list(entries)] = list(entries.values())
    upper = np.array([1.0 if min(entries.values()) > 0 else 0.0 for entries in rows])
    limits = optimize.LinearConstraint(matrix, -np.inf, upper)
    found = optimize.milp(cost, integrality=1, bounds=(0, 1), constraints=limits)
    return found.fun / (count * (count - 1) / 2)


@pytest.mark.parametrize(("prob", "grades"), [(0.79, 1), (0.81, 2)])
def test_two_providers_are_parted_from_probability_point_eight(prob, grades):
    ahead = np.arange(100) < round(100 * prob)
    found = grade(make_rates(np.stack([ahead, ~ahead], axis=1)), better="higher")
    assert found["grade"].max() == grades


@pytest.mark.parametrize("weight", [0.1, 0.25, 0.6])
def test_the_loss_is_its_definition(weight):
    rates = rates_of(9)
    found = grade(rates, better="lower", discordance_weight=weight)
    ahead = pairwise(rates, better="lower").to_numpy()
    wrong, gap = loss_by_hand(ahead, found["grade"].to_numpy(), weight)
    assert float(found["discordance"]) == pytest.approx(wrong)
    assert float(found["concordance"]) == pytest.approx(gap)
    assert float(found["loss"]) == pytest.approx((1 - weight) * wrong - weight * gap)


@pytest.mark.parametrize("seed", range(4))
def test_no_cut_of_the_order_is_better(seed):
    rates = rates_of(8, seed=seed)
    found = grade(rates, better="higher")
    ahead = pairwise(rates, better="higher").to_numpy()
    order = np.argsort(-rates.to_numpy()[0].mean(axis=0))
    losses = []
    for cuts in itertools.product([0, 1], repeat=7):
        grades = np.empty(8, int)
        grades[order] = np.cumsum([1, *cuts])
        wrong, gap = loss_by_hand(ahead, grades, 0.25)
        losses.append(0.75 * wrong - 0.25 * gap)
    assert float(found["loss"]) <= min(losses) + 1e-12


@pytest.mark.parametrize(
    ("count", "seed", "sds", "equal"),
    [(6, 1, (0.3, 1.5), True), (9, 2, (0.3, 1.5), True), (12, 3, (0.5, 0.5), True)]
    + [(7, seed, (0.2, 3.0), False) for seed in range(4, 8)],
)
def test_no_grouping_at_all_is_better_than_the_exact_one(count, seed, sds, equal):
    rates = rates_of(count, seed=seed, sds=sds)
    ahead = pairwise(rates, better="lower").to_numpy()
    found, least = float(grade(rates, better="lower")["loss"]), least_loss(ahead, 0.25)
    assert found >= least - 1e-9
    assert found <= 0.95 * least  # losses are below 0
    assert not equal or found == pytest.approx(least, abs=1e-9)


def test_probabilities_of_the_wrong_grade_by_hand():
    """Three grades of places 1, 2 and 3; the first provider is second in one draw of ten."""
    draws = np.tile([3.0, 2.0, 1.0], (10, 1))
    draws[0] = [2.0, 3.0, 1.0]
    found = grade(make_rates(draws), better="higher")
    np.testing.assert_array_equal(found["grade"], [1, 2, 3])
    np.testing.assert_allclose(found["prob_misgraded"], [0.1, 0.1, 0])
    np.testing.assert_allclose(found["prob_off_by_two"], 0)


def test_fewer_grades_where_two_off_is_too_likely():
    rates = rates_of(40, sds=(0.4, 2.5))
    free = grade(rates, better="lower", discordance_weight=0.9)
    limit = float(free["prob_off_by_two"].mean()) / 2
    held = grade(rates, better="lower", discordance_weight=0.9, most_off_by_two=limit)
    assert float(held["prob_off_by_two"].mean()) <= limit
    assert 1 < int(held["grade"].max()) < int(free["grade"].max())
    assert float(held["loss"]) >= float(free["loss"])


def test_three_hundred_providers_take_less_than_a_second():
    rates = rates_of(300, draws=4_000)
    start = time.process_time()
    grade(rates, better="lower")
    assert time.process_time() - start < 1


@pytest.mark.parametrize("wrong", [-0.1, 1.1, np.nan, "1", True])
def test_weights_are_refused(refused, wrong):
    with refused("CONFIG.VALUE", "discordance_weight"):
        grade(rates_of(4), better="lower", discordance_weight=wrong)
    with refused("CONFIG.VALUE", "most_off_by_two"):
        grade(rates_of(4), better="lower", most_off_by_two=wrong)
