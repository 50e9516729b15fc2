"""The one look at a path before anything is opened."""

import os
import re
import stat
from pathlib import Path

from varmodel.errors import Where, fail

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
    text = os.fspath(path)
    where = Where(file=text)
    if _URL.match(text):
        fail("INPUT.UNSAFE_PATH", "an address is not opened", where=where, fix="save it first")
    if "\0" in text:
        fail("INPUT.UNSAFE_PATH", "the path holds a NUL", where=where, fix="name a file")
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
