"""Terms: a closed vocabulary; nothing that looks like code is a column."""

import pytest

from varmodel.errors import SpecError
from varmodel.spec import Factor, Interaction, ModelSpec, Spline
from varmodel.spec.terms import as_term, main_terms, term_column, term_label, term_to_toml


@pytest.mark.parametrize(
    ("raw", "term"),
    [
        ("age", "age"),
        (Factor("age"), Factor("age")),
        ({"column": "age"}, "age"),
        ({"column": "age", "factor": False}, "age"),
        ({"column": "age", "factor": True}, Factor("age")),
        (Spline("age", 4), Spline("age", 4)),
        ({"column": "age", "spline": 4}, Spline("age", 4)),
        ({"column": "age", "spline": 2, "factor": False}, Spline("age", 2)),
    ],
)
def test_terms(raw, term):
    assert as_term("case_mix", raw) == term
    assert as_term("case_mix", term_to_toml(term)) == term
    assert term_column(term) == "age"


@pytest.mark.parametrize("raw", [Interaction(["age", "sex"]), {"interaction": ["age", "sex"]}])
def test_interactions(raw):
    term = as_term("case_mix", raw)
    assert term == Interaction(("age", "sex"))
    assert as_term("case_mix", term_to_toml(term)) == term
    assert term_label(term) == "age:sex"
    assert main_terms(["age", term, Spline("bmi", 3)]) == ("age", Spline("bmi", 3))


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


CODE = (
    "__import__('os').system('x')",
    "exec(compile('1', '', 'exec'))",
    "bs(age, df=4)",
    "np.log(age)",
    "I(age**2)",
    "lambda: 0",
    "`age`",
)
FORMULAS = (
    *("x.__class__", "age * sex", "age*sex", "age:sex", "age + sex", "~ age", "y ~ age"),
    *("age ^ 2", "(1|trust)", "a %in% b"),
)
STATED = (
    lambda name: {"column": name},
    lambda name: {"column": name, "factor": True},
    Factor,
    lambda name: Spline(name, 4),
    lambda name: {"interaction": ["age", name]},
)


@pytest.mark.parametrize(
    ("name", "made"),
    [(name, str) for name in CODE + FORMULAS] + [(name, made) for name in CODE for made in STATED],
)
def test_formulas_are_refused(name, made):
    with pytest.raises(SpecError) as caught:
        as_term("case_mix", made(name))
    assert caught.value.code == "FORMULA.UNSAFE"
    assert caught.value.fix


@pytest.mark.parametrize("name", ["Stay:days", "beds*100", "~65", "Age(years)", "a + b"])
@pytest.mark.parametrize("made", STATED)
def test_a_stated_column_may_be_called_anything(name, made):
    term = as_term("case_mix", made(name))
    assert as_term("case_mix", term_to_toml(term)) == term
    parts = [{"column": name}] if isinstance(term, Interaction) else []
    spec = ModelSpec(
        name="x", provider="trust", numerator="a", denominator="b", better="lower",
        family="binomial", case_mix=["age", *parts, term],
    )  # fmt: skip
    assert ModelSpec.from_toml(spec.to_toml()) == spec.replace(title="") == spec
    with pytest.raises(SpecError, match="a column of this name is"):
        as_term("case_mix", name)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (5, "FORMULA.UNSAFE"),
        (["age"], "FORMULA.UNSAFE"),
        (None, "FORMULA.UNSAFE"),
        ({"column": "age", "spline": 1}, "CONFIG.VALUE"),
        ({"column": "age", "spline": True}, "CONFIG.VALUE"),
        ({"column": "age", "spline": 4.0}, "CONFIG.VALUE"),
        ({"column": "age", "spline": "4"}, "CONFIG.VALUE"),
        ({"column": "age", "spline": 11}, "FORMULA.LIMIT"),
        ({"column": "age", "spline": 4, "factor": True}, "CONFIG.KEY"),
        ({"column": "age", "splines": 4}, "CONFIG.KEY"),
        ({"spline": 4}, "CONFIG.KEY"),
        ({"interaction": ["age", "sex"], "column": "age"}, "CONFIG.KEY"),
        ({"interaction": ["age"]}, "CONFIG.VALUE"),
        ({"interaction": ["age", "age"]}, "CONFIG.VALUE"),
        ({"interaction": "age"}, "CONFIG.VALUE"),
        ({"interaction": ["age", 5]}, "CONFIG.VALUE"),
        ({"interaction": list("abcd")}, "FORMULA.LIMIT"),
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


def test_a_factor_names_a_column():
    for column in (5, "", None, "a\x00"):
        with pytest.raises(SpecError) as caught:
            Factor(column)
        assert caught.value.code == "CONFIG.VALUE"


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (lambda: Spline("", 4), "CONFIG.VALUE"),
        (lambda: Spline("age", None), "CONFIG.VALUE"),
        (lambda: Spline("age", 50), "FORMULA.LIMIT"),
        (lambda: Interaction("age"), "CONFIG.VALUE"),
        (lambda: Interaction(("a", "b", "c", "d")), "FORMULA.LIMIT"),
    ],
)
def test_the_parts_of_a_term_are_checked_in_python_too(made, code):
    with pytest.raises(SpecError) as caught:
        made()
    assert caught.value.code == code


def with_terms(*case_mix, **fields):
    named = {"name": "x", "provider": "trust", "numerator": "died", "denominator": "cases"}
    return ModelSpec(**named, better="lower", family="binomial", case_mix=case_mix, **fields)


def test_a_model_with_curves_and_products_goes_round():
    terms = (Factor("sex"), Spline("age", 4), Interaction(["age", "sex"]))
    spec = with_terms(*terms, demography=({"interaction": ["age", "imd"]}, "imd"))
    again = ModelSpec.from_toml(spec.to_toml())
    assert again == spec
    assert again.case_mix == terms
    assert again.demography == (Interaction(("age", "imd")), "imd")
    assert spec.digest == again.digest != spec.replace(case_mix=terms[:2]).digest
    bent = spec.replace(case_mix=(Factor("sex"), Spline("age", 5), terms[2]))
    assert bent.fit_digest != spec.fit_digest


@pytest.mark.parametrize(
    ("terms", "lacking"),
    [
        (["sex", Interaction(["age", "sex"])], "age"),
        ([Interaction(["age", "sex"])], "age, sex"),
        (["a", "b", "c", Interaction(["a", "b", "c"])], "a:b, a:c, b:c"),
    ],
)
def test_an_interaction_needs_its_parts(terms, lacking):
    with pytest.raises(SpecError) as caught:
        with_terms(*terms)
    (problem,) = caught.value.problems
    assert (problem.code, problem.where.column) == ("CONFIG.VALUE", "case_mix")
    assert problem.fix == f"add {lacking} to case_mix or demography"
    with_terms(
        *terms,
        *(
            as_term("x", {"interaction": part.split(":")}) if ":" in part else part
            for part in lacking.split(", ")
        ),
    )


def test_a_column_of_an_interaction_keeps_its_one_role():
    with pytest.raises(SpecError, match="one role only"):
        with_terms("age", Spline("age", 3))
