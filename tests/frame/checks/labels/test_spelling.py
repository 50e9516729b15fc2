import pytest

from varmodel.frame.checks.labels.spelling import shared, twins


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("RX1", "rx1"),
        ("RX1", "RX1 "),
        ("RX1", "\uff32X1"),  # full width
        ("RX1", "RX1\u200b"),  # zero width
        ("RA1", "R\u04101"),  # Cyrillic
        ("RB1", "R\u03921"),  # Greek
        ("stra\u00dfe", "STRASSE"),
        ("caf\u00e9", "cafe\u0301"),
    ],
)
def test_labels_that_look_alike_are_twins(one, other):
    assert twins([one, "other", other]) == [tuple(sorted([one, other]))]


def test_codes_that_differ_visibly_are_no_twins():
    assert twins(["RJ1", "RJl", "RJI", "RO1", "R01", "007", "7", "NA", "NULL", "5E1", "1-2"]) == []


def test_shared_seconds_are_found():
    assert shared([("a", "x"), ("b", "x"), ("a", "y"), ("a", "x")]) == {"a": ("x", "y")}
