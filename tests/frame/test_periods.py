import pytest

from varmodel.frame.periods import find_style, gaps, is_ambiguous, quarters


@pytest.mark.parametrize(
    ("style", "text", "quarter"),
    [
        ("quarter", "2006Q3", "2006Q3"),
        ("quarter", "2006-Q3", "2006Q3"),
        ("quarter", " 2006 Q3 ", "2006Q3"),
        ("financial_quarter", "2006-07 Q1", "2006Q2"),
        ("financial_quarter", "2006/07 Q3", "2006Q4"),
        ("financial_quarter", "2006/07Q4", "2007Q1"),
        ("financial_quarter", "1999-00Q4", "2000Q1"),
        ("financial_quarter", "Q1 2006/07", "2006Q2"),
        ("date", "2006-07-01", "2006Q3"),
        ("date", "2004-02-29", "2004Q1"),
        ("month", "2006-12", "2006Q4"),
    ],
)
def test_every_style_falls_in_its_calendar_quarter(style, text, quarter):
    assert quarters([text], style) == [quarter]
    assert find_style({text: 1}) == style


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2006",
        "2006Q5",
        "2006-08 Q1",
        "2006-13",
        "2006-02-30",
        "9999-12",
        "01/07/2006",
        "2006Q3!",
        "\u0662\u0660\u0660\u0666Q3",
        "2006-W01-1",
        "Jul-06",
    ],
)
def test_other_texts_have_no_style(text):
    assert find_style({text: 1}) is None


def test_the_style_of_most_rows_is_found():
    assert find_style({"2006Q1": 3, "2006-07": 1, "2006-08": 1}) == "quarter"
    assert quarters(["2006Q1", "2006-07"], "quarter") == ["2006Q1", None]


def test_a_month_that_may_be_a_financial_year_is_ambiguous():
    assert is_ambiguous(["2005-06", "2006-07"])
    assert not is_ambiguous(["2005-06", "2005-07"])
    assert not is_ambiguous(["2005-06", "2005Q3"])


def test_gaps_are_the_quarters_between():
    assert gaps(["2006Q1"]) == gaps(["2006Q4", "2007Q1", "2007Q2"]) == []
    assert gaps(["2007Q2", "2006Q3"]) == ["2006Q4", "2007Q1"]
