"""The place of an output: who may write it, and what stands beside it meanwhile.

Beside a target stand, hidden and named by its name: a lock, what is being built, and for a
moment what is being replaced. The system releases the lock when its process ends, however it
ends: what stands beside a lock that nobody holds was left by a process that was killed.
"""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from varmodel.errors import OutputError, Where, fail
from varmodel.spec.files import as_path

if TYPE_CHECKING:
    from filelock import FileLock

WRITABLE = "choose a folder you may write to"
_FULL = ("OUTPUT.DISK", "free some space")
TAKEN = ("OUTPUT.EXISTS", "name a folder that does not exist")
_REASONS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.ENOTEMPTY: TAKEN,
    errno.EEXIST: TAKEN,
}

_PREFIX, _LOCK = ".varmodel-", ".lock"
#: Seconds in which another process gives up a lock that it holds only to sweep or to leave.
_MOMENT = 1.0
#: The folder above can go, while we come, with a process that made it and was refused.
_TRIES = 5


@dataclass(frozen=True, slots=True)
class OutputPlace:
    """Where an output goes.

    Attributes
    ----------
    target : Path
        Absolute; the folder above is free of links, so that each spelling gives one place.
    """

    target: Path

    @property
    def lock(self) -> Path:
        """Who holds it may write the target."""
        return self._beside(_LOCK)

    @property
    def new(self) -> Path:
        """What is being built."""
        return self._beside(".new")

    @property
    def old(self) -> Path:
        """What is being replaced."""
        return self._beside(".old")

    def _beside(self, ending: str) -> Path:
        """Hash the name: it may be as long as the system allows."""
        digest = hashlib.sha256(os.fsencode(self.target.name)).hexdigest()
        return self.target.with_name(f"{_PREFIX}{digest[:16]}{ending}")


def find_place(path: str | os.PathLike[str]) -> OutputPlace:
    """Find the place of a path; a link at its end is the target itself, not what it names."""
    given = as_path(path)
    if "\0" in str(given):
        fail("OUTPUT.DENIED", "the path holds a NUL", where=Where(file=str(given)), fix=WRITABLE)
    if given.name in ("", ".."):
        return OutputPlace(Path(os.path.realpath(given)))
    return OutputPlace(Path(os.path.realpath(given.parent)) / given.name)


def behind_link(path: str | os.PathLike[str]) -> Path:
    """Follow a link at the end of a path: who works in a folder holds it by its one name."""
    given = as_path(path)
    return Path(os.path.realpath(given)) if given.is_symlink() else given


@contextmanager
def hold(path: str | os.PathLike[str], *, patience: float = _MOMENT) -> Iterator[OutputPlace]:
    """Hold the lock of a place, with the folders above it, and sweep what the dead left there.

    Parameters
    ----------
    path : str or path-like
        The output.
    patience : float
        Seconds to wait for another process.

    Yields
    ------
    Place
        ``new`` and ``old`` do not exist; they, the lock and folders above that hold nothing
        are removed at the end.

    Raises
    ------
    OutputError
        OUTPUT.LOCKED where another process holds the lock; OUTPUT.DENIED, OUTPUT.DISK.
    """
    place = find_place(path)
    absent = [folder for folder in place.target.parents if not folder.exists()]
    try:
        lock = _acquire(place, patience, where=Where(file=str(path)))
        try:
            _recover(place)
            _sweep(place)
            yield place
        finally:
            _remove(place.new)
            with suppress(OSError):
                place.lock.unlink()  # while it is held: nobody can lock a file that is gone
            lock.release()
    finally:
        for folder in absent:  # those that hold nothing
            with suppress(OSError):
                folder.rmdir()


def _acquire(place: OutputPlace, patience: float, *, where: Where) -> "FileLock":
    from filelock import FileLock, Timeout

    lock = FileLock(place.lock)
    for left in reversed(range(_TRIES)):
        try:
            place.target.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=patience)
            break
        except Timeout:
            _require_openable(place)
            fix = "wait until it has ended, or name another place"
            fail("OUTPUT.LOCKED", "another process is writing this output", fix=fix, where=where)
        except OSError as error:
            if not left or not isinstance(error, FileNotFoundError):
                fail_writing(error, place.target)
    return lock


def _require_openable(place: OutputPlace) -> None:
    """Refuse a folder in which no lock can be made; filelock waits for one there too."""
    try:
        place.lock.open("ab").close()
    except OSError as error:
        fail_writing(error, place.target)


def _recover(place: OutputPlace) -> None:
    """Clear a place whose lock we hold; what was set aside and not replaced is put back."""
    try:
        _remove(place.new)
        if os.path.lexists(place.target):
            _remove(place.old)
        elif place.old.exists():
            place.old.rename(place.target)
    except OSError as error:
        fail_writing(error, place.target)


def _sweep(own: OutputPlace) -> None:
    """Remove what killed processes left beside other targets of this folder."""
    from filelock import FileLock, Timeout

    for path in own.target.parent.glob(f"{_PREFIX}*{_LOCK}"):
        if path == own.lock or path.with_suffix(".old").exists():  # left to the run that knows it
            continue
        lock = FileLock(path)
        with suppress(OSError, Timeout), lock.acquire(blocking=False):
            _remove(path.with_suffix(".new"))
            path.unlink(missing_ok=True)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def fail_writing(error: OSError, target: Path) -> NoReturn:
    """Say what stood in the way of a file, with its code."""
    if isinstance(error, OutputError):
        raise error
    code, fix = _REASONS.get(error.errno or 0, ("OUTPUT.DENIED", WRITABLE))
    fail(code, f"cannot write: {error}", fix=fix, where=Where(file=str(target)))
