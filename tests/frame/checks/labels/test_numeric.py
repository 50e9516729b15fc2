import pytest

from varmodel.frame.checks.labels.numeric import is_dressed, number_refusals
from varmodel.frame.reading import Column, parse_numbers

NUMBERS = [str(number / 4) for number in range(12)]


def kinds(levels):
    """Say of a bare column that it is a factor, or which of its texts are refused, and why."""
    column = Column(tuple(levels), None)
    found = number_refusals("x", column, refused=parse_numbers(column, integer=False)[1])
    return found if found is None else {levels[at]: f.code for at, f in found.items()}


@pytest.mark.parametrize("odd", ["7%", "1,050", "1O", "DQ", "£3", "unknown", "90+", "\uff11", ".5"])
def test_a_few_odd_texts_do_not_make_a_factor(odd):
    assert kinds([*NUMBERS, odd]) == {odd: "VALUE.NUMBER"}


@pytest.mark.parametrize("levels", [["7%", "8%"], ["1,050", "2,700"], ["\u00a31", "2"]])
def test_numbers_in_other_dress_are_refused(levels):
    assert set(kinds(levels).values()) == {"VALUE.NUMBER"}


@pytest.mark.parametrize(
    "levels",
    [
        ["0-4", "5-9", "10-14", "85+"],
        ["0-4", "5-9", "90"],
        ["<5", "5-9"],
        ["1", "2", "three"],
        ["1", "2", "3A", "3B"],
        ["yes", "no"],
        ["TRUE", "FALSE"],
        ["F", "M"],
    ],
)
def test_levels_of_a_factor_pass(levels):
    assert kinds(levels) is None


def test_marks_among_numbers_keep_their_codes():
    found = kinds([*NUMBERS, "*", "NA", "1-7", "7 %"])
    assert found == {
        "*": "VALUE.SUPPRESSED",
        "NA": "VALUE.MISSING",
        "1-7": "VALUE.SUPPRESSED",
        "7 %": "VALUE.NUMBER",
    }


@pytest.mark.parametrize("text", ["85+", "1O", "3A", "12-13", "", "%", "e5", "1.2.3", None, 5])
def test_what_is_no_number_in_any_dress(text):
    assert not is_dressed(text)
