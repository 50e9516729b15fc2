"""A run's folder: CSV that no spreadsheet runs, a manifest that tells the truth."""

import csv
import hashlib
import json
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fits.hand_made import whole_fit
from varmodel.fits import load_fit
from varmodel.fits.diagnostics import gate
from varmodel.publish import Published, write_run, write_tables
from varmodel.publish.files import neutral
from varmodel.studies import NilVerdict, Shape, make_figures

NIL = NilVerdict(distinguishable=False, p_value=0.3, prob_relevant=0.8, upper=math.nan)
SHAPE = Shape(p_value=0.004, passed=False, total=None, reason="k-hat 0.9")
HOSTILE = [
    *("=1+1", "+1", "-5", "@SUM(A1)", "\tx", "\rx", "'=1+1", "''-5"),
    *(
        "007",
        "NA",
        "NULL",
        "5E1",
        "1-2",
        "",
        " x ",
        "a,b",
        'a"b',
        "a\nb",
        "Ærø",
        "'s-Hertogenbosch",
    ),
]


def undo(text):
    """Take back what `neutral` did, as its docstring says."""
    starts = text.lstrip("'")[:1]
    return text[1:] if text.startswith("'") and starts and starts in "=+-@\t\r" else text


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_texts_that_a_spreadsheet_would_run_are_neutralised(start):
    table = pd.DataFrame({"provider": [f"{start}cmd"], "reason": [f"{start}1"], "mean": [-1.0]})
    found = neutral(table)
    assert found["provider"][0] == f"'{start}cmd"
    assert found["reason"][0] == f"'{start}1"
    assert found["mean"][0] == -1.0
    assert table["provider"][0] == f"{start}cmd"


def test_other_texts_are_written_as_they_are():
    names = ["RJ1", "007", "a=b", " =x", "'s-Hertogenbosch", ""]
    assert list(neutral(pd.DataFrame({"provider": names}))["provider"]) == names


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_nothing_is_lost_and_nothing_starts_a_formula(names):
    found = list(neutral(pd.DataFrame({"provider": names}))["provider"])
    assert [undo(text) for text in found] == names
    assert not any(text.startswith(("=", "+", "-", "@", "\t", "\r")) for text in found)


def test_hostile_names_come_back_from_the_file(tmp_path):
    table = pd.DataFrame({"provider": HOSTILE, "mean": 0.1})
    write_tables({"rates": table}, tmp_path)
    rows = read(tmp_path / "rates.csv")
    assert rows[0] == ["provider", "mean"]
    assert [undo(row[0]) for row in rows[1:]] == HOSTILE


def test_numbers_are_written_in_full(tmp_path):
    values = [1 / 3, 1e-300, 123456789.123456789, float("nan")]
    write_tables({"rates": pd.DataFrame({"mean": values})}, tmp_path)
    rows = [row[0] if row else "" for row in read(tmp_path / "rates.csv")[1:]]
    assert [float(text) for text in rows[:3]] == values[:3]
    assert rows[3] == ""
    assert b"\r" not in (tmp_path / "rates.csv").read_bytes()


@pytest.fixture
def run(tmp_path):
    """Return the folder of a run."""
    write_run(tmp_path, x=published(whole_fit(provisional=True)))
    return tmp_path


def published(fit):
    """Publish a fit of which nothing may be said."""
    return Published(fit, make_figures(fit, random_seed=1), NIL, SHAPE, gate({}, {}))


def test_a_run_holds_the_fit_the_tables_and_a_manifest(run):
    files = sorted(path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file())
    assert files == [
        "fit/draws.nc",
        "fit/manifest.json",
        "manifest.json",
        "ranking.csv",
        "rates.csv",
        "savings.csv",
        "totals.csv",
    ]
    assert load_fit(run / "fit").provisional


def test_the_manifest_is_true(run):
    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    manifest = json.loads((run / "manifest.json").read_text(), parse_constant=refuse)
    files = manifest.pop("files")
    there = {path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()}
    assert set(files) == there - {"manifest.json"}
    for name, digest in files.items():
        assert hashlib.sha256((run / name).read_bytes()).hexdigest() == digest
    fit = load_fit(run / "fit")
    assert manifest == {
        "schema": 1,
        "model": "hand",
        "spec_digest": fit.spec.digest,
        "fit_digest": fit.spec.fit_digest,
        "source_hash": fit.frame.attrs["source_hash"],
        "sampler": "nuts",
        "random_seed": 7,
        "attempts": 1,
        "provisional": 1,
        "versions": {"varmodel": "0"},
        "nil": {
            "distinguishable": False,
            "p_value": 0.3,
            "prob_relevant": 0.8,
            "upper": None,
            "alpha": 0.05,
            "prior_prob_relevant": None,
        },
        "shape": {"p_value": 0.004, "passed": False, "reason": "k-hat 0.9"},
    }


def test_a_loaded_fit_can_be_written_again(run, tmp_path):
    again = tmp_path / "again"
    again.mkdir()
    write_run(again, x=published(load_fit(run / "fit")))
    assert (again / "manifest.json").is_file()
