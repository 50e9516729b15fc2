"""What ``import varmodel`` gives, loaded a name at a time.

The stub ``__init__.pyi`` says where each name is, to readers of types and to this module (the way
of SPEC 1 of the scientific Python packages).
"""

import ast
import sys
from importlib import import_module
from pkgutil import get_data

PACKAGE = "varmodel"


def _read_homes() -> dict[str, tuple[str, str]]:
    """Read the module of each name, and what it is called there."""
    stub = ast.parse(get_data(PACKAGE, "__init__.pyi") or b"")
    lines = [x for x in stub.body if isinstance(x, ast.ImportFrom)]
    return {x.asname or x.name: (str(line.module), x.name) for line in lines for x in line.names}


_HOMES = _read_homes()
NAMES = [*sorted(_HOMES), "__version__"]


def __getattr__(name: str) -> object:
    """Load a name of the package, and keep it there."""
    if name not in NAMES:
        raise AttributeError(f"module {PACKAGE!r} has no attribute {name!r}")
    found = _version() if name == "__version__" else _load(*_HOMES[name])
    setattr(sys.modules[PACKAGE], name, found)
    return found


def _version() -> str:
    from importlib.metadata import version  # a quarter of what printing help would take

    return version(PACKAGE)


def _load(home: str, name: str) -> object:
    module = import_module(home)
    if home == PACKAGE or not hasattr(module, name):  # a part that nobody has loaded yet
        return import_module(f"{home}.{name}")
    return getattr(module, name)


def __dir__() -> list[str]:
    """List what the package has, loaded or not."""
    return sorted({*vars(sys.modules[PACKAGE]), *NAMES})
