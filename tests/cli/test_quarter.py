"""varmodel quarter: what it prints, in which order, and its exit code."""

import pytest

from tests.batch.quarter.small import table, write_quarter
from varmodel.batch.quarter import gathering
from varmodel.cli import quarter as cli_quarter

pytestmark = pytest.mark.usefixtures("no_sampling")


@pytest.fixture
def quarter(command, tmp_path, monkeypatch):
    monkeypatch.setattr(gathering, "WRITERS", {})

    def call(config, *options):
        return command("quarter", config, "--out", tmp_path / "out", "--seed", 1, *options)

    return call


def test_refusals_come_last_and_stop_nothing(quarter, tmp_path):
    config = write_quarter(tmp_path, "deaths", "late", late=table().head(3))
    found = quarter(config, "--jobs", 1)
    assert found.code == 0
    assert found.out.startswith("A small quarter: 1 of 2 indicators\n")
    assert found.out.endswith(f"Written to {tmp_path / 'out'}\n")
    assert found.err.splitlines()[-1].startswith("refused: late: DESIGN.TOO_FEW: ")
    assert "2 of them had been done before" in quarter(config, "--jobs", 1).out


def test_where_all_are_refused_the_code_is_that_of_the_first(quarter, tmp_path):
    found = quarter(write_quarter(tmp_path, "late", late=table().head(3)), "--jobs", 1)
    assert found.code == 2
    assert found.err.startswith("DESIGN.TOO_FEW: ")
    assert len(found.err.splitlines()) == 1


def test_a_configuration_that_is_none_leaves_nothing(quarter, tmp_path):
    found = quarter(tmp_path / "gone.toml")
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith("INPUT.NOT_FOUND: ")
    assert not (tmp_path / "out").exists()


def test_an_interrupt_says_that_the_run_can_go_on(quarter, tmp_path, monkeypatch):
    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli_quarter, "run_config", stop)
    found = quarter(write_quarter(tmp_path, "deaths"))
    assert found.code == 130
    assert found.err.strip().endswith("What is done is kept: the same command goes on from it.")
