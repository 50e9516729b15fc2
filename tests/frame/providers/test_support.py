import json

import numpy as np
import pandas as pd
import pytest

from tests.frame.checks.warnings.test_covariates import found
from tests.frame.hand_made import make_model
from varmodel.errors import VarmodelWarning
from varmodel.frame import prepare
from varmodel.spec import Factor

MIX = make_model(case_mix=("kind", "band"))


def mixed(**columns):
    """Six providers of two kinds and two bands; RA1 treats minor cases only."""
    index = pd.MultiIndex.from_product(
        [[f"RA{k}" for k in range(1, 7)], ["major", "minor"], ["a", "b"]],
        names=["trust", "kind", "band"],
    )
    table = index.to_frame(index=False)
    table["cases"] = np.tile([100, 50, 30, 20], 6) + np.arange(24)
    table["deaths"] = 5 + np.arange(24) % 7
    table = table.assign(**columns)
    return table[(table["trust"] != "RA1") | (table["kind"] == "minor")]


def test_support_is_the_share_of_patterns_where_a_provider_has_a_case():
    table = mixed()
    with pytest.warns(
        VarmodelWarning, match="compared on patients it does not have: RA1"
    ) as caught:
        frame = prepare(MIX, table)
    assert [warning.message.code for warning in caught] == ["DESIGN.SUPPORT"]
    minor = table["cases"][table["kind"] == "minor"].sum() / table["cases"].sum()
    np.testing.assert_allclose(frame["support"], [minor, 1, 1, 1, 1, 1])
    # a row of 0 of 0 is no case
    empty = table.assign(cases=table["cases"].where(table["trust"] != "RA2", 0), deaths=1)
    empty.loc[empty["trust"] == "RA2", ["cases", "deaths"]] = [[9, 1], [0, 0], [0, 0], [0, 0]]
    with pytest.warns(VarmodelWarning):
        frame = prepare(MIX, empty)
    held = empty["cases"][(empty["kind"] == "major") & (empty["band"] == "a")].sum()
    assert float(frame["support"][1]) == pytest.approx(held / empty["cases"].sum())


def test_a_period_is_no_kind_of_patient():
    table = mixed().query("trust != 'RA1'")
    both = pd.concat([table.assign(quarter="2006Q1"), table.assign(quarter="2006Q2")])
    late = both[(both["trust"] != "RA2") | (both["quarter"] == "2006Q2")]
    spec = MIX.replace(period="quarter")
    with pytest.warns(VarmodelWarning, match=r"DESIGN\.PERIODS"):
        frame = prepare(spec, late)
    np.testing.assert_allclose(frame["support"], 1)


def test_numbers_are_supported_within_a_providers_range():
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"trust": np.repeat([f"R{k}" for k in range(9)], 40)})
    table["age"] = rng.uniform(20, 90, len(table)).round(2)
    young = table["trust"] == "R3"
    table.loc[young, "age"] = rng.uniform(20, 45, 40).round(2)
    table["died"] = rng.binomial(1, 0.3, len(table))
    spec = make_model("trial", case_mix=("age",))
    with pytest.warns(VarmodelWarning, match="does not have: R3 "):
        frame = prepare(spec, table)
    own = table["age"][young]
    share = table["age"].between(own.min(), own.max()).mean()
    assert float(frame["support"][3]) == pytest.approx(share)
    assert (frame["support"].values[np.arange(9) != 3] > 0.85).all()


@pytest.mark.parametrize("term", ["size", Factor("region")])
def test_what_tells_providers_apart_is_no_patient_they_lack(term):
    table = mixed().query("trust != 'RA1'")
    table["size"] = table["trust"].map({f"RA{k}": k * k for k in range(2, 7)})
    table["region"] = np.where(table["trust"] < "RA4", "N", "S")
    frame = prepare(make_model(case_mix=("kind", "band", term)), table)
    np.testing.assert_allclose(frame["support"], 1)


def test_a_provider_without_a_case_is_listed_and_no_more():
    table = mixed().query("trust != 'RA1'")
    none = pd.DataFrame(
        {"trust": ["RB1"], "kind": ["rare"], "band": ["a"], "cases": 0, "deaths": 0}
    )
    with pytest.warns(VarmodelWarning) as caught:
        frame = prepare(MIX, pd.concat([table, none]))
    codes = [warning.message.code for warning in caught]
    assert codes == ["COUNT.ZERO_DENOMINATOR", "DESIGN.NO_INFORMATION"]
    assert "no case at all of RB1" in str(caught[1].message)
    excluded = [{"provider": "RB1", "observed": None, "reason": "no activity"}]
    assert json.loads(frame.attrs["excluded"]) == excluded
    plain = prepare(MIX, table)
    assert frame.drop_attrs().identical(plain.drop_attrs())
    assert frame.attrs["source_hash"] == plain.attrs["source_hash"]


def test_few_cases_in_many_patterns_are_looked_at_column_by_column():
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"trust": np.repeat([f"R{k:02}" for k in range(40)], 8)})
    for column in ("sex", "band", "day"):
        table[column] = rng.choice(list("abc"), len(table))
    table["died"] = rng.binomial(1, 0.4, len(table))
    assert found(make_model("trial", case_mix=("sex", "band", "day")), table) == {}
