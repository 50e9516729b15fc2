"""varmodel run: a folder whole or not at all."""

import csv
import hashlib
import json
import re
import subprocess
import sys

import pytest

from varmodel import load_fit, load_model
from varmodel.cli import commands, printing, run
from varmodel.fits.output import hold

FILES = ["fit", "manifest.json", "ranking.csv", "rates.csv", "report.html", "totals.csv"]


@pytest.fixture
def out(tmp_path):
    return tmp_path / "results" / "out"


@pytest.fixture
def rank(command, surgical, out):
    """Return a function that runs the model of the twelve hospitals."""

    def call(*options, table=surgical):
        arguments = ("run", "surgical_mortality", table, "--out", out, "--seed", 1)
        return command(*arguments, *options)

    return call


def left(tmp_path):
    return sorted(path.name for path in tmp_path.iterdir())


@pytest.fixture
def no_work(monkeypatch):
    def analyse(*args, **kwargs):
        raise AssertionError("work was done")

    monkeypatch.setattr(run, "analyse", analyse)


@pytest.fixture
def elsewhere(surgical, tmp_path):
    """Run the same command in another process meanwhile; return its folder when it is there."""
    again = tmp_path / "again"
    arguments = ["run", "surgical_mortality", surgical, "--out", again, "--seed", "1"]
    command = [sys.executable, "-m", "varmodel", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as job:

        def wait():
            error = job.communicate()[1]
            assert job.returncode == 0, error
            return again

        yield wait


def contents(folder):
    """Every file of a folder, by its path within."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_the_twelve_hospitals(rank, out, elsewhere):
    """The one run of the gate that samples; its bytes are those of any other run."""
    found = rank()
    one, other = contents(out), contents(elsewhere())
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []
    assert found.code == 0, found.err
    assert found.err == ""
    assert sorted(path.name for path in out.iterdir()) == FILES
    assert found.out.startswith("Deaths after heart surgery in babies")
    assert found.out.endswith(f"\nWritten to {out}\n")
    with (out / "ranking.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["provider"] for row in rows} == set("ABCDEFGHIJKL")
    assert rows[-1]["provider"] == "H"
    assert float(rows[-1]["prob_bottom_quarter"]) > 0.9
    fit = load_fit(out / "fit")
    assert fit.spec == load_model("surgical_mortality")
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["random_seed"] == 1
    assert manifest["provisional"] == 0
    page = (out / "report.html").read_bytes()
    assert manifest["files"]["report.html"] == hashlib.sha256(page).hexdigest()
    assert b"How to read this page" in page


@pytest.mark.usefixtures("no_sampling")
@pytest.mark.parametrize("options", [[], ["--no-report"]])
def test_an_empty_folder_is_used(rank, out, options):
    out.mkdir(parents=True)
    assert rank(*options).code == 0
    wanted = [name for name in FILES if not options or name != "report.html"]
    assert sorted(path.name for path in out.iterdir()) == wanted


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize("there", ["folder", "file", "link"])
def test_what_is_there_is_refused_before_any_work(rank, out, there):
    out.parent.mkdir()
    if there == "folder":
        out.mkdir()
        (out / "theirs").touch()
    elif there == "file":
        out.write_text("theirs")
    else:
        (out.parent / "elsewhere").mkdir()
        out.symlink_to(out.parent / "elsewhere")
    before = sorted(out.parent.rglob("*"))
    found = rank()
    assert found.code == 4
    assert found.err.startswith("OUTPUT.EXISTS: ")
    assert sorted(out.parent.rglob("*")) == before


@pytest.mark.usefixtures("no_work")
def test_a_place_that_another_run_is_writing_is_refused_before_any_work(rank, out):
    with hold(out):
        before = sorted(out.parent.rglob("*"))
        found = rank()
        assert found.code == 4
        assert found.err.startswith("OUTPUT.LOCKED: ")
        assert sorted(out.parent.rglob("*")) == before


@pytest.mark.usefixtures("no_work")
def test_a_place_that_cannot_be_written_is_refused_before_any_work(rank, out):
    out.parent.touch()
    found = rank()
    assert found.code == 4
    assert found.err.startswith("OUTPUT.DENIED: ")


def test_a_refused_table_leaves_nothing(rank, surgical, tmp_path):
    surgical.write_text(surgical.read_text().replace("148,18", "148,181"))
    found = rank()
    assert found.code == 2
    assert found.err.startswith("COUNT.EXCEEDS: ")
    assert len(found.err.splitlines()) == 1
    assert left(tmp_path) == ["surgical.csv"]


@pytest.mark.usefixtures("no_sampling")
def test_warnings_come_after_the_work(rank, surgical):
    surgical.write_text(surgical.read_text() + "M,0,0\n")
    found = rank()
    assert found.code == 0
    assert found.err.startswith("warning: COUNT.ZERO_DENOMINATOR: ")
    assert found.err.splitlines()[1].startswith("warning: DESIGN.NO_INFORMATION: ")
    assert len(found.err.splitlines()) == 2


@pytest.fixture
def few_draws(monkeypatch, no_sampling):
    """Ask for so few draws that the gate stays shut."""
    real = run.analyse
    monkeypatch.setattr(run, "analyse", lambda *a, **k: real(*a, **k, draws=20))


@pytest.mark.usefixtures("few_draws")
def test_draws_that_fail_leave_nothing_but_their_message(rank, surgical, tmp_path):
    surgical.write_text(surgical.read_text() + "M,0,0\n")  # a warning, held back
    found = rank()
    assert found.code == 3
    assert found.err.startswith("FIT.CONVERGENCE: ")
    assert len(found.err.splitlines()) == 1
    assert left(tmp_path) == ["surgical.csv"]


@pytest.mark.usefixtures("few_draws")
def test_who_is_looked_for_is_marked_in_the_report(rank, out):
    assert rank("--provisional", "--highlight", "B, H").code == 0
    page = (out / "report.html").read_text()
    assert set(re.findall(r'data-provider="(.)" class="marked"', page)) == {"B", "H"}


@pytest.mark.usefixtures("no_work")
def test_a_code_that_the_table_has_not_is_refused_before_any_work(rank, out):
    found = rank("--highlight", "A,b")
    assert found.code == 2
    assert "highlight: no provider has the code 'b'; did you mean 'B'?" in found.err
    assert not out.exists()


@pytest.mark.usefixtures("few_draws")
def test_provisional_draws_are_written_with_their_stamp(rank, out):
    found = rank("--provisional")
    assert found.code == 0
    assert found.out.startswith("PROVISIONAL: ")
    assert json.loads((out / "manifest.json").read_text())["provisional"] == 1
    for path in out.glob("*.csv"):
        assert path.read_text().splitlines()[0].endswith(",provisional")
    assert "PROVISIONAL: the draws failed the gate" in (out / "report.html").read_text()


@pytest.mark.usefixtures("no_sampling")
def test_results_that_cannot_be_printed_leave_nothing(rank, tmp_path, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(printing, "print_line", full)
    monkeypatch.setattr(commands, "drop_output", lambda: None)
    found = rank()
    assert found.code == 4
    assert found.err.startswith("OUTPUT.DISK: ")
    assert left(tmp_path) == ["surgical.csv"]


@pytest.mark.usefixtures("no_sampling")
def test_what_the_forecast_took_is_said_once(rank, out, monkeypatch):
    monkeypatch.setattr(run, "with_forecast", lambda x, *_, **__: (x, "It took 9 s."))
    found = rank()
    assert found.out.endswith(f"\nIt took 9 s.\nWritten to {out}\n")
    assert found.out.count("It took") == 1
    assert "It took" not in (out / "report.html").read_text()


@pytest.mark.usefixtures("no_sampling")
def test_a_full_disk_leaves_nothing(rank, tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run, "write_run", full)
    found = rank()
    assert found.code == 4
    assert found.err.startswith("OUTPUT.DISK: ")
    assert left(tmp_path) == ["surgical.csv"]


def test_under_a_policy_no_count_can_be_read_back_and_what_is_left_out_says_why(
    command, tmp_path, out
):
    """Twelve hospitals of which one has three deaths: its crude rate times its cases."""
    size = [47, 148, 119, 810, 211, 196, 148, 215, 207, 97, 256, 360]
    deaths = [3, 18, 8, 46, 8, 13, 9, 31, 14, 8, 29, 24]
    rows = "".join(f"H{k},{d},{n}\n" for k, (d, n) in enumerate(zip(deaths, size, strict=True)))
    table = tmp_path / "table.csv"
    table.write_text(f"hospital,deaths,operations\n{rows}")
    arguments = ("run", "surgical_mortality", table, "--out", out, "--seed", 1)
    wrong = command(*arguments, "--disclosure", "hse")
    assert (wrong.code, "allowed: hes" in wrong.err) == (2, True)
    assert not out.exists()
    found = command(*arguments, "--disclosure", "hes")
    assert found.code == 0
    assert "Left out under hes: report.html" in found.out
    assert left(out) == ["manifest.json", "ranking.csv", "rates.csv", "totals.csv"]
    with (out / "ranking.csv").open(newline="") as file:
        held = {row["provider"]: row["observed"] for row in csv.DictReader(file)}
    assert held["H0"] == ""
    assert float(held["H3"]) == 45 / 810
    manifest = json.loads((out / "manifest.json").read_text())
    assert set(manifest["left_out"]) == {"fit", "report.html", "source_hash"}
    assert "source_hash" not in manifest
