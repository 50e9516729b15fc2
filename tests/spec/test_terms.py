"""Terms: a closed vocabulary; nothing that looks like code is a column."""

import pytest

from varmodel.errors import SpecError
from varmodel.spec import Factor
from varmodel.spec.terms import as_term, term_column, term_to_toml


@pytest.mark.parametrize(
    ("raw", "term"),
    [
        ("age", "age"),
        (Factor("age"), Factor("age")),
        ({"column": "age"}, "age"),
        ({"column": "age", "factor": False}, "age"),
        ({"column": "age", "factor": True}, Factor("age")),
    ],
)
def test_terms(raw, term):
    assert as_term("case_mix", raw) == term
    assert as_term("case_mix", term_to_toml(term)) == term
    assert term_column(term) == "age"


@pytest.mark.parametrize(
    "name",
    [
        "age",
        "age band",
        "A+E",
        "65+",
        "65-74",
        "age.band",
        "q__1",
        "Rate (per 1000)",
        "50/50",
        "%",
        "é",
    ],
)
def test_names_of_columns(name):
    assert as_term("case_mix", name) == name
    assert as_term("case_mix", {"column": name, "factor": True}) == Factor(name)


@pytest.mark.parametrize(
    "name",
    [
        "__import__('os').system('x')",
        "x.__class__",
        "exec(compile('1', '', 'exec'))",
        "bs(age, df=4)",
        "np.log(age)",
        "I(age**2)",
        "age * sex",
        "age*sex",
        "age:sex",
        "age + sex",
        "~ age",
        "y ~ age",
        "age ^ 2",
        "(1|trust)",
        "lambda: 0",
        "a %in% b",
        "`age`",
    ],
)
@pytest.mark.parametrize("made", [str, lambda name: {"column": name}, Factor])
def test_formulas_are_refused(name, made):
    with pytest.raises(SpecError) as caught:
        as_term("case_mix", made(name))
    assert caught.value.code == "FORMULA.UNSAFE"
    assert caught.value.fix


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (5, "FORMULA.UNSAFE"),
        (["age"], "FORMULA.UNSAFE"),
        (None, "FORMULA.UNSAFE"),
        ({"column": "age", "spline": 4}, "FORMULA.UNSAFE"),
        ({"interaction": ["age", "sex"]}, "FORMULA.UNSAFE"),
        ({"column": "age", "facter": True}, "CONFIG.KEY"),
        ({"factor": True}, "CONFIG.KEY"),
        ({"column": "age", "factor": 1}, "CONFIG.VALUE"),
        ({"column": 5}, "CONFIG.VALUE"),
        ({"column": "age", 5: 1}, "CONFIG.KEY"),
        ("", "CONFIG.VALUE"),
        ("a\nb", "CONFIG.VALUE"),
    ],
)
def test_refusals(raw, code):
    with pytest.raises(SpecError) as caught:
        as_term("demography", raw)
    assert [problem.code for problem in caught.value.problems] == [code]
    assert caught.value.where.column == "demography"
    assert caught.value.fix


def test_what_is_planned_is_named():
    with pytest.raises(SpecError, match="splines cannot be fitted"):
        as_term("case_mix", {"column": "age", "spline": 4})
    with pytest.raises(SpecError, match="interactions cannot be fitted"):
        as_term("case_mix", {"interaction": ["age", "sex"]})


def test_a_factor_names_a_column():
    for column in (5, "", None, "a\x00"):
        with pytest.raises(SpecError) as caught:
            Factor(column)
        assert caught.value.code == "CONFIG.VALUE"
