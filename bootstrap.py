"""Make the environment .venv: find a Python that fits, install varmodel, its tools, its kernels.

Any python3 from 3.8 on can run it, with the standard library alone::

    python3 bootstrap.py

An environment that is up to date is left as it is. Set VARMODEL_PYTHON to choose the
interpreter.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Dict, List, Mapping, NamedTuple, Optional

OLDEST, TOO_NEW = (3, 12), (3, 15)
PREFERRED = ("3.13", "3.14", "3.12")

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "varmodel-setup.json"
INPUTS = (ROOT / "pyproject.toml", ROOT / "constraints.txt")

# Run by each candidate; one without ensurepip cannot make an environment.
PROBE = """
import ensurepip, json, os, sys, venv
print(json.dumps([sys.version_info[:3], os.path.realpath(sys._base_executable)]))
"""
# Variables that would turn the installation elsewhere, or leave it without byte-code.
UNWANTED = ("PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV")


class Python(NamedTuple):
    """An interpreter that runs and fits, as it says itself."""

    version: List[int]
    path: str


def candidates(environ: Mapping[str, str]) -> List[str]:
    """Interpreters to try, the first choice first."""
    versions = Path(environ.get("PYENV_ROOT") or Path.home() / ".pyenv", "versions")
    found = [environ.get("VARMODEL_PYTHON"), sys.executable]
    found += [shutil.which("python" + minor, path=environ.get("PATH")) for minor in PREFERRED]
    for minor in PREFERRED:
        found += sorted(map(str, versions.glob(minor + "*/bin/python")), reverse=True)
    return [path for path in found if path]


def probe(path: str) -> Optional[Python]:
    """Run a candidate; None where it fails, hangs or does not fit."""
    command = [path, "-I", "-c", PROBE]
    try:
        run = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=True,
        )
        python = Python(*json.loads(run.stdout.decode()))
    except (OSError, ValueError, TypeError, subprocess.SubprocessError):
        return None
    return python if OLDEST <= tuple(python.version[:2]) < TOO_NEW else None


def find(environ: Mapping[str, str]) -> Optional[Python]:
    """Return the first candidate that fits."""
    return next(filter(None, map(probe, candidates(environ))), None)


def state(python: Python) -> Dict[str, object]:
    """Describe a finished environment: its place, its interpreter, what it was made from."""
    made_from = hashlib.sha256(b"\0".join(path.read_bytes() for path in INPUTS)).hexdigest()
    return {
        "root": str(ROOT),
        "version": python.version,
        "path": python.path,
        "made_from": made_from,
    }


def recorded() -> Dict[str, object]:
    """Read what the last complete set-up wrote; empty where there was none."""
    try:
        return dict(json.loads(STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def present(environ: Mapping[str, str]) -> Optional[Python]:
    """Return the interpreter of a complete .venv made at this place, if it is the one wanted."""
    python = probe(str(VENV_PYTHON))
    asked = probe(environ["VARMODEL_PYTHON"]) if environ.get("VARMODEL_PYTHON") else None
    if python is None or asked not in (None, python):
        return None
    before, now = recorded(), state(python)
    return python if {**before, "made_from": now["made_from"]} == now else None


def install(environ: Mapping[str, str]) -> None:
    """Install varmodel, editable, with its development tools, byte-compiled; compile kernels."""
    clean = {name: value for name, value in environ.items() if name not in UNWANTED}
    clean.setdefault("UV_SYSTEM_CERTS", "1")  # pip trusts the system's certificates; so must uv
    python = str(VENV_PYTHON)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv"]
    uv = [
        python,
        "-m",
        "uv",
        "pip",
        "install",
        "--quiet",
        "--python",
        python,
        "--compile-bytecode",
        "-c",
        "constraints.txt",
        "-e",
        ".[dev]",
    ]
    kernels = [python, "-m", "varmodel", "compile"]  # so that no first run waits for them
    for command in (pip, uv, kernels):
        subprocess.run(command, cwd=str(ROOT), env=clean, stdin=subprocess.DEVNULL, check=True)


def set_up(environ: Mapping[str, str]) -> int:
    """Bring .venv up to date; the exit code."""
    python = kept = present(environ)
    if kept and recorded() == state(kept):
        return 0
    python = kept or find(environ)
    if python is None:
        print(
            "varmodel needs Python 3.12 to 3.14, and none was found that can make an "
            "environment: install one, or set VARMODEL_PYTHON to its path.",
            file=sys.stderr,
        )
        return 1
    print(
        "Setting up .venv with Python {}.{}.{} ({})".format(*python.version, python.path),
        flush=True,
    )
    STAMP.unlink(missing_ok=True)
    if not kept:
        subprocess.run([python.path, "-I", "-m", "venv", "--clear", str(VENV)], check=True)
    install(environ)
    STAMP.write_text(json.dumps(state(python)), encoding="utf-8")
    return 0


def main() -> int:
    """Run the set-up, and say in one line what stopped it."""
    try:
        return set_up(os.environ)
    except subprocess.CalledProcessError as error:
        print("The set-up stopped: {} failed.".format(" ".join(error.cmd)), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
