import math
from dataclasses import replace

import pytest

from tests.publish.analysed import EXCLUDED, NIL, analysed
from tests.publish.site.made import quarter
from varmodel.publish.quarter.facts import IndicatorFacts, QuarterFacts
from varmodel.publish.quarter.from_analysis import facts_of
from varmodel.publish.quarter.stored import from_json, to_json


@pytest.mark.parametrize(
    "fields", [{}, {"nil": NIL}, {"excluded": EXCLUDED}, {"better": "neither"}], ids=str
)
def test_facts_come_back_to_the_last_bit(fields):
    facts = facts_of(analysed(**fields), costs=1 / 3)
    assert from_json(to_json(facts), IndicatorFacts) == facts


def test_a_quarter_comes_back_with_all_its_names():
    facts = quarter(3, hostile=True, kinds=("apart", "nil", "neither"))
    text = to_json(facts)
    assert from_json(text, QuarterFacts) == facts
    assert to_json(from_json(text, QuarterFacts)) == text


def test_what_is_no_number_is_not_written():
    facts = replace(quarter(1).indicators[0], plug_in=math.nan)
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json(facts)
