"""A run: whole units, whatever stops it; nothing done twice, nothing of another seed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock

from tests.batch.quarter.small import SEED, contents, table, write_quarter
from tests.fits.hand_made import sample_by_hand
from varmodel.batch import run_quarter
from varmodel.batch.quarter import gathering, unit
from varmodel.batch.quarter.folder import RunFolder
from varmodel.cli import main
from varmodel.errors import OutputError, SpecError, VarmodelError
from varmodel.fits.output import find_place
from varmodel.inference import samplers

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def analysed(monkeypatch):
    """Return the names of the models that are analysed."""
    asked, real = [], unit.analyse

    def analyse(spec, *args, **kwargs):
        asked.append(spec.name)
        return real(spec, *args, **kwargs)

    monkeypatch.setattr(unit, "analyse", analyse)
    return asked


def test_what_a_run_leaves(ran):
    _, out, found = ran
    units = {path.name for path in (out / "units").iterdir()}
    assert units == {"README.txt", "deaths", "stays", "late"}
    assert {"facts.json", "savings.nc", "rates.csv", "manifest.json"} < {
        path.name for path in (out / "units" / "deaths").iterdir()
    }
    assert (found.site / "index.html").is_file()
    assert (out / "publication" / "ranking.csv").is_file()
    assert [x.name for x in found.facts.indicators] == ["deaths", "stays"]
    assert [(x.name, x.code) for x in found.facts.refused] == [("late", "DESIGN.TOO_FEW")]
    assert found.refused["late"].code == "DESIGN.TOO_FEW"
    assert set(found.tables()["savings"]["provider"]) == {f"R0{k}" for k in range(1, 7)}
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["units"]["late"]["refused"] == "DESIGN.TOO_FEW"
    assert "seconds" not in (out / "manifest.json").read_text()
    assert len((out / "seconds.csv").read_text().splitlines()) == 4


@pytest.mark.usefixtures("no_sampling")
def test_a_rerun_makes_only_what_has_changed(ran, analysed, tmp_path):
    _, out, _ = ran
    config = write_quarter(tmp_path, "deaths", "stays")
    first = run_quarter(config, tmp_path / "out", random_seed=SEED, jobs=1)
    assert first.made == ("deaths", "stays")
    before = contents(tmp_path / "out")
    assert before["units/deaths/rates.csv"] == contents(out)["units/deaths/rates.csv"]
    again = run_quarter(config, tmp_path / "out", random_seed=SEED, jobs=1)
    assert (again.made, contents(tmp_path / "out")) == ((), before)
    (tmp_path / "out" / "units" / "stays" / "rates.csv").write_text("spoilt")
    table(seed=9).to_csv(tmp_path / "tables" / "deaths.csv", index=False)
    changed = run_quarter(config, tmp_path / "out", random_seed=SEED, jobs=1)
    assert set(changed.made) == {"deaths", "stays"}
    after = contents(tmp_path / "out")
    assert after["units/stays/rates.csv"] == before["units/stays/rates.csv"]
    assert after["units/deaths/rates.csv"] != before["units/deaths/rates.csv"]
    assert analysed == ["deaths", "stays", *changed.made]


def test_another_seed_is_refused_and_changes_nothing(ran):
    config, out, _ = ran
    before = contents(out, without=())
    with pytest.raises(SpecError) as caught:
        run_quarter(config, out, random_seed=SEED + 1)
    assert caught.value.code == "CONFIG.VALUE"
    assert contents(out, without=()) == before


def test_a_folder_in_use_or_of_something_else_is_refused(ran, tmp_path):
    config, out, _ = ran
    with FileLock(find_place(out).lock), pytest.raises(OutputError) as caught:
        run_quarter(config, out, random_seed=SEED)
    assert caught.value.code == "OUTPUT.LOCKED"
    (tmp_path / "link").symlink_to(out)  # of another name, and the same folder
    with FileLock(find_place(out).lock), pytest.raises(OutputError) as caught:
        run_quarter(config, tmp_path / "link", random_seed=SEED)
    assert caught.value.code == "OUTPUT.LOCKED"
    with pytest.raises(OutputError) as caught:
        run_quarter(config, tmp_path, random_seed=SEED)
    assert caught.value.code == "OUTPUT.EXISTS"


def test_damaged_files_of_the_run_are_refused_or_made_anew(tmp_path):
    with RunFolder.opened(tmp_path, random_seed=SEED) as opened:
        (tmp_path / "seconds.csv").write_bytes(b'\xff\x00\n"a')
        opened.keep_seconds({"deaths": 1.0})
    assert (tmp_path / "seconds.csv").read_text() == "unit,seconds\ndeaths,1.000\n"
    (tmp_path / "settings.json").write_bytes(b"\xff\xfe")
    with pytest.raises(SpecError) as caught, RunFolder.opened(tmp_path, random_seed=SEED):
        pass
    assert caught.value.code == "CONFIG.VALUE"


def test_a_run_killed_as_it_took_its_folder_can_be_run_again(tmp_path):
    (tmp_path / ".settings.json.part").write_text("{")
    with RunFolder.opened(tmp_path, random_seed=SEED) as opened:
        assert [path.name for path in opened.folder.glob("*.json")] == ["settings.json"]
    assert not (tmp_path / ".settings.json.part").exists()


def test_what_the_publication_needs_is_asked_for_before_any_work(ran, tmp_path, monkeypatch):
    config, _, _ = ran
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(SpecError) as caught:
        run_quarter(config, tmp_path / "out", random_seed=SEED)
    assert caught.value.code == "CONFIG.EXTRA"
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("no_sampling")
def test_the_old_unit_stays_until_the_new_one_is_whole(tmp_path, monkeypatch):
    config, out = write_quarter(tmp_path, "deaths"), tmp_path / "out"
    run_quarter(config, out, random_seed=SEED, jobs=1)
    before = contents(out / "units" / "deaths")
    table(seed=9).to_csv(tmp_path / "tables" / "deaths.csv", index=False)

    def stop(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(unit, "write_manifest", stop)
        with pytest.raises(KeyboardInterrupt):
            run_quarter(config, out, random_seed=SEED, jobs=1)
    assert contents(out / "units" / "deaths") == before
    assert {path.name for path in (out / "units").iterdir()} == {"README.txt", "deaths"}


@pytest.mark.usefixtures("no_sampling")
def test_where_all_are_refused_the_first_is_raised(tmp_path):
    config = write_quarter(tmp_path, "deaths", "stays", stays=table().head(3))
    table().assign(deaths=-1).to_csv(tmp_path / "tables" / "deaths.csv", index=False)
    with pytest.raises(VarmodelError) as caught:
        run_quarter(config, tmp_path / "out", random_seed=SEED, jobs=1)
    assert caught.value.code == "COUNT.NEGATIVE"
    assert caught.value.where.file == "tables/deaths.csv"
    assert not (tmp_path / "out" / "site").exists()


@pytest.mark.usefixtures("no_sampling")
def test_a_mistake_of_ours_is_raised_once_the_others_are_done(tmp_path, monkeypatch):
    real = unit.analyse

    def analyse(spec, *args, **kwargs):
        if spec.name == "deaths":
            raise ZeroDivisionError
        return real(spec, *args, **kwargs)

    monkeypatch.setattr(unit, "analyse", analyse)
    config = write_quarter(tmp_path, "deaths", "stays")
    with pytest.raises(ZeroDivisionError) as caught:
        run_quarter(config, tmp_path / "out", random_seed=SEED, jobs=1)
    assert caught.value.__notes__ == ["in indicator deaths"]
    assert (tmp_path / "out" / "units" / "stays" / "manifest.json").is_file()


@pytest.mark.usefixtures("no_sampling")
def test_a_full_disk_says_where_and_how_much(tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(unit.shutil, "disk_usage", lambda _: usage)
    config = write_quarter(tmp_path, "deaths")
    with pytest.raises(OutputError) as caught:
        run_quarter(config, tmp_path / "out", random_seed=SEED, jobs=1)
    assert caught.value.code == "OUTPUT.DISK"
    assert caught.value.where.file == str(tmp_path / "out" / "units" / "deaths")
    assert "needs" in str(caught.value)
    assert "0.0 MB are free" in str(caught.value)
    assert list((tmp_path / "out" / "units").iterdir()) == []


@pytest.mark.usefixtures("no_sampling")
def test_a_disk_that_fills_up_leaves_no_part_of_a_unit(tmp_path, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(unit, "save_fit", full)
    with pytest.raises(OutputError, match=r"needs .* MB are free: a quota is used up") as caught:
        run_quarter(write_quarter(tmp_path, "deaths"), tmp_path / "out", random_seed=1, jobs=1)
    assert caught.value.code == "OUTPUT.DISK"
    assert list((tmp_path / "out" / "units").iterdir()) == []


@pytest.mark.usefixtures("no_sampling")
def test_warnings_are_kept_and_said_with_the_name(tmp_path):
    more = pd.concat([table(), pd.DataFrame({"trust": ["R07"], "deaths": [0], "cases": [0]})])
    config = write_quarter(tmp_path, "deaths", deaths=more)
    with pytest.warns(match="deaths: ") as caught:
        run_quarter(config, tmp_path / "out", random_seed=SEED, jobs=1)
    kept = (tmp_path / "out" / "units" / "deaths" / "warnings.txt").read_text()
    assert len(kept.splitlines()) == len(caught) > 0
    run_quarter(config, tmp_path / "out", random_seed=SEED, jobs=1)  # said once


RUN = """
import sys
from tests.fits.hand_made import sample_by_hand
from varmodel.batch import run_quarter
from varmodel.cli import main
from varmodel.inference import samplers
samplers.SAMPLERS = dict.fromkeys(("auto", "marginal"), sample_by_hand)
if __name__ == "__main__":
    sys.exit(main(["quarter", *sys.argv[1:], "--seed", "7", "--jobs", "1"]))
