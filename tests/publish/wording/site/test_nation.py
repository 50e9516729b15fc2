import re
from dataclasses import replace

import pytest

from tests.publish.site.made import interval, quarter
from varmodel.publish.quarter.facts import Interval
from varmodel.publish.wording.money import GROSS
from varmodel.publish.wording.site import nation


def lead(*rankabilities, **fields):
    made = quarter(len(rankabilities), **fields)
    held = [
        replace(of, rankability=x) for of, x in zip(made.indicators, rankabilities, strict=True)
    ]
    return " ".join(nation.lead_of_nation(replace(made, indicators=tuple(held))))


def test_an_order_is_surely_real_where_its_whole_interval_is():
    told = lead(interval(0.9, 0.05), Interval(0.91, 0.11, 0.98), interval(0.3, 0.1))
    assert told.startswith("On all 3 indicators the differences between providers are more than")
    assert (
        "Of these, on one, more than half of what is seen is surely real; on one, the order is "
        "mostly noise: read groups, not places; on one, it is not sure that half of what is seen "
        "is real."
    ) in told


@pytest.mark.parametrize("kinds", [("apart",), ("nil",), ("apart", "nil"), ("nil", "noise")])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_no_sentence_has_a_bare_number_of_none_or_one(count, kinds):
    told = lead(*[interval(0.9, 0.05)] * count, kinds=kinds)
    assert re.findall(r"\b[Oo]n [01]\b(?!\.)", told) == []


def test_nil_and_provisional_and_refused_are_counted():
    told = lead(interval(0.9, 0.05), interval(0.9, 0.05), kinds=("nil", "provisional"))
    assert told.startswith(
        "On none of 2 indicators are the differences"
    )  # of draws that failed nothing is said
    assert "Provisional figures, with the reason: 1 indicator." in told
    assert "Not published, with the reason: 1 indicator." in told


def test_a_total_is_of_a_year_where_all_are():
    made = quarter(2)
    assert nation.meaning_of_total(made).startswith("a year would be saved")
    other = replace(made.indicators[0], annual=False)
    mixed = replace(made, indicators=(other, made.indicators[1]))
    assert nation.meaning_of_total(mixed).startswith("would be saved")
    table = replace(made, indicators=tuple(replace(of, annual=False) for of in made.indicators))
    assert nation.meaning_of_total(table).startswith("over the time of the table would be saved")
    assert GROSS in nation.meaning_of_total(mixed)


def test_what_stands_beside_is_not_said_twice():
    together = replace(quarter(1).nation, said=(GROSS, "Bed days are shared."))
    assert nation.told_of(together) == ["Bed days are shared."]
