"""A cache folder that can be written, whatever the machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from varmodel.inference import cache
from varmodel.inference.cache import ensure_cache


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A home of one's own, and no setting of the environment."""
    for name in ("NUMBA_CACHE_DIR", "PYTENSOR_FLAGS", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr(cache.tempfile, "gettempdir", lambda: str(tmp_path))
    return home


def block(home):
    """Put files where folders should be: root may write anywhere else."""
    (home / ".cache").touch()
    (home / ".pytensor").touch()


def test_nothing_is_set_where_the_home_can_be_written(machine):
    ensure_cache()
    assert "NUMBA_CACHE_DIR" not in os.environ
    assert "PYTENSOR_FLAGS" not in os.environ


def test_temporary_folders_take_the_place_of_a_home_that_cannot(machine, tmp_path):
    block(machine)
    ensure_cache()
    own = tmp_path / f"varmodel-{os.getuid()}"
    assert os.environ["NUMBA_CACHE_DIR"] == str(own / "numba")
    assert os.environ["PYTENSOR_FLAGS"] == f"base_compiledir={own / 'pytensor'}"
    assert (own / "numba").is_dir()
    assert (own / "pytensor").is_dir()
    assert own.stat().st_mode & 0o077 == 0  # nobody else may put code there


def test_what_the_user_set_stays(machine, monkeypatch):
    block(machine)
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/mine")
    monkeypatch.setenv("PYTENSOR_FLAGS", "base_compiledir=/mine")
    ensure_cache()
    assert os.environ["NUMBA_CACHE_DIR"] == "/mine"
    assert os.environ["PYTENSOR_FLAGS"] == "base_compiledir=/mine"


def test_other_flags_are_kept(machine, monkeypatch, tmp_path):
    block(machine)
    monkeypatch.setenv("PYTENSOR_FLAGS", "floatX=float64")
    ensure_cache()
    assert os.environ["PYTENSOR_FLAGS"].startswith("floatX=float64,base_compiledir=")


def test_a_folder_of_somebody_else_is_not_used(machine, tmp_path, monkeypatch):
    block(machine)
    theirs = tmp_path / f"varmodel-{os.getuid()}"
    theirs.mkdir(mode=0o777)
    theirs.chmod(0o777)
    ensure_cache()
    assert not os.environ["NUMBA_CACHE_DIR"].startswith(f"{theirs}/")
    assert Path(os.environ["NUMBA_CACHE_DIR"]).is_dir()


IMPORTS = (
    "from varmodel.inference.cache import ensure_cache; ensure_cache(); import numba, pytensor"
)


def test_the_packages_load_without_a_home_to_write_to(tmp_path):
    block(tmp_path)
    kept = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "PYTENSOR_FLAGS")}
    environment = {**kept, "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    environment.pop("XDG_CACHE_HOME", None)
    command = [sys.executable, "-W", "error", "-c", IMPORTS]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
