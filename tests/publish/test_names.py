"""Names: literal, on one line, short, and told apart."""

import pytest

from varmodel.publish.names import LONGEST, in_words, literal, shorten, shown_names


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("RJ1", "RJ1"),
        (r"$\frac{x$", r"$\frac{x$"),
        ("a_b", "a_b"),
        ("Ærø №7 שלום", "Ærø №7 שלום"),
        ("two\nlines", "two\ufffdlines"),
        ("\x1b[31m", "\ufffd[31m"),
        ("\u202eabc\u2066", "\ufffdabc\ufffd"),
        ("a\u2028b\u2029", "a\ufffdb\ufffd"),
        ("\ud800", "\ufffd"),
    ],
)
def test_literal(text, drawn):
    assert literal(text) == drawn


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("age_band", "age band"),
        ("log_volume", "volume"),
        (" a\n _b_", "a b"),
        ("__", "__"),
        ("\u202eabc", "\ufffdabc"),
    ],
)
def test_the_name_of_a_column_as_words(column, words):
    assert in_words(column) == words


def test_shorten():
    assert shorten("a" * LONGEST) == "a" * LONGEST
    assert shorten("a" * (LONGEST + 1)) == "a" * (LONGEST - 1) + "…"
    assert shorten("one two", 5) == "one…"


def test_a_name_stands_beside_its_code():
    assert shown_names(["RJ1", "RJ2"], ["Guy's", "RJ2"]) == ["RJ1 Guy's", "RJ2"]


def test_names_that_would_be_cut_to_the_same_keep_their_ends():
    same = "The hospital trust of a long name, "
    found = shown_names([f"{same}North", f"{same}South", "Short"])
    assert found[2] == "Short"
    assert found[0].endswith("North")
    assert found[1].endswith("South")
    assert max(map(len, found)) <= LONGEST
