"""Tables as files: by the name's ending, whole or not at all, nothing in a name obeyed."""

import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.publish.analysed import EXCLUDED, HOSTILE, analysed
from varmodel.errors import OutputError, SpecError
from varmodel.fits.output import hold
from varmodel.publish.names import literal
from varmodel.publish.tables import documents
from varmodel.publish.tables.data_frames import in_units
from varmodel.publish.tables.documents import write_file
from varmodel.publish.tables.latex import escape_latex

NAMES = ["ranking", "rates", "savings", "totals", "diagnostics"]


@pytest.fixture
def hostile():
    return analysed(providers=13, names=HOSTILE, excluded=EXCLUDED)


def test_a_page_holds_all_tables_escaped(hostile, tmp_path):
    hostile.write_tables(tmp_path / "tables.html")
    page = (tmp_path / "tables.html").read_text(encoding="utf-8")
    assert [f"<h2>{name.capitalize()}</h2>" in page for name in NAMES] == [True] * 5
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "X&lt;b&gt;9" in page
    assert "\u202e" not in page


def test_latex_holds_every_name_escaped(hostile, tmp_path):
    hostile.write_tables(tmp_path / "tables.tex")
    text = (tmp_path / "tables.tex").read_text(encoding="utf-8")
    for name in HOSTILE:
        assert f"\n{escape_latex(name)} & " in text
    assert r"\frac" not in text
    assert "&amp;" not in text
    assert "&lt;" not in text
    assert text.count(r"\begin{longtable}") == text.count(r"\end{longtable}") == 5
    assert text.count(r"\caption{") == 5
    bare = text.replace(r"\{", "").replace(r"\}", "")
    assert bare.count("{") == bare.count("}")


def test_every_latex_row_has_the_cells_of_its_head(tmp_path):
    analysed().write_tables(tmp_path / "t.tex", names=["ranking"])
    text = (tmp_path / "t.tex").read_text(encoding="utf-8").replace(r"\&", "")
    rows = [line for line in text.splitlines() if line.endswith(r" \\")]
    assert len(rows) == 2 + 12
    assert {row.count(" & ") for row in rows} == {8}


def test_a_workbook_has_a_sheet_a_table(hostile, tmp_path):
    hostile.write_tables(tmp_path / "tables.xlsx")
    with zipfile.ZipFile(tmp_path / "tables.xlsx") as book:
        text = book.read("xl/workbook.xml").decode()
        shared = book.read("xl/sharedStrings.xml").decode()
    assert [f'name="{name}"' in text for name in NAMES] == [True] * 5
    assert "<t>=1+1</t>" in shared


def test_names_choose_tables_and_their_order(tmp_path):
    analysed().write_tables(tmp_path / "t.html", names=("totals", "rates"))
    page = (tmp_path / "t.html").read_text(encoding="utf-8")
    assert page.index("<h2>Totals") < page.index("<h2>Rates")
    assert "<h2>Ranking" not in page


@pytest.mark.parametrize("name", ["t", "t.csv", "t.pdf"])
def test_other_endings_are_refused(name, tmp_path):
    with pytest.raises(SpecError, match=r"\.html, \.tex, \.xlsx") as caught:
        analysed().write_tables(tmp_path / name)
    assert caught.value.code == "CONFIG.VALUE"
    assert not list(tmp_path.iterdir())


def test_a_table_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SpecError, match="no table 'rankings'") as caught:
        analysed().write_tables(tmp_path / "t.html", names=["rankings"])
    assert "ranking" in caught.value.fix
    with pytest.raises(SpecError, match="no table 'ranking'"):
        analysed(better="neither").write_tables(tmp_path / "t.html", names=["ranking"])


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "x.html"
    path.write_text("old")
    write_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_another_process_writes_is_waited_for(tmp_path, monkeypatch):
    path = tmp_path / "x.html"
    with ThreadPoolExecutor(1) as pool:
        with hold(path):
            writing = pool.submit(write_file, path, b"new")
            time.sleep(0.3)
            assert not writing.done()
        writing.result()
    assert path.read_bytes() == b"new"
    monkeypatch.setattr(documents, "_PATIENCE", 0)
    with hold(path), pytest.raises(OutputError) as caught:
        write_file(path, b"newer")
    assert caught.value.code == "OUTPUT.LOCKED"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_no_file_is_refused(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("folder", "link"):
        with pytest.raises(OutputError) as caught:
            write_file(tmp_path / name, b"x")
        assert caught.value.code == "OUTPUT.EXISTS"
    with pytest.raises(OutputError) as caught:
        write_file(tmp_path / "absent" / "x", b"x")
    assert caught.value.code == "OUTPUT.DENIED"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "link"]


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x.html"
    path.write_text("old")

    def full(number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError) as caught:
        write_file(path, b"new")
    assert caught.value.code == "OUTPUT.DISK"
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_names_of_the_test_are_hostile():
    assert any(literal(name) != name for name in HOSTILE)


def test_rates_stand_in_the_models_unit_and_the_head_says_so(tmp_path):
    x = analysed(unit="%")
    x.write_tables(tmp_path / "t.tex", names=["rates"])
    text = (tmp_path / "t.tex").read_text(encoding="utf-8")
    assert r"Adjusted rate in~\%" in text
    plain = x.tables()["rates"]
    table = in_units(plain, "rates", spec=x.spec)
    assert {"mean in %", "lower in %", "observed in %"} <= set(table.columns)
    assert np.allclose(table["mean in %"], 100 * plain["mean"])
    assert list(in_units(plain, "rates", spec=analysed().spec).columns) == list(plain.columns)
    ranking = in_units(x.tables()["ranking"], "ranking", spec=x.spec)
    assert np.allclose(ranking["adjusted_rate in %"], 100 * x.tables()["ranking"]["adjusted_rate"])
    assert list(ranking["lower"]) == list(x.tables()["ranking"]["lower"])  # places, no rates
    x.write_tables(tmp_path / "t.xlsx", names=["rates"])
    with zipfile.ZipFile(tmp_path / "t.xlsx") as book:
        assert "mean in %" in book.read("xl/sharedStrings.xml").decode()


def test_the_headline_is_in_the_models_unit():
    text = str(analysed(unit="per 1,000"))
    assert "adjusted rate per 1,000 (95 %)" in " ".join(text.split())
