"""A writable cache folder, found before Numba or PyTensor are imported.

Both raise at import where their cache cannot be written, as in a read-only container.
"""

import os
import tempfile
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
    folder = Path(tempfile.gettempdir()) / f"varmodel-{os.getuid()}" / name
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _writable(folder: Path) -> bool:
    """Try it really: a read-only file system passes every look at permissions."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
