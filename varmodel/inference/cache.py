"""A writable cache folder, found before Numba or PyTensor are imported.

Both raise at import where their cache cannot be written, as in a read-only container.
"""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

_PYTENSOR = "base_compiledir"


def ensure_cache() -> None:
    """Point Numba and PyTensor at folders they can write, unless the user already did."""
    if "NUMBA_CACHE_DIR" not in os.environ and not _writable(_user_cache()):
        os.environ["NUMBA_CACHE_DIR"] = str(_temporary("numba"))
    flags = os.environ.get("PYTENSOR_FLAGS", "")
    if _PYTENSOR not in flags and not _writable(Path.home() / ".pytensor"):
        setting = f"{_PYTENSOR}={_temporary('pytensor')}"
        os.environ["PYTENSOR_FLAGS"] = f"{flags},{setting}" if flags else setting


def _user_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _temporary(name: str) -> Path:
    """Make a folder that stays for the next run, but never in one that others can write."""
    home = Path(tempfile.gettempdir()) / f"varmodel-{os.getuid()}"
    with suppress(FileExistsError):
        home.mkdir(mode=0o700)
    state = home.lstat()
    private = stat.S_ISDIR(state.st_mode) and not state.st_mode & 0o077
    if not private or state.st_uid != os.getuid():
        home = Path(tempfile.mkdtemp(prefix="varmodel-"))
    folder = home / name
    folder.mkdir(exist_ok=True)
    return folder


def _writable(folder: Path) -> bool:
    """Try it really: a read-only file system passes every look at permissions."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
