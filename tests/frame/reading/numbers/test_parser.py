"""Numbers and labels: one parser, the traps of published tables."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from varmodel.frame.reading import (
    Finding,
    is_missing_mark,
    is_suppression,
    label,
    parse_labels,
    parse_numbers,
    read_number,
    read_table,
    refusals,
)

BOTH = (False, True)
NOT_NUMBERS = (
    "1,000|1_000|１２|١٢|TRUE|true|+5|.5|5.|0x1F|1e|1e5.5|£12|12%|May-17|5-May|1/2|abc|1 000|"
    "1\u00a0000|\u00a05\u00a0|1.000,5|--5|1e3e3"
)
MARKS = (
    "*|**|<5|<=5|≤5|>95|< 5|1-7|1–7|1 to 7|[c]|[x]|[low]|(c)|..|...|…|:|~|c|x|s|C|-|–|—|†|‡|#|"
    "5*|5 *|1,234*|†5|5†|5[c]|5 [c]| * |--|suppressed|Too few to report"
)
MISSING = "| |\t|\u00a0|NA|na|N/A|#N/A|NULL|null|.|None"
NONFINITE = "nan|NaN|-nan|inf|-INF|Infinity|∞|#DIV/0!|1.#INF"
DAY, MOMENT = dt.datetime(2006, 7, 1), dt.datetime(2006, 7, 1, 3)  # noqa: DTZ001 - tables have no zone


def code(raw, *, integer):
    found = read_number(raw, integer=integer)
    assert isinstance(found, Finding), found
    assert found.message
    assert found.fix
    return found.code


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_double_comes_back_from_its_text(value):
    assert read_number(repr(value), integer=False) == value
    assert read_number(value, integer=False) == value
    assert read_number(f" \t{value!r} ", integer=False) == value


@given(st.integers(-(2**53), 2**53))
def test_every_count_comes_back_from_its_text(value):
    for raw in (value, str(value), f"{value}.0", float(value), Decimal(value), np.int64(value)):
        assert read_number(raw, integer=True) == value


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.decimals()))
def test_any_value_is_a_finite_number_or_a_finding(raw):
    for integer in BOTH:
        found = read_number(raw, integer=integer)
        assert isinstance(found, Finding) or (type(found) is float and np.isfinite(found))


def test_no_number_is_a_negative_zero():
    for raw in ("-0", "-0.0", "-0e5", -0.0, Decimal("-0")):
        assert str(read_number(raw, integer=False)) == "0.0"


@pytest.mark.parametrize(
    "raw",
    [*NOT_NUMBERS.split("|"), True, False, np.True_, b"5", dt.date(2006, 7, 1), (1,), 1j],
)
def test_what_is_not_a_number(raw):
    for integer in BOTH:
        assert code(raw, integer=integer) == "VALUE.NUMBER"


@pytest.mark.parametrize("raw", ["1e3", "1E3", "12e0", "1.5e1"])
def test_a_count_has_no_exponent(raw):
    assert code(raw, integer=True) == "VALUE.NUMBER"
    assert read_number(raw, integer=False) == float(raw)


@pytest.mark.parametrize(
    "raw",
    MARKS.split("|"),
)
def test_suppression_marks(raw):
    assert is_suppression(raw)
    assert not is_missing_mark(raw)
    for integer in BOTH:
        assert code(raw, integer=integer) == "VALUE.SUPPRESSED"


@pytest.mark.parametrize(
    "raw",
    [*MISSING.split("|"), None, float("nan"), np.float32("nan"), pd.NA, pd.NaT, Decimal("nan")],
)
def test_missing_marks(raw):
    assert is_missing_mark(raw)
    assert not is_suppression(raw)
    for integer in BOTH:
        assert code(raw, integer=integer) == "VALUE.MISSING"


@pytest.mark.parametrize(
    "raw",
    [*NONFINITE.split("|"), float("inf"), -np.inf, Decimal("inf")],
)
def test_what_is_not_finite(raw):
    for integer in BOTH:
        assert code(raw, integer=integer) == "VALUE.NONFINITE"


@pytest.mark.parametrize(
    "raw", ["2.5", "-0.1", 2.5, np.float32(0.1), Decimal("2.5"), "1." + "0" * 30 + "1"]
)
def test_a_count_is_whole(raw):
    assert code(raw, integer=True) == "VALUE.NONINTEGER"


def test_what_cannot_be_represented():
    for raw in (
        "1e400",
        "-1e400",
        "1e-400",
        "9" * 400,
        10**400,
        Decimal("1e400"),
        Decimal("1e-500"),
    ):
        assert code(raw, integer=False) == "VALUE.RANGE"
    for raw in (2**53 + 1, str(2**53 + 1), float(2**54), "9" * 5_000, Decimal(2**53 + 1)):
        assert code(raw, integer=True) == "VALUE.RANGE"


def test_labels_are_kept_exactly_as_given():
    for raw in ("007", "NA", "NULL", "5E1", "1-2", " RJ1 ", "TRUE", "*", "é"):
        assert label(raw) == raw
    assert [label(raw) for raw in (7, np.int64(-3), 2**70)] == ["7", "-3", str(2**70)]


def test_dates_become_iso_labels():
    moments = (dt.date(2006, 7, 1), DAY, pd.Timestamp(DAY))
    assert {label(raw) for raw in (*moments, np.datetime64("2006-07-01"))} == {"2006-07-01"}
    assert label(MOMENT) == "2006-07-01T03:00:00"


def test_labels_that_are_refused():
    for raw in (None, "", "  ", float("nan"), pd.NA):
        assert label(raw).code == "VALUE.MISSING"
    for raw in (7.0, 7.5, Decimal(7), b"x", [1]):
        assert (label(raw).code, "as text" in label(raw).fix) == ("VALUE.NUMBER", True)


def test_true_and_false_are_to_be_written_as_1_and_0():
    found = [
        label(True),
        label(np.False_),
        *(read_number(x, integer=True) for x in (True, "TRUE", "no")),
    ]
    assert {(each.code, "1 and 0" in each.fix) for each in found} == {("VALUE.NUMBER", True)}


@pytest.mark.parametrize(
    ("name", "code", "bad"),
    [
        ("value_suppressed.csv", "VALUE.SUPPRESSED", ["*", "<5", "1-7", "[c]"]),
        (
            "value_number.csv",
            "VALUE.NUMBER",
            ["1,000", "1_000", "１２", "1e3", "£12", "May-17"],
        ),
        ("value_missing.csv", "VALUE.MISSING", ["", " ", "NA", "NULL", "."]),
        ("value_nonfinite.csv", "VALUE.NONFINITE", ["nan", "inf", "-Infinity"]),
        ("value_noninteger.csv", "VALUE.NONINTEGER", ["2.5", "0.1"]),
        ("value_range.csv", "VALUE.RANGE", ["9007199254740993", "1" * 400]),
    ],
)
def test_a_hostile_file_gives_code_lines_count_and_fix(hostile, name, code, bad):
    distinct = read_table(hostile / name, ("provider", "events", "trials"))
    column = distinct.columns["events"]
    values, refused = parse_numbers(column, integer=True)
    assert sorted(column.levels[place] for place in refused) == sorted(bad)
    assert sorted(values[np.isfinite(values)]) == [1.0, 2.0]
    (problem,) = refusals(distinct, "events", refused=refused)
    assert (problem.code, problem.count, problem.value) == (code, len(bad), bad[0])
    assert problem.where.lines == tuple(range(5, 5 + len(bad)))[:5]
    assert (problem.where.column, bool(problem.fix)) == ("events", True)


def test_one_problem_for_each_kind_of_finding():
    distinct = read_table(pd.DataFrame({"x": ["*", "1", "", "*", "y", None]}), ("x",))
    refused = parse_numbers(distinct.columns["x"], integer=True)[1]
    problems = refusals(distinct, "x", refused=refused)
    assert [(each.code, each.count, each.where.rows, each.value) for each in problems] == [
        ("VALUE.MISSING", 2, (2, 5), ""),
        ("VALUE.NUMBER", 1, (4,), "y"),
        ("VALUE.SUPPRESSED", 2, (0, 3), "*"),
    ]


def test_labels_of_a_column():
    distinct = read_table(pd.DataFrame({"x": ["b", 7, 1.5, "b"]}, dtype=object), ("x",))
    column = distinct.columns["x"]
    labels, refused = parse_labels(column)
    assert dict(zip(column.levels, labels, strict=True)) == {"b": "b", 7: "7", 1.5: ""}
    (problem,) = refusals(distinct, "x", refused=refused)
    assert (problem.code, problem.where.rows, problem.count) == ("VALUE.NUMBER", (2,), 1)
