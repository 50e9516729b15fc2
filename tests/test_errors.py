"""The contract of errors: codes, classes, messages."""

import copy
import pickle
import warnings

import numpy as np
import pytest

from varmodel import errors
from varmodel.errors import (
    CODES,
    MESSAGE_LIMIT,
    Problem,
    VarmodelError,
    VarmodelWarning,
    Where,
    fail,
    nearest,
    one_of,
    refuse,
    show,
    warn,
)
from varmodel.values import is_number

CLASSES = {
    "INPUT": errors.InputError,
    "SCHEMA": errors.InputError,
    "VALUE": errors.InputError,
    "COUNT": errors.InputError,
    "KEY": errors.InputError,
    "PERIOD": errors.InputError,
    "BAND": errors.InputError,
    "DESIGN": errors.DesignError,
    "CONFIG": errors.SpecError,
    "FORMULA": errors.SpecError,
    "ARTIFACT": errors.ArtifactError,
    "DISCLOSURE": errors.DisclosureError,
    "OUTPUT": errors.OutputError,
}
BUILT_IN = {
    errors.InputError: ValueError,
    errors.SpecError: ValueError,
    errors.DesignError: ValueError,
    errors.FitError: RuntimeError,
    errors.ConvergenceError: errors.FitError,
    errors.IncompleteFitError: errors.FitError,
    errors.ArtifactError: ValueError,
    errors.OutputError: OSError,
    errors.DisclosureError: ValueError,
}


def raised(*problems):
    with pytest.raises(VarmodelError) as caught:
        refuse(problems)
    return caught.value


@pytest.mark.parametrize("code", CODES)
def test_the_prefix_fixes_the_class(code):
    prefix = code.partition(".")[0]
    if prefix == "FIT":
        assert issubclass(CODES[code], errors.FitError)
    else:
        assert CODES[code] is CLASSES[prefix]
    assert type(raised(Problem(code, "wrong"))) is CODES[code]


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.__name__)
def test_the_tree(kind):
    assert issubclass(kind, VarmodelError)
    assert issubclass(kind, BUILT_IN[kind])


def test_an_error_carries_its_first_problem_and_all_problems():
    where = Where(file="t.csv", column="deaths", lines=(3, 9))
    first = Problem("VALUE.NUMBER", "not a number", where, count=2, fix="write 12", value="1O")
    second = Problem("COUNT.NEGATIVE", "negative")
    error = raised(first, second)
    assert (error.code, error.where, error.count, error.fix) == (
        "VALUE.NUMBER",
        where,
        2,
        "write 12",
    )
    assert error.problems == (first, second)
    assert str(error) == (
        "VALUE.NUMBER: not a number (2 times; in t.csv, first at line 3, column 'deaths': '1O'). "
        "Fix: write 12.\n"
        "COUNT.NEGATIVE: negative."
    )


def test_nothing_wrong_raises_nothing():
    refuse([])


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("KEY.NAME", "bad."), "KEY.NAME: bad."),
        (Problem("KEY.NAME", "bad", value="x"), "KEY.NAME: bad (value 'x')."),
        (Problem("KEY.NAME", "bad", Where(rows=(0, 4))), "KEY.NAME: bad (first at row 0)."),
        (Problem("KEY.NAME", "bad", count=3, fix="mend."), "KEY.NAME: bad (3 times). Fix: mend."),
        (Problem("KEY.NAME", "bad", value="a\n"), r"KEY.NAME: bad (value 'a\n')."),
    ],
)
def test_the_text_of_a_problem(problem, text):
    assert str(problem) == text


def test_a_long_value_is_shortened():
    assert len(str(Problem("VALUE.NUMBER", "not a number", value="9" * 10_000))) < 200


@pytest.mark.parametrize("count", [1, 20, 5_000])
def test_a_message_is_bounded_and_says_what_it_leaves_out(count):
    error = raised(*(Problem("KEY.NAME", f"{n} {'x' * 150}") for n in range(count)))
    assert len(str(error)) <= MESSAGE_LIMIT
    shown = str(error).count("KEY.NAME")
    left = count - shown
    assert str(error).endswith(f"(and {left} more)") == (left > 0)


def test_one_endless_problem_is_cut():
    assert len(str(raised(Problem("KEY.NAME", "x" * 10_000)))) <= MESSAGE_LIMIT
    error = raised(Problem("KEY.NAME", "x" * 10_000), Problem("KEY.NAME", "y"))
    assert len(str(error)) <= MESSAGE_LIMIT
    assert str(error).endswith("(and 1 more)")


def test_fail_raises_one_problem():
    with pytest.raises(errors.SpecError, match=r"^CONFIG.VALUE: no \(column 'x'\)\. Fix: do\.$"):
        fail("CONFIG.VALUE", "no", fix="do", where=Where(column="x"))


@pytest.mark.parametrize("kind", sorted(set(CODES.values()), key=lambda kind: kind.__name__))
@pytest.mark.parametrize("duplicate", [copy.copy, lambda e: pickle.loads(pickle.dumps(e))])
def test_an_error_crosses_process_borders_whole(kind, duplicate):
    problem = Problem("KEY.NAME", "bad", Where("t.csv", "x", (1,)), 2, "mend", "v")
    error = kind([problem])
    error.table = "diagnosis"
    again = duplicate(error)
    assert type(again) is kind
    assert str(again) == str(error)
    assert (again.problems, again.where, again.table) == ((problem,), problem.where, "diagnosis")


def test_a_warning_carries_its_code():
    problem = Problem("KEY.ALIAS", "one name, two codes")
    with pytest.warns(VarmodelWarning, match="one name, two codes") as caught:
        warn(problem)
    assert caught[0].message.code == "KEY.ALIAS"
    again = pickle.loads(pickle.dumps(caught[0].message))
    assert (str(again), again.code) == (str(problem), "KEY.ALIAS")


def test_a_warning_points_at_the_caller():
    def verb():
        warn(Problem("KEY.ALIAS", "x"))

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        verb()
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("numeratr", "; did you mean 'numerator'?"),
        ("NUMERATOR ", "; did you mean 'numerator'?"),
        ("zzz", ""),
        ("", ""),
        (5, ""),
    ],
)
def test_nearest(name, said):
    assert nearest(name, ["numerator", "denominator"]) == said


def test_one_of_names_the_allowed_and_the_nearest():
    assert one_of("highr", ("higher", "lower")) == "allowed: higher, lower; did you mean 'higher'?"


def test_show_is_short_whatever_the_value():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert all(len(show(value)) < 100 for value in (deep, "x" * 10_000, [1] * 10_000, None))
    assert show("a") == "'a'"


@pytest.mark.parametrize("value", [0, -1, 0.5, np.float32(2), np.int64(3)])
def test_numbers(value):
    assert is_number(value)


@pytest.mark.parametrize(
    "value",
    [True, np.True_, None, "1", 1j, float("nan"), np.inf, np.float32("nan"), 10**400, [1.0]],
)
def test_no_numbers(value):
    assert not is_number(value)
