"""The notes: what must be read with each table."""

import re

import pytest

from tests.publish.analysed import DOUBTED, NIL, analysed
from tests.publish.plots.pictures import analysis
from varmodel.publish.wording.notes import notes_of, shape_words

NAMES = ("ranking", "rates", "savings", "totals", "diagnostics")


def told(name, **options):
    return " ".join(notes_of(analysed(**options), name))


def test_a_ranking_carries_loss_interval_rankability_nil_and_gate():
    text = told("ranking", share=0.6, providers=20)
    for words in (
        "Order: expected rank (least squared error).",
        "Rankability 0.60 (posterior median): moderate.",
        "The lower is better.",
        "Intervals: 95 %, equal-tailed",
        "only .47 to .79",
        "the digits that another run would give again",
        "The providers can be told apart from chance (p = 0.001",
        "Gate of the draws and of the figures: passed.",
        "No period column",
    ):
        assert words in text


def test_an_order_of_noise_is_no_order():
    text = told("ranking", share=0.3)
    assert "Listed by grade and code, not by rank" in text
    assert "the order is mostly noise" in text
    assert "are in one grade" in text or re.search(r"Grade 1: .*probability of another grade", text)
    assert "Order: expected rank" not in text


@pytest.mark.parametrize("name", ["savings", "totals"])
def test_money_carries_why_the_figures_differ_and_the_shape(name):
    text = told(name)
    assert "tend to overstate" in text
    assert "tend to understate" in text
    assert "no doubt was found (p = 0.300)" in text
    assert "not cash" in text


@pytest.mark.parametrize("name", ["ranking", "rates", "savings", "totals"])
def test_nil_is_said_in_words(name):
    text = told(name, nil=NIL)
    assert "Nil: the providers cannot be told apart from chance (p = 0.312" in text
    assert "That nothing was found is not that there is nothing." in text
    assert "is named where" not in text


def test_a_doubted_shape_makes_totals_provisional():
    assert "The savings are PROVISIONAL" in told("totals", p_value=DOUBTED)
    assert "PROVISIONAL" not in told("totals", p_value=DOUBTED, unit_cost=None)
    assert "look for specialists" in told("totals", p_value=DOUBTED, unit_cost=None)
    assert shape_words(analysis()).startswith("Shape of the effects: no doubt was found")


def test_the_coverage_of_the_ends_is_told_where_there_are_ends():
    assert "outer tenth" not in told("ranking", providers=19)


def test_a_ratio_is_not_called_a_rate_on_the_mix_of_all():
    assert "mix of patients of all providers" in told("rates", terms=("age",))
    assert "adjusts for no mix of patients" in told("rates")
    assert "over those expected of the provider's own patients" in told("rates", form="expected")


@pytest.mark.parametrize("name", NAMES)
def test_provisional_draws_are_stamped_first(name):
    first = notes_of(analysed(provisional=True), name)[0]
    assert first == "PROVISIONAL: the draws failed the gate; do not publish."
    assert "Gate: failed." in told(name, provisional=True)
    assert "PROVISIONAL" not in told(name)
