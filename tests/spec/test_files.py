"""Paths: only regular files of this machine are opened."""

import os

import pytest

from varmodel.errors import InputError
from varmodel.spec.files import check_regular_file


def refused(path):
    with pytest.raises(InputError) as caught:
        check_regular_file(path)
    assert caught.value.fix
    assert caught.value.where.file == os.fspath(path)
    return caught.value.code


def test_a_regular_file_and_a_link_to_one(tmp_path):
    file, link = tmp_path / "a [1] *.csv", tmp_path / "link"
    file.touch()
    link.symlink_to(file)
    assert check_regular_file(file) == file
    assert check_regular_file(str(link)) == link


def test_what_is_not_there(tmp_path):
    (tmp_path / "broken").symlink_to(tmp_path / "nothing")
    (tmp_path / "file").touch()
    for name in ("nothing", "broken", "*", "x" * 5_000, "file/below"):
        assert refused(tmp_path / name) == "INPUT.NOT_FOUND"


@pytest.mark.parametrize("path", ["https://x.org/a.csv", "S3://b/c", "file:///etc/passwd", "a\0b"])
def test_addresses(path):
    assert refused(path) == "INPUT.UNSAFE_PATH"


def test_folders_pipes_and_devices(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    for path in ("", tmp_path, tmp_path / "pipe", tmp_path / "link", "/dev/null"):
        assert refused(path) == "INPUT.UNSAFE_PATH"


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    file = tmp_path / "a.csv"
    file.touch()
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert refused(file) == "INPUT.NOT_FOUND"
