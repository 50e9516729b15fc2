import numpy as np
import pytest

from tests.estimands.hand_made import make_rates
from varmodel import ranks
from varmodel.estimands import rank
from varmodel.publish.wording.sections.grades import (
    ELSEWHERE,
    apart_words,
    first_words,
    grade_sizes,
    grade_words,
    misplaced_words,
    sets_words,
    top_list_words,
)


def graded(*means, sd=0.3, better="lower", **options):
    rng = np.random.default_rng(1)
    values = np.array(means) + sd * rng.normal(size=(2, 2_000, len(means)))
    return ranks.grade(make_rates(values), better=better, **options)


def test_each_grade_has_its_own_rate_of_error():
    found = graded(0, 0.1, 2, 2.1, 2.2, 4)
    text = grade_words(found)
    assert text[0] == "The figures part 3 grades; grade 1 has the lowest rates."
    wrong = found["prob_misgraded"].to_numpy()
    assert grade_sizes(found) == [
        (2, pytest.approx(wrong[:2].mean())),
        (3, pytest.approx(wrong[2:5].mean())),
        (1, pytest.approx(wrong[5])),
    ]
    assert text[1] == "Grade 1: 2 providers; probability of another grade 0.00."
    assert text[3].startswith("Grade 3: 1 provider; probability of another grade")
    assert text[4].startswith("To belong two grades away has probability")
    assert "not shown to be alike" in text[5]


def test_one_grade_says_that_there_is_no_order():
    (told,) = grade_words(graded(0, 0.01, 0.02, sd=3))
    assert "all are in one grade. An order among them would be chance." in told


def test_a_grade_whose_members_more_likely_belong_elsewhere_is_explained():
    found = graded(0, 1, 2, 3).copy(deep=True)
    assert ELSEWHERE not in grade_words(found)
    found["prob_misgraded"][0] = 0.8
    assert ELSEWHERE in grade_words(found)


def test_a_top_list_has_the_errors_of_the_threshold():
    rng = np.random.default_rng(2)
    rates = make_rates(np.arange(40.0) + rng.choice([0.5, 20], 40) * rng.normal(size=(500, 40)))
    found = ranks.threshold(rates, better="higher")
    wrong = float(found["expected_wrong"])
    assert 1 < wrong < 7
    assert top_list_words(rank(rates, better="higher")) == (
        "A list of the 10 most likely to hold the first 10 places has about "
        f"{wrong:.1f} who do not; one drawn by lot has 7.5."
    )


def test_the_end_is_that_of_better():
    assert "grade 1 has the highest rates" in grade_words(graded(0, 5, better="higher"))[0]


def test_what_sets_hold_is_what_was_checked():
    rng = np.random.default_rng(1)
    rates = make_rates(np.array([0, 0.1, 5, 5.1]) + 0.3 * rng.normal(size=(2, 2_000, 4)))
    found = ranks.sets(rates, better="lower")
    text = " ".join(sets_words(found))
    assert "4 providers have 2 ranks" in text
    assert "checked on 2,000 draws" in text


def test_an_order_without_a_step_is_said_to_have_none():
    rates = make_rates(np.random.default_rng(1).normal(size=(2, 500, 6)))
    (said, _) = sets_words(ranks.sets(rates, better="lower"))
    assert said.startswith("Nowhere in the order are all above a line")


@pytest.mark.parametrize(
    ("means", "told"),
    [
        ([0, 9, 9, 9], "The first place truly belongs to 0 with probability 1.00."),
        ([0, 0, 9, 9], "belongs to one of 2 providers with probability 1.00: 0, 1."),
        ([0] * 6 + [9], "belongs to one of 6 providers with probability 1.00."),
        ([0, 0, 0], "Any of the 3 providers may truly hold the first place."),
    ],
)
def test_who_may_be_first_is_told(means, told):
    rng = np.random.default_rng(1)
    rates = make_rates(np.array(means) + 0.1 * rng.normal(size=(2, 500, len(means))))
    assert first_words(ranks.best(rates, better="lower")).endswith(told)


@pytest.mark.parametrize(("share", "told"), [(0, "none is"), (1 / 3, "1 is"), (2 / 3, "2 are")])
def test_neighbours_are_counted(share, told):
    words = f"Of 3 pairs of neighbours in the ranking {told} surely told apart."
    assert apart_words(share, count=4) == words


def test_expected_errors_of_each_place_are_counted():
    """Of twelve in the first 12 places of 48 each swaps with a middle one in 4 draws of 100."""
    draws = np.tile(np.arange(48.0), (100, 1))
    for own in range(12):
        at = [own, own + 12]
        draws[4 * own : 4 * own + 4, at] = draws[4 * own : 4 * own + 4, at[::-1]]
    (told,) = misplaced_words(rank(make_rates(draws), better="lower"))
    assert told == (
        "Errors to expect among those placed: 0.5 of the 12 placed in the top quarter, 0.5 of the "
        "24 placed in the middle half, fewer than 0.1 of the 12 placed in the bottom quarter."
    )
    even = make_rates(np.stack([np.arange(48.0), np.arange(48.0)[::-1]]))
    assert not any("top quarter" in text for text in misplaced_words(rank(even, better="lower")))
