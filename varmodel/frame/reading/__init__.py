"""Tables in: any engine, one result, the distinct combinations of the named columns.

table -> Distinct              tables.read_table
texts -> numbers               numbers.parse_numbers
"""

from varmodel.frame.reading.distinct import Distinct
from varmodel.frame.reading.levels import Column
from varmodel.frame.reading.numbers import (
    Finding,
    is_missing_mark,
    is_suppression,
    label,
    parse_labels,
    parse_numbers,
    read_number,
    refusals,
)
from varmodel.frame.reading.tables import read_table

__all__ = [
    "Column",
    "Distinct",
    "Finding",
    "is_missing_mark",
    "is_suppression",
    "label",
    "parse_labels",
    "parse_numbers",
    "read_number",
    "read_table",
    "refusals",
]
