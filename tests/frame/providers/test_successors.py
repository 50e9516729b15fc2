"""Providers that merged or changed their code are read as what they became."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.frame.hand_made import make_model
from varmodel.errors import InputError, SpecError, VarmodelWarning
from varmodel.frame import prepare
from varmodel.frame.new.rows import read_new_rows

MERGED = {"RA1": "RA2", "RA2": "RN1"}  # RA1 went into RA2, which is RN1 now


def table(**columns):
    """Quarter 1 of seven old trusts, quarter 2 of five of them and of the new one."""
    trusts = [*(f"RA{j}" for j in range(1, 8)), *(f"RA{j}" for j in range(3, 8)), "RN1"]
    quarters = ["2006Q1"] * 7 + ["2006Q2"] * 6
    rng = np.random.default_rng(2)
    cases = rng.integers(40, 90, 13)
    figures = {"deaths": rng.binomial(cases, 0.2), "cases": cases}
    return pd.DataFrame({"trust": trusts, "quarter": quarters, **figures, **columns})


def spec(form="share", **fields):
    return make_model(form, **{"period": "quarter", "successors": MERGED, **fields})


def test_the_figures_of_merged_providers_are_added():
    given = table()
    frame = prepare(spec(), given)
    assert frame["provider"].to_numpy().tolist() == ["RA3", "RA4", "RA5", "RA6", "RA7", "RN1"]
    new = frame["provider_index"].to_numpy() == 5
    both = given[given["trust"].isin(["RA1", "RA2"])]
    last = given[given["trust"] == "RN1"]
    for name, column in (("events", "deaths"), ("trials", "cases")):
        found = frame[name].to_numpy()[new].tolist()
        assert found == [both[column].sum(), last[column].sum()]
    assert json.loads(frame.attrs["successors"]) == {"RA1": "RN1", "RA2": "RN1"}


def test_it_is_the_table_that_held_the_new_code_all_along():
    by_hand = table().assign(trust=lambda t: t["trust"].replace({"RA1": "RN1", "RA2": "RN1"}))
    direct = prepare(spec(successors={}, rows="records"), by_hand)
    frame = prepare(spec(), table())
    assert frame.attrs["source_hash"] == direct.attrs["source_hash"]
    assert "successors" not in direct.attrs
    assert frame.drop_attrs().identical(direct.drop_attrs())


def test_the_name_is_that_of_the_new_code():
    names = [f"Old {j}" for j in range(1, 8)] + [f"Old {j}" for j in range(3, 8)] + ["Z trust"]
    frame = prepare(spec(provider_name="name"), table(name=names))
    assert frame["provider_name"].to_numpy()[5] == "Z trust"
    assert frame["provider_name"].to_numpy()[0] == "Old 3"


def test_a_row_that_stands_twice_is_still_refused():
    twice = pd.concat([table(), table().iloc[[0]].assign(deaths=1)])
    with pytest.raises(InputError, match=r"KEY\.DUPLICATE"):
        prepare(spec(), twice)


def test_published_values_cannot_be_added():
    values = np.random.default_rng(1).normal(size=13)
    with pytest.raises(InputError, match=r"KEY\.DUPLICATE"):
        prepare(spec("published"), table(rate=values, se=0.2))


def test_new_rows_of_an_old_code_are_those_of_the_new():
    frame = prepare(spec(), table())
    rows = read_new_rows(spec(), frame, table=table().iloc[[0, 1, 2]])
    assert rows.labels == ["RA3", "RN1"]


def test_a_misspelt_code_is_named():
    with pytest.warns(VarmodelWarning, match="no row has 'RA33'.*RA3"):
        prepare(spec(successors={"RA1": "RN1", "RA2": "RN1", "RA33": "RA4"}), table())


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"A": "A"}, "A succeeds itself"),
        ({"A": "B", "B": "C", "C": "B"}, "succeeds itself"),
        ({"A": 3}, "must hold codes of providers"),
        (["A"], "must map a provider's old code"),
    ],
)
def test_what_succeeds_itself_is_refused(wrong, why):
    with pytest.raises(SpecError, match=why):
        spec(successors=wrong)
