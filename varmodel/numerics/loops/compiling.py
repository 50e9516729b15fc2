"""How loops are compiled, and where the compiled code is kept."""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numba as nb

from varmodel.numerics.loops.cache import kernel_folder

_PACKAGES = ("numba", "llvmlite", "numpy", "varmodel")
_PROCESS = uuid.uuid4().hex[:8]
#: Without reference counts, which would cost more than the work: nothing is allocated inside.
OPTIONS = {"cache": True, "nogil": True, "_nrt": False, "error_model": "numpy"}


def compiler(sources: Path) -> Callable[..., Any]:
    """Give the decorator of the loops that stand in a folder.

    Parameters
    ----------
    sources : Path
        What the loops call or read when they are compiled stands in this folder: the code is
        cached under a hash of its files and of this module, and of no others.

    Returns
    -------
    callable
        ``loop(*, fastmath=False, inline="never")``, which compiles a function at its first call.
    """

    def loop(
        *, fastmath: set[str] | bool = False, inline: str = "never"
    ) -> Callable[[Callable[..., Any]], Any]:
        def compiled(function: Callable[..., Any]) -> Any:
            with _cached_in(str(folder_of(sources))):
                dispatcher = nb.njit(**OPTIONS, fastmath=fastmath, inline=inline)(function)
            _name_files(dispatcher)
            return dispatcher

        return compiled

    return loop


@cache
def folder_of(sources: Path) -> Path:
    """Give the folder of the compiled code, below the one that the user may have set."""
    versions = [f"{name} {metadata.version(name)}" for name in _PACKAGES]
    chosen = nb.config.CACHE_DIR or os.environ.get("NUMBA_CACHE_DIR", "")
    return kernel_folder(sources, Path(__file__), versions=versions, chosen=chosen)


@contextmanager
def _cached_in(path: str) -> Iterator[None]:
    """Let Numba cache in this folder what is defined meanwhile, and nothing else."""
    config, settings = nb.config, {"CACHE_DIR": path, "CACHE_LOCATOR_CLASSES": ""}
    before = {name: getattr(config, name) for name in settings if hasattr(config, name)}
    for name in before:
        setattr(config, name, settings[name])
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(config, name, value)


def _name_files(dispatcher: Any) -> None:
    """Let no two processes write one file of code.

    Numba numbers the files of a function's signatures by its index. Two processes that have read
    the same index would give different signatures the same file, and the index would call the
    code of one by the name of the other.
    """
    files = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if files is not None:  # else nothing is compiled: NUMBA_DISABLE_JIT
        name = "_data_name_pattern"
        setattr(files, name, getattr(files, name).replace("{", f"{_PROCESS}-{{"))
