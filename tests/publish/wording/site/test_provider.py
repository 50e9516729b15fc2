from dataclasses import replace

from tests.publish.site.made import indicator, interval
from varmodel.publish.quarter.facts import Interval, Money, Together
from varmodel.publish.wording.site import provider as words


def rows(*placed, **fields):
    """Give a provider's rows: a place each, on indicators of their own."""
    of = [indicator(number, **fields) for number in range(len(placed))]
    return [
        (one, replace(one.providers[5], placed=place, money=None))
        for one, place in zip(of, placed, strict=True)
    ]


def lead(found):
    return " ".join(words.lead_of(found, level="trust", currency="GBP"))


def test_what_is_sure_is_counted_and_named():
    told = lead(rows("top quarter", "not sure", "bottom quarter", "middle half", "not sure"))
    assert told == (
        "Of 5 indicators, this trust is surely in the top quarter on one (Elective day-case rate) "
        "and in the bottom quarter on one (Outpatient follow-up ratio). On one it is surely in the "
        "middle half; on two it cannot be placed."
    )


def test_nobody_is_sure_where_no_difference_is_shown():
    told = lead(rows("top quarter", kind="nil"))
    assert told.startswith("On its one indicator this trust is in neither outer quarter")
    assert "No difference between providers is shown." in told


def test_what_is_provisional_is_not_held_up():
    (of, own), (other, second) = rows("top quarter", "not sure", kind="provisional")
    money = Money(interval(200_000, 40_000), 0.98, 0.5, 0.5)
    told = lead([(of, replace(own, money=money)), (other, second)])
    assert told == (
        "On none of its 2 indicators is this trust surely in the top or bottom quarter. "
        f"On all of them all figures are provisional. {words.ALL_PROVISIONAL}"
    )
    doubted = replace(of, provisional="", doubts="the shape is doubted")
    assert lead([(doubted, replace(own, money=money))]).endswith(words.ALL_PROVISIONAL)


def test_who_is_not_ranked_is_not_placed():
    (of, own), *_ = rows("")
    assert lead([(of, replace(own, reason="closed"))]) == (
        "This trust is shown and not ranked, on 1 indicator."
    )


def test_only_a_saving_surely_above_its_cost_is_held_up():
    (of, own), (other, second) = rows("not sure", "not sure")
    large = Money(interval(900_000, 300_000), 0.93, 0.5, 0.5)
    sure = Money(interval(200_000, 40_000), 0.98, 0.5, 0.5)
    told = lead([(of, replace(own, money=large)), (other, replace(second, money=sure))])
    assert (
        "The largest saving that is surely worth the cost of acting is on Length of stay: £200,000"
        in told
    )
    assert "(95\u00a0% interval £160,000 to £240,000)" in told
    unnamed = replace(sure, named=False)
    assert lead([(of, replace(own, money=unnamed))]).endswith(words.NO_SAVING_WORTH)
    uncosted = replace(large, prob_worth=None, named=False)
    assert lead([(of, replace(own, money=uncosted))]).endswith(words.NO_SAVING_NAMED)


def test_a_saving_that_may_not_be_named_has_no_figure_but_its_upper_end():
    money = Money(interval(50_000, 49_000), 0.4, 0.5, 0.5, named=False)
    assert words.saving_note(money, currency="GBP") == (
        "too small or too unsure to be named: up to £99,000"
    )
    perhaps = replace(money, saving=Interval(50_000.0, 0.0, 99_000.0))
    assert words.saving_note(perhaps, currency="GBP") == "may be nothing, or up to £99,000"
    nothing = Money(interval(0, 0), 0.0, 0.0, 0.0, named=False)
    assert words.saving_note(nothing, currency="GBP") == words.NOTHING_TO_SAVE
    assert words.saving_note(replace(money, named=True), currency="GBP") == ""


def test_a_saving_without_a_cost_is_not_held_up_as_worth_one():
    (of, own), (other, second) = rows("not sure", "not sure")
    uncosted = Money(interval(900_000, 300_000), None, 0.5, 0.5)
    sure = Money(interval(200_000, 40_000), 0.98, 0.5, 0.5)
    both = [(of, replace(own, money=uncosted)), (other, replace(second, money=sure))]
    assert "worth the cost of acting is on Length of stay: £200,000 a year" in lead(both)
    told = lead([both[0], (other, replace(second, money=replace(sure, prob_worth=0.5)))])
    assert told.endswith(words.NO_SAVING_WORTH)
    assert words.order_note(both) == f"{words.BY_WORTH} {words.UNCOSTED}"
    assert words.order_note(both[:1]) == words.BY_SAVING
    assert words.order_note(rows("not sure")) == words.BY_TITLE
    over_table = (replace(of, annual=False), both[0][1])
    assert "million over the time of the table" in lead([over_table])


def test_a_total_names_the_savings_that_are_not_in_it():
    (of, own), (other, second) = rows("not sure", "not sure")
    money = Money(interval(200_000, 40_000), 0.98, 0.5, 0.5)
    found = [(of, replace(own, money=money)), (other, replace(second, money=money))]
    total = Together(money.saving, money.saving, {of.name: money.saving})
    assert words.not_in_total(found, total) == "Not in it: Length of stay."
    assert words.not_in_total(found[:1], total) == ""


def test_who_a_provider_is_is_read_off_the_name_of_its_column():
    assert words.called("acute_trust") == "trusts"
    assert words.called("ccg_code", many=False) == "CCG"
    assert (words.called("hospital"), words.called("area")) == ("hospitals", "providers")


def test_why_there_is_no_saving_is_said():
    assert words.no_saving(indicator(kind="neither")) == words.NEITHER
    assert words.no_saving(indicator(price="")) == words.NO_PRICE
    assert words.no_saving(indicator(total=None)) == words.NO_SAVING
