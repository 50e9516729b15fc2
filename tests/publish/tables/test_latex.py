"""LaTeX: a name is set as it stands, whatever is in it; a table fits the line it stands on."""

import re
import shutil
import subprocess
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.publish.analysed import EXCLUDED, HOSTILE, analysed
from varmodel.publish.names import literal
from varmodel.publish.tables.cells import Cell
from varmodel.publish.tables.latex import column_widths, escape_latex, set_cell, set_heading
from varmodel.publish.tables.printed import print_tables


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("RJ1", "RJ1"),
        (r"$\frac{x$", r"\$\textbackslash{}frac\{\allowbreak{}x\$"),
        (
            r"\input{/etc/passwd}",
            r"\textbackslash{}input\{\allowbreak{}/\allowbreak{}etc/\allowbreak{}passwd\}",
        ),
        ("50 % of A&B_#1", r"50 \% of A\&B\_\allowbreak{}\#1"),
        ("~^", r"\textasciitilde{}\textasciicircum{}"),
        ("[/oops]", r"{[}/\allowbreak{}oops{]}"),
        ("a--b", "a{-}{-}b"),
        ("a,,,b, c", "a{,}{,},b, c"),
        ("*x", "{*}x"),
        ("a\nb\u202ec", "a?b?c"),
        ("Hôpital Ærø", "Hôpital Ærø"),
    ],
)
def test_texts_are_literal(text, written):
    assert escape_latex(text) == written


_COMMANDS = re.compile(r"\\((?:text[a-z]+|allowbreak)\{\}|ensuremath\{(?:-|\\[gl]eq)\}|[{}$&%#_])")


@given(st.text())
@example("\u2212\u2264\u2265")
def test_nothing_is_left_that_latex_obeys(text):
    bare = re.sub(r"\{[-,\[\]*]\}", "", _COMMANDS.sub("", escape_latex(text)))
    assert not set(bare) & set("\\{}$&%#_~^\n\r")


def test_headings_break_between_words():
    assert set_heading("Pr top 1/4 (95 %)") == r"Pr top 1/4 (95~\%)"


def test_only_the_interval_of_a_figure_holds_together():
    assert set_cell(Cell("2.0 (1 to 3)", 2.0)) == "2.0 (1~to~3)"
    assert set_cell(Cell("ward (1 to 3)")) == "ward (1 to 3)"


@pytest.mark.parametrize("name", ["ranking", "rates", "savings", "totals", "diagnostics"])
def test_columns_fill_the_line_and_hold_their_words(name):
    x = analysed(providers=13, names=HOSTILE)
    table = print_tables(x, x.tables())[name]
    widths = column_widths(table)
    assert sum(widths) == pytest.approx(1)
    for column, (head, width) in enumerate(zip(table.heads, widths, strict=True)):
        words = head.split()
        if table.is_numeric(column):
            words += [part for row in table.rows for part in row[column].text.split(" (")]
        assert width * 100 > max(map(len, words))  # some 100 letters make a line of small print


SET = (
    *(name for name in HOSTILE if name.isascii()),
    "Hôpital Ærø",
    '"a",,b--c\'s `x` ?`',
    "/" * 30,
)
DOCUMENT = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage{array,booktabs,longtable}
\begin{document}
\listoftables
\input{tables}
\end{document}
"""


def test_latex_sets_every_name_within_the_line(tmp_path):
    program, reader = shutil.which("pdflatex"), shutil.which("pdftotext")
    if program is None or reader is None:
        pytest.skip("no LaTeX on PATH: apt-get install texlive-latex-recommended poppler-utils")
    analysed(providers=len(SET), names=SET, excluded=EXCLUDED).write_tables(tmp_path / "tables.tex")
    preamble = (tmp_path / "tables.tex").read_text(encoding="utf-8").splitlines()[:4]
    for line in DOCUMENT.splitlines()[1:3]:
        assert f"%   {line}" in preamble  # what the file says it needs is what it needs
    (tmp_path / "x.tex").write_text(DOCUMENT, encoding="utf-8")
    command = [program, "-no-shell-escape", "-halt-on-error", "-interaction=batchmode", "x"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    log = (tmp_path / "x.log").read_text(encoding="utf-8", errors="replace")
    assert run.returncode == 0, log
    assert not re.findall(r"Overfull .*|Missing character.*|.* Warning: .*undefined.*", log)
    run = subprocess.run(
        [reader, "-raw", "x.pdf", "-"], cwd=tmp_path, capture_output=True, check=True
    )
    text = unicodedata.normalize("NFKC", run.stdout.decode())
    squeezed = "".join(text.split())
    for name in SET:
        wanted = literal(name).replace("\ufffd", "?")
        assert "".join(wanted.split())[:20] in squeezed
