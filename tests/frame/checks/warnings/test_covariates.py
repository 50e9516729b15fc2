import warnings

import numpy as np
import pandas as pd
import pytest

from tests.frame.hand_made import RESPONSES, make_model, make_table
from varmodel.errors import VarmodelWarning
from varmodel.frame import prepare, simulate
from varmodel.spec import Factor, Interaction, load_model

RNG = np.random.default_rng(4)


def found(spec, table):
    """Codes and messages of the warnings of a table."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        prepare(spec, table)
    assert all(isinstance(warning.message, VarmodelWarning) for warning in caught)
    return {warning.message.code: str(warning.message) for warning in caught}


def grid(**columns):
    """A table of eight providers, two sexes and two bands with unlike counts."""
    index = pd.MultiIndex.from_product(
        [[f"R{k}" for k in range(8)], ["F", "M"], ["a", "b"]], names=["trust", "sex", "band"]
    )
    table = index.to_frame(index=False)
    table["cases"] = RNG.integers(30, 200, len(table))
    table["deaths"] = RNG.integers(1, 20, len(table))
    return table.assign(**columns)


# Separation


@pytest.mark.parametrize("everybody", [False, True])
def test_a_level_of_nobody_or_of_everybody(everybody):
    table = grid()
    men = table["sex"] == "M"
    table.loc[men, "deaths"] = table["cases"][men] if everybody else 0
    assert (
        "where sex is M" in found(make_model(case_mix=("sex", "band")), table)["DESIGN.SEPARATION"]
    )
    table.loc[men, "deaths"] = table["cases"][men] - 1 if everybody else 1
    assert found(make_model(case_mix=("sex", "band")), table) == {}


def test_the_reference_and_a_quarter_count_as_levels():
    table = grid()
    table.loc[table["sex"] == "F", "deaths"] = 0
    assert "sex is F" in found(make_model(case_mix=("sex", "band")), table)["DESIGN.SEPARATION"]
    table = grid().assign(quarter=lambda t: np.where(t["sex"] == "F", "2006Q1", "2006Q2"))
    table.loc[table["sex"] == "F", "deaths"] = 0
    spec = make_model(period="quarter", case_mix=("band",))
    assert "2006Q1" in found(spec, table)["DESIGN.SEPARATION"]


def test_levels_that_are_alone_only_together():
    table = grid()
    table.loc[(table["sex"] == "M") & (table["band"] == "b"), "deaths"] = 0
    spec = make_model(case_mix=("sex", "band"))
    assert found(spec, table) == {}
    both = spec.replace(case_mix=("sex", "band", Interaction(["sex", "band"])))
    assert "sex:band is M:b" in found(both, table)["DESIGN.SEPARATION"]


@pytest.mark.parametrize("form", ["expected", "exposure"])
def test_counts_are_separated_where_there_are_none(form):
    table = grid()
    table[RESPONSES[form][form]] = table["cases"] / 10
    spec = make_model(form, case_mix=("sex", "band"))
    assert found(spec, table) == {}
    table.loc[table["sex"] == "M", "deaths"] = 0
    assert set(found(spec, table)) == {"DESIGN.SEPARATION"}


def test_a_number_of_two_values_is_like_a_level():
    table = grid(old=lambda t: (t["band"] == "b").astype(int))
    spec = make_model(case_mix=("old", "sex"))
    assert found(spec, table) == {}
    table.loc[table["old"] == 1, "deaths"] = 0
    assert set(found(spec, table)) == {"DESIGN.SEPARATION"}


def test_measurements_are_not_separated():
    table = grid(los=RNG.normal(5, 1, 32).round(2))
    assert found(make_model("measurements", case_mix=("sex",)), table) == {}


# Information


@pytest.mark.parametrize(("form", "name"), [("expected", "expected"), ("exposure", "days")])
def test_a_provider_of_next_to_no_expected_events(form, name):
    table = make_table(deaths=[3, 5, 2, 7, 6, 0], **{name: [4.0, 5.1, 3.3, 8.0, 6.2, 1e-4]})
    assert "is known of RA6" in found(make_model(form), table)["DESIGN.NO_INFORMATION"]
    table[name] = [4.0, 5.1, 3.3, 8.0, 6.2, 0.2]
    assert found(make_model(form), table) == {}


def test_a_standard_error_that_stands_for_no_figure():
    table = make_table(rate=[3.0, 5.1, 2.2, 7.0, 6.3, 5.0], se=[0.3, 0.4, 0.5, 0.4, 0.3, 999.0])
    assert "is known of RA6" in found(make_model("published"), table)["DESIGN.NO_INFORMATION"]
    table["se"] = [0.3, 0.4, 0.5, 0.4, 0.3, 9.0]
    assert found(make_model("published"), table) == {}


def test_one_case_is_some_information():
    table = make_table(deaths=[3, 5, 2, 7, 6, 0], cases=[40, 50, 30, 80, 20, 1])
    assert found(make_model(), table) == {}


# Rounding


@pytest.mark.parametrize(
    ("deaths", "unit"),
    [
        ([10, 20, 30, 50, 80, 110], "10"),
        ([5, 20, 35, 50, 80, 115], "5"),
        ([5, 20, 35, 50, 80, 0], None),  # five different counts may be so by chance
        ([5, 20, 35, 50, 80, 116], None),
        ([10, 10, 10, 20, 20, 10], None),
        ([1, 1, 0, 1, 1, 0], None),
    ],
)
def test_rounded_counts(deaths, unit):
    table = make_table(deaths=deaths, cases=[240, 251, 230, 280, 220, 261])
    said = found(make_model(), table)
    assert (f"multiple of {unit}:" in said["DESIGN.ROUNDED"]) if unit else said == {}


# No false alarm


FORMS = ["share", "trial", "expected", "exposure", "measurements", "published"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", range(5))
def test_simulated_tables_raise_no_suspicion(form, seed):
    spec = make_model(form, period="quarter", case_mix=("age",), demography=(Factor("imd"),))
    truth = {"intercept": 0.0, "coefficients": {"age": 0.2}}
    made = simulate(spec, providers=60, periods=2, truth=truth, random_seed=seed)
    assert found(spec, made.table) == {}


@pytest.mark.parametrize(
    ("name", "terms"),
    [
        ("bugs_surgical", None),
        ("statins_ccg", None),
        ("cardiac_surgeons", ("parsonnet",)),
        ("medpar", ("age80", "white", "hmo")),
        ("ny_cabg_1992", ()),
    ],
)
def test_published_tables_raise_no_suspicion(name, terms, data_dir):
    columns = {
        "cardiac_surgeons": ("surgeon", "dead30", None),
        "medpar": ("provnum", "died", None),
        "ny_cabg_1992": ("hospital", "d", "n"),
    }
    library = {"bugs_surgical": "surgical_mortality", "statins_ccg": "low_cost_statin_share"}
    if terms is None:
        spec = load_model(library[name])
    else:
        provider, numerator, denominator = columns[name]
        spec = make_model("trial", provider=provider, case_mix=terms)
        spec = spec.replace(numerator=numerator, denominator=denominator)
    assert found(spec, data_dir / name / "data.csv") == {}


def test_hospitals_of_one_kind_of_admission_are_named(data_dir):
    """None of theirs is of the kind that three quarters of all cases are."""
    spec = make_model(
        "trial", provider="provnum", case_mix=("age80", "white", "hmo", Factor("type"))
    )
    said = found(spec, data_dir / "medpar" / "data.csv")
    assert set(said) == {"DESIGN.SUPPORT"}
    assert "30044, 30084, 32000, 32002, 32003 (" in said["DESIGN.SUPPORT"]
