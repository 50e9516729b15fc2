"""A cache folder that can be written, whatever the machine."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from varmodel.numerics.loops import cache
from varmodel.numerics.loops.cache import ensure_cache, kernel_folder


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


@pytest.mark.usefixtures("machine")
def test_without_user_numbers_the_temporary_folder_is_the_users_own(monkeypatch, tmp_path):
    """Windows has no os.getuid."""
    block(tmp_path / "home")
    monkeypatch.delattr(os, "getuid")
    ensure_cache()
    assert os.environ["NUMBA_CACHE_DIR"] == str(tmp_path / "varmodel-user" / "numba")


# Folders of compiled kernels


@pytest.fixture
def sources(tmp_path):
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "outer.py").write_text("call inner")
    (folder / "inner.py").write_text("return 1")
    return folder


VERSIONS = ("numba 1", "numpy 2")


def test_a_folder_of_kernels_is_named_by_every_file_and_version(machine, sources):
    first = kernel_folder(sources, versions=VERSIONS)
    assert first == kernel_folder(sources, versions=VERSIONS)
    assert first.parent == machine / ".cache" / "varmodel"
    assert first.is_dir()
    found = [first, kernel_folder(sources, versions=("numba 2", "numpy 2"))]
    (sources / "inner.py").write_text("return 2")
    found.append(kernel_folder(sources, versions=VERSIONS))
    (sources / "inner.py").rename(sources / "other.py")
    found.append(kernel_folder(sources, versions=VERSIONS))
    (sources / "other.py").unlink()
    found.append(kernel_folder(sources, versions=VERSIONS))
    found.append(kernel_folder(sources, sources, versions=VERSIONS))
    assert len(set(found)) == len(found)


def test_the_folder_that_the_user_chose_holds_it(machine, sources, tmp_path):
    found = kernel_folder(sources, versions=VERSIONS, chosen=str(tmp_path / "mine"))
    assert found.parent == tmp_path / "mine"
    (tmp_path / "file").touch()
    found = kernel_folder(sources, versions=VERSIONS, chosen=str(tmp_path / "file"))
    assert found.parent == machine / ".cache" / "varmodel"
    block(machine)
    (machine / ".cache").rename(machine / "was")
    (machine / ".cache").touch()
    found = kernel_folder(sources, versions=VERSIONS)
    assert found.parent == tmp_path / f"varmodel-{os.getuid()}" / "numba"
    assert found.is_dir()


@pytest.mark.usefixtures("machine")
def test_only_folders_of_kernels_long_unused_are_swept(sources, tmp_path):
    home, long_ago = tmp_path / "mine", time.time() - 31 * 24 * 3600
    names = [f"varmodel-kernels-{digit * 16}" for digit in "0123"]
    others = ["varmodel-kernels-0", "theirs", "marginal_0123456789abcdef"]
    for name in (*names, *others):
        (home / name).mkdir(parents=True)
        (home / name / "last_used").touch()
        os.utime(home / name / "last_used", (long_ago, long_ago))
    (home / names[1] / "last_used").touch()  # somebody has just used it
    (home / names[2] / "last_used").unlink()  # not made by kernel_folder
    (home / names[3]).rename(tmp_path / "elsewhere")
    (home / names[3]).symlink_to(tmp_path / "elsewhere")
    own = kernel_folder(sources, versions=VERSIONS, chosen=str(home))
    left = {entry.name for entry in home.iterdir()}
    assert left == {own.name, *names[1:], *others}
    assert (tmp_path / "elsewhere" / "last_used").exists()


IMPORTS = (
    "from varmodel.numerics.loops.cache import ensure_cache; ensure_cache(); import numba, pytensor"
)


def test_the_packages_load_without_a_home_to_write_to(tmp_path):
    block(tmp_path)
    kept = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "PYTENSOR_FLAGS")}
    environment = {**kept, "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    environment.pop("XDG_CACHE_HOME", None)
    command = [sys.executable, "-W", "error", "-c", IMPORTS]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
