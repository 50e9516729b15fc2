"""The interpreter search and the stamp of bootstrap.py, with interpreters that only pretend."""

import json
import os
import sys
import tomllib
from pathlib import Path

import pytest

import bootstrap


def fake_python(path: Path, version: tuple[int, int, int], *, status: int = 0) -> str:
    """Write a program that answers the probe as an interpreter of this version."""
    answer = json.dumps([version, str(path)])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{answer}'\nexit {status}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A machine without any interpreter but the one of the system, which is too old."""
    monkeypatch.setattr(sys, "executable", fake_python(tmp_path / "old" / "python3", (3, 11, 7)))
    return {"PATH": f"{tmp_path / 'bin'}{os.pathsep}/bin", "PYENV_ROOT": str(tmp_path / "pyenv")}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with a finished environment."""
    root = tmp_path / "checkout"
    monkeypatch.setattr(bootstrap, "ROOT", root)
    monkeypatch.setattr(bootstrap, "VENV", root / ".venv")
    monkeypatch.setattr(bootstrap, "VENV_PYTHON", root / ".venv" / "bin" / "python")
    monkeypatch.setattr(bootstrap, "STAMP", root / ".venv" / "stamp.json")
    monkeypatch.setattr(bootstrap, "INPUTS", (root / "pyproject.toml", root / "constraints.txt"))
    python = fake_python(bootstrap.VENV_PYTHON, (3, 13, 0))
    for path in bootstrap.INPUTS:
        path.write_text("")
    bootstrap.STAMP.write_text(json.dumps(bootstrap.state(bootstrap.probe(python))))
    return root


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the set-up does, written down instead of done."""
    steps: list[str] = []
    monkeypatch.setattr(bootstrap.subprocess, "run", recorder(steps, bootstrap.subprocess.run))
    monkeypatch.setattr(bootstrap, "install", lambda _: steps.append("install"))
    return steps


def recorder(steps: list[str], run):
    """Let probes run; note the making of an environment."""

    def wrapped(command, **options):
        if "venv" not in command:
            return run(command, **options)
        fake_python(bootstrap.VENV_PYTHON, (3, 13, 0))
        return steps.append("venv")

    return wrapped


def test_range_is_that_of_pyproject():
    text = (Path(bootstrap.__file__).parent / "pyproject.toml").read_text()
    oldest, too_new = (".".join(map(str, v)) for v in (bootstrap.OLDEST, bootstrap.TOO_NEW))
    assert tomllib.loads(text)["project"]["requires-python"] == f">={oldest},<{too_new}"


def test_search_prefers_the_chosen_one(environ, tmp_path):
    fake_python(tmp_path / "bin" / "python3.13", (3, 13, 0))
    environ["VARMODEL_PYTHON"] = fake_python(tmp_path / "mine", (3, 12, 4))
    assert bootstrap.find(environ) == ([3, 12, 4], environ["VARMODEL_PYTHON"])


def test_search_prefers_itself_to_the_path(environ, tmp_path, monkeypatch):
    fake_python(tmp_path / "bin" / "python3.13", (3, 13, 0))
    monkeypatch.setattr(sys, "executable", fake_python(tmp_path / "self", (3, 14, 2)))
    assert bootstrap.find(environ).version == [3, 14, 2]


def test_search_takes_the_path_in_order(environ, tmp_path):
    for minor in (12, 14, 13):
        fake_python(tmp_path / "bin" / f"python3.{minor}", (3, minor, 1))
    assert bootstrap.find(environ).version == [3, 13, 1]


def test_search_runs_what_it_finds(environ, tmp_path):
    fake_python(tmp_path / "bin" / "python3.13", (3, 13, 0), status=127)
    (tmp_path / "bin" / "python3.14").mkdir()
    fake_python(tmp_path / "pyenv" / "versions" / "3.12.1" / "bin" / "python", (3, 12, 1))
    assert bootstrap.find(environ).version == [3, 12, 1]


