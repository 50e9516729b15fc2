"""The tables of docs/calibration.md, and the verdict."""

import re
import sys
from pathlib import Path

import pandas as pd

from tests.calibration.bounds import (
    EFFECTS,
    ORDER,
    Figure,
    error_of,
    evenness,
    figures,
    misses,
    read,
)
from tests.calibration.records import FIXED_SETS, RHOS, SETS

PAGE = Path(__file__).parents[2] / "docs" / "calibration.md"
_CELL = ["providers", "periods", "size"]


def report(records: list[dict], *, write: bool) -> int:
    """Print the tables; 1 where something misses its bound."""
    table = read(records)
    text = "\n\n".join([markdown(by_cell(table)), markdown(pooled(table)), verdict(table)])
    sys.stdout.write(f"{text}\n")
    if write:
        pattern = r"(?s)(<!-- calibration -->\n).*?(<!-- end -->)"
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(re.sub(pattern, rf"\g<1>\n{text}\n\n\g<2>", page), encoding="utf-8")
    return int(bool(misses(table)))


def by_cell(table: pd.DataFrame) -> pd.DataFrame:
    """Give a row a cell: sets, failures, coverages with their errors, seconds."""
    rows = []
    for cell, held in table.groupby(_CELL):
        drawn = held[held["rho"].isna()]
        passed, planned = drawn[drawn["passed"]], SETS[int(cell[0])]
        row = dict(zip(("providers", "periods", "n"), cell, strict=True))
        row |= {"sets": f"{len(drawn)} of {planned}", "failed": f"{len(drawn) - len(passed)}"}
        row |= {name.replace("_", " "): _share(passed[name]) for name in (*EFFECTS, *ORDER)}
        fixed = held[held["rho"].notna()]
        row["fixed, next"] = _share(fixed.loc[fixed["passed"], "next"])
        row["fixed sets"] = f"{len(fixed)} of {len(RHOS) * FIXED_SETS[int(cell[0])]}"
        rows.append(row | {"seconds": f"{held['seconds'].median():.1f}"})
    return pd.DataFrame(rows)


def pooled(table: pd.DataFrame) -> pd.DataFrame:
    """Give what is pooled over cells, with its bounds."""
    even = evenness(table)
    return pd.DataFrame(
        {
            "over": one.where,
            "interval of": one.what.replace("_", " "),
            "held (se)": f"{one.value:.3f} ({one.error:.3f})",
            "bounds": f"{one.low:g} to {one.high:g}",
            "p of even places": f"{even[one.what]:.2f}" if one.what in even else "",
        }
        for one in figures(table)
        if _is_pooled(one)
    )


def _is_pooled(one: Figure) -> bool:
    return " " in one.where


def verdict(table: pd.DataFrame) -> str:
    """Say how many fits failed and what missed its bound."""
    failed = (~table["passed"]).sum()
    found = misses(table)
    ending = "Nothing misses its bound." if not found else "Beyond their bounds:"
    lines = [f"{len(table):,} fits, {failed} failed their gate. {ending}"]
    return "\n".join([*lines, "", *(f"- {one}" for one in found)]) if found else lines[0]


def _share(shares: pd.Series) -> str:
    return f"{shares.mean():.3f} ({error_of(shares):.3f})" if len(shares) else ""


def markdown(table: pd.DataFrame) -> str:
    lines = [list(table.columns), ["---"] * table.shape[1]]
    lines += [list(map(str, row)) for row in table.itertuples(index=False)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
