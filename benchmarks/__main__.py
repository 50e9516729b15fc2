"""The grid: adapters by problems, interleaved repeats, medians, ratios."""

import argparse
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd

from benchmarks.problems import PROBLEMS

HERE = Path(__file__).parent
BASE = "varmodel_marginal"
ADAPTERS = (BASE, "varmodel_nuts", "pymc_nutpie")
NEEDS = {"pymc_nutpie": ("pymc", "nutpie")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--problems", nargs="*", default=list(PROBLEMS))
    arguments = parser.parse_args()
    rows = [
        {"problem": problem, "adapter": adapter} | one(adapter, problem, repeat)
        for repeat in range(arguments.repeats)
        for problem in arguments.problems
        for adapter in filter(installed, ADAPTERS)
    ]
    table = pd.DataFrame(rows).groupby(["problem", "adapter"], sort=False).median()
    base = table.xs(BASE, level="adapter")
    for name in ("cold", "warm", "ess_per_s_cold"):
        table[f"{name}_ratio"] = table[name].div(base[name], level="problem")
    (HERE / "results").mkdir(exist_ok=True)
    table.to_csv(HERE / "results" / "latest.csv", float_format="%.4g")
    print(table.to_string(float_format="%.3g"))


def installed(adapter: str) -> bool:
    absent = [name for name in NEEDS.get(adapter, ()) if importlib.util.find_spec(name) is None]
    if absent:
        print(f"skipped {adapter}: {', '.join(absent)} not installed")
    return not absent


def one(adapter: str, problem: str, seed: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.measure", adapter, problem, str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
