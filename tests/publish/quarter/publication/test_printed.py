"""The LaTeX of a quarter: well formed whatever the names, and set by LaTeX where there is one."""

import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from tests.publish.site.made import HOSTILE, indicator, quarter
from varmodel.publish.disclosure import disclosed
from varmodel.publish.quarter.publication.printed import print_quarter
from varmodel.publish.templating import render

NAMES = (
    r"a & b % $ # _ { } ~ ^ \ < > end",
    r"\input{/etc/passwd} \ref{gone}",
    r"\end{longtable} \\ &",
    "[1em] * $$x$$ ^^41",
    "\u2212 \u2264 \u2265 \u2060\u200bunseen e\u0301",
    *(name for name in HOSTILE if name.isascii()),
)
KINDS = ("apart", "nil", "neither", "provisional")


@pytest.fixture(scope="module")
def written():
    """Return the LaTeX of a quarter whose every text from outside is hostile."""
    held = []
    for number, kind in enumerate(KINDS):
        of = indicator(number, count=len(NAMES), kind=kind)
        own = [
            replace(x, code=f"R{k}", name=NAMES[k % len(NAMES)], reason=x.reason and NAMES[0])
            for k, x in enumerate(of.providers)
        ]
        texts = {"title": f"{NAMES[number]} {number}", "group": NAMES[0], "headline": NAMES[2]}
        held.append(replace(of, **texts, unit=NAMES[0], providers=tuple(own)))
    facts = disclosed(quarter(indicators_given=held, title=NAMES[0], by_provider={}))
    tables = [table for name, table in print_quarter(facts).items() if name != "places"]
    return render("tables.tex.j2", what=facts.title, tables=tables)


_ESCAPED = re.compile(r"\\(?:[{}$&%#_]|text[a-z]+\{\}|allowbreak\{\}|ensuremath\{(?:-|\\[gl]eq)\})")


def test_every_row_has_as_many_cells_as_its_table_and_environments_are_closed(written):
    text = re.sub(r"(?m)^%.*$", "", written)
    opened = []
    for word, name in re.findall(r"\\(begin|end)\{(\w+)\}", text):
        if word == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert opened == []
    tables = re.findall(r"\\begin\{longtable\}(.*?)\\end\{longtable\}", text, flags=re.DOTALL)
    assert len(tables) == len(re.findall(r"\\caption\{", text)) >= 5
    for table in tables:
        columns = len(re.findall(r">\{\\ragged(?:left|right)\\arraybackslash\\hspace", table))
        rows = [line for line in table.splitlines() if line.endswith(r" \\")]
        assert len(rows) > 1
        for row in rows:
            spans = [int(x) - 1 for x in re.findall(r"\\multicolumn\{(\d+)\}", row)]
            cells = _ESCAPED.sub("", row).count("&") + 1 + sum(spans)
            assert cells == columns, row


def test_nothing_of_a_name_is_left_that_latex_obeys(written):
    rows = [line for line in written.splitlines() if line.startswith(r"\item ")]
    rows += re.findall(r"\\caption\{(.*)\}\\\\", written)
    rows += [row for row in written.splitlines() if re.search(r"R\d+ .* & ", row)]
    assert len(rows) > 3 * len(NAMES)
    for row in rows:
        inner = row.removeprefix(r"\item ").removesuffix(r" \\")
        inner = re.sub(r"\\multicolumn\{.*?\\relax\}\}", "", inner)
        bare = re.sub(r"\{[-,\[\]*]\}|~", "", _ESCAPED.sub("", inner)).replace(" & ", "")
        assert not set(bare.replace("{", "").replace("}", "")) & set("\\$&%#_^"), row
        assert bare.count("{") == bare.count("}"), row
    assert set(re.findall(r"\\ref\{(.*?)\}", written)) <= set(re.findall(r"\\label\{", written))


DOCUMENT = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage{array,booktabs,longtable}
\begin{document}
\input{tables}
\end{document}
"""


def test_latex_sets_a_quarter(written, tmp_path):
    program = shutil.which("pdflatex")
    if program is None:
        pytest.skip("no LaTeX on PATH: apt-get install texlive-latex-recommended")
    (tmp_path / "tables.tex").write_text(written, encoding="utf-8")
    (tmp_path / "x.tex").write_text(DOCUMENT, encoding="utf-8")
    command = [program, "-no-shell-escape", "-halt-on-error", "-interaction=batchmode", "x"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    log = (tmp_path / "x.log").read_text(encoding="utf-8", errors="replace")
    assert run.returncode == 0, log
    assert not re.findall(r"Missing character.*|.* Warning: .*undefined.*", log)
    beyond = [float(x) for x in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    assert max(beyond, default=0.0) < 8  # a few letters' width: the columns stand apart by 4
