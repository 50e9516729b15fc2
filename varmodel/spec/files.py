"""Files from outside: the one look at a path before it is opened, and what they are called."""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from varmodel.errors import VarmodelError, Where, fail


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that messages call by another name than its path.

    Attributes
    ----------
    path : Path
        Where it is.
    name : str
        What it is called.
    """

    path: Path
    name: str

    def __fspath__(self) -> str:
        """Give the path."""
        return os.fspath(self.path)

    def __str__(self) -> str:
        """Give the name."""
        return self.name


_URL = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+://")


def check_regular_file(path: str | os.PathLike[str]) -> Path:
    """Refuse whatever is not a regular file on this machine.

    Parameters
    ----------
    path : str or path-like
        As the caller gave it; no glob is expanded.

    Returns
    -------
    pathlib.Path
        The path, unchanged.

    Raises
    ------
    InputError
        INPUT.UNSAFE_PATH for an address, a device, a pipe or a folder; INPUT.NOT_FOUND where
        nothing is there that may be read.
    """
    where = Where(file=file_name(path))
    text = refuse_unsafe_path(path)
    file = Path(text)
    try:
        mode = file.stat().st_mode
    except OSError as error:
        fail("INPUT.NOT_FOUND", f"not found: {error.strerror}", where=where, fix="check the path")
    if not stat.S_ISREG(mode):
        fail("INPUT.UNSAFE_PATH", "not a regular file", where=where, fix="name a file")
    if not os.access(file, os.R_OK):
        fail("INPUT.NOT_FOUND", "the file may not be read", where=where, fix="ask for the right")
    return file


def refuse_unsafe_path(path: str | os.PathLike[str]) -> str:
    """Refuse an address, and a path that no file can have; give it as text.

    Raises
    ------
    InputError
        INPUT.UNSAFE_PATH.
    """
    text, where = os.fsdecode(path), Where(file=file_name(path))
    if _URL.match(text):
        fail("INPUT.UNSAFE_PATH", "an address is not opened", where=where, fix="save it first")
    if "\0" in text:
        fail("INPUT.UNSAFE_PATH", "the path holds a NUL", where=where, fix="name a file")
    if not _is_utf8(text):
        message = "the file's name is not UTF-8"
        fail("INPUT.UNSAFE_PATH", message, where=where, fix="rename the file")
    return text


def as_path(path: object) -> Path:
    """Read a path in any of Python's spellings.

    Raises
    ------
    SpecError
        CONFIG.VALUE for what is no path.
    """
    if not isinstance(path, str | bytes | os.PathLike):
        fix = "give the path as a text"
        fail("CONFIG.VALUE", f"a path is a text, not {type(path).__name__}", fix=fix)
    return Path(os.fsdecode(path))


def file_name(path: str | os.PathLike[str]) -> str:
    """Give what messages call a file: its path as the caller gave it, or its name."""
    return path.name if isinstance(path, NamedFile) else os.fsdecode(path)


@contextmanager
def reading(file: str) -> Iterator[None]:
    """Refuse, with its code, a file that was found and cannot be read to its end."""
    try:
        yield
    except OSError as error:
        if isinstance(error, VarmodelError):
            raise
        message = f"the file cannot be read: {error.strerror or error}"
        fix = "look whether it is still there, and whole"
        fail("INPUT.NOT_FOUND", message, where=Where(file=file), fix=fix)


def utf8_path(path: str | os.PathLike[str]) -> str:
    """Give a path as UTF-8 reads its bytes, whatever the locale makes of them."""
    return os.fsencode(path).decode()


def _is_utf8(path: str) -> bool:
    try:
        utf8_path(path)
    except UnicodeError:
        return False
    return True
