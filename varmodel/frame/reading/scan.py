"""The bytes of a CSV file, looked at before any parser sees them."""

import codecs
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from varmodel.errors import Where, fail
from varmodel.frame.reading.records import foreign_newlines, open_quote
from varmodel.values import Mask

BYTES_LIMIT = 32 * 2**30
CHUNK = LINE_LIMIT = 4 * 2**20
_QUOTE = ord('"')
_EDGE = np.isin(np.arange(256), np.frombuffer(b',\r\n"', dtype=np.uint8))
_SAVE = "save the table as CSV in UTF-8"
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a workbook or a ZIP archive"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "compressed with gzip"),
    (b"BZh", "compressed with bzip2"),
    (b"\xfd7zXZ", "compressed with xz"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old workbook"),
    (b"\x89HDF", "an HDF5 file"),
    (b"PAR1", "a Parquet file (name it .parquet)"),
    (b"ARROW1", "an Arrow file"),
    (b"SQLite format 3", "a database"),
    *((bytes([0x80, protocol]), "a pickle") for protocol in range(2, 6)),
)


@dataclass(frozen=True, slots=True)
class Scan:
    """What the bytes say about the records.

    Attributes
    ----------
    commas : int
        Commas outside quotes in the whole file.
    records : int
        Newlines outside quotes, plus one, blank lines at the end aside: the header and the rows.
    """

    commas: int
    records: int


def scan(path: Path, file: str) -> Scan:
    """Read a file once, in chunks, and refuse whatever is not plain CSV text.

    Parameters
    ----------
    path : Path
        A regular file.
    file : str
        Its name for messages.

    Returns
    -------
    Scan
        Held against what the parser finds.

    Raises
    ------
    InputError
        INPUT.LIMIT, INPUT.EMPTY, INPUT.NOT_CSV, INPUT.ENCODING, INPUT.PARSE.
    """
    size = path.stat().st_size
    where = Where(file=file)
    if size > BYTES_LIMIT:
        fail("INPUT.LIMIT", f"{size} bytes; at most {BYTES_LIMIT}", where=where, fix="split it")
    scanner = _Scanner(path, file)
    with path.open("rb") as stream:
        start = stream.read(CHUNK)
        scanner.kind(start)
        chunk = start.removeprefix(codecs.BOM_UTF8)
        while chunk:
            if chunk.endswith(b"\r"):
                chunk += stream.read(1)
            scanner.feed(chunk)
            chunk = stream.read(CHUNK)
    return scanner.finish()


