"""What the tests of reading share: the hostile files, and a temp folder that must end empty."""

import tempfile
from pathlib import Path

import pytest

HOSTILE = Path(__file__).resolve().parents[2] / "hostile"


@pytest.fixture
def hostile():
    return HOSTILE


@pytest.fixture(autouse=True)
def nothing_left(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("temp")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert list(folder.iterdir()) == []


@pytest.fixture
def write(tmp_path):
    def save(data: bytes, name: str = "table.csv") -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return str(path)

    return save
