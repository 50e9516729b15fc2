"""Cache folders that can be written and never hold code of other sources.

Numba and PyTensor raise at import where they cannot write their caches, as in a read-only
container: :func:`ensure_cache` comes before them. Numba compares only the file of an outer
function with what it has cached, not the files that its inner functions come from:
:func:`kernel_folder` therefore names a folder by all of them.
"""

import hashlib
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import platformdirs

_PYTENSOR = "base_compiledir"
#: Folders of compiled kernels: only these are swept.
_KERNELS = re.compile(r"varmodel-kernels-[0-9a-f]{16}")
#: Its time of change says when a folder of kernels was last used.
_STAMP = "last_used"
_UNUSED_DAYS = 30


def ensure_cache() -> None:
    """Point Numba and PyTensor at folders they can write, unless the user already did."""
    if "NUMBA_CACHE_DIR" not in os.environ and not _writable(platformdirs.user_cache_path()):
        os.environ["NUMBA_CACHE_DIR"] = str(_temporary("numba"))
    flags = os.environ.get("PYTENSOR_FLAGS", "")
    if _PYTENSOR not in flags and not _writable(Path.home() / ".pytensor"):
        setting = f"{_PYTENSOR}={_temporary('pytensor')}"
        os.environ["PYTENSOR_FLAGS"] = f"{flags},{setting}" if flags else setting


def kernel_folder(*sources: Path, versions: Iterable[str], chosen: str = "") -> Path:
    """Give the cache folder of the kernels that these sources hold, and sweep those long unused.

    Parameters
    ----------
    *sources : Path
        Files that the kernels are made of, and folders of such files.
    versions : iterable of str
        Of whatever else the compiled code depends on.
    chosen : str
        Where the user wants compiled code to be kept; empty for the user's cache folder.

    Returns
    -------
    Path
        Another one as soon as a file or a version is another.
    """
    name = f"varmodel-kernels-{_digest(sources, versions)}"
    homes = [Path(chosen)] if chosen else []
    homes.append(platformdirs.user_cache_path("varmodel", appauthor=False))
    folder = next((home / name for home in homes if _writable(home / name)), None)
    if folder is None:
        folder = _temporary("numba") / name
        folder.mkdir(exist_ok=True)
    (folder / _STAMP).touch()
    _sweep(folder.parent)
    return folder


def _digest(sources: Iterable[Path], versions: Iterable[str]) -> str:
    hashed = hashlib.sha256("\n".join(versions).encode())
    for source in sources:
        for path in sorted(source.rglob("*.py")) if source.is_dir() else [source]:
            content, name = path.read_bytes(), path.relative_to(source.parent).as_posix()
            hashed.update(f"\n{name} {len(content)}\n".encode() + content)
    return hashed.hexdigest()[:16]


def _sweep(home: Path) -> None:
    """Remove folders of kernels that nobody has used for long; leave what else lies there.

    Safe beside a process that still uses one: it has its code in memory, and compiles what it
    does not find.
    """
    oldest = time.time() - _UNUSED_DAYS * 24 * 3600
    for entry in os.scandir(home):
        if not _KERNELS.fullmatch(entry.name) or not entry.is_dir(follow_symlinks=False):
            continue
        with suppress(OSError):  # without a stamp it is none of ours, or somebody just removed it
            if Path(entry.path, _STAMP).stat().st_mtime < oldest:
                shutil.rmtree(entry.path)


def _temporary(name: str) -> Path:
    """Make a folder that stays for the next run, but never in one that others can write."""
    home = Path(tempfile.gettempdir()) / f"varmodel-{_user()}"
    with suppress(FileExistsError):
        home.mkdir(mode=0o700)
    if not _private(home):
        home = Path(tempfile.mkdtemp(prefix="varmodel-"))
    folder = home / name
    folder.mkdir(exist_ok=True)
    return folder


def _user() -> int | str:
    """Give the number of the user; Windows has none, and a temporary folder for each user."""
    return os.getuid() if hasattr(os, "getuid") else "user"


def _private(folder: Path) -> bool:
    state = folder.lstat()
    if not hasattr(os, "getuid"):
        return stat.S_ISDIR(state.st_mode)
    mine = state.st_uid == os.getuid() and not state.st_mode & 0o077
    return stat.S_ISDIR(state.st_mode) and mine


def _writable(folder: Path) -> bool:
    """Try it really: a read-only file system passes every look at permissions."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
