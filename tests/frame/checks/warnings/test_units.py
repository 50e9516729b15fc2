import numpy as np
import pandas as pd
import pytest

from tests.frame.checks.warnings.test_covariates import found
from tests.frame.hand_made import make_model

RNG = np.random.default_rng(6)
FIELDS = {"expected": "expected", "exposure": "days"}
TRUSTS = [f"R{k:02}" for k in range(20)]


def counts(form, scale=1.0):
    """Twenty providers whose true ratios have a log sd of .25."""
    expected = RNG.uniform(30, 300, 20).round(2)
    deaths = RNG.poisson(expected * np.exp(RNG.normal(0, 0.25, 20)))
    return pd.DataFrame({"trust": TRUSTS, "deaths": deaths, FIELDS[form]: expected * scale})


@pytest.mark.parametrize("form", FIELDS)
@pytest.mark.parametrize(
    ("factor", "words"), [(0.1, "R07 (9."), (12.0, "R07 (0.0"), (1e-3, "R07 (")]
)
def test_one_provider_in_another_unit_is_named(form, factor, words):
    spec, table = make_model(form), counts(form, scale=100.0 if form == "exposure" else 1.0)
    table.loc[7, "deaths"] = round(
        table.loc[7, FIELDS[form]] * (table["deaths"] / table[FIELDS[form]]).median()
    )
    assert found(spec, table) == {}
    table.loc[7, FIELDS[form]] *= factor
    said = found(spec, table)
    assert set(said) == {"DESIGN.UNIT"}
    assert words in said["DESIGN.UNIT"]


def test_much_is_known_of_many_events_where_none_was_expected():
    table = counts("expected")
    table.loc[3, ["deaths", "expected"]] = [40, 1e-3]
    said = found(make_model("expected"), table)
    assert set(said) == {"DESIGN.UNIT"}
    assert "R03 (" in said["DESIGN.UNIT"]


def test_small_counts_far_off_are_chance():
    table = counts("expected")
    table.loc[3, ["deaths", "expected"]] = [1, 0.05]
    table.loc[4, ["deaths", "expected"]] = [0, 3.0]
    assert found(make_model("expected"), table) == {}


@pytest.mark.parametrize(
    ("form", "value", "doubted"),
    [("expected", 100, "above"), ("expected", 1.0, None), ("measurements", 0.25, "below")],
)
def test_an_external_benchmark_in_another_unit(form, value, doubted):
    table = counts("expected")
    if form == "measurements":
        table = table.loc[table.index.repeat(10)].assign(los=RNG.normal(25, 4, 200).round(2))
    spec = make_model(form, benchmark={"kind": "external", "value": value}, unit_cost=1)
    said = found(spec, table)
    if doubted is None:
        assert said == {}
    else:
        assert f"benchmark {value:g} lies {doubted} every provider's" in said["DESIGN.UNIT"]


def test_per_cents_given_as_events():
    cases = np.round(np.exp(RNG.normal(5.8, 0.7, 20))).clip(110).astype(int)
    share = RNG.uniform(0.5, 0.75, 20)
    table = pd.DataFrame({"trust": TRUSTS, "cases": cases, "deaths": np.round(100 * share)})
    said = found(make_model(), table.astype({"deaths": int}))
    assert "deaths does not grow with cases" in said["DESIGN.UNIT"]
    table["deaths"] = RNG.binomial(cases, share / 8)
    assert found(make_model(), table) == {}
