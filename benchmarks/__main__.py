"""The grid: adapters by problems, repeats interleaved, medians, ratios, targets.

Run whole (`make bench`) or in pieces: a piece replaces its problems in results/latest.csv.
"""

import argparse
import datetime as dt

import pandas as pd

from benchmarks import extras, publish, targets
from benchmarks.adapters import ADAPTERS
from benchmarks.data import Data
from benchmarks.floor import floor_seconds
from benchmarks.prepared import prepared
from benchmarks.problems import PROBLEMS
from benchmarks.reference import read
from benchmarks.run import Row, absent, run
from benchmarks.table import KEYS, LATEST, merge, tabulate

#: A run that took longer than this, cold and warm together, is not repeated.
EXPENSIVE = 30.0
SHOWN = ["status", "cold", "warm", "mb", "ess_s_effect", "ess_s_tier", "total_s"]


def main() -> None:
    asked = _arguments()
    ready = [data for name in asked.problems if (data := prepared(PROBLEMS[name])) is not None]
    if ready:
        rows = grid(ready, asked.adapters, repeats=asked.repeats, limit=asked.limit)
        table = merge(tabulate(rows, day=_today()))
        table.to_csv(LATEST, float_format="%.4g")
    if asked.extras:
        extras.main()
    table = pd.read_csv(LATEST, index_col=KEYS)
    print(table[[name for name in SHOWN if name in table]].to_string(float_format="%.3g"))
    targets.main()
    if asked.publish:
        publish.main(asked.publish, ran=bool(ready))


def grid(ready: list[Data], adapters: list[str], *, repeats: int, limit: float) -> list[Row]:
    """Run everything once, then again what is not expensive: a row a run."""
    rows: list[Row] = []
    again = [(data, name) for data in ready for name in adapters]
    for repeat in range(repeats):
        runs, again = again, []
        for data, name in runs:
            row = _one(data, name, repeat=repeat, limit=limit)
            print(
                {key: row[key] for key in row if key in ("problem", "adapter", *SHOWN)}, flush=True
            )
            if row["status"] == "ok" and row["cold"] + row.get("warm", EXPENSIVE) <= EXPENSIVE:
                again.append((data, name))
            rows.append(row)
    return rows


def _one(data: Data, name: str, *, repeat: int, limit: float) -> Row:
    adapter, meta = ADAPTERS[name], data.meta
    row: Row = {"problem": meta["name"], "adapter": name}
    reason = adapter.refusal(meta) or absent(adapter)
    if reason:
        return row | {"status": f"skipped: {reason}"}
    first = repeat == 0
    row |= run(adapter, data, seed=1 + 10 * repeat, limit=limit, judged=first)
    if first and adapter.language == "varmodel":
        row |= {"rows": meta["rows"], "cells": meta["cells"], "prepare": meta["prepare"]}
        row |= {"floor": floor_seconds(data), "noise_ratio": _noise_ratio(row, data)}
    return row


def _noise_ratio(row: Row, data: Data) -> float:
    """Divide our error by the distance of two usual NUTS runs; NaN where either is not known."""
    known = read(data)
    if known is None or "error_rms" not in row:  # a run over its limit is not judged
        return float("nan")
    return row["error_rms"] / known[1]["error_rms"]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", nargs="*", default=list(PROBLEMS), choices=list(PROBLEMS))
    parser.add_argument("--adapters", nargs="*", default=list(ADAPTERS), choices=list(ADAPTERS))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--limit", type=float, default=120, help="seconds a run may take")
    parser.add_argument("--extras", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--publish", nargs="?", const=_today(), help="copy to results/published/")
    return parser.parse_args()


def _today() -> str:
    return dt.datetime.now(tz=dt.UTC).date().isoformat()


if __name__ == "__main__":
    main()
