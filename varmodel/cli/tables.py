"""The TABLE of a command: a path, or ``-`` for what comes through standard input."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from varmodel.errors import Where, fail
from varmodel.fits.output import fail_writing
from varmodel.spec.files import NamedFile, reading

STANDARD_INPUT = "-"
_NAME = "standard input"


@contextmanager
def open_table(argument: str) -> Iterator[str | NamedFile]:
    """Give the table that a command names; standard input is kept in a file for the while.

    A table is read more than once: for its bytes, its rows, and the lines that are refused.

    Parameters
    ----------
    argument : str
        A path; ``-`` is CSV from standard input, and ``./-`` a file of that name.

    Yields
    ------
    str or NamedFile

    Raises
    ------
    InputError
        INPUT.NOT_FOUND where standard input is closed.
    OutputError
        OUTPUT.DISK, OUTPUT.DENIED where no temporary file can be written.
    """
    if argument != STANDARD_INPUT:
        yield argument
        return
    if sys.stdin is None or sys.stdin.closed:
        where = Where(file=_NAME)
        fail("INPUT.NOT_FOUND", "standard input is closed", where=where, fix="name a file")
    try:
        folder = tempfile.TemporaryDirectory(prefix="varmodel-")
    except OSError as error:
        fail_writing(error, Path(tempfile.gettempdir()))
    with folder as name:
        path = Path(name) / "table.csv"
        _keep(path)
        yield NamedFile(path, _NAME)


def _keep(path: Path) -> None:
    try:
        target = path.open("wb")
    except OSError as error:
        fail_writing(error, path)
    with target, reading(_NAME):
        shutil.copyfileobj(sys.stdin.buffer, target)
