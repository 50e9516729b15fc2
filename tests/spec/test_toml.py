"""Model files: TOML out and in gives the same model; whatever else is refused at once."""

import math
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from varmodel.errors import SpecError
from varmodel.families import FAMILIES, FORMS, PRIORS, Prior
from varmodel.spec import (
    Benchmark,
    Exclusion,
    Factor,
    Interaction,
    LognormalCost,
    ModelSpec,
    Nil,
    OwnCost,
    Peers,
    Review,
    Spline,
    UnitCost,
)
from varmodel.spec.terms import term_column

# Any model

texts = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cn", "Cs", "Zl", "Zp")), max_size=20)
words = texts.filter(str.strip)
columns = st.one_of(
    st.sampled_from(
        ["trust", "age band", "A+E", "65+", "'\"\\", "naïve", "𝛼.b", "[x]", "#", "a=b"]
    ),
    st.text(st.characters(categories=("L", "N", "Zs")), min_size=1, max_size=8),
).filter(str.strip)
scales = st.floats(1e-6, 1e6)
shares = st.floats(0.001, 0.999)


@st.composite
def priors(draw, *, positive):
    ends = (0.0 if positive else -math.inf, math.inf)
    name = draw(st.sampled_from([n for n, kind in PRIORS.items() if kind.support == ends]))
    return Prior(name, **{key: draw(scales) for key in PRIORS[name].defaults})


@st.composite
def unit_costs(draw):
    low, mode, high = sorted(draw(st.lists(st.floats(0, 1e9), min_size=3, max_size=3)))
    years = st.none() | st.integers(1990, 2030)
    if draw(st.integers(0, 3)) == 0:
        factor = draw(st.sampled_from([1.0, 1.1]))
        return OwnCost("own price", draw(words), draw(years), draw(st.none() | texts), factor)
    if low > 0 and draw(st.booleans()):
        return LognormalCost(low, high, draw(words), draw(years), draw(st.none() | texts))
    return UnitCost(low, mode, high, draw(words), draw(years), draw(st.none() | texts))


benchmarks = st.one_of(
    st.builds(Benchmark, st.just("quantile"), shares),
    st.sampled_from([Benchmark("median"), Benchmark("mean"), Benchmark("best_m", 3)]),
)
reviews = st.builds(
    Review, *(st.none() | texts for _ in range(3)), sources=st.lists(texts, max_size=3)
)


@st.composite
def models(draw):
    names = iter(draw(st.lists(columns, min_size=14, max_size=14, unique=True)))
    form = draw(st.sampled_from(list(FORMS.values())))
    family = next(family for family in FAMILIES.values() if form in family.forms)
    kinds = st.sampled_from([str, Factor, lambda name: Spline(name, 4)])
    terms = [draw(kinds)(next(names)) for _ in range(draw(st.integers(0, 4)))]
    if len(terms) > 1 and draw(st.booleans()):
        terms.append(Interaction([term_column(term) for term in terms[:2]]))
    cut = draw(st.integers(0, len(terms)))
    excluded = st.builds(Exclusion, columns, st.lists(texts, min_size=1, max_size=3), words)
    period = draw(st.none() | st.just(next(names)))
    passing = st.sampled_from([{"transient": name} for name in ("auto", "none", "iid", "ar1")])
    passing |= st.just({"transient_share": {"mean": 0.2, "sd": 0.1}})
    passed = draw(passing)
    like = {"levels": ["a level"]} | ({} if "transient_share" in passed else {"classes": "a class"})
    return ModelSpec(
        name=draw(words),
        title=draw(texts),
        provider=next(names),
        provider_name=draw(st.none() | st.just(next(names))),
        period=period,
        period_style=draw(st.sampled_from([None, "date", "month"])) if period else None,
        rows=draw(st.sampled_from([None, "cells"])),
        **{name: next(names) for name in form.columns},
        better=draw(st.sampled_from(["higher", "lower", "neither"])),
        annualise=draw(scales | st.integers(1, 52)),
        why_it_matters=draw(texts),
        caveats=draw(st.lists(texts, max_size=3)),
        exclusions=draw(st.lists(excluded, max_size=2, unique_by=lambda item: item.column)),
        family=family.name,
        case_mix=terms[:cut],
        demography=terms[cut:],
        successors=draw(st.sampled_from([{}, {"RA1": "RA2", "a.b": "RA1"}])),
        **passed,
        **draw(st.sampled_from([{}, like])),
        priors={
            "provider_sd": draw(priors(positive=True)),
            **draw(st.sampled_from([{}, {"intercept": draw(priors(positive=False))}])),
        },
        benchmark=draw(st.none() | benchmarks),
        peers=draw(
            st.sampled_from([None, Peers(("a peer column",), 5), Peers(("beds",), benchmark=False)])
        ),
        unit_cost=draw(st.none() | st.floats(0, 1e9) | unit_costs()),
        nil=draw(st.builds(Nil, st.floats(1.001, 9), shares, shares)),
        review=draw(reviews),
    )


