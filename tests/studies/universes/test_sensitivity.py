"""sensitivity, from a table to its tables: a few fits of twelve hospitals."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import varmodel as vm
from tests.toys import SURGICAL
from varmodel.errors import InputError, OutputError, SpecError
from varmodel.fits.output import hold
from varmodel.inference.progress import Progress
from varmodel.studies import judge_nil
from varmodel.studies.figures import annual_savings
from varmodel.studies.universes import runs, shared
from varmodel.studies.universes.kept import Kept
from varmodel.studies.universes.outcomes import verdict_word
from varmodel.studies.universes.plan import with_fields

SPEC = vm.load_model("surgical_mortality").replace(unit_cost=vm.UnitCost(900, 1_000, 1_300))
PRIOR = {"priors": {"provider_sd": {"dist": "half_normal", "sigma": 0.35}}}
PLAN = {
    "scale": {"as stated": {}, "half": PRIOR},
    "benchmark": {".75": {}, "median": {"benchmark": {"kind": "median"}}},
    "case mix": {"none": {}, "age": {"case_mix": ["age"]}},  # which the table does not hold
}
#: The same in a process of its own, which is killed when it has saved a fit.
KILLED = """
import os, signal
from tests.studies.universes.test_sensitivity import SPEC, SURGICAL, PLAN, vm
from varmodel.studies.universes import kept
keep = kept.Kept.keep
def killed(self, *args, **kwargs):
    keep(self, *args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
kept.Kept.keep = killed
vm.studies.sensitivity(SPEC, SURGICAL, PLAN, random_seed=1, folder={folder!r})
"""


def run(plan=None, **options):
    plan = PLAN if plan is None else plan
    return vm.studies.sensitivity(SPEC, SURGICAL, plan, random_seed=1, progressbar=False, **options)


@pytest.fixture(scope="module")
def fitted():
    """Count the fits."""
    return []


@pytest.fixture(scope="module")
def found(tmp_path_factory, fitted):
    folder = tmp_path_factory.mktemp("whole") / "folder"
    draw = shared.sample

    def counted(spec, *args, **kwargs):
        fitted.append(spec.fit_digest)
        return draw(spec, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared, "sample", counted)
        return folder, run(folder=folder)


def contents(folder):
    files = [path for path in folder.rglob("*") if path.is_file() and path.parent.name != "seconds"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_row_a_universe_and_one_fit_a_digest(found, fitted):
    table = found[1].table
    assert len(table) == 8
    assert len(fitted) == len(set(fitted)) == 2
    assert table.columns[:10].tolist() == [
        *("scale", "benchmark", "case mix"),
        *("total", "lower", "upper", "rankability", "verdict", "code", "seconds"),
    ]
    ran = table[table["case mix"] == "none"]
    assert (ran["code"] == "").all()
    assert ran["total"].between(ran["lower"], ran["upper"]).all()
    assert ran["rank_correlation"].iloc[0] == 1


def test_a_refused_universe_is_a_row_with_its_code(found):
    table = found[1].table
    refused = table[table["case mix"] == "age"]
    assert set(refused["code"]) == {"SCHEMA.MISSING"}
    assert refused["total"].isna().all()


def test_a_universe_is_what_analyse_publishes(found):
    spec = SPEC.replace(benchmark={"kind": "median"})
    frame = vm.prepare(spec, SURGICAL)
    fit = vm.fit(spec, frame, random_seed=1, progressbar=False)
    total = vm.studies.make_figures(fit, random_seed=1).savings["total"]
    row = found[1].table.query("scale == 'as stated' and benchmark == 'median'").iloc[0]
    assert row["total"] == float(vm.summarise(total)["mean"].iloc[0])


def test_what_universes_of_one_fit_share_is_what_each_has_alone():
    plan = {
        "price": {"as stated": {}, "twice": {"unit_cost": 2_000}},
        "rule": {"as stated": {}, "strict": {"nil": {"alpha": 1e-4, "smallest_saving": 2e4}}},
        "better": {"low": {}, "high": {"better": "higher"}},
    }
    found = run(plan)
    fit = vm.fit(SPEC, vm.prepare(SPEC, SURGICAL), random_seed=1, progressbar=False)
    for universe, row in found.table.iterrows():
        changes = [plan[name][row[name]] for name in plan]
        spec = SPEC.replace(**{k: x for fields in changes for k, x in fields.items()})
        alone = vm.Fit(spec, fit.frame, fit.draws)
        savings, nil = annual_savings(alone, random_seed=1), judge_nil(alone, random_seed=1)
        ranks = vm.rank(vm.adjusted_rates(alone), better=spec.better)
        own = found.providers[found.providers["universe"] == universe]
        assert row["total"] == float(vm.summarise(savings["total"])["mean"].iloc[0])
        assert row["verdict"] == verdict_word(nil)
        assert own["expected_rank"].tolist() == ranks["expected_rank"].to_numpy().tolist()
        assert own["named"].tolist() == savings["named"].to_numpy().tolist()
    assert found.table["verdict"].nunique() == 2
    assert set(found.providers.groupby("universe")["named"].sum()) > {0}


def test_fits_whose_priors_and_shapes_alone_differ_share_a_frame():
    runner = runs.Runner(SURGICAL, random_seed=1, kept=Kept(), bar=Progress(shown=False))
    frame = runner._shared(SPEC).frame
    for fields in (PRIOR, {"effect": "student_t"}):
        spec = with_fields(SPEC, fields)
        assert runner._shared(spec).frame is frame
        assert frame.identical(vm.prepare(spec, SURGICAL))
    without = SPEC.replace(exclusions=[vm.Exclusion("hospital", ("A",), "closed")])
    assert runner._shared(without).frame.sizes["provider"] == 11


def test_peers_and_cash_need_no_fit_of_their_own(monkeypatch):
    drawn, draw = [], shared.sample
    monkeypatch.setattr(shared, "sample", lambda *x, **y: drawn.append(1) or draw(*x, **y))
    table = SURGICAL.assign(beds=[k * k % 7 for k in range(12)])
    whom = {"columns": ["beds"], "count": 4}
    plan = {
        "peers": {
            "all": {},
            "like": {"peers": whom},
            "unknown": {"peers": {"columns": ["nurses"], "count": 4}},
        },
        "release": {"gross": {}, "half": {"releasable": 0.5}, "a part": {"closure": 0.25}},
    }
    found = vm.studies.sensitivity(SPEC, table, plan, random_seed=1, progressbar=False).table
    assert len(drawn) == 1
    totals = found.pivot_table(index="peers", columns="release", values="total")
    assert totals["half"].to_numpy() == pytest.approx(totals["gross"] / 2)
    assert totals["a part"].to_numpy() == pytest.approx(totals["gross"] / 4)
    assert set(found.loc[found["peers"] == "unknown", "code"]) == {"SCHEMA.MISSING"}
    like = SPEC.replace(peers=whom)
    fit = vm.fit(like, vm.prepare(like, table), random_seed=1, progressbar=False)
    total = annual_savings(fit, random_seed=1)["total"]
    assert totals.loc["like", "gross"] == pytest.approx(float(total.mean()))


def test_peers_that_the_table_lacks_cost_no_other_universe():
    table = SURGICAL.assign(beds=[k * k % 7 for k in range(12)])
    plan = {
        "both": {
            "base": {},
            **{
                name: {"effect": "student_t", "peers": {"columns": [name], "count": 4}}
                for name in ("nurses", "beds")
            },
        }
    }
    found = vm.studies.sensitivity(SPEC, table, plan, random_seed=1, progressbar=False).table
    assert found["code"].tolist() == ["", "SCHEMA.MISSING", ""]


def test_other_figures_of_peers_make_other_outcomes(tmp_path):
    beds = np.array([k * k % 7 for k in range(12)])
    plan = {"peers": {"all": {}, "like": {"peers": {"columns": ["beds"], "count": 4}}}}
    options = {"random_seed": 1, "progressbar": False, "folder": tmp_path / "kept"}
    first, again = (
        vm.studies.sensitivity(SPEC, SURGICAL.assign(beds=x), plan, **options).table["total"]
        for x in (beds, beds[::-1])
    )
    assert again[0] == first[0]
    assert again[1] != first[1]


def test_processes_change_no_number(found):
    again = run(jobs=2)
    kept = again.table.drop(columns="seconds")
    pd.testing.assert_frame_equal(kept, found[1].table.drop(columns="seconds"))


def test_shares_add_up_and_flips_are_of_providers(found):
    shares = found[1].shares.set_index("input")["share"]
    assert set(shares.index) == {"scale", "benchmark", "case mix", "posterior", "price"}
    assert shares.sum() == pytest.approx(1)
    assert shares["case mix"] == 0
    assert shares["benchmark"] > shares["scale"]
    assert set(found[1].flips["provider"]) <= set(SURGICAL["hospital"])
    assert found[1].tornado["dimension"].tolist()[0] == "benchmark"


def test_the_error_of_a_difference_is_paired_where_a_fit_is_shared(tmp_path):
    """Twice the price moves the total by itself, with its error; half as much again by half."""
    price = {name: {"unit_cost": x} for name, x in (("twice", 2_000), ("half more", 1_500))}
    spec = SPEC.replace(unit_cost=1_000)
    plan = {"price": {"as stated": {}, **price}, "scale": PLAN["scale"]}
    options = {"random_seed": 1, "progressbar": False, "folder": tmp_path / "kept", "sample": 4}
    rows = vm.studies.sensitivity(spec, SURGICAL, plan, **options).tornado.set_index("option")
    fit = vm.fit(spec, vm.prepare(spec, SURGICAL), random_seed=1, progressbar=False)
    row = vm.summarise(annual_savings(fit, random_seed=1)["total"]).iloc[0]
    assert rows.loc["twice", "mcse"] == pytest.approx(row["mcse"], rel=1e-9)
    assert rows.loc["twice", "difference"] == pytest.approx(row["mean"], rel=1e-9)
    assert rows.loc["half more", "mcse"] == pytest.approx(row["mcse"] / 2, rel=1e-9)
    assert rows.loc["half", "mcse"] > row["mcse"]  # of another fit: errors of both
    # a new option is compared with a base that the folder has, and whose draws are read
    more = {"price": {"as stated": {}, "a third more": {"unit_cost": 4_000 / 3}}}
    (row_of_more,) = vm.studies.sensitivity(spec, SURGICAL, more, **options).tornado.itertuples()
    assert row_of_more.mcse == pytest.approx(row["mcse"] / 3, rel=1e-9)


def test_a_run_that_is_done_fits_nothing(found, monkeypatch):
    folder, first = found

    def never(*_, **__):
        raise AssertionError("fitted again")

    monkeypatch.setattr(shared, "sample", never)
    before = contents(folder)
    again = run(folder=folder)
    assert contents(folder) == before
    pd.testing.assert_frame_equal(
        again.table.drop(columns="seconds"), first.table.drop(columns="seconds")
    )
    for name in ("providers", "tornado", "flips", "shares"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(first, name))


def test_progress_says_what_runs_and_how_much_is_left(found, monkeypatch):
    said = []
    monkeypatch.setattr(Progress, "say", lambda _, text: said.append(text))
    run(folder=found[0])
    assert said == ["the base", "scale: half; 2 of 8 left"]  # four lack a column: done already


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_a_killed_run_goes_on_to_the_same_bytes(found, tmp_path):
    folder = tmp_path / "killed"
    code = KILLED.format(folder=str(folder))
    job = subprocess.run([sys.executable, "-c", code], check=False, env=dict(os.environ))
    assert job.returncode == -signal.SIGKILL
    assert 0 < len(list((folder / "universes").iterdir())) < 4
    run(folder=folder)
    assert contents(folder) == contents(found[0])


def test_another_seed_needs_another_folder(found):
    with pytest.raises(SpecError, match="other settings"):
        vm.studies.sensitivity(SPEC, SURGICAL, PLAN, random_seed=2, folder=found[0])


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "letter").write_text("dear")
    with pytest.raises(OutputError, match="something else"):
        run(folder=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter"]


def test_two_runs_do_not_share_a_folder(tmp_path):
    with hold(tmp_path / "out"), pytest.raises(OutputError) as caught:
        run(folder=tmp_path / "out")
    assert caught.value.code == "OUTPUT.LOCKED"


def test_a_base_that_is_refused_is_no_base():
    with pytest.raises(InputError, match=r"SCHEMA\.MISSING"):
        run({"case mix": {"age": {"case_mix": ["age"]}, "none": {}}})


def test_the_default_takes_each_choice_alone(monkeypatch):
    asked = []

    def refuse_fits(runner, specs, labels):
        asked.extend(labels)
        moments = {"mcse": 0.0, "gap_sd": 1.0, "price_mean": 1.0, "price_sd": 0.0}
        runner.done |= {
            k: (runs.Outcome(total=float(k), gap_mean=float(k), **moments), 0.0)
            for k in range(len(specs))
        }

    monkeypatch.setattr(runs.Runner, "run", refuse_fits)
    found = vm.studies.sensitivity(SPEC, SURGICAL, random_seed=1, progressbar=False)
    assert asked[0] == "the base"
    assert sorted(asked[1:]) == sorted(
        f"{name}: {label}"
        for name, options in vm.studies.default_plan(SPEC).items()
        for label in list(options)[1:]
    )
    assert len(found.tornado) == len(asked) - 1
    assert "interactions and unexplained" in set(found.shares["input"])


def test_it_prints_in_a_line(found):
    assert repr(found[1]).startswith("Sensitivity of surgical_mortality: 4 of 8 universes ran")
    assert "seconds" not in found[1].tables()["universes"]
    assert json.loads((found[0] / "settings.json").read_text()) == {"random_seed": 1}
    assert np.isfinite(found[1].table["seconds"]).all()
