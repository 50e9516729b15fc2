"""A table on disk, and commands called in this process."""

from dataclasses import dataclass

import pytest

from tests.fits.hand_made import sample_by_hand
from tests.toys import SURGICAL
from varmodel.cli import main
from varmodel.inference import samplers


@dataclass
class Result:
    """What a command leaves behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def command(capsys):
    """Return a function that calls a command."""

    def call(*arguments):
        code = main([str(argument) for argument in arguments])
        return Result(code, *capsys.readouterr())

    return call


@pytest.fixture
def surgical(tmp_path):
    """Return the path of the twelve hospitals' table."""
    SURGICAL.to_csv(tmp_path / "surgical.csv", index=False)
    return tmp_path / "surgical.csv"


@pytest.fixture
def no_sampling(monkeypatch):
    """Put draws made by hand in the place of a sampler's, those of the refit too."""
    monkeypatch.setattr(samplers, "SAMPLERS", dict.fromkeys(("auto", "marginal"), sample_by_hand))
