"""Tables in: any engine, one result, the distinct combinations of the named columns.

table -> Distinct              tables.read
texts -> numbers               numbers.parse_numbers
"""

from varmodel.frame.reading.distinct import Distinct
from varmodel.frame.reading.levels import Column
from varmodel.frame.reading.numbers import (
    Finding,
    is_missing_mark,
    is_suppression,
    label,
    number,
    parse_labels,
    parse_numbers,
    refusals,
)
from varmodel.frame.reading.tables import read

__all__ = [
    "Column",
    "Distinct",
    "Finding",
    "is_missing_mark",
    "is_suppression",
    "label",
    "number",
    "parse_labels",
    "parse_numbers",
    "read",
    "refusals",
]
