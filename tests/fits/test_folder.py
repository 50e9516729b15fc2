"""A folder that appears whole or not at all."""

import errno
import os
import stat

import pytest

from varmodel.errors import OutputError
from varmodel.fits.folder import check_free, is_empty, new_folder


@pytest.fixture
def place(tmp_path):
    return tmp_path / "out"


def write(path, text="x", *, then=lambda: None, **options):
    with new_folder(path, **options) as folder:
        (folder / "inner").mkdir()
        (folder / "inner" / "file").write_text(text)
        then()


def raising(error):
    def stop():
        raise error

    return stop


def test_the_folder_appears_with_its_content(place):
    write(place)
    assert (place / "inner" / "file").read_text() == "x"
    assert [entry.name for entry in place.parent.iterdir()] == ["out"]


def test_nothing_stands_there_while_it_is_built(place):
    with new_folder(place) as folder:
        assert folder.parent == place.parent
        assert not place.exists()
    assert place.is_dir()


def test_folders_above_are_made_and_the_mask_is_kept(place):
    before = os.umask(0o027)
    try:
        write(place / "a" / "b")
    finally:
        os.umask(before)
    assert stat.S_IMODE((place / "a" / "b").stat().st_mode) == 0o750


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_exception_leaves_nothing_not_even_the_folders_above(place, error):
    with pytest.raises(error):
        write(place / "a" / "b", then=raising(error))
    assert list(place.parent.iterdir()) == []


def test_a_folder_above_that_others_use_stays(place):
    def stop():
        (place / "theirs").touch()
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        write(place / "a", then=stop)
    assert [entry.name for entry in place.iterdir()] == ["theirs"]


def refusal(path, **options):
    with pytest.raises(OutputError) as caught:
        write(path, **options)
    assert str(path) in str(caught.value)
    return caught.value.code


def test_what_is_there_already_is_refused(place):
    place.mkdir()
    assert refusal(place) == "OUTPUT.EXISTS"
    assert refusal(place, may_replace=lambda _: False) == "OUTPUT.EXISTS"
    place.rmdir()
    place.touch()
    assert refusal(place, may_replace=lambda _: True) == "OUTPUT.EXISTS"


@pytest.mark.parametrize("target", ["there", "not there"])
def test_a_link_is_never_replaced(place, target):
    (place.parent / "there").mkdir()
    place.symlink_to(place.parent / target)
    assert refusal(place, may_replace=lambda _: True) == "OUTPUT.EXISTS"
    assert place.is_symlink()


def test_a_folder_may_be_replaced(place):
    write(place, "old")
    with pytest.raises(ValueError, match="stop"):
        write(place, "new", then=raising(ValueError("stop")), may_replace=lambda _: True)
    assert (place / "inner" / "file").read_text() == "old"
    write(place, "new", may_replace=lambda _: True)
    assert (place / "inner" / "file").read_text() == "new"


def test_what_came_in_the_meantime_is_not_overwritten(place):
    def come():
        place.mkdir()
        (place / "theirs").touch()

    assert refusal(place, then=come) == "OUTPUT.EXISTS"
    assert [entry.name for entry in place.parent.iterdir()] == ["out"]
    assert [entry.name for entry in place.iterdir()] == ["theirs"]


def test_what_came_just_before_the_end_is_not_removed(place, monkeypatch):
    """Between the last look and the renaming nobody looks: the system itself refuses."""
    real = os.rename

    def come(source, target):
        place.mkdir(exist_ok=True)
        (place / "theirs").touch()
        real(source, target)

    monkeypatch.setattr(os, "rename", come)
    assert refusal(place, may_replace=is_empty) == "OUTPUT.EXISTS"
    assert [entry.name for entry in place.parent.iterdir()] == ["out"]
    assert [entry.name for entry in place.iterdir()] == ["theirs"]


def test_what_is_replaced_comes_back_where_the_new_cannot_be_put(place, monkeypatch):
    write(place, "old")
    real = os.rename

    def fail_once(source, target):
        if str(source).endswith(".new"):
            raise OSError(errno.EIO, "no")
        real(source, target)

    monkeypatch.setattr(os, "rename", fail_once)
    assert refusal(place, may_replace=lambda _: True) == "OUTPUT.DENIED"
    assert (place / "inner" / "file").read_text() == "old"
    assert [entry.name for entry in place.parent.iterdir()] == ["out"]


def test_a_mounted_volume_is_refused_before_any_work(place, monkeypatch):
    place.mkdir()
    monkeypatch.setattr(os.path, "ismount", lambda path: os.fspath(path) == str(place))
    assert refusal(place, may_replace=is_empty) == "OUTPUT.DENIED"


def test_here_can_be_named(tmp_path, monkeypatch):
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    write(".", may_replace=is_empty)
    assert (folder / "inner" / "file").is_file()


@pytest.mark.parametrize("path", ["file", "file/a", "file/a/b"])
def test_a_file_in_the_way_is_refused_before_any_work(tmp_path, path):
    (tmp_path / "file").touch()
    code = "OUTPUT.EXISTS" if path == "file" else "OUTPUT.DENIED"
    with pytest.raises(OutputError) as caught:
        check_free(tmp_path / path)
    assert caught.value.code == code
    assert refusal(tmp_path / path) == code


def test_a_folder_without_the_right_to_write_is_refused(place, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert refusal(place) == "OUTPUT.DENIED"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "OUTPUT.DISK"),
        (errno.EDQUOT, "OUTPUT.DISK"),
        (errno.EFBIG, "OUTPUT.DISK"),
        (errno.EACCES, "OUTPUT.DENIED"),
        (errno.EROFS, "OUTPUT.DENIED"),
    ],
)
def test_the_system_says_why_it_cannot_write(place, number, code):
    with pytest.raises(OutputError) as caught:
        write(place, then=raising(OSError(number, os.strerror(number))))
    assert caught.value.code == code
    assert os.strerror(number) in str(caught.value)
    assert list(place.parent.iterdir()) == []


def test_the_bytes_are_on_the_disk_before_the_folder_has_its_name(place, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda _: synced.append(place.exists()))
    write(place)
    assert synced == [False]


def test_a_long_name_is_as_long_as_the_system_allows(place):
    write(place.with_name("n" * 255))


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_a_name_that_no_folder_can_have_is_refused_before_any_work(tmp_path, name):
    with pytest.raises(OutputError) as caught:
        check_free(tmp_path / name)
    assert caught.value.code == "OUTPUT.DENIED"
