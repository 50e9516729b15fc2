import pandas as pd
import pytest

from tests.frame.hand_made import make_model, make_table
from varmodel.errors import InputError
from varmodel.frame import prepare
from varmodel.frame.period_labels import plain_period, strange_labels
from varmodel.frame.periods import find_style, is_ambiguous, quarters


@pytest.mark.parametrize(
    ("text", "quarter"),
    [
        ("Q1 2019", "2019Q1"),
        (" q3/2019", "2019Q3"),
        ("April 2023", "2023Q2"),
        ("Sept-2023", "2023Q3"),
        ("2023 May", "2023Q2"),
        ("2019-04-01 00:00:00", "2019Q2"),
        ("2019-12-31T00:00:00.000", "2019Q4"),
    ],
)
def test_a_label_that_can_be_read_in_one_way_is_read(text, quarter):
    style = find_style({text: 1})
    assert quarters([text], style) == [quarter]


@pytest.mark.parametrize(
    ("text", "what", "todo"),
    [
        ("Apr-23", "a month and two digits", "2023-04"),
        ("Oct-Dec 2012", "a span of months", "2012Q4"),
        ("Nov to Jan 2012", "a span of months", "leave the period out"),
        ("1/4/2019", "day and month may change places", "2019-04-01 or 2019-01-04"),
        ("2019/20", "financial year", 'period_style = "financial_year"'),
        ("2019", "a year", 'period_style = "year"'),
        ("2017 - 19", "several years", "[where]"),
        ("2017/18-2019/20", "several years", "[where]"),
        ("Q1", "without its year", "2019Q1"),
        ("2019-W05", "a week", "add the weeks up"),
        ("2019-04-01 09:00:00", "time of day", "the date alone"),
        ("43556", "spreadsheet gives a day", "as a date"),
    ],
)
def test_of_any_other_it_is_said_what_it_looks_like(text, what, todo):
    assert plain_period(text) == text
    ((finding, labels),) = strange_labels([text], style="quarter", fix="write alike").items()
    assert labels == {text}
    assert what in finding.message
    assert todo in finding.fix
    assert finding.fix.endswith("write alike")


def test_years_taken_together_are_not_months():
    assert is_ambiguous(["2008-10", "2009-11", "2010-12"])
    assert not is_ambiguous(["2008-10", "2008-11", "2008-12"])


@pytest.mark.parametrize(
    ("start", "freq", "quarters_found"),
    [("2019Q1", "Q-DEC", ["2019Q1", "2019Q2"]), ("2019Q1", "Q-MAR", ["2018Q2", "2018Q3"])],
)
def test_periods_of_pandas_are_the_calendar_quarters_that_they_cover(start, freq, quarters_found):
    spans = pd.period_range(start, periods=2, freq=freq)
    table = pd.concat([make_table(quarter=[span] * 6) for span in spans], ignore_index=True)
    frame = prepare(make_model(period="quarter"), table)
    assert frame["period"].to_numpy().tolist() == quarters_found


def test_labels_of_two_looks_are_two_problems():
    table = make_table(quarter=["2019Q1", "Apr-19", "2019Q1", "2019/20", "2019Q1", "2019Q1"])
    with pytest.raises(InputError) as caught:
        prepare(make_model(period="quarter"), table)
    assert [problem.where.rows for problem in caught.value.problems] == [(3,), (1,)]
