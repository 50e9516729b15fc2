"""Standard input as the table of a command."""

import io
import sys

import pytest

from tests.toys import SURGICAL


@pytest.fixture
def given(monkeypatch):
    """Return a function that puts a text on standard input."""

    def put(text):
        stream = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8")
        monkeypatch.setattr(sys, "stdin", stream)

    return put


def test_a_dash_is_standard_input(command, given):
    given(SURGICAL.to_csv(index=False))
    found = command("check", "surgical_mortality", "-")
    assert (found.code, found.err) == (0, "")
    assert found.out.startswith("surgical_mortality: standard input can be fitted")


def test_messages_call_it_so_and_name_the_line(command, given):
    given(SURGICAL.to_csv(index=False).replace("18", "<5"))
    found = command("check", "surgical_mortality", "-")
    assert found.code == 2
    assert "VALUE.SUPPRESSED" in found.err
    assert "in standard input, first at line 3" in found.err


def test_a_closed_one_is_refused(command, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    found = command("check", "surgical_mortality", "-")
    assert (found.code, found.err[:15]) == (2, "INPUT.NOT_FOUND")


def test_no_control_character_of_a_file_name_reaches_the_terminal(command, tmp_path):
    path = tmp_path / "x\x1b[31m\u202e.csv"
    SURGICAL.to_csv(path, index=False)
    for name in (path, tmp_path / "no\x1b[31m.csv"):
        found = command("check", "surgical_mortality", name)
        assert "\x1b" not in found.out + found.err
        assert "\\x1b[31m" in found.out + found.err
