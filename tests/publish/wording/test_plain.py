"""Plain text: nothing in it is markup, and no name is cut."""

import pytest

from varmodel.publish.wording.plain import plain_table, plain_text


@pytest.mark.parametrize("text", ["[bold]x[/bold]", "[/]", ":smile:", "\x1b[31mred", "a [link=x]b"])
def test_texts_are_literal(text):
    table = plain_table("name", "value", title="[b]t")
    table.add_row(text, "1.0")
    found = plain_text(text, table, width=60)
    shown = text.replace("\x1b", "\ufffd")
    assert found.splitlines()[0] == shown
    assert found.count(shown) == 2
    assert "[b]t" in found
    assert "\x1b" not in found


@pytest.mark.parametrize("name", ["COLUMNS", "FORCE_COLOR", "JPY_PARENT_PID", "TTY_COMPATIBLE"])
def test_the_environment_changes_nothing(monkeypatch, name):
    table = plain_table("name", "value")
    table.add_row("x", "1.0")
    before = plain_text(table, "y" * 90, width=100)
    monkeypatch.setenv(name, "1")
    assert plain_text(table, "y" * 90, width=100) == before


def test_long_names_are_folded_and_not_cut():
    table = plain_table("name", "value")
    table.add_row("University Hospital of the Northern Fells and Dales", "1.0")
    table.add_row("x" * 60, "2.0")
    found = plain_text(table, width=100)
    words = " ".join(line.split("  ")[0].strip() for line in found.splitlines()[2:])
    assert "University Hospital of the Northern Fells and Dales" in " ".join(words.split())
    assert found.count("x") == 60
    assert "…" not in found


def test_no_line_ends_in_blanks():
    table = plain_table("name", "value")
    table.add_row("x", "")
    assert all(line == line.rstrip() for line in plain_text(table, "", width=40).splitlines())
