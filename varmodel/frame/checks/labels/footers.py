"""Lines that are no rows: notes below a table, headings within it."""

import re
from collections.abc import Iterator

import numpy as np

from varmodel.errors import Problem
from varmodel.frame.checks.refusals import refuse_where
from varmodel.frame.reading import Distinct, is_missing_mark
from varmodel.frame.reading.numbers import Finding
from varmodel.spec import ModelSpec
from varmodel.values import Mask

_NOTE = re.compile(
    r"(?:sources?|notes?|footnotes?|key|contact|copyright|publication|published|prepared by"
    r"|produced by|last updated|updated|extracted|data (?:as at|from|quality)|coverage|period"
    r"|basis|definition|disclaimer|crown copyright|www\.|https?:|see )\b.*"
    r"|[©*†‡§#].*|\[?\(?[0-9]{1,2}[\])\.]\s+\S.*",
    re.IGNORECASE | re.DOTALL,
)


def is_note(text: object) -> bool:
    """Tell the text of a note below a table: Source: NHS England, * too small to report."""
    return isinstance(text, str) and bool(_NOTE.fullmatch(text.strip()))


def lines_apart(spec: ModelSpec, distinct: Distinct) -> Iterator[Problem]:
    """Give the rows that have a label and no figure at all, by their label.

    Parameters
    ----------
    spec : ModelSpec
        It names the columns of provider and response.
    distinct : Distinct
        The table.
    """
    empty = np.ones(len(distinct.count), dtype=bool)
    for name in spec.response_columns.values():
        column = distinct.columns[name]
        marks = np.array([is_missing_mark(level) for level in column.levels], dtype=bool)
        empty &= marks[column.codes]
    provider = distinct.columns[spec.provider]
    notes = np.array([is_note(level) for level in provider.levels], dtype=bool)[provider.codes]
    named = ~np.array([is_missing_mark(level) for level in provider.levels])[provider.codes]
    finding = Finding(
        "VALUE.MISSING",
        "a note below the table, or a heading in it, stands where a provider should",
        "delete the lines that are no rows before the table is read",
    )
    yield from _problems(spec, distinct, wrong=empty & notes, finding=finding)
    finding = Finding(
        "VALUE.MISSING",
        "a label without any figure: a heading, a note, or a provider that sent nothing",
        "delete the lines that are no rows, and those of providers that sent nothing",
    )
    yield from _problems(spec, distinct, wrong=empty & named & ~notes, finding=finding)


def _problems(
    spec: ModelSpec, distinct: Distinct, *, wrong: Mask, finding: Finding
) -> list[Problem]:
    return refuse_where(distinct, [spec.provider], wrong=wrong, finding=finding)