@settings(deadline=None, max_examples=150)
@given(models())
def test_a_model_comes_back_from_its_text(spec):
    text = spec.to_toml()
    again = ModelSpec.from_toml(text)
    assert again == spec
    assert again.to_toml() == text
    assert (again.digest, again.fit_digest) == (spec.digest, spec.fit_digest)
    assert spec.replace() == spec


def test_a_full_file_comes_back(full, full_text):
    assert ModelSpec.from_toml(full.to_toml()) == full
    assert ModelSpec.from_toml(full_text.replace("\n", "\r\n")) == full


def test_texts_may_hold_line_breaks_and_quotes(spec):
    hard = 'first\nsecond\t"quoted" \'\'\' """ \\ end'
    made = spec.replace(why_it_matters=hard, caveats=[hard, ""])
    assert ModelSpec.from_toml(made.to_toml()) == made


PLAIN = """\
schema = 1
name = "smallest"

[indicator]
provider = "trust"
numerator = "events"
denominator = "cases"
better = "lower"

[model]
family = "binomial"
"""


def test_only_what_departs_from_a_default_is_written(spec):
    assert spec.to_toml() == PLAIN
    other = spec.replace(nil={"alpha": 0.01}, rows="records", half_counts=True)
    stated = [line for line in other.to_toml().splitlines() if line not in PLAIN.splitlines()]
    assert stated == ['rows = "records"', "half_counts = true", "[nil]", "alpha = 0.01"]


# What is refused


def refused(text):
    with pytest.raises(SpecError) as caught:
        ModelSpec.from_toml(text)
    return caught.value


def test_a_parse_error_names_the_line(full_text):
    error = refused(full_text.replace('better = "higher"', "better = higher"))
    assert error.code == "CONFIG.PARSE"
    line = full_text.splitlines().index('better = "higher"') + 1
    assert error.where.lines == (line,)


@pytest.mark.parametrize("text", [b"schema = 1", None, 5])
def test_only_a_text_is_read(text):
    assert refused(text).code == "CONFIG.VALUE"


def test_a_table_that_is_none(full_text):
    error = refused("model = 1\n" + full_text.replace("[model]", "[models]"))
    codes = [problem.code for problem in error.problems]
    assert codes[:2] == ["CONFIG.VALUE", "CONFIG.KEY"]
    assert "did you mean 'model'" in str(error)


def test_all_problems_of_a_file_come_at_once(full_text):
    text = full_text.replace("annualise", "anualise").replace('"higher"', '"up"')
    error = refused(text.replace("value = 0.75", "value = 75").replace("sex", "exec(sex)"))
    assert sorted(problem.where.column for problem in error.problems) == [
        "benchmark.value",
        "better",
        "case_mix",
        "indicator.anualise",
    ]


def test_a_stray_key_is_told_its_table(full_text):
    error = refused(
        full_text.replace("annualise = 4\n", "").replace('"normal"\n', '"normal"\nannualise = 4\n')
    )
    assert [problem.code for problem in error.problems] == ["CONFIG.KEY"]
    assert "belongs in [indicator]" in str(error)


HOSTILE = {
    "nested lists": "title = " + "[" * 40_000 + "]" * 40_000,
    "nested tables": "title = " + "{a=" * 30_000 + "1" + "}" * 30_000,
    "deep key": "title." + "a." * 45_000 + "a = 1",
    "deep quoted key": "title." + '"x y".' * 15_000 + "a = 1",
    "deep inline key": "title = {" + "a." * 45_000 + "a = 1}",
    "many keys": "".join(f"k{i} = 1\n" for i in range(9_000)),
    "long number": "schema = 1" + "0" * 90_000,
    "long key": "a" * 90_000 + " = 1",
    "long term": "[model]\ncase_mix = ['" + "a" * 90_000 + "(']",
    "many blanks in a term": "[model]\ncase_mix = ['a" + " " * 90_000 + "']",
    "many underlines in a term": "[model]\ncase_mix = ['" + "_a" * 45_000 + "']",
    "many terms": "[model]\ncase_mix = [" + "'a'," * 20_000 + "]",
    "control characters": "title = '\x00'",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_are_refused_soon_and_shortly(text):
    start = time.process_time()
    error = refused(text)
    assert time.process_time() - start < 5
    assert len(str(error)) <= 2_000
    assert not any(unicodedata.category(sign) == "Cc" for sign in str(error).replace("\n", ""))
