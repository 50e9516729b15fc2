"""Workbooks: numbers are numbers, texts are text cells, whatever they start with."""

import importlib.util
import io
import zipfile
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from varmodel.errors import SpecError
from varmodel.publish.tables.printed import PrintedTable
from varmodel.publish.tables.workbook import write_workbook

SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
HOSTILE = [
    "=1+1", "+1", "-5", "@SUM(A1)", "\tx", "{=1}", "http://x.test", "mailto:a@b", "internal:A1",
    "007", "5E1", "<b>", "$\\frac{x$", "", "a\nb",
]  # fmt: skip


def book_of(table, name="ranking"):
    printed = PrintedTable(name, "=Caption", ("Provider",), (), ("=note", "second"))
    return zipfile.ZipFile(io.BytesIO(write_workbook([(printed, table)])))


def cells(book):
    """Give all cells as {place: (type, text)}."""
    shared = ET.fromstring(book.read("xl/sharedStrings.xml"))
    texts = ["".join(t.text or "" for t in item.iter(f"{SPACE}t")) for item in shared]
    found = {}
    for cell in ET.fromstring(book.read("xl/worksheets/sheet1.xml")).iter(f"{SPACE}c"):
        value = cell.find(f"{SPACE}v")
        kind = cell.get("t", "n")
        assert cell.find(f"{SPACE}f") is None
        if value is not None:
            found[cell.get("r")] = (kind, texts[int(value.text)] if kind == "s" else value.text)
    return found


def test_texts_are_text_cells_as_they_are():
    book = book_of(pd.DataFrame({"provider": HOSTILE, "mean": [0.5] * len(HOSTILE)}))
    found = cells(book)
    for row, text in enumerate(HOSTILE, start=3):
        if text:
            assert found[f"A{row}"] == ("s", text.replace("\t", "\t"))
        assert found[f"B{row}"] == ("n", "0.5")
    assert found["A1"] == ("s", "=Caption")
    assert found["A2"] == ("s", "provider")
    assert found[f"A{len(HOSTILE) + 4}"] == ("s", "=note")
    assert not [name for name in book.namelist() if "hyperlink" in name or "_rels/sheet" in name]


def test_numbers_are_whole_and_what_is_missing_is_empty():
    table = pd.DataFrame(
        {
            "mean": [1 / 3, float("nan")],
            "lower": pd.array([1, None], dtype="Int64"),
            "ranked": [True, False],
        }
    )
    found = cells(book_of(table))
    assert float(found["A3"][1]) == 1 / 3
    assert found["B3"] == ("n", "1")
    assert (found["C3"], found["C4"]) == (("b", "1"), ("b", "0"))
    assert "A4" not in found
    assert "B4" not in found


def test_equal_tables_give_equal_bytes():
    table = pd.DataFrame({"provider": ["A"], "mean": [1.0]})
    printed = PrintedTable("ranking", "Caption", ("Provider",), (), ())
    assert write_workbook([(printed, table)]) == write_workbook([(printed, table)])


def test_without_xlsxwriter_the_extra_is_named(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "xlsxwriter" else find(name)
    )
    with pytest.raises(SpecError, match=r"varmodel\[tables\]") as caught:
        book_of(pd.DataFrame({"a": [1]}))
    assert caught.value.code == "CONFIG.EXTRA"
