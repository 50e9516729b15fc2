import pytest

from varmodel.publish.quarter.facts import Interval, Place
from varmodel.publish.wording.site import written


@pytest.mark.parametrize(
    ("ends", "scale", "told"),
    [
        ((0.4537, 0.4312, 0.4751), 100, "45.4\u00a0% (43.1 to 47.5)"),
        ((0.4537, 0.41, 0.55), 100, "45\u00a0% (41 to 55)"),
        ((-0.031, -0.05, -0.012), 100, "\u22123.1\u00a0% (\u22125.0 to \u22121.2)"),
        ((0.68, 0.67, 0.70), 100, "68\u00a0% (67 to 70)"),  # rounded before
        ((2.0, 2.0, 2.0), 1, "2.00\u00a0% (2.00 to 2.00)"),
    ],
)
def test_a_rate_has_two_digits_of_its_width(ends, scale, told):
    assert str(written.rate_figure(Interval(*ends), scale=scale, unit="%")) == told


def test_what_is_suppressed_says_so_and_is_never_a_nought():
    assert str(written.rate_figure(None)) == written.KEPT_BACK
    assert written.crude_text(None) == written.count_text(None) == written.KEPT_BACK
    assert written.crude_text(0.0, scale=100, unit="%") == "0\u00a0%"


@pytest.mark.parametrize(
    ("ends", "currency", "told"),
    [
        ((312_345.0, 118_000.0, 524_000.0), "GBP", "£310,000 (£120,000 to £520,000)"),
        ((1_214_000.0, 0.9e6, 1.52e6), "GBP", "£1.21 million (£0.90 to £1.52 million)"),
        ((2.2e9, 1.9e9, 2.6e9), "EUR", "€2.20 billion (€1.90 to €2.60 billion)"),
        ((310.0, 250.0, 371.0), "CHF", "CHF\u00a0310 (CHF\u00a0250 to CHF\u00a0370)"),
    ],
)
def test_money_is_in_the_reader_s_sizes(ends, currency, told):
    assert str(written.money_figure(Interval(*ends), currency=currency)) == told


def test_an_upper_end_alone_has_no_interval_and_no_mean():
    told = written.money_figure(Interval(None, None, 2_345_678.0), currency="GBP")
    assert (told.value, told.ends) == ("£2.35 million", "")


def test_a_place_leads_with_where_it_may_lie():
    assert str(written.place_figure(Place(23.4, 9, 51, 170))) == "9 to 51 of 170 (mean 23)"
    assert written.place_figure(Place(1.0, 1, 1, 4)).value == "1 of 4"


def test_parts_of_a_difference_have_signs_and_the_same_decimals():
    parts = {"case_mix": Interval(-0.0084, -0.0088, -0.0082), "noise": Interval(0.031, 0.01, 0.052)}
    told = written.part_figures(parts, scale=100)
    assert [str(x) for x in told.values()] == [
        "\u22120.8 (\u22120.9 to \u22120.8)",
        "+3.1 (1.0 to 5.2)",
    ]
    assert (
        str(written.part_figures({"noise": Interval(0.0, -0.5, 0.5)})["noise"])
        == "0.0 (\u22120.5 to 0.5)"
    )
