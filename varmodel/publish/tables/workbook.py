"""A workbook: numbers in full precision, texts as texts, whatever they start with."""

import importlib.util
import io
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from varmodel.errors import fail
from varmodel.publish.tables.cells import PrintedTable

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

#: A text cell holds so many characters.
_LONGEST = 32_767
_NARROW, _WIDE = 12, 32


def require_xlsxwriter() -> None:
    """Refuse to go on without xlsxwriter (CONFIG.EXTRA)."""
    if importlib.util.find_spec("xlsxwriter") is None:
        message = "a workbook needs xlsxwriter, which is not installed"
        fail("CONFIG.EXTRA", message, fix="pip install 'varmodel[tables]'")


def write_workbook(sheets: Iterable[tuple[PrintedTable, pd.DataFrame]]) -> bytes:
    """Write a sheet a table: caption, headings, rows, and the notes below them."""
    require_xlsxwriter()
    from xlsxwriter import Workbook

    stream = io.BytesIO()
    with Workbook(stream, {"in_memory": True}) as book:
        book.set_properties({"created": _EPOCH})
        bold = book.add_format({"bold": True})
        for printed, table in sheets:
            _fill(book.add_worksheet(printed.name), printed, table=table, bold=bold)
    return stream.getvalue()


#: The same bytes from the same tables.
_EPOCH = pd.Timestamp(2000, 1, 1).to_pydatetime()


def _fill(sheet: "Worksheet", printed: PrintedTable, *, table: pd.DataFrame, bold: object) -> None:
    _put(sheet, (0, 0), printed.caption, bold)
    for column, name in enumerate(table.columns):
        _put(sheet, (1, column), str(name), bold)
        for row, value in enumerate(table[name].tolist()):
            _put(sheet, (row + 2, column), value)
    for row, note in enumerate(printed.notes):
        _put(sheet, (len(table) + 3 + row, 0), note)
    sheet.set_column(0, 0, _WIDE)
    sheet.set_column(1, len(table.columns), _NARROW)
    sheet.freeze_panes(2, 1)


def _put(sheet: "Worksheet", place: tuple[int, int], value: object, *style: object) -> None:
    """Write a text as a text, a number as a number, and nothing for what is missing."""
    if isinstance(value, bool):
        sheet.write_boolean(*place, value, *style)
    elif isinstance(value, str):
        sheet.write_string(*place, value[:_LONGEST], *style)
    elif isinstance(value, int | float) and math.isfinite(value):
        sheet.write_number(*place, value, *style)
