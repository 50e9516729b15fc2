"""Every file of a folder held to one rule: no estimate stands without the ends of its interval."""

import csv
import io
import re
import zipfile
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

#: Numbers that are no estimates: counts as they may be shown, crude figures, how many there are,
#: probabilities (which are themselves what is not known), shares of a variance, codes.
NO_ESTIMATES = {
    *("observed", "events", "cases", "events_shown", "cases_shown", "ranked", "excluded"),
    *("not_shown", "among", "peers", "grade", "shared_rank", "indicators", "support", "ci_prob"),
    *("prob_worth", "prob_saving", "prob_top_quarter", "prob_bottom_quarter", "price_share"),
    *("statistics_share", "sd", "mcse", "plug_in_shrunken", "plug_in_observed"),
    *("middle_low", "middle_high", "named", "annual", "distinguishable", "passed"),
    *("result", "threshold", "seconds"),  # words of a log, and what took how long
}
#: Estimates whose ends are named by themselves.
ENDS = {
    "mean": ("lower", "upper"),
    "median": ("lower", "upper"),
    "expected_rank": ("lower", "upper"),
    "adjusted_rate": ("adjusted_lower", "adjusted_upper"),
    "own_rate": ("own_lower", "own_upper"),
    "lasting_rank": ("lasting_lower", "lasting_upper"),
}
_NUMBER = re.compile(r"-?\d[\d.,]*(e-?\d+)?%?")
#: "12 (4 to 25) of 150", "8.1 % 6.6 to 9.7", "nil to 12,345", "may be nothing, or up to 12,345".
_BOUNDED = re.compile(r"(\d|\bup|\bnil) to \D?[\d.,]+")
#: Heads of printed columns that hold no estimate.
_PLAIN_HEADS = re.compile(r"Ranked|Events|Cases|Observed|Pr\b|Share of|Grade|Number|Code")


def faults(folder):
    """Say where in a folder an estimate stands alone, file by file."""
    readers = {".csv": _csv, ".xlsx": _xlsx, ".html": _html, ".tex": _tex}
    return [
        f"{path.relative_to(folder)}: {fault}"
        for path in sorted(folder.rglob("*"))
        if path.suffix in readers
        for fault in readers[path.suffix](path)
    ]


def _csv(path):
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    return _of_columns(list(rows[0]) if rows else [], rows)


def _of_columns(heads, rows):
    ends = {end for both in ENDS.values() for end in both}
    for head in heads:
        low, high = ENDS.get(head, (f"{head}_lower", f"{head}_upper"))
        numeric = [row for row in rows if _NUMBER.fullmatch(row[head] or "")]
        if not numeric or head in NO_ESTIMATES | ends or head.endswith(("_lower", "_upper")):
            continue
        if low not in heads or high not in heads:
            yield f"column {head} has no ends"
        elif alone := [row for row in numeric if not (row[low] and row[high]) and _needs(row)]:
            yield f"{len(alone)} figures of {head} have no ends"


def _needs(row):
    """Whether a row of totals is an estimate: p-values, plug-ins and shares have no interval."""
    plain = ("plug_in", "shape_p_value", "nil", "annualise", "volume", "price_", "statistics_")
    return not str(row.get("quantity", "")).startswith(plain)


def _xlsx(path):
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(path) as book:
        strings = ET.fromstring(book.read("xl/sharedStrings.xml")).iter(f"{space}si")
        texts = ["".join(one.itertext()) for one in strings]
        for name in sorted(n for n in book.namelist() if n.startswith("xl/worksheets/sheet")):
            lines = []
            for row in ET.fromstring(book.read(name)).iter(f"{space}row"):
                cells = {}
                for cell in row.iter(f"{space}c"):
                    value = cell.findtext(f"{space}v") or ""
                    shown = texts[int(value)] if cell.get("t") == "s" else value
                    cells[re.sub(r"\d", "", cell.get("r"))] = shown
                lines.append(cells)
            heads, *body = lines[1:]
            rows = [{head: line.get(at, "") for at, head in heads.items()} for line in body]
            yield from (f"{name}: {fault}" for fault in _of_columns(list(heads.values()), rows))


class _Tables(HTMLParser):
    """Collects the cells of every row, headings first."""

    def __init__(self):
        super().__init__()
        self.rows, self.cell = [], None

    def handle_starttag(self, tag, _):
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.cell = []

    def handle_data(self, data):
        if self.cell is not None:
            self.cell.append(data)

    def handle_endtag(self, tag):
        if tag in ("td", "th") and self.cell is not None:
            self.rows[-1].append((tag, "".join(self.cell).strip()))
            self.cell = None


def _html(path):
    found = _Tables()
    found.feed(path.read_text(encoding="utf-8"))
    heads = []
    for row in found.rows:
        texts = [text for _, text in row]
        if all(tag == "th" for tag, _ in row):
            heads = texts
        elif len(texts) == len(heads):
            yield from _of_printed(heads, texts)


def _of_printed(heads, texts):
    for head, text in zip(heads[1:], texts[1:], strict=True):
        plain = text.replace("\N{NO-BREAK SPACE}", " ").removesuffix(" %")
        if _NUMBER.fullmatch(plain) and not _PLAIN_HEADS.search(head):
            yield f"{head}: {text} stands alone"
        bounded = "(95 %)" in head.replace("\N{NO-BREAK SPACE}", " ")
        if bounded and re.search(r"\d", text) and not _BOUNDED.search(text):
            yield f"{head}: {text} has no interval"


def _tex(path):
    heads = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.endswith(r"\\") and " & " in line and "multicolumn" not in line:
            cells = [re.sub(r"~|\\allowbreak{}", " ", c) for c in line[:-2].split(" & ")]
            cells = [re.sub(r"[\\{}]", "", cell).strip() for cell in cells]
            if any("(95 %)" in cell for cell in cells):
                heads = cells
            elif len(cells) == len(heads):
                yield from _of_printed(heads, cells)
