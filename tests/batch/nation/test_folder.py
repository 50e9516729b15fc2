"""The folder of a made-up nation: what it holds adds up."""

import filecmp
import tomllib
import warnings

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from varmodel import adjusted_rates, fit, money, prepare, summarise
from varmodel.batch.nation import NationSize, write_nation
from varmodel.errors import SpecError, VarmodelWarning
from varmodel.spec import load_model

SIZE = NationSize(trusts=12, pcts=8, quarters=4, indicators=5)


def write(folder, size, *, seed=3):
    folder.mkdir()
    return list(write_nation(folder, size, random_seed=seed))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("nation") / "one"
    write(place, SIZE)
    return place


def truth(folder, name):
    return pd.read_csv(folder / "truth" / f"{name}.csv")


def every_file(folder):
    return sorted(str(x.relative_to(folder)) for x in folder.rglob("*") if x.is_file())


def test_a_seed_gives_the_same_bytes_and_a_table_does_not_depend_on_the_others(folder, tmp_path):
    write(tmp_path / "again", SIZE)
    names = every_file(folder)
    assert names == every_file(tmp_path / "again")
    same, other, odd = filecmp.cmpfiles(folder, tmp_path / "again", names, shallow=False)
    assert (sorted(same), other, odd) == (names, [], [])
    few = NationSize(trusts=12, pcts=8, quarters=4, indicators=2)
    for name in write(tmp_path / "few", few):
        table = f"tables/{name}.csv"
        assert (folder / table).read_bytes() == (tmp_path / "few" / table).read_bytes()
    write(tmp_path / "other", few, seed=4)
    table = "tables/day_case_rate.csv"
    assert (folder / table).read_bytes() != (tmp_path / "other" / table).read_bytes()


def test_the_quarter_names_models_and_tables_that_go_together(folder):
    quarter = tomllib.loads((folder / "quarter.toml").read_text(encoding="utf-8"))
    assert quarter["title"] == "Better Care, Better Value, 2007Q4 (simulated)"
    names = []
    for entry in quarter["indicator"]:
        spec = load_model(folder / entry["model"])
        assert spec.replace(successors={}).successors == {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VarmodelWarning)
            frame = prepare(spec, folder / entry["table"])
        rates = truth(folder, "rates").query("indicator == @spec.name and ranked == 'yes'")
        assert frame["provider"].values.tolist() == rates["provider"].tolist()
        names.append(spec.name)
    assert len(names) == 5
    (shared,) = quarter["shared"]
    assert shared["indicators"] == ["length_of_stay", "preoperative_bed_days"]
    assert {shared["cost_base"], *shared["indicators"]} <= set(names)
    (moved,) = quarter["displacement"]
    assert {moved["from"], moved["to"]} <= set(names)
    listed = pd.read_csv(folder / "providers.csv")
    assert listed.columns[:3].tolist() == ["code", "name", "class"]
    assert len(listed) == 20
    assert listed["code"].is_unique


def test_the_overlap_is_what_combine_counts_once(folder):
    rates, overlap = truth(folder, "rates"), truth(folder, "overlap").set_index("provider")
    savings = {
        name: xr.DataArray(
            part["saving"].to_numpy()[None, None, :],
            coords={"provider": part["provider"].tolist()},
            dims=("chain", "draw", "provider"),
        )
        for name, part in rates.dropna(subset="saving").groupby("indicator")
        if name in {"length_of_stay", "preoperative_bed_days"}
    }
    assert len(savings) == 2
    found = money.combine(savings, shared={"bed days": (list(savings), overlap["cost_base"])})
    np.testing.assert_allclose(found["total"].item(), overlap["together"].sum())
    np.testing.assert_allclose(found["plain_total"].item(), overlap["plain"].sum())
    assert overlap["together"].sum() < overlap["plain"].sum()


def test_what_is_displaced_is_a_share_of_the_saving(folder):
    moved = truth(folder, "displacement")
    saving = truth(folder, "rates").query("indicator == 'day_case_rate'").set_index("provider")
    np.testing.assert_allclose(moved["saving"], saving["saving"][moved["provider"]])
    np.testing.assert_allclose(moved["net"], 0.7 * moved["saving"])
    assert (moved["saving"] > 0).any()


def test_a_model_without_a_price_has_no_true_saving(folder):
    rates = truth(folder, "rates").groupby("indicator")["saving"]
    priced = {name for name, part in rates if part.notna().any()}
    assert priced == {x for x in rates.groups if load_model(x).unit_cost is not None}


def test_more_indicators_than_the_library_has_are_refused(tmp_path):
    with pytest.raises(SpecError, match="a whole number from 1 to") as found:
        write(tmp_path / "nation", NationSize(indicators=999))
    assert found.value.code == "CONFIG.VALUE"


@pytest.mark.long
@pytest.mark.parametrize("name", ["day_case_rate", "low_cost_statin_share"])
def test_intervals_of_a_fit_hold_the_truth(tmp_path, name):
    size = NationSize(trusts=60, pcts=60, quarters=8, indicators=3)
    write(tmp_path / "nation", size)
    spec = load_model(tmp_path / "nation" / "models" / f"{name}.toml")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VarmodelWarning)
        frame = prepare(spec, tmp_path / "nation" / "tables" / f"{name}.csv")
        found = fit(spec, frame, random_seed=1, progressbar=False)
    table = summarise(adjusted_rates(found), prob=0.9).set_index("provider")
    rates = truth(tmp_path / "nation", "rates").query("indicator == @name and ranked == 'yes'")
    true = rates.set_index("provider")["rate"][table.index]
    covered = true.between(table["lower"], table["upper"]).mean()
    assert 0.8 <= covered <= 1
