"""No digit is printed that the Monte Carlo error does not support."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.frame.hand_made import make_model
from varmodel.publish.wording.numbers import (
    MOST_DIGITS,
    in_unit,
    probability,
    supported,
    unit_factor,
)

VALUES = st.floats(-1e12, 1e12, allow_subnormal=False)
ERRORS = st.floats(1e-9, 1e9)


def last_unit(text):
    """Give the unit of the last digit that carries a figure; whole numbers may end in noughts."""
    digits = text.replace(",", "").lstrip("-")
    if "." in digits:
        return 10.0 ** -len(digits.partition(".")[2])
    return 10.0 ** (len(digits) - len(digits.rstrip("0"))) if digits.strip("0") else math.inf


@given(VALUES, ERRORS)
def test_the_error_is_at_most_half_a_unit_of_the_last_digit(value, mcse):
    text = supported(value, mcse)
    assert mcse <= 0.5 * last_unit(text) * (1 + 1e-9)


@given(VALUES, st.one_of(st.just(0.0), ERRORS))
def test_the_printed_number_is_the_nearest(value, mcse):
    printed = float(supported(value, mcse).replace(",", ""))
    unit = max(2 * mcse * 10, abs(value) * 10.0 ** (2 - MOST_DIGITS), 1e-300)
    assert abs(printed - value) <= unit


@given(VALUES, st.one_of(st.just(0.0), ERRORS))
def test_at_most_four_significant_digits(value, mcse):
    digits = supported(value, mcse).replace(",", "").replace(".", "").lstrip("-0").rstrip("0")
    assert len(digits) <= MOST_DIGITS


@pytest.mark.parametrize(
    ("value", "mcse", "text"),
    [
        (0.12345, 0.0, "0.1235"),
        (0.12345, 0.0004, "0.123"),
        (0.12345, 0.0005, "0.123"),
        (0.12345, 0.00051, "0.12"),
        (5.4321, 0.04, "5.4"),
        (5.4321, 0.06, "5"),
        (1234567.0, 0.0, "1,235,000"),
        (1234567.0, 30_000.0, "1,200,000"),
        (99.996, 0.004, "100.00"),
        (-0.001, 0.01, "0.0"),
        (3.0, 40.0, "0"),
        (0.0, 0.0, "0.000"),
        (math.nan, 0.1, ""),
        (math.inf, 0.1, ""),
    ],
)
def test_examples(value, mcse, text):
    assert supported(value, mcse) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.00"),
        (0.0001, "<.01"),
        (0.0049, "<.01"),
        (0.0051, "0.01"),
        (0.5, "0.50"),
        (0.9949, "0.99"),
        (0.9951, ">.99"),
        (0.9999, ">.99"),
        (1.0, "1.00"),
    ],
)
def test_a_probability_is_0_or_1_only_where_it_is(value, text):
    assert probability(value) == text


@pytest.mark.parametrize(
    ("form", "unit", "rate", "said"),
    [
        ("share", "%", 0.45437, "45.44 %"),
        ("share", "per 1,000", 0.0123, "12.30 per 1,000"),
        ("expected", "per 100", 1.05, "105.0 per 100"),
        ("measurements", "days", 3.2168, "3.217 days"),
        ("measurements", "%", 3.2168, "3.217 %"),
        ("share", None, 0.45437, "0.4544"),
        ("share", "%", float("nan"), ""),
    ],
)
def test_a_rate_is_written_in_its_unit(form, unit, rate, said):
    assert in_unit(make_model(form, unit=unit), rate) == said


def test_no_digit_is_written_that_the_error_does_not_support():
    spec = make_model(unit="per 1,000")
    assert unit_factor(spec) == 1000
    assert in_unit(spec, 0.012345, mcse=0.0002) == "12 per 1,000"
