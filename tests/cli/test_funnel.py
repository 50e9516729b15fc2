"""varmodel funnel: a run's funnel as a file, and a register that is opened and never replaced."""

import pandas as pd
import pytest

from tests.fits.hand_made import whole_fit
from varmodel import classical, save_fit
from varmodel.publish.wording.sections.funnel import funnel_words

FIT = whole_fit("expected", shape=(2, 60), providers=40)
ON = ("--on", "2026-11-28")


@pytest.fixture
def run(tmp_path):
    """Return a folder as `varmodel run` leaves it, as far as this command reads it."""
    (tmp_path / "run").mkdir()
    save_fit(FIT, tmp_path / "run" / "fit")
    return tmp_path / "run"


def test_the_files_are_the_funnel_and_its_open_cases(command, run, tmp_path):
    out, cases = tmp_path / "funnel.csv", tmp_path / "cases.csv"
    options = ("--out", out, "--overdispersion", "none", "--cases", cases, *ON)
    found = command("funnel", run, *options)
    assert found.code == 0, found.err
    table = classical.funnel(FIT, overdispersion="none")
    written = pd.read_csv(out, keep_default_na=False)
    pd.testing.assert_frame_equal(written, table, check_dtype=False)
    opened = pd.read_csv(cases)
    assert opened["provider"].tolist() == table.loc[table["flag"] != "", "provider"].tolist()
    assert len(opened) > 1
    assert set(opened["flagged"]) == {"2026-11-28"}
    assert classical.nameable(opened) == []
    assert found.out.splitlines()[:3] == funnel_words(FIT)
    assert f"Cases opened: {len(opened)}, " in found.out
    assert not any(provider in found.out for provider in table["provider"])


def test_a_register_is_not_written_over(command, run, tmp_path):
    (tmp_path / "cases.csv").write_text("kept")
    found = command(
        "funnel", run, "--out", tmp_path / "f.csv", "--cases", tmp_path / "cases.csv", *ON
    )
    assert found.code == 4
    assert found.err.startswith("OUTPUT.EXISTS")
    assert (tmp_path / "cases.csv").read_text() == "kept"
    both = ("--out", tmp_path / "f.csv", "--cases", tmp_path / "f.csv")
    assert command("funnel", run, *both, *ON).code == 4
    assert not (tmp_path / "f.csv").exists()


def test_cases_without_a_day_are_refused(command, run, tmp_path):
    found = command("funnel", run, "--out", tmp_path / "f.csv", "--cases", tmp_path / "c.csv")
    assert found.code == 2
    assert "give --cases FILE and --on DAY" in found.err
