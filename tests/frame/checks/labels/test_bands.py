import math

import pytest

from varmodel.frame.checks.labels.bands import band, eaten, overlapping


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("0-17", (0, 17)),
        ("15 – 24", (15, 24)),
        ("15 to 24 years", (15, 24)),
        ("85+", (85, math.inf)),
        ("85 and over", (85, math.inf)),
        (">=65", (65, math.inf)),
        ("Over 65", (65, math.inf)),
        ("<18", (-math.inf, 18)),
        ("Under 1", (-math.inf, 1)),
        ("18.5-25", (18.5, 25)),
        ("F", None),
        ("May-17", None),
        ("2005-06", None),
        ("17-5", None),
        ("5", None),
        ("1-2-3", None),
        ("E10-E14", None),
    ],
)
def test_what_is_a_band(text, ends):
    assert band(text) == ends


@pytest.mark.parametrize("text", ["May-17", "17-May", "Oct-14", "14-Oct-24", "2024-05-17", "5 May"])
def test_what_a_spreadsheet_made_of_a_band(text):
    assert eaten(["0-4", text, "18-64", "unknown"]) == {text}


@pytest.mark.parametrize(
    "levels",
    [
        ["May-17", "Jun-17", "Jul-17"],
        ["2024-05-17", "2024-05-18"],
        ["0-4", "5-17", "18-64", "65+", "unknown", "Mayor", "March on"],
        ["0-4", "F", "M"],
        [],
    ],
)
def test_columns_of_dates_and_of_true_bands_are_let_be(levels):
    assert eaten(levels) == set()


@pytest.mark.parametrize(
    ("levels", "pair"),
    [
        (["0-17", "15-24", "25+"], ("0-17", "15-24")),
        (["18+", "65-74"], ("18+", "65-74")),
        (["<20", "18-24"], ("<20", "18-24")),
        (["0-99", "20-29", "30-39"], ("0-99", "20-29")),
        (["0-17", "0–17", "18+"], ("0-17", "0–17")),
        (["0-4", "65-74", "70+", "x"], ("65-74", "70+")),
    ],
)
def test_bands_that_overlap(levels, pair):
    assert overlapping(levels) == pair


@pytest.mark.parametrize(
    "levels",
    [
        ["0-17", "18-24", "25+"],
        ["<18", "18-64", "65+"],
        ["18.5-25", "25-30", "30+", "<18.5"],
        ["2004-05", "2005-06", "2006-07"],
        ["2005-2006", "2006-2007"],
        ["1", "1-2", "2-3", "10+"],
        ["F", "M"],
    ],
)
def test_bands_that_do_not(levels):
    assert overlapping(levels) is None
