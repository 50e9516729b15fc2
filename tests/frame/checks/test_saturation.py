"""Covariates that leave too little between providers."""

import numpy as np
import pandas as pd
import pytest

from tests.frame.hand_made import make_model
from varmodel import VarmodelWarning
from varmodel.errors import DesignError
from varmodel.frame import prepare
from varmodel.frame.checks.saturation import entangled_problem

X = [f"x{number}" for number in range(11)]


def providers(count, *, within=0.0, seed=1):
    """Give two rows a provider; covariates are its own, but for what varies within it."""
    rng = np.random.default_rng(seed)
    own = np.repeat(rng.normal(size=(count, len(X))), 2, axis=0)
    own += within * rng.normal(size=own.shape)
    table = pd.DataFrame(own, columns=X)
    table["trust"] = np.repeat([f"T{number:02d}" for number in range(count)], 2)
    table["deaths"], table["cases"] = rng.integers(3, 15, 2 * count), 50
    return table


def prepared(table, terms, **fields):
    return prepare(make_model(case_mix=terms, rows="records", **fields), table)


@pytest.mark.parametrize(("terms", "left"), [(11, 0), (10, 1), (9, 2)])
def test_less_than_three_degrees_of_freedom_are_refused(terms, left):
    with pytest.raises(DesignError, match=f"leave {left} degree") as caught:
        prepared(providers(12), X[:terms])
    assert caught.value.code == "DESIGN.SATURATED"
    assert "between 12 providers" in str(caught.value)


def test_three_are_enough():
    prepared(providers(12), X[:8])
    prepared(providers(4).assign(age=np.tile([1, 2], 4)), ["age"])


def test_terms_that_vary_within_providers_take_nothing_away():
    prepared(providers(12, within=0.1), X)


@pytest.mark.filterwarnings("ignore::varmodel.VarmodelWarning")
def test_providers_without_cases_are_no_freedom():
    table = providers(13)
    table.loc[table["trust"] == "T12", ["deaths", "cases"]] = 0
    with pytest.raises(DesignError, match="between 12 providers"):
        prepared(table, X[:9])


def test_a_level_of_one_provider_is_named():
    table = providers(12).assign(kind=["a"] * 14 + ["b"] * 8 + ["special"] * 2)
    with pytest.warns(VarmodelWarning, match="T11 alone has kind special") as caught:
        prepared(table, ["kind"])
    assert [warning.message.code for warning in caught] == ["DESIGN.SATURATED"]


def test_the_first_level_and_combinations_are_looked_at_too():
    table = providers(12).assign(kind=["a"] * 2 + ["b"] * 22)
    with pytest.warns(VarmodelWarning, match="T00 alone has kind a"):
        prepared(table, ["kind"])


def test_a_level_that_is_the_smaller_part_of_a_provider_is_not():
    """Its effect is learnt from its other cases."""
    table = providers(12).assign(kind=["a", "b"] * 12)
    table.loc[0, ["kind", "cases", "deaths"]] = ["rare", 10, 2]
    prepared(table, ["kind"])


def test_who_is_entangled_is_said():
    problem = entangled_problem([f"T{number}" for number in range(8)])
    assert problem.code == "DESIGN.SATURATED"
    assert problem.count == 8
    assert "T0, T1, T2, T3, T4 and 3 more" in problem.message
