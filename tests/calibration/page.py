"""The tables of docs/calibration.md, and the verdict."""

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from tests.calibration import savings
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
from tests.calibration.sbc import LEAST, PAIRS, p_values

PAGE = Path(__file__).parents[2] / "docs" / "calibration.md"
_CELL = ["providers", "periods", "size"]


def report(records: list[dict], *, write: bool) -> int:
    """Print the tables of panels; 1 where something misses its bound."""
    table = read(records)
    _publish(
        {
            "cells": markdown(by_cell(table)),
            "pooled": markdown(pooled(table)) + "\n\n" + verdict(table),
        },
        write=write,
    )
    return int(bool(misses(table)))


def report_sbc(records: list[dict], *, write: bool) -> int:
    """Print the p values of simulation-based calibration; 1 where one is too small."""
    found = pd.DataFrame(
        {"family": family, "transient": transient, "passed": len(kept), "of": len(own)}
        | p_values(kept)
        for family, transient in PAIRS
        if (own := [x for x in records if (x["family"], x["transient"]) == (family, transient)])
        and (kept := [x for x in own if x["passed"]])
    )
    whole = p_values([one for one in records if one["passed"]])
    values = found.drop(columns=["family", "transient", "passed", "of"])
    least = float(np.nanmin(values.to_numpy())) * int(values.notna().to_numpy().sum())
    text = markdown(_p_table(found, whole))
    words = f"The smallest p times their number, {values.notna().to_numpy().sum()}: {least:.2g}."
    _publish({"sbc": f"{text}\n\n{words}"}, write=write)
    return int(least < LEAST)


def report_savings(records: list[dict], *, write: bool) -> int:
    """Print the table of totals; 1 where a ratio or a coverage misses its bound."""
    found = savings.figures(records)
    shown = pd.DataFrame(
        {
            "providers": row.providers,
            "n": row.n,
            "benchmark": row.kind,
            "sets": row.sets,
            **{
                words: f"{getattr(row, name):.2f}"
                for name, words in (("observed", "observed"), ("shrunken", "shrunken"))
            },
            "joint (se)": f"{row.joint:.3f} ({row.joint_se:.3f})",
            "95 % interval held (se)": f"{row.coverage:.3f} ({row.coverage_se:.3f})",
        }
        for row in found.sort_values(["providers", "n"], kind="stable").itertuples()
    )
    missed, failed = savings.misses(found), sum(not one["passed"] for one in records)
    words = [f"{len(records):,} fits, {failed} failed their gate.", *(f"- {x}" for x in missed)]
    ending = "" if missed else " No ratio and no coverage misses its bound."
    _publish({"savings": f"{markdown(shown)}\n\n" + "\n".join(words) + ending}, write=write)
    return int(bool(missed))


def _p_table(found: pd.DataFrame, whole: dict[str, float]) -> pd.DataFrame:
    """Give the smallest and the middle p of each quantity over families, and that of all."""
    names = [name for name in found if name not in ("family", "transient", "passed", "of")]
    return pd.DataFrame(
        {
            "quantity": name.replace("_", " "),
            "families x transients": f"{found[name].notna().sum()}",
            "sets": f"{found.loc[found[name].notna(), 'passed'].sum():,}",
            "smallest p": f"{found[name].min():.3f}",
            "median p": f"{found[name].median():.2f}",
            "p of all pooled": f"{whole[name]:.2f}",
        }
        for name in names
    )


def _publish(parts: dict[str, str], *, write: bool) -> None:
    """Print parts of the page, and put each between its markers."""
    for name, content in parts.items():
        sys.stdout.write(f"{content}\n\n")
        if write:
            pattern = rf"(?s)(<!-- {name} -->\n).*?(<!-- end -->)"
            text = PAGE.read_text(encoding="utf-8")
            put = re.sub(pattern, lambda at, c=content: f"{at[1]}\n{c}\n\n{at[2]}", text)
            PAGE.write_text(put, encoding="utf-8")


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
    every = list(figures(table))
    judged = sum(one.judged for one in every)
    counts = f"{judged} of {len(every)} figures have sets enough to be judged."
    lines = [f"{len(table):,} fits, {failed} failed their gate; {counts} {ending}"]
    return "\n".join([*lines, "", *(f"- {one}" for one in found)]) if found else lines[0]


def _share(shares: pd.Series) -> str:
    if not len(shares):
        return ""
    error = error_of(shares)
    return f"{shares.mean():.3f}" + (f" ({error:.3f})" if np.isfinite(error) else "")


def markdown(table: pd.DataFrame) -> str:
    lines = [list(table.columns), ["---"] * table.shape[1]]
    lines += [list(map(str, row)) for row in table.itertuples(index=False)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
