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

from varmodel.inference.cache import kernel_folder

_PACKAGES = ("numba", "llvmlite", "numpy", "varmodel")
_PROCESS = uuid.uuid4().hex[:8]
#: Without reference counts, which would cost more than the work: nothing is allocated inside.
OPTIONS = {"cache": True, "nogil": True, "_nrt": False, "error_model": "numpy"}


def loop(
    *, fastmath: set[str] | bool = False, inline: str = "never"
) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function at its first call; cache the code under a hash of all kernels.

    Every compiled function of the package takes this decorator, and what it calls or reads when
    it is compiled stands in this folder: the hash covers these files and no others.
    """

    def compiled(function: Callable[..., Any]) -> Any:
        with _cached_in(str(folder())):
            dispatcher = nb.njit(**OPTIONS, fastmath=fastmath, inline=inline)(function)
        _name_files(dispatcher)
        return dispatcher

    return compiled


@cache
def folder() -> Path:
    """Give the folder of the compiled code, below the one that the user may have set."""
    versions = [f"{name} {metadata.version(name)}" for name in _PACKAGES]
    chosen = nb.config.CACHE_DIR or os.environ.get("NUMBA_CACHE_DIR", "")
    return kernel_folder(Path(__file__).parent, versions=versions, chosen=chosen)


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
