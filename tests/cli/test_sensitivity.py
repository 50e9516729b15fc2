"""varmodel sensitivity: a folder that a second run leaves as it is."""

import json

import pandas as pd
import pytest

PLAN = """
sample = 3
[benchmark]
"better quartile" = {}
median = { benchmark = { kind = "median" } }
[price]
"a thousand" = { unit_cost = { value = 1000 } }
half = { unit_cost = { value = 500 } }
"""
pytestmark = pytest.mark.usefixtures("no_sampling")


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(PLAN)
    return path


@pytest.fixture
def run(command, surgical, tmp_path):
    def call(plan, seed=1):
        arguments = ("sensitivity", "surgical_mortality", surgical, "--plan", plan)
        return command(*arguments, "--out", tmp_path / "out", "--seed", seed)

    return call


def contents(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_folder_of_tables_and_pictures_that_a_rerun_leaves_as_it_is(run, plan, tmp_path):
    result = run(plan)
    assert result.code == 0, result.err
    assert "3 of 3 universes ran" in result.out
    first = contents(tmp_path / "out")
    names = {"universes", "providers", "tornado", "flips", "shares"}
    assert {f"{name}.csv" for name in names} | {"universes.svg", "tornado.svg"} < set(first)
    assert b'<section id="assumptions">' in first["report.html"]
    assert "report.html" in json.loads(first["manifest.json"])["files"]
    table = pd.read_csv(tmp_path / "out" / "universes.csv")
    assert table["universe"].tolist() == [0, 1, 2]
    assert "seconds" not in table
    assert set(json.loads(first["manifest.json"])["files"]) < set(first)
    assert run(plan).code == 0
    assert contents(tmp_path / "out") == first


def test_another_seed_is_refused(run, plan):
    assert run(plan).code == 0
    result = run(plan, seed=2)
    assert result.code == 2
    assert "CONFIG.VALUE" in result.err


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[price", "CONFIG.PARSE"),
        ("price = 3", "CONFIG.VALUE"),
        ("sample = 2", "CONFIG.VALUE"),
        ("[price]\na = {}\nb = { unit_cots = 3 }", "CONFIG.KEY"),
    ],
)
def test_a_plan_that_is_none_leaves_nothing(run, tmp_path, text, code):
    (tmp_path / "bad.toml").write_text(text)
    result = run(tmp_path / "bad.toml")
    assert result.code == 2
    assert code in result.err
    assert not (tmp_path / "out").exists()