"""


def start(config, out):
    command = [sys.executable, "-c", RUN, config, "--out", out]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    env = {**os.environ, "PYTHONPATH": path}
    return subprocess.Popen(list(map(str, command)), cwd=ROOT, env=env, text=True, **pipes)


def until(job, path, *, seconds=60):
    """Wait until a path is there, or the process has ended."""
    for _ in range(int(seconds / 0.005)):
        if path.exists() or job.poll() is not None:
            return
        time.sleep(0.005)


def test_killed_and_run_again_the_bytes_are_the_same(ran, tmp_path, monkeypatch, capsys):
    """It is run again in this process: killed and run in others, `long` holds."""
    config, out, _ = ran
    with start(config, tmp_path / "out") as job:
        until(job, tmp_path / "out" / "units" / "deaths")
        job.send_signal(signal.SIGKILL)
    assert not (tmp_path / "out" / "manifest.json").exists()
    monkeypatch.setattr(samplers, "SAMPLERS", dict.fromkeys(("auto", "marginal"), sample_by_hand))
    command = ["quarter", str(config), "--out", str(tmp_path / "out")]
    code = main([*command, "--seed", str(SEED), "--jobs", "1"])
    told, refused = capsys.readouterr()
    assert code == 0, refused
    assert refused.splitlines()[-1].startswith("refused: late: DESIGN.TOO_FEW: ")
    assert "2 of 3 indicators" in told
    assert contents(tmp_path / "out") == contents(out)


@pytest.mark.long
def test_killed_at_any_moment_the_bytes_are_the_same(ran, tmp_path):
    config, out, _ = ran
    rng = np.random.default_rng(5)
    for _ in range(12):
        with start(config, tmp_path / "out") as job:
            until(job, tmp_path / "out" / "settings.json")
            time.sleep(rng.uniform(0, 2.5))
            job.kill()
    with start(config, tmp_path / "out") as job:
        job.communicate(timeout=120)
    assert contents(tmp_path / "out") == contents(out)


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.long)],
)
def test_a_signal_keeps_what_is_done(ran, tmp_path, number, code):
    config, out, _ = ran
    with start(config, tmp_path / "out") as job:
        until(job, tmp_path / "out" / "units" / "deaths")
        job.send_signal(number)
        job.communicate(timeout=60)
    assert job.returncode == code
    done = contents(tmp_path / "out" / "units" / "deaths")
    assert done == contents(out / "units" / "deaths")
    assert not (tmp_path / "out" / "manifest.json").exists()


@pytest.mark.long
def test_two_processes_give_the_same_bytes(tmp_path, monkeypatch):
    """Those of Dask are held to two processes by tests/engines/test_quarter.py."""
    monkeypatch.setattr(gathering, "WRITERS", {})
    config = write_quarter(tmp_path / "in", "deaths", "stays")
    one = run_quarter(config, tmp_path / "one", random_seed=SEED, jobs=1)
    two = run_quarter(config, tmp_path / "two", random_seed=SEED, jobs=2)
    assert one.made == two.made == ("deaths", "stays")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


@pytest.mark.long
def test_workers_end_with_the_process_that_asked_even_when_it_is_killed(tmp_path):
    config = write_quarter(tmp_path / "in", "deaths", "stays", "visits")
    command = [sys.executable, "-m", "varmodel", "quarter", config, "--out", tmp_path / "out"]
    job = subprocess.Popen([*map(str, command), "--seed", "7"], start_new_session=True)
    until(job, tmp_path / "out" / "units" / "deaths")
    job.kill()
    job.wait()
    for _ in range(100):
        left = subprocess.run(["pgrep", "-g", str(job.pid)], capture_output=True, check=False)
        if left.returncode == 1:
            break
        time.sleep(0.1)
    assert left.stdout == b""
    whole = run_quarter(config, tmp_path / "out", random_seed=7)
    assert "deaths" not in whole.made
    run_quarter(config, tmp_path / "other", random_seed=7, jobs=1)
    assert contents(tmp_path / "out") == contents(tmp_path / "other")


@pytest.mark.usefixtures("no_sampling")
def test_a_run_killed_while_pages_are_written_leaves_nothing_behind(tmp_path, monkeypatch):
    config, out = write_quarter(tmp_path, "deaths"), tmp_path / "out"
    whole = run_quarter(config, out, random_seed=SEED, jobs=1)
    before = contents(out)
    unit_lock = find_place(out / "units" / "deaths")
    unit_lock.lock.touch()
    unit_lock.new.mkdir()
    (find_place(whole.site).new / "half").mkdir(parents=True)
    find_place(whole.site).lock.touch()
    run_quarter(config, out, random_seed=SEED, jobs=1)
    assert contents(out) == before
    assert sorted(path.name for path in (out / "units").iterdir()) == ["README.txt", "deaths"]
    assert gathering.RUN_MANIFEST in before
