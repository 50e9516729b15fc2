"""Fixtures that all tests share."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Return the folder of published figures that the repository itself does not hold."""
    folder = Path(os.environ.get("VARMODEL_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no published figures at {folder}: set VARMODEL_DATA to their folder")
    return folder
