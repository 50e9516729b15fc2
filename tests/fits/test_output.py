"""Who may write a place: real processes, some of them killed."""

import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from varmodel.errors import OutputError
from varmodel.fits.folder import build_folder, reserve
from varmodel.fits.output import find_place, hold

BUILDING = """
import sys, time
from varmodel.fits.folder import new_folder

with new_folder(sys.argv[1]) as folder:
    (folder / "half").write_text("x")
    print("building", flush=True)
    time.sleep(60)
"""


@contextmanager
def building(target):
    """Another process that builds a folder, until it is killed."""
    command = [sys.executable, "-c", BUILDING, str(target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as job:
        assert job.stdout.readline() == "building\n"
        try:
            yield
        finally:
            job.kill()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def make(target):
    with reserve(target) as place, build_folder(place) as folder:
        (folder / "whole").touch()


def test_a_killed_process_leaves_nothing_to_the_next_and_a_live_one_is_left_alone(tmp_path):
    dead, live, other = (tmp_path / "deep" / name for name in ("dead", "live", "other"))
    with building(live):
        of_the_live = names(live.parent)
        with building(dead):
            pass
        assert len(names(live.parent)) == 2 * len(of_the_live) == 4
        make(other)
        assert names(live.parent) == [*of_the_live, "other"]
        assert (find_place(live).new / "half").exists()
        began = time.monotonic()
        with pytest.raises(OutputError) as caught:
            make(live)
        assert time.monotonic() - began < 5
        assert caught.value.code == "OUTPUT.LOCKED"
        assert str(live) in str(caught.value)
        assert names(live.parent) == [*of_the_live, "other"]
    make(live)
    assert names(live) == ["whole"]
    assert names(live.parent) == ["live", "other"]


def test_every_spelling_of_a_place_is_one_place(tmp_path, monkeypatch):
    (tmp_path / "there" / "below").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "there" / "below")
    monkeypatch.chdir(tmp_path)
    with hold("there/below/out"):
        for spelling in ("link/out", "there/below/out/", "link/../below/./out", "link/out/x/.."):
            with pytest.raises(OutputError) as caught, hold(spelling, patience=0):
                pass
            assert caught.value.code == "OUTPUT.LOCKED"
            assert spelling in str(caught.value)
        with hold("there/below/out2"):
            pass
    assert names(tmp_path / "link") == []


def test_what_was_set_aside_and_not_replaced_is_put_back(tmp_path):
    place = find_place(tmp_path / "out")
    place.old.mkdir()
    place.new.mkdir()
    with hold(place.target):
        assert place.target.exists()
        assert not place.new.exists()
    place.old.mkdir()  # and what was replaced goes
    with hold(place.target):
        assert not place.old.exists()
    assert names(tmp_path) == ["out"]


def test_a_folder_above_that_goes_meanwhile_is_made_again(tmp_path, monkeypatch):
    real, left = FileLock.acquire, [None, None]

    def acquire(lock, **options):
        if left:
            left.pop()
            (tmp_path / "above").rmdir()
        return real(lock, **options)

    monkeypatch.setattr(FileLock, "acquire", acquire)
    make(tmp_path / "above" / "out")
    assert names(tmp_path / "above") == ["out"]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="no folder here that takes no files")
def test_a_folder_that_takes_no_files_is_not_one_that_is_locked():
    with pytest.raises(OutputError) as caught, hold("/proc/x", patience=0.05):
        pass
    assert caught.value.code == "OUTPUT.DENIED"