@pytest.mark.parametrize("version", [(3, 11, 9), (3, 15, 0), (2, 7, 18)])
def test_search_refuses_other_versions(environ, tmp_path, version):
    environ["VARMODEL_PYTHON"] = fake_python(tmp_path / "mine", version)
    assert bootstrap.find(environ) is None


@pytest.mark.parametrize("answer", ["", "Python 3.13", "[]", "3"])
def test_probe_refuses_nonsense(tmp_path, answer):
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\necho '{answer}'\n")
    path.chmod(0o755)
    assert bootstrap.probe(str(path)) is None


def test_probe_accepts_a_real_interpreter():
    assert tuple(bootstrap.probe(sys.executable).version) == sys.version_info[:3]


def test_no_interpreter_is_one_line(environ, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "VENV_PYTHON", tmp_path / "absent")
    assert bootstrap.set_up(environ) == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.usefixtures("place")
def test_finished_environment_is_left_alone(environ, installed):
    assert bootstrap.set_up(environ) == 0
    assert installed == []


def test_changed_dependencies_are_installed_in_place(environ, installed, place):
    (place / "constraints.txt").write_text("numpy==2.0.0\n")
    assert bootstrap.set_up(environ) == 0
    assert installed == ["install"]
    assert bootstrap.set_up(environ) == 0
    assert installed == ["install"]


@pytest.mark.parametrize("record", [None, "", "[]", "{}"])
@pytest.mark.usefixtures("place")
def test_interrupted_set_up_starts_afresh(environ, installed, tmp_path, record):
    fake_python(tmp_path / "bin" / "python3.13", (3, 13, 0))
    bootstrap.STAMP.unlink()
    if record is not None:
        bootstrap.STAMP.write_text(record)
    assert bootstrap.set_up(environ) == 0
    assert installed == ["venv", "install"]


def test_moved_checkout_starts_afresh(environ, installed, place, tmp_path, monkeypatch):
    fake_python(tmp_path / "bin" / "python3.13", (3, 13, 0))
    monkeypatch.setattr(bootstrap, "ROOT", place.parent / "moved")
    assert bootstrap.set_up(environ) == 0
    assert installed == ["venv", "install"]


@pytest.mark.usefixtures("place")
def test_another_chosen_interpreter_starts_afresh(environ, installed, tmp_path):
    environ["VARMODEL_PYTHON"] = fake_python(tmp_path / "mine", (3, 12, 4))
    assert bootstrap.set_up(environ) == 0
    assert installed == ["venv", "install"]


@pytest.mark.usefixtures("place")
def test_failed_installation_is_not_taken_for_done(environ, tmp_path, monkeypatch, capsys):
    fake_python(tmp_path / "bin" / "python3.13", (3, 13, 0))
    bootstrap.INPUTS[0].write_text("changed")
    fake_python(bootstrap.VENV_PYTHON, (3, 13, 0), status=0)
    error = bootstrap.subprocess.CalledProcessError(1, ["uv", "pip"])
    monkeypatch.setattr(bootstrap, "install", lambda _: (_ for _ in ()).throw(error))
    monkeypatch.setattr(bootstrap.os, "environ", environ)
    assert bootstrap.main() == 1
    assert capsys.readouterr().err == "The set-up stopped: uv pip failed.\n"
    assert not bootstrap.STAMP.exists()


def test_installation_writes_byte_code(monkeypatch):
    calls = []
    monkeypatch.setattr(
        bootstrap.subprocess, "run", lambda command, **options: calls.append((command, options))
    )
    bootstrap.install({"PYTHONDONTWRITEBYTECODE": "1", "VIRTUAL_ENV": "/elsewhere", "HOME": "/h"})
    assert all(set(options["env"]) == {"HOME", "UV_SYSTEM_CERTS"} for _, options in calls)
    (_, (tools, _), (kernels, _)) = calls
    assert "--compile-bytecode" in tools
    assert kernels[1:] == ["-m", "varmodel", "compile"]
