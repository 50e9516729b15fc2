"""A folder that appears whole or not at all."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from varmodel.errors import Where, fail
from varmodel.fits.output import TAKEN, WRITABLE, OutputPlace, fail_writing, find_place, hold


@contextmanager
def new_folder(
    path: str | os.PathLike[str], *, may_replace: Callable[[Path], bool] | None = None
) -> Iterator[Path]:
    """Build a folder beside its place, then rename it; whatever fails leaves nothing.

    Parameters
    ----------
    path : str or path-like
        The place; must not exist, or be a folder that may be replaced.
    may_replace : callable, optional
        Says of a folder that exists whether it may be replaced.

    Yields
    ------
    pathlib.Path
        A hidden folder to write into.

    Raises
    ------
    OutputError
        OUTPUT.EXISTS, OUTPUT.LOCKED, OUTPUT.DENIED, OUTPUT.DISK.
    """
    with (
        reserve(path, may_replace=may_replace) as place,
        build_folder(place, may_replace) as folder,
    ):
        yield folder


@contextmanager
def reserve(
    path: str | os.PathLike[str], *, may_replace: Callable[[Path], bool] | None = None
) -> Iterator[OutputPlace]:
    """Keep a free place for work that takes a while and ends in :func:`build`.

    Of two processes that want one place, one is refused before it works.

    Raises
    ------
    OutputError
        OUTPUT.EXISTS, OUTPUT.LOCKED, OUTPUT.DENIED, OUTPUT.DISK.
    """
    check_free(path, may_replace=may_replace)
    with hold(path) as place:
        check_free(place.target, may_replace=may_replace)  # again: who held it may have written it
        yield place


@contextmanager
def build_folder(
    place: OutputPlace, may_replace: Callable[[Path], bool] | None = None
) -> Iterator[Path]:
    """Build the folder of a place that is reserved; see :func:`new_folder`."""
    try:
        place.new.mkdir()
        yield place.new
        _flush(place.new)
        check_free(place.target, may_replace=may_replace)  # again: it took a while
        _put(place)
    except OSError as error:
        fail_writing(error, place.target)


def _put(place: OutputPlace) -> None:
    """Give what was built its name. An empty folder gives way, another is set aside first."""
    if not place.target.exists() or is_empty(place.target):
        place.new.rename(place.target)  # fails where something has come into it
        return
    place.target.rename(place.old)
    try:
        place.new.rename(place.target)
    except BaseException:
        place.old.rename(place.target)
        raise
    shutil.rmtree(place.old, ignore_errors=True)


def sha256(path: Path) -> str:
    """Hash a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_empty(folder: Path) -> bool:
    """Whether a folder holds nothing."""
    return not any(folder.iterdir())


def check_free(
    path: str | os.PathLike[str], *, may_replace: Callable[[Path], bool] | None = None
) -> None:
    """Refuse a place that is taken or cannot be written, before any work is done for it.

    Raises
    ------
    OutputError
        OUTPUT.EXISTS, OUTPUT.DENIED.
    """
    target, where = find_place(path).target, Where(file=str(path))
    if os.path.lexists(target):
        own = target.is_dir() and not target.is_symlink()
        if may_replace is None or not own or not may_replace(target):
            code, fix = TAKEN
            fail(code, "the output is there already", fix=fix, where=where)
        if target.is_mount():  # nothing can be renamed into its place
            fix = "name a folder inside it"
            fail("OUTPUT.DENIED", "the output is a mounted volume", fix=fix, where=where)
    above = next(folder for folder in target.parents if folder.exists())
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        fail("OUTPUT.DENIED", f"cannot write into {above}", fix=WRITABLE, where=where)


def _flush(folder: Path) -> None:
    """Bring the bytes to the disk before the folder gets its name."""
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as handle:
                os.fsync(handle.fileno())
