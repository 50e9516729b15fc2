"""What is said of savings: who may be named, nil, and in which way the others err."""

import re

from tests.publish.analysed import NIL, analysed
from varmodel.publish.names import literal
from varmodel.publish.report import report_html
from varmodel.publish.wording.money import (
    NIL_NOTE,
    NIL_PAGE,
    TENDENCIES,
    credible_note,
    list_of_named,
    may_be_named,
    nil_to,
    plug_in_label,
    plug_in_name,
    width_words,
)


def test_how_many_are_named():
    told = [may_be_named(count).split(" can")[0] for count in (0, 1, 1_200)]
    assert told == ["No provider", "1 provider", "1,200 providers"]
    assert list_of_named("annual saving", 1_200).startswith("Annual saving of those that can be")
    assert "above the smallest that counts" in credible_note(3, has_bar=True)
    assert "above 0 at" in credible_note(3, has_bar=False)


def test_a_plug_in_is_named_with_its_tendency_everywhere():
    page, totals = report_html(analysed()), analysed().tables()["totals"]["quantity"]
    for name in TENDENCIES:
        assert name in set(totals)
        assert plug_in_name(name) in page
        assert literal(plug_in_label(name)) in page


def test_nil_names_nobody_and_has_one_figure():
    page = report_html(analysed(nil=NIL))
    assert re.search(nil_to(r"12,\d+"), page)
    assert NIL_NOTE in page
    assert NIL_PAGE in page
    assert not any(plug_in_name(name) in page for name in TENDENCIES)


def test_the_price_has_its_part_of_the_width_on_the_page():
    total = analysed().tables()["totals"].set_index("quantity")
    told = width_words(float(total.loc["price_share", "mean"]))
    assert re.search(r"width of this interval \d+ % is the price of one event, and \d+ % is", told)
    assert told in report_html(analysed())
    assert "width of this interval" not in report_html(analysed(nil=NIL))
    assert width_words(0.001) == width_words(float("nan")) == ""
