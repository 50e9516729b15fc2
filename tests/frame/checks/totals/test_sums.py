"""Totals whatever they are called: exact sums of the others, and no coincidence."""

import numpy as np
import pandas as pd
import pytest

from tests.frame.hand_made import make_model
from varmodel.errors import InputError
from varmodel.frame import prepare

RNG = np.random.default_rng(5)
COUNTS = ["deaths", "cases"]


def make_parts(*columns, levels=3, mean=60):
    """Return six providers' counts in every combination of some columns' levels."""
    axes = [[f"RA{j}" for j in range(6)], *([f"{x}{k}" for k in range(levels)] for x in columns)]
    table = pd.MultiIndex.from_product(axes, names=["trust", *columns]).to_frame(index=False)
    cases = RNG.poisson(mean, len(table)) + 1
    return table.assign(deaths=RNG.binomial(cases, 0.2), cases=cases)


def with_total(table, column, label="the lot"):
    """Add the sum over a column under a label of no meaning."""
    others = [name for name in table if name not in {column, *COUNTS}]
    summed = table.groupby(others)[COUNTS].sum().reset_index() if others else table[COUNTS].sum()
    summed = summed if others else summed.to_frame().T
    return pd.concat([table, summed.assign(**{column: label})], ignore_index=True)


def refused(table, form="share", **fields):
    with pytest.raises(InputError) as caught:
        prepare(make_model(form, **fields), table)
    assert {problem.code for problem in caught.value.problems} == {"KEY.AGGREGATE"}
    return {(problem.where.column, problem.value) for problem in caught.value.problems}


QUARTERS = make_parts("q", levels=2).replace({"q0": "2020Q1", "q1": "2020Q2"})
MIX = {"case_mix": ("age", "sex")}


def test_a_provider_that_is_the_sum_of_the_others_is_refused():
    assert refused(with_total(make_parts(), "trust")) == {("trust", "the lot")}
    last = QUARTERS[QUARTERS.q == "2020Q2"]
    table = pd.concat([QUARTERS, with_total(last, "trust").tail(1)], ignore_index=True)
    assert refused(table, period="q") == {("trust", "the lot")}


def test_a_level_that_is_the_sum_of_the_others_is_refused():
    parts = make_parts("age", "sex")
    whole = with_total(with_total(parts, "age"), "sex")
    assert refused(whole, **MIX) == {("age", "the lot"), ("sex", "the lot")}
    only = with_total(with_total(parts, "age").query("age == 'the lot'"), "sex")
    margin = pd.concat([parts, only.query("sex == 'the lot'")], ignore_index=True)
    assert ("sex", "the lot") in refused(margin, **MIX)


def test_two_totals_of_one_column_are_both_refused():
    table = with_total(make_parts("age"), "age")
    twice = pd.concat([table, table[table.age == "the lot"].assign(age="again")])
    assert refused(twice, case_mix=("age",)) == {("age", "the lot")}  # its value: the first
    with pytest.raises(InputError, match=r'\["again", "the lot"\]'):
        prepare(make_model(case_mix=("age",)), twice)


def test_a_model_may_know_better():
    table = with_total(make_parts("age"), "age")
    frame = prepare(make_model(case_mix=("age",), not_aggregates=("the lot",)), table)
    assert "age[the lot]" in frame["term"]
    named = make_parts().replace({"RA0": "UK"})
    assert refused(named) == {("trust", "UK")}
    assert "UK" in prepare(make_model(not_aggregates=("UK",)), named)["provider"]


def test_a_total_among_levels_is_found_by_its_name():
    table = make_parts("sex").replace({"sex0": "F", "sex1": "M", "sex2": "Persons"})
    assert refused(table, case_mix=("sex",)) == {("sex", "Persons")}


def test_chance_and_a_single_other_are_no_sum():
    tiny = make_parts("age").assign(deaths=[1, 1, 0, 1, 0, 1] * 3, cases=[4, 2, 2] * 6)
    prepare(make_model(case_mix=("age",)), tiny.query("trust < 'RA4'"))
    pair = make_parts("sex", levels=1)
    twins = pd.concat([pair, pair.assign(sex="x")], ignore_index=True)
    prepare(make_model(case_mix=("sex",)), twins)


def test_sums_of_expected_counts_may_be_rounded():
    table = make_parts().rename(columns={"cases": "expected"})
    table["expected"] = table["expected"] * 0.2137
    total = {"trust": "x", "deaths": table.deaths.sum(), "expected": table.expected.sum()}
    whole = pd.concat([table, pd.DataFrame([total])], ignore_index=True).round(2)
    assert refused(whole, form="expected") == {("trust", "x")}
