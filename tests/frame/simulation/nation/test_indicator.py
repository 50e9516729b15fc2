"""Tables of a made-up nation, and their truth."""

import warnings

import numpy as np
import pytest

from varmodel.errors import VarmodelWarning
from varmodel.frame import cells_of, prepare
from varmodel.frame.simulation.nation import FIRST_QUARTER, found_nation, simulate_indicator
from varmodel.spec import list_models, load_model

SMALL = {"trusts": 12, "pcts": 8, "quarters": 4}
NAMES = [name for name in list_models() if name != "surgical_mortality"]
GROUPS = {name: load_model(name).group for name in NAMES}
#: What prepare says of providers that send late, or have few cases of a kind.
EXPECTED = {"DESIGN.PERIODS", "DESIGN.SUPPORT"}


@pytest.fixture(scope="module")
def nation():
    return found_nation(**SMALL, random_seed=3)


def make(name, nation):
    return simulate_indicator(load_model(name), nation, groups=GROUPS)


def read(made):
    """Prepare a table; give its frame and the codes of the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", VarmodelWarning)
        return prepare(made.spec, made.table), {x.message.code for x in caught}


@pytest.mark.parametrize("name", NAMES)
def test_every_table_of_the_library_is_taken_and_its_design_is_that_of_the_truth(name, nation):
    made = make(name, nation)
    frame, codes = read(made)
    assert codes <= EXPECTED
    assert frame["period"].values.tolist() == ["2007Q1", "2007Q2", "2007Q3", "2007Q4"]
    for variable in ("provider_index", "pattern_index", "design", "pattern_weight", "activity"):
        np.testing.assert_array_equal(frame[variable], made.frame[variable])
    np.testing.assert_array_equal(cells_of(frame).size, cells_of(made.frame).size)


@pytest.mark.parametrize("name", ["day_case_rate", "low_cost_statin_share", "length_of_stay"])
def test_the_rate_is_that_of_parameters_and_effects(name, nation):
    made = make(name, nation)
    frame, truth, family = read(made)[0], made.truth, made.spec.family_row
    slopes = truth["coefficients"].sel(term=frame["term"].values).values
    fixed = float(truth["intercept"]) + frame["design"].values @ slopes
    sd = float(truth["transient_sd"]) if "transient_sd" in truth else 0.0
    place = {code: k for k, code in enumerate(made.register.codes)}
    for code in frame["provider"].values:
        eta = fixed + made.effects[place[str(code)]]
        means = family.lasting_mean(eta, {}, sd=sd)
        rate = float(frame["pattern_weight"].values @ means)
        np.testing.assert_allclose(truth["rate"].sel(provider=code), rate, rtol=1e-12)


def test_figures_are_those_of_the_effects(nation):
    """Crude rates follow the true ones; also of providers that the model excludes."""
    made = make("day_case_rate", nation)
    crude = made.table.groupby("trust")[["day_cases", "elective_spells"]].sum()
    crude = crude["day_cases"] / crude["elective_spells"]
    ranked = [str(code) for code in made.truth["provider"].values]
    now = [code for code in ranked if code in crude.index]
    true = made.truth["rate"].sel(provider=now).values
    assert np.corrcoef(crude[now], true)[0, 1] > 0.8
    (apart,) = set(made.register.codes) - set(ranked)
    assert made.table.loc[made.table["trust"] == apart, "trust_type"].unique() == [
        "specialist_cancer"
    ]
    effect = made.effects[made.register.codes.index(apart)]
    expected = 1 / (1 + np.exp(-(float(made.truth["intercept"]) + effect)))
    np.testing.assert_allclose(crude[apart], expected, atol=0.08)
    assert effect < made.effects.mean()  # fewer day cases: it is no like of the others


def test_who_merged_has_old_codes_before_and_the_new_one_after(nation):
    made = make("readmission_30_day_rate", nation)
    (merger,) = made.register.mergers
    new = made.register.codes[merger.provider]
    quarters = made.table.groupby("trust")["quarter"].agg(lambda x: sorted(set(x)))
    labels = sorted(made.table["quarter"].unique())
    assert quarters[new] == labels[merger.quarter :]
    for old in merger.codes:
        assert quarters[old] == labels[: merger.quarter]
    assert made.spec.successors == dict.fromkeys(merger.codes, new)
    assert set(merger.codes).isdisjoint(read(made)[0]["provider"].values.tolist())
    before = made.table[made.table["trust"].isin(merger.codes)]
    share = before.groupby("trust")["discharges"].sum() / before["discharges"].sum()
    np.testing.assert_allclose(share[merger.codes[0]], merger.share, atol=0.05)


def test_what_is_late_or_lacking_is_not_in_the_table(nation):
    made = make("sickness_absence_rate", nation)
    sent = set(zip(made.table["trust"], made.table["quarter"], strict=True))
    labels = sorted(made.table["quarter"].unique())
    assert len(labels) == 4
    assert FIRST_QUARTER == 4
    whole = {gap.provider for gap in (*made.register.gaps, *made.gaps)}
    assert len(whole) >= 4
    for gap in (*made.register.gaps, *made.gaps):
        code = made.register.codes[gap.provider]
        missing = [k for k, label in enumerate(labels) if (code, label) not in sent]
        assert missing == list(range(gap.start, gap.stop))


def test_poorer_places_treat_poorer_people(nation):
    made = make("surgical_threshold_ratio", nation)
    table = made.table.assign(fifth=made.table["deprivation_fifth"].astype(int))
    table["weighted"] = table["fifth"] * table["expected_procedures"]
    sums = table.groupby("pct")[["weighted", "expected_procedures"]].sum()
    mean = (sums["weighted"] / sums["expected_procedures"]).reindex(made.register.codes)
    assert np.corrcoef(mean, made.register.deprivation)[0, 1] > 0.8


def test_models_of_other_columns_are_read_as_those_of_the_nations_providers(nation):
    made = make("community_contacts_per_nurse", nation)
    assert made.spec.provider == "pct"
    assert made.spec.dispersion_unit == ("pct", "quarter", "service")
    assert "provider" not in made.table
