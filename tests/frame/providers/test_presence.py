import numpy as np
import pandas as pd
import pytest

from tests.frame.checks.warnings.test_covariates import found
from tests.frame.hand_made import make_model
from varmodel.errors import VarmodelWarning
from varmodel.frame import absent_periods, prepare

SPEC = make_model(period="quarter")
RNG = np.random.default_rng(2)


def panel():
    """Six providers, four quarters, some 400 cases each."""
    index = pd.MultiIndex.from_product(
        [[f"RA{k}" for k in range(1, 7)], [f"2006Q{k}" for k in range(1, 5)]],
        names=["trust", "quarter"],
    )
    table = index.to_frame(index=False)
    table["cases"] = RNG.integers(300, 500, len(table))
    table["deaths"] = RNG.binomial(table["cases"], 0.2)
    return table


def test_a_quarter_that_lacks_between_others_lowers_no_activity():
    table = panel()
    gone = (table["trust"] == "RA3") & (table["quarter"] == "2006Q2")
    with pytest.warns(VarmodelWarning, match=r"RA3 \(1 lacking\) interrupted") as caught:
        frame = prepare(SPEC, table[~gone])
    assert caught[0].message.code == "DESIGN.PERIODS"
    assert caught[0].filename == __file__
    expected = table[~gone].groupby("trust")["cases"].mean()
    np.testing.assert_allclose(frame["activity"], expected)


@pytest.mark.filterwarnings("ignore:DESIGN.PERIODS")
def test_the_size_that_predicts_is_that_of_a_mean_period_too():
    table = panel()
    gone = (table["trust"] == "RA3") & (table["quarter"] == "2006Q2")
    frame = prepare(SPEC.replace(effect_predictors=("log_volume",)), table[~gone])
    found = frame["effect_design"].isel(predictor=0).to_numpy()
    log = np.log(frame["activity"].to_numpy())
    np.testing.assert_allclose(found, (log - log.mean()) / log.std())


def test_who_stopped_or_began_is_named_and_spread_over_all_quarters():
    table = panel()
    late = table["quarter"] > "2006Q2"
    table["trust"] = table["trust"].where(~late, table["trust"].replace({"RA1": "RB1"}))
    gone = (table["trust"] == "RA2") & late
    with pytest.warns(VarmodelWarning) as caught:
        frame = prepare(SPEC, table[~gone])
    (warning,) = caught
    text, problem = str(warning.message), warning.message.problem
    assert "RA1 (last 2006Q2), RA2 (last 2006Q2) stopped" in text
    assert "RB1 (first 2006Q3) began" in text
    assert (problem.code, problem.count, problem.value) == ("DESIGN.PERIODS", 3, "RA1")
    assert "under [successors]" in problem.fix
    np.testing.assert_allclose(frame["activity"], table[~gone].groupby("trust")["cases"].sum() / 4)


def test_a_small_provider_may_have_a_quarter_without_a_case():
    table = panel().loc[lambda t: t.index.repeat(np.where(t["trust"] == "RA6", 2, 40))]
    table["died"] = RNG.binomial(1, 0.3, len(table))
    gone = (table["trust"] == "RA6") & (table["quarter"] == "2006Q3")
    spec = make_model("trial", period="quarter")
    assert found(spec, table[~gone]) == {}
    assert float(prepare(spec, table[~gone])["activity"][5]) == 6 / 4
    gone = (table["trust"] == "RA5") & (table["quarter"] == "2006Q3")
    assert set(found(spec, table[~gone])) == {"DESIGN.PERIODS"}


@pytest.mark.filterwarnings("ignore:DESIGN.PERIODS")
def test_periods_without_a_row_are_named_by_provider():
    table = panel()
    gone = (table["trust"] == "RA3") & table["quarter"].isin(["2006Q1", "2006Q3"])
    assert absent_periods(prepare(SPEC, table[~gone])) == {"RA3": ("2006Q1", "2006Q3")}
    assert absent_periods(prepare(SPEC, table)) == {}
