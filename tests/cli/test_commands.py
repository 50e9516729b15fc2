"""Exit codes, messages and signals of the command line."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from varmodel import __version__, list_models
from varmodel.cli import run
from varmodel.errors import CODES, Problem


def raising(code):
    def fail(*args, **kwargs):
        raise CODES[code]((Problem(code, "it went wrong", fix="mend it"),))

    return fail


RUN = ("run", "surgical_mortality", "table.csv", "--out", "out", "--seed", "1")


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("INPUT.NOT_FOUND", 2),
        ("VALUE.NUMBER", 2),
        ("CONFIG.KEY", 2),
        ("DESIGN.TOO_FEW", 2),
        ("FIT.CONVERGENCE", 3),
        ("FIT.INCOMPLETE", 3),
        ("OUTPUT.DISK", 4),
        ("ARTIFACT.CORRUPT", 5),
    ],
)
def test_each_kind_of_refusal_has_its_exit_code_and_one_message(command, monkeypatch, code, number):
    monkeypatch.setattr(run, "run_model", raising(code))
    found = command(*RUN)
    assert found.code == number
    assert found.err == f"{code}: it went wrong. Fix: mend it.\n"
    assert found.out == ""


def test_a_bug_is_a_traceback(command, monkeypatch):
    def fail(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(run, "run_model", fail)
    with pytest.raises(ZeroDivisionError):
        command(*RUN)


def test_an_interrupt_is_130(command, monkeypatch):
    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "run_model", stop)
    assert command(*RUN).code == 130


@pytest.mark.parametrize(
    "arguments",
    [
        ["rank"],
        ["run"],
        ["run", "surgical_mortality", "table.csv", "--seed", "1"],
        ["run", "surgical_mortality", "table.csv", "--out", "out"],
        ["run", "surgical_mortality", "table.csv", "--out", "out", "--seed", "-1"],
        ["run", "surgical_mortality", "table.csv", "--out", "out", "--seed", "1.5"],
        ["run", "surgical_mortality", "table.csv", "--out", "out", "--seed", "1", "--fast"],
        ["check", "surgical_mortality"],
        ["--verbose"],
    ],
)
def test_wrong_usage_is_2(command, arguments):
    found = command(*arguments)
    assert found.code == 2
    assert "Usage: " in found.err
    assert found.out == ""


@pytest.mark.parametrize("command_name", [None, "run", "check", "models", "demo"])
def test_help_is_0(command, command_name):
    found = command(*([command_name] if command_name else []), "--help")
    assert found.code == 0
    assert found.out.startswith("Usage: ")
    assert found.err == ""


def test_version(command):
    found = command("--version")
    assert found.code == 0
    assert found.out.strip().endswith(__version__)


def test_a_seed_that_no_sampler_takes_is_refused(command, surgical, tmp_path):
    found = command("run", "surgical_mortality", surgical, "--out", tmp_path / "o", "--seed", 2**64)
    assert found.code == 2
    assert found.err.startswith("CONFIG.VALUE: random_seed must be ")
    assert not (tmp_path / "o").exists()


def test_the_handler_of_the_caller_is_put_back(command):
    before = signal.getsignal(signal.SIGTERM)
    command("models")
    assert signal.getsignal(signal.SIGTERM) is before


def module(*arguments):
    command = [sys.executable, "-m", "varmodel", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_module_is_the_command():
    found = module("models")
    assert found.returncode == 0, found.stderr
    assert list_models()[0] in found.stdout.split()
    found = module("check", "nothing", "x.csv")
    assert found.returncode == 2
    assert found.stderr.startswith("CONFIG.VALUE: ")
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize("command", ["models", "--help"])
def test_a_standard_output_that_is_closed_is_no_mistake_and_one_that_is_full_is(command):
    call = [sys.executable, "-m", "varmodel", command]
    reading, writing = os.pipe()
    os.close(reading)
    found = subprocess.run(call, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (found.returncode, found.stderr) == (0, b"")
    with Path("/dev/full").open("w") as full:
        found = subprocess.run(call, stdout=full, stderr=subprocess.PIPE, check=False, text=True)
    assert found.returncode == 4
    assert found.stderr.startswith("OUTPUT.DISK: ")
    assert len(found.stderr.splitlines()) == 1


SLOW = """
import sys, time
from tests.fits.hand_made import sample_by_hand
from varmodel.cli import main, run
from varmodel.inference import samplers

samplers.SAMPLERS["auto"] = sample_by_hand

def write_slowly(folder, **_):
    (folder / "half").write_text("x")
    print("writing", flush=True)
    time.sleep(60)

run.write_run = write_slowly
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_nothing_behind(surgical, tmp_path, number, code):
    out = tmp_path / "deep" / "out"
    arguments = ["run", "surgical_mortality", surgical, "--out", out, "--seed", "1"]
    command = [sys.executable, "-c", SLOW, *map(str, arguments)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as job:
        assert job.stdout.readline() == "writing\n", job.stderr.read()
        os.kill(job.pid, number)
        started = time.monotonic()
        _, error = job.communicate(timeout=30)
    assert job.returncode == code
    assert time.monotonic() - started < 10
    assert "Traceback" not in error
    assert [path.name for path in tmp_path.iterdir()] == ["surgical.csv"]