class _Scanner:
    """The state between two chunks: the line, inside quotes or not, newline style, counts."""

    def __init__(self, path: Path, file: str) -> None:
        self.path, self.file = path, file
        self.line, self.inside, self.last = 1, False, b"\n"
        self.decoder = codecs.getincrementaldecoder("utf-8")()
        self.style = b""
        self.commas = self.newlines = self.trailing = 0

    def kind(self, start: bytes) -> None:
        """Refuse by the first bytes."""
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _wide(start):
            self.refuse("INPUT.ENCODING", "the file is in UTF-16, not UTF-8", line=1, fix=_SAVE)
        text = start.removeprefix(codecs.BOM_UTF8).lstrip()
        if not text and len(start) < CHUNK:
            self.refuse("INPUT.EMPTY", "the file is empty", line=0, fix="give a header and rows")
        what = "HTML or XML" if text.startswith(b"<") else ""
        what = next((words for magic, words in _MAGIC if start.startswith(magic)), what)
        if what:
            self.refuse("INPUT.NOT_CSV", f"the file is not CSV: {what}", line=0, fix=_SAVE)

    def feed(self, chunk: bytes) -> None:
        """Check one chunk."""
        nul = chunk.find(b"\0")
        if nul >= 0:
            line = self.line + chunk.count(b"\n", 0, nul)
            self.refuse(
                "INPUT.PARSE", "a NUL byte", line=line, fix="export the table again as text"
            )
        self.decode(chunk)
        plain = self.outside_quotes(chunk)
        self.newline_style(plain)
        if len(chunk) >= LINE_LIMIT and b"\n" not in chunk:
            message = f"a line above {LINE_LIMIT} bytes"
            self.refuse("INPUT.LIMIT", message, line=self.line, fix="is it a table?")
        self.commas += plain.count(b",")
        self.count_lines(chunk, plain)
        self.last = chunk[-1:]

    def decode(self, chunk: bytes) -> None:
        """Refuse what is not UTF-8, also where a letter stands across two chunks."""
        if chunk.isascii() and not self.decoder.getstate()[0]:
            return
        try:
            self.decoder.decode(chunk)
        except UnicodeDecodeError as error:
            line = self.line + error.object.count(b"\n", 0, error.start)
            self.not_utf8(line)

    def not_utf8(self, line: int) -> NoReturn:
        """Refuse a line that is not UTF-8."""
        self.refuse(
            "INPUT.ENCODING", "not UTF-8 text", line=line, fix="save the file again as UTF-8"
        )

    def outside_quotes(self, chunk: bytes) -> bytes:
        """Leave out what stands between quotes; refuse a quote in the middle of a field."""
        if not self.inside and b'"' not in chunk and self.last != b'"':
            return chunk
        data = np.frombuffer(chunk, dtype=np.uint8)
        quotes = data == _QUOTE
        inside = np.cumsum(quotes, dtype=np.uint8) + np.uint8(self.inside) & 1 == 1
        self.misplaced_quotes(chunk, quotes=quotes, inside=inside)
        self.inside = bool(inside[-1])
        return data[~inside | quotes].tobytes()

    def misplaced_quotes(self, chunk: bytes, *, quotes: Mask, inside: Mask) -> None:
        """Refuse a quote that opens behind, or closes before, anything but a separator.

        A doubled quote closes and opens again: each of the two stands beside a quote.
        """
        data = np.frombuffer(self.last + chunk, dtype=np.uint8)
        before, after = data[:-1], data[1:]
        opens = quotes & inside
        closed = np.r_[self.last == b'"' and not self.inside, (quotes & ~inside)[:-1]]
        bad = (opens & ~_EDGE[before]) | (closed & ~_EDGE[after])
        if bad.any():
            line = self.line + chunk.count(b"\n", 0, int(bad.argmax()))
            fix = "quote the whole field and double the quotes inside"
            self.refuse("INPUT.PARSE", "a quote in the middle of a field", line=line, fix=fix)

    def newline_style(self, plain: bytes) -> None:
        """Refuse a lone carriage return, and two styles in one file."""
        ends, returns, pairs = plain.count(b"\n"), plain.count(b"\r"), plain.count(b"\r\n")
        if not ends and not returns:
            return
        style = b"\r\n" if pairs else b"\n"
        self.style = self.style or style
        if returns == pairs and pairs in {0, ends} and style == self.style:
            return
        where = Where(file=self.file, lines=foreign_newlines(self.path))
        fix = "save the file with one newline style (LF, or CR LF)"
        fail("INPUT.PARSE", "lone carriage returns or mixed newlines", where=where, fix=fix)

    def count_lines(self, chunk: bytes, plain: bytes) -> None:
        """Count physical lines, newlines outside quotes, and those that end the file."""
        self.line += chunk.count(b"\n")
        self.newlines += plain.count(b"\n")
        body = chunk.rstrip(b"\r\n")
        tail = chunk.count(b"\n", len(body))
        self.trailing = tail if body else self.trailing + tail

    def finish(self) -> Scan:
        """Refuse what only the end of the file shows."""
        if self.decoder.getstate()[0]:
            self.not_utf8(self.line)
        if self.inside:
            line = open_quote(self.path)
            self.refuse(
                "INPUT.PARSE", "a quote that is never closed", line=line, fix="close the quote"
            )
        return Scan(self.commas, self.newlines - self.trailing + 1)

    def refuse(self, code: str, message: str, *, line: int, fix: str) -> NoReturn:
        fail(code, message, where=Where(file=self.file, lines=(line,) if line else ()), fix=fix)


def _wide(start: bytes) -> bool:
    """Tell UTF-16 without a mark: every other byte of the beginning is NUL."""
    head = start[:64]
    even, odd = head[::2], head[1::2]
    return len(head) >= 4 and (not any(even) or not any(odd)) and any(head)
