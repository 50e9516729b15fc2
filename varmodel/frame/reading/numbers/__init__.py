"""Texts and raw values to numbers and labels; what is refused, and in which words.

level -> number or Finding     parser.read_number
column -> numbers, refusals    parser.parse_numbers
plain column, in one pass      plain.plain_numbers
"""

from varmodel.frame.reading.numbers.findings import Finding
from varmodel.frame.reading.numbers.parser import (
    is_missing_mark,
    is_suppression,
    label,
    parse_labels,
    parse_numbers,
    read_number,
    refusals,
)

__all__ = [
    "Finding",
    "is_missing_mark",
    "is_suppression",
    "label",
    "parse_labels",
    "parse_numbers",
    "read_number",
    "refusals",
]
