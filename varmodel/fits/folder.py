"""A folder that appears whole or not at all."""

import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from varmodel.errors import OutputError, Where, fail

_WRITABLE = "choose a folder you may write to"


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
        OUTPUT.EXISTS, OUTPUT.DENIED, OUTPUT.DISK.
    """
    check_free(path, may_replace=may_replace)
    target = Path(os.path.abspath(path))  # noqa: PTH100 (resolve would follow links)
    building = target.with_name(f".varmodel-{secrets.token_hex(8)}")
    absent = [folder for folder in target.parents if not folder.exists()]
    try:
        building.mkdir(parents=True)
        yield building
        _settle(building)
        check_free(target, may_replace=may_replace)  # again: it took a while
        if target.exists():
            shutil.rmtree(target)
        building.rename(target)
    except OSError as error:
        fail_writing(error, target)
    finally:
        shutil.rmtree(building, ignore_errors=True)
        for folder in absent:  # those that hold nothing
            with suppress(OSError):
                folder.rmdir()


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
    target = Path(os.path.abspath(path))  # noqa: PTH100 (resolve would follow links)
    where = Where(file=str(path))
    if os.path.lexists(target):
        own = target.is_dir() and not target.is_symlink()
        if may_replace is None or not own or not may_replace(target):
            fix = "name a folder that does not exist"
            fail("OUTPUT.EXISTS", "the output is there already", fix=fix, where=where)
    above = next(folder for folder in target.parents if folder.exists())
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        fail("OUTPUT.DENIED", f"cannot write into {above}", fix=_WRITABLE, where=where)


def _settle(folder: Path) -> None:
    """Bring the bytes to the disk before the folder gets its name."""
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as handle:
                os.fsync(handle.fileno())


def fail_writing(error: OSError, target: Path) -> NoReturn:
    """Say what stood in the way of a file, with its code."""
    if isinstance(error, OutputError):
        raise error
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    code = "OUTPUT.DISK" if full else "OUTPUT.DENIED"
    fix = "free some space" if full else _WRITABLE
    fail(code, f"cannot write: {error}", fix=fix, where=Where(file=str(target)))
