"""Which columns of a Parquet file its writer held as categories.

Parquet itself keeps their texts only; Arrow's writers (pandas, polars, pyarrow) add their own
schema, a flatbuffer in base64, under the key ``ARROW:schema``. DuckDB does not hand it on.
"""

import base64
import binascii
import struct

_CONTINUES = b"\xff\xff\xff\xff"
# places of the fields in the tables of Arrow's Message.fbs and Schema.fbs
_HEADER, _FIELDS, _NAME, _DICTIONARY = 2, 1, 0, 4


def category_columns(schema: bytes) -> frozenset[str]:
    """Name the columns with a dictionary; none where the bytes are no schema of Arrow."""
    try:
        return _named(base64.b64decode(schema))
    except (binascii.Error, struct.error, UnicodeDecodeError):
        return frozenset()


def _named(data: bytes) -> frozenset[str]:
    start = 8 if data.startswith(_CONTINUES) else 4  # after the length of the message
    header = _field(data, _follow(data, start), _HEADER)
    fields = _field(data, _follow(data, header), _FIELDS) if header else 0
    if not fields:
        return frozenset()
    vector = _follow(data, fields)
    (length,) = struct.unpack_from("<I", data, vector)
    columns = [_follow(data, vector + 4 + 4 * at) for at in range(min(length, len(data)))]
    return frozenset(_text(data, at) for at in columns if _field(data, at, _DICTIONARY))


def _follow(data: bytes, place: int) -> int:
    return place + int(struct.unpack_from("<I", data, place)[0])


def _field(data: bytes, table: int, slot: int) -> int:
    """Give the place of a field of a table; 0 where the table has none."""
    index = table - int(struct.unpack_from("<i", data, table)[0])
    (size,) = struct.unpack_from("<H", data, index)
    if 4 + 2 * slot >= size:
        return 0
    (offset,) = struct.unpack_from("<H", data, index + 4 + 2 * slot)
    return table + offset if offset else 0


def _text(data: bytes, table: int) -> str:
    at = _field(data, table, _NAME)
    if not at:
        return ""
    start = _follow(data, at)
    (length,) = struct.unpack_from("<I", data, start)
    return data[start + 4 : start + 4 + length].decode()
