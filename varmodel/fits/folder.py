"""A folder that appears whole or not at all."""

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from varmodel.errors import Where, fail


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
    target = Path(path)
    check_free(target, may_replace=may_replace)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        _fail_writing(error, target)
    try:
        yield building
        _settle(building)
        building.chmod(0o755)
        if target.exists():
            shutil.rmtree(target)
        building.rename(target)
    except OSError as error:
        _fail_writing(error, target)
    finally:
        shutil.rmtree(building, ignore_errors=True)


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
    """Refuse a place that is taken, before any work is done for it (OUTPUT.EXISTS)."""
    target = Path(path)
    if not target.exists() and not target.is_symlink():
        return
    real = target.is_dir() and not target.is_symlink()
    if may_replace is not None and real and may_replace(target):
        return
    fix = "name a folder that does not exist"
    fail("OUTPUT.EXISTS", "the output is there already", fix=fix, where=Where(file=str(target)))


def _settle(folder: Path) -> None:
    """Bring the bytes to the disk before the folder gets its name."""
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as handle:
                os.fsync(handle.fileno())


def _fail_writing(error: OSError, target: Path) -> None:
    if getattr(error, "code", None):  # one of ours
        raise error
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    code = "OUTPUT.DISK" if full else "OUTPUT.DENIED"
    fix = "free some space" if full else "choose a folder you may write to"
    fail(code, f"cannot write: {error}", fix=fix, where=Where(file=str(target)))
