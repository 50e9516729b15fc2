"""Tables of docs/benchmarks.md, written between its markers from the latest results."""

import re
from pathlib import Path

import pandas as pd

from benchmarks import targets
from benchmarks.problems import PROBLEMS

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
#: Column of the results -> heading.
COLUMNS = {
    "cold": "cold, s",
    "warm": "warm, s",
    "compile_share": "start share",
    "mb": "MB",
    "ess_s_effect": "ESS/s effect",
    "ess_s_tier": "ESS/s tier",
    "total_s": "total to 1 %, s",
    "cold_ratio": "cold, ratio",
    "ess_s_ratio": "ESS/s, ratio",
    "error_rms": "rms",
    "error_max": "max",
    "sd_ratio": "sd ratio",
    "tau_error": "tau",
    "passing_error": "passing",
    "tier_rms": "tier rms",
    "tier_max": "tier max",
}
#: Reasons that go without saying: a peer was written for other problems.
_NOT_FOR = ("for B5 only", "fits panels alone", "does not fit what passes")


def write(note: str) -> None:
    """Put note, results and targets into the page."""
    results = targets.read_results()
    text = PAGE.read_text(encoding="utf-8")
    for name, content in {
        "note": note,
        "results": _results(results.table),
        "targets": _markdown(targets.check(results)),
    }.items():
        pattern = rf"(?s)(<!-- {name} -->\n).*?(<!-- end -->)"
        text = re.sub(pattern, lambda found, c=content: f"{found[1]}\n{c}\n\n{found[2]}", text)
    PAGE.write_text(text, encoding="utf-8")


def _results(table: pd.DataFrame) -> str:
    """Give one table a problem; who was skipped or cut short stands below it."""
    parts = []
    for name in table.index.unique("problem"):
        rows = table.loc[name]
        ran = rows[rows["status"] == "ok"]
        shown = ran[[column for column in COLUMNS if column in ran]].rename(columns=COLUMNS)
        counts = rows[["rows", "cells", "prepare", "floor"]].dropna().head(1)
        about = [
            f"### {name}: {PROBLEMS[name].about}",
            f"Run of {rows['day'].iloc[0]}. {_size(counts)}",
            _markdown(shown.reset_index()),
        ]
        rest = [f"{who}: {status}" for who, status in rows["status"].items() if status != "ok"]
        rest = [line for line in rest if not line.endswith(_NOT_FOR)]
        parts.append("\n\n".join([*about, *(["; ".join(rest) + "."] if rest else [])]))
    return "\n\n".join(parts)


def _size(counts: pd.DataFrame) -> str:
    if counts.empty:
        return "Not run by varmodel."
    row = counts.iloc[0]
    words = (
        f"{row['rows']:,.0f} rows, {row['cells']:,.0f} cells; prepared in {row['prepare']:.2g} s"
    )
    return f"{words}; the floor is {row['floor']:.2g} s."


def _markdown(table: pd.DataFrame) -> str:
    lines = [list(table.columns), ["---"] * table.shape[1]]
    lines += [[_text(value) for value in row] for row in table.itertuples(index=False)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2g}"
