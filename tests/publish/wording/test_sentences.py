"""The report's sentences, of hand-made analyses."""

import numpy as np
import pytest

from tests.fits.hand_made import make_spec
from tests.publish.analysed import EXCLUDED, FOUND, NIL, analysed
from varmodel.publish.wording import sentences
from varmodel.publish.wording.terms import benchmark_words
from varmodel.spec import Benchmark, LognormalCost, Peers
from varmodel.spec.parts import BENCHMARK_KINDS

ENDS = ("top", "bottom")


def lead(**options):
    x = analysed(**options)
    return sentences.lead(x, x.tables().get("ranking"))


@pytest.mark.parametrize(
    ("share", "level", "heading"),
    [
        (0.49, "low", "The order is mostly noise"),
        (0.5, "moderate", "The order is moderately reliable"),
        (0.75, "moderate", "The order is moderately reliable"),
        (0.76, "high", "The order is reliable in the large, not place by place"),
    ],
)
def test_the_page_leads_with_rankability(share, level, heading):
    found = lead(share=share)
    assert (found.level, found.heading) == (level, heading)
    assert f"(rankability {share:.2f})" in found.sentences[0]
    assert ("groups and the intervals, not the places" in found.sentences[0]) == (level == "low")


def test_nil_is_said_first():
    found = lead(share=0.9, nil=NIL)
    assert (found.level, found.heading[:4]) == ("low", "Nil:")
    assert found.sentences[0].startswith("Nil: the providers cannot be told apart from chance")
    assert found.sentences[1].startswith("Rankability says how reliable the order is if")
    assert "(rankability 0.90)" in found.sentences[2]


@pytest.mark.parametrize(
    ("top", "text"),
    [
        (0, "Of 12 providers, none belongs to the top quarter, none to the middle half and none"),
        (1, "Of 12 providers, 1 belongs to the top quarter, none to the middle half and none"),
        (3, "Of 12 providers, 3 belong to the top quarter, none to the middle half and none"),
    ],
)
def test_an_order_in_which_few_can_be_placed_is_not_called_reliable(top, text):
    x = analysed(share=0.9)
    ranking = x.tables()["ranking"]
    ranking["placed"] = ["top quarter"] * top + ["not sure"] * (12 - top)
    found = sentences.lead(x, ranking)
    assert found.level == ("high" if top == 3 else "moderate")
    assert ("few providers can be placed" in found.heading) == (top < 3)
    assert text in found.sentences[1]


def test_groups_and_neighbours_are_counted():
    x = analysed(providers=40)
    ranking = x.tables()["ranking"]
    top, bottom = (int((ranking[f"prob_{end}_quarter"] >= 0.95).sum()) for end in ENDS)
    middle = int((x.ranks["prob_middle"] >= 0.95).sum())
    text = " ".join(lead(providers=40).sentences)
    counts = f"{top} belong to the top quarter, {middle} to the middle half and {bottom} to the"
    assert middle > 3
    assert f"Of 40 providers, {counts} bottom quarter" in text
    assert f"{40 - top - middle - bottom} cannot be placed." in text
    rates = x.rates.sel(provider=ranking["provider"].to_list()).to_numpy().reshape(-1, 40)
    lower = np.array([(rates[:, j] < rates[:, j + 1]).mean() for j in range(39)])
    apart = int((np.maximum(lower, 1 - lower) >= 0.95).sum())
    assert f"Of 39 pairs of neighbours in the order, {apart} can be told apart" in text
    assert 0 < apart < 39


def test_the_excluded_are_not_counted():
    assert "Of 12 providers" in lead(excluded=EXCLUDED).sentences[1]


def test_without_a_direction_nothing_is_ranked():
    found = lead(better="neither")
    assert found.heading == "No direction is better: nothing is ranked"
    x = analysed(better="neither")
    assert "An order, or that one end is good." in sentences.may_not_read(x)
    assert not any("rank" in line for line in sentences.may_read(x))


def test_what_may_be_read_follows_the_noise():
    groups = "The groups: top quarter, middle half, bottom quarter, not sure. Nothing finer."
    assert sentences.may_read(analysed(share=0.3))[0] == groups
    assert groups not in sentences.may_read(analysed(share=0.6))


def test_what_the_model_adjusts_for_is_named():
    assert "(the model adjusts for none)" in " ".join(sentences.may_not_read(analysed()))
    banded = analysed(terms=("age_band",))
    assert "case mix beyond age band, or" in " ".join(sentences.may_not_read(banded))


