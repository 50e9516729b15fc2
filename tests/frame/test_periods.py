import pandas as pd
import pytest

from tests.frame.hand_made import make_model, make_table
from varmodel.errors import InputError, VarmodelWarning
from varmodel.frame import annual_factor, prepare, simulate
from varmodel.frame.new.rows import read_new_rows
from varmodel.frame.periods import find_style, gaps, is_ambiguous, place, quarters, written_twice


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
        ("year", "2006", "2006"),
        ("financial_year", "2019/20", "2019/20"),
        ("financial_year", "2019-20", "2019-20"),
        ("financial_year", " 1999/00 ", "1999/00"),
    ],
)
def test_every_style_falls_in_its_calendar_quarter(style, text, quarter):
    assert quarters([text], style) == [quarter]
    assert find_style({text: 1}) == style


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2006/08",
        "2506",
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


def test_gaps_of_years_are_named_as_the_others():
    assert gaps(["2007", "2010"]) == ["2008", "2009"]
    assert gaps(["2019/20", "2021/22"]) == ["2020/21"]
    assert gaps(["1998-99", "2000-01"]) == ["1999-00"]
    assert gaps(["2019/20", "2020/21"]) == []


def test_lags_are_differences_of_places():
    assert place("2007Q1") - place("2006Q3") == 2
    assert place("2009") - place("2006") == place("2021/22") - place("2018-19") == 3


def test_a_year_that_is_written_twice():
    assert written_twice(["2019/20", "2019-20", "2020/21"]) == ["2019/20", "2019-20"]
    assert written_twice(["2006Q1", "2006Q2", "2007Q1"]) == []


def years(*labels):
    return pd.concat([make_table(year=label) for label in labels])


@pytest.mark.parametrize(
    "labels", [("2007", "2008"), ("2019/20", "2020/21"), ("2012-13", "2013-14")]
)
def test_a_table_of_years_keeps_their_labels_and_is_annual_as_it_is(labels):
    spec = make_model(period="year")
    frame = prepare(spec, years(*labels))
    assert frame["period"].to_numpy().tolist() == frame["period_label"].to_numpy().tolist()
    assert frame["period"].to_numpy().tolist() == list(labels)
    assert frame["term"].to_numpy().tolist() == [f"period[{labels[1]}]"]
    assert annual_factor(spec, frame) == 1
    assert annual_factor(spec.replace(annualise=2), frame) == 2
    style = "year" if len(labels[0]) == 4 else "financial_year"
    assert spec.replace(period_style=style).annual_factor == 1
    made = simulate(spec.replace(period_style=style), periods=2, random_seed=1)
    assert annual_factor(spec, prepare(spec, made.table)) == 1
    rows = read_new_rows(spec, frame, table=make_table(year=labels[1]))
    assert rows.design.ravel().tolist() == [frame["design"].to_numpy().max()] * 6


def test_quarters_are_four_a_year():
    spec = make_model(period="year")
    assert annual_factor(spec, prepare(spec, years("2007Q1", "2007Q2"))) == 4


def test_a_table_has_years_or_quarters_in_one_way_of_writing():
    spec = make_model(period="year")
    for labels in (("2007", "2007Q1"), ("2007", "2008/09"), ("2019/20", "2019-20")):
        with pytest.raises(InputError, match=r"PERIOD\.FORMAT.*all periods alike"):
            prepare(spec, years(*labels))
    ambiguous = years("2005-06", "2006-07")
    with pytest.raises(InputError, match='period_style = "month" or "financial_year"'):
        prepare(spec, ambiguous)
    frame = prepare(spec.replace(period_style="financial_year"), ambiguous)
    assert frame["period"].to_numpy().tolist() == ["2005-06", "2006-07"]


def test_a_year_that_lacks_is_named():
    with pytest.warns(VarmodelWarning, match=r"PERIOD\.GAP: no row is of 2008/09.*add the year"):
        prepare(make_model(period="year"), years("2007/08", "2009/10"))
