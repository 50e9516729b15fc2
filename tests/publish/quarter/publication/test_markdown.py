"""Texts as Markdown: as they stand, on one line."""

import pytest

from varmodel.publish.quarter.publication.markdown import escape_markdown, page_of, table_of


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain words, 12.3 %", "plain words, 12.3 %"),
        ("a_b*c", r"a\_b\*c"),
        ("two\nlines", "two lines"),
        ("- no list", r"\- no list"),
        ("2008 it was", "2008 it was"),
        ("<b> & [x](y) | `z`", r"\<b\> \& \[x\]\(y\) \| \`z\`"),
        ("\u202eevil", "\ufffdevil"),
    ],
)
def test_a_text_reads_as_it_stands(text, written):
    assert escape_markdown(text) == written


def test_a_table_has_as_many_cells_in_each_row():
    lines = table_of(("A", "B"), [("x | y", "z\nw")])
    assert lines == ["| A | B |", "| --- | --- |", r"| x \| y | z w |"]


def test_a_page_keeps_a_line_between_its_blocks():
    assert page_of("T", "one", ["| a |", "| b |"], "") == "# T\n\none\n\n| a |\n| b |\n"
