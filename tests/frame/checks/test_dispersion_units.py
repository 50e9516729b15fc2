"""The row of over-dispersed counts: added up to, and no further."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.frame.hand_made import make_model
from varmodel.errors import DesignError, SpecError
from varmodel.frame import prepare, simulate
from varmodel.inference import fit

DISPERSED = {"share": "beta_binomial", "expected": "negative_binomial"}
QUARTERS = ["2006Q1", "2006Q2", "2006Q3"]


def dispersed(form="share", **fields):
    return make_model(form, family=DISPERSED[form], rows="records", **fields)


def wards(**columns):
    """Six trusts, three quarters, four wards, two ages: counts that tell their rows."""
    keys = pd.MultiIndex.from_product(
        [[f"RA{j}" for j in range(6)], QUARTERS, list("abcd"), ["old", "young"]],
        names=["trust", "quarter", "ward", "age"],
    )
    table = keys.to_frame(index=False)
    rng = np.random.default_rng(1)
    cases = rng.integers(20, 90, len(table))
    deaths = rng.binomial(cases, 0.2)
    return table.assign(deaths=deaths, cases=cases, expected=0.2 * cases, **columns)


@pytest.mark.parametrize("form", DISPERSED)
def test_rows_are_added_to_the_provider_and_period_and_no_further(form):
    table = wards()
    frame = prepare(dispersed(form, period="quarter"), table)
    unit = table.groupby(["trust", "quarter"])[["deaths", "cases"]].sum()
    assert frame["events"].to_numpy().tolist() == unit["deaths"].tolist()
    finer = prepare(
        dispersed(form, period="quarter", dispersion_unit=("trust", "quarter", "ward")), table
    )
    unit = table.groupby(["trust", "quarter", "ward"])[["deaths", "cases"]].sum()
    assert finer["events"].to_numpy().tolist() == unit["deaths"].tolist()
    assert finer.sizes["pattern"] == frame.sizes["pattern"] == 3
    assert finer.attrs["source_hash"] != frame.attrs["source_hash"]
    np.testing.assert_array_equal(finer["observed"], frame["observed"])
    np.testing.assert_array_equal(finer["activity"], frame["activity"])


def test_a_fit_of_other_units_is_refused():
    frame = prepare(dispersed(period="quarter"), wards())
    finer = dispersed(period="quarter", dispersion_unit=("trust", "quarter", "ward"))
    with pytest.raises(SpecError, match=r"for beta_binomial, .*by trust, quarter"):
        fit(finer, frame, random_seed=1)


def test_the_order_of_the_rows_and_how_a_unit_is_split_do_not_matter():
    spec = dispersed(period="quarter", dispersion_unit=("trust", "quarter", "ward"))
    table = wards()
    mixed = table.sample(frac=1, random_state=3)
    halves = [table.assign(deaths=d, cases=c) for d, c in _halves(table)]
    for other in (mixed, pd.concat(halves)):
        assert prepare(spec, other).drop_attrs().identical(prepare(spec, table).drop_attrs())


def _halves(table):
    deaths, cases = table["deaths"] // 2, table["cases"] // 2
    return [(deaths, cases), (table["deaths"] - deaths, table["cases"] - cases)]


def test_a_covariate_finer_than_the_unit_is_refused_by_name():
    spec = dispersed(period="quarter", case_mix=({"column": "age", "factor": True},))
    with pytest.raises(DesignError, match="age differs within a dispersion unit") as caught:
        prepare(spec, wards())
    assert "add age to dispersion_unit" in str(caught.value)
    named = prepare(spec.replace(dispersion_unit=("trust", "quarter", "age")), wards())
    assert named.sizes["cell"] == 6 * 3 * 2
    of_trust = wards().assign(age=lambda t: np.where(t["trust"] < "RA3", "old", "young"))
    assert prepare(spec, of_trust).sizes["cell"] == 6 * 3  # constant in each unit
    with pytest.raises(DesignError, match="quarter differs within a dispersion unit"):
        prepare(spec.replace(case_mix=(), dispersion_unit=("trust", "ward")), wards())


@pytest.mark.parametrize("form", DISPERSED)
def test_one_unit_a_provider_is_refused_with_the_way_out(form):
    with pytest.raises(DesignError) as caught:
        prepare(dispersed(form), wards())
    (problem,) = caught.value.problems
    assert problem.code == "DESIGN.IDENTIFICATION"
    assert "one dispersion unit (trust) in 100% of providers" in problem.message
    assert ("binomial" if form == "share" else "poisson") in problem.fix
    assert prepare(dispersed(form, dispersion_unit=("trust", "ward")), wards()).sizes["cell"] == 24


def test_a_unit_that_stands_twice_is_refused_where_rows_are_cells():
    spec = dispersed(period="quarter", dispersion_unit=("trust", "quarter", "ward", "age"))
    assert prepare(spec.replace(rows="cells"), wards()).sizes["cell"] == len(wards())
    with pytest.raises(Exception, match="trust, quarter, ward in more than one row"):
        prepare(spec.replace(rows="cells", dispersion_unit=("trust", "quarter", "ward")), wards())


def test_a_family_whose_cells_add_up_has_no_units():
    frame = prepare(make_model(rows="records", period="quarter"), wards())
    assert frame.sizes["cell"] == 18
    assert json.loads(frame.attrs["excluded"]) == []


@pytest.mark.parametrize("form", DISPERSED)
def test_a_simulated_unit_has_a_rate_of_its_own(form):
    """Variance over chance: 1 + (n - 1) / (phi + 1), and 1 + mu dispersion^2."""
    spec = dispersed(form, period="quarter", dispersion_unit=("trust", "quarter", "ward"))
    level = {"share": np.log(0.2 / 0.8), "expected": 0.0}[form]
    truth = {"intercept": level, "provider_sd": 0.0, "dispersion": 0.4, "coefficients": np.zeros(3)}
    made = simulate(spec, providers=300, periods=4, truth=truth, random_seed=1)
    table = made.table
    assert sorted(table["ward"].unique()) == ["1", "2", "3", "4"]
    size = table["cases" if form == "share" else "expected"].to_numpy(float)
    mean = 0.2 * size if form == "share" else size
    if form == "share":
        chance, ratio = mean * 0.8, 1 + (size - 1) / (1 / (0.4**2 * 0.16) + 1)
    else:
        chance, ratio = mean, 1 + mean * 0.4**2
    square = (table["deaths"] - mean) ** 2 / (chance * ratio)
    assert square.mean() == pytest.approx(1, abs=5 * square.std() / np.sqrt(len(square)))
    assert square.mean() > 0.8
    assert (((table["deaths"] - mean) ** 2 / chance).mean()) > 2
    none = simulate(spec, periods=4, truth={**truth, "dispersion": 0.0}, random_seed=1).truth
    assert float(none["dispersion"]) == 0