def test_money_is_not_cash_where_there_is_money():
    assert any("cash" in line for line in sentences.may_not_read(analysed()))
    assert not any("cash" in line for line in sentences.may_not_read(analysed(unit_cost=None)))


def test_caveats_are_on_one_line():
    found = sentences.caveats(analysed(caveats=("one\n  two three",)))
    assert "one two three" in found
    assert any(line.startswith("No period column") for line in found)


@pytest.mark.parametrize("nil", [FOUND, NIL])
def test_the_figures_stand_side_by_side(nil):
    x = analysed(nil=nil)
    found = sentences.estimates(x, x.tables()["totals"])
    assert [estimate.ours for estimate in found] == [True, False, False, False][: len(found)]
    assert [estimate.figure.startswith("nil to ") for estimate in found[:2]] == [nil is NIL] * 2
    if nil is NIL:  # of which nothing is told but an upper end
        assert len(found) == 2
        return
    assert "overstate" in found[2].why
    assert "understate" in found[3].why
    observed = float(x.savings["plug_in_observed"].sum())
    assert np.isclose(float(found[2].figure.replace(",", "")), observed, rtol=0.05)


def test_a_refit_that_failed_says_why():
    x = analysed(reason="k-hat 0.9")
    assert sentences.estimates(x, x.tables()["totals"])[1].figure == "no figure: k-hat 0.9"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"better": "neither"}, "neither direction is better"),
        ({"benchmark": None}, "the model names no benchmark"),
        ({"unit_cost": None}, "the model names no price"),
        ({"form": "published"}, "published values have no activity"),
    ],
)
def test_why_there_is_no_saving(fields, reason):
    assert sentences.no_savings(analysed(**fields)) == f"No saving is given: {reason}."


def test_the_terms_of_money():
    cost = {"low": 90, "mode": 100, "high": 110, "currency": "EUR", "price_year": 2006}
    found = dict(sentences.terms_of_money(analysed(unit_cost=tuple_free(cost), annualise=4)))
    level = "the level that 75 % of the providers are at or worse than"
    assert found["Benchmark"] == f"{level}, found anew in each draw"
    assert "Peers in common" not in found
    assert found["Price of one event"].startswith("90 to 110, most likely 100;")
    assert found["Holds"] == "if this period's gap lasted the year"
    assert found["A year is"] == "4 times the mean activity of a period"
    assert dict(sentences.terms_of_money(analysed()))["Time"].startswith("that of the table")
    assert found["Currency"] == "EUR, prices of 2006"
    assert dict(sentences.terms_of_money(analysed(unit_cost=25.0)))["Price of one event"] == "25"
    assert sentences.terms_of_money(analysed(unit_cost=None)) == []
    lognormal = dict(sentences.terms_of_money(analysed(unit_cost=LognormalCost(200, 60))))
    assert lognormal["Price of one event"] == "200 (sd 60, lognormal); one price a draw for all"
    for asked, had in ((5, 5), (40, 11)):  # of 12 providers
        similar = Peers(("log_volume",), asked)
        found = dict(sentences.terms_of_money(analysed(peers=similar)))
        assert found["Benchmark"].endswith(f"among the {had} providers nearest in volume")
    told = found["Peers in common"]
    assert told.startswith("two providers share 91 % of their peers")  # ten of eleven
    outside = analysed(benchmark=Benchmark("external", 0.25), unit="%")
    told = "25 %, set from outside: the same in every draw"
    assert dict(sentences.terms_of_money(outside))["Benchmark"] == told


@pytest.mark.parametrize("kind", BENCHMARK_KINDS)
def test_every_kind_of_benchmark_is_told_in_words(kind):
    value = {"share": 0.75, "count": 3, "rate": 0.2, None: None}[BENCHMARK_KINDS[kind]]
    told = benchmark_words(Benchmark(kind, value), spec=make_spec(), providers=12)
    assert told.endswith("found anew in each draw") == (kind != "external")
    number = {"share": "75 %", "count": "best 3", "rate": "0.2", None: "provider"}
    assert number[BENCHMARK_KINDS[kind]] in told


def tuple_free(cost):
    """Make a price that a cache can hold."""
    from varmodel import UnitCost

    return UnitCost(**cost)


def test_grades_are_told_where_the_order_is_mostly_noise():
    told = lead(share=0.3, providers=40).sentences
    assert told[1].startswith("The figures part ")
    assert told[2].startswith("Grade 1: ")
    assert not any("Grade 1" in text for text in lead(share=0.8, providers=40).sentences)
