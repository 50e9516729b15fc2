"""What no peer does: a whole analysis against its fit, the demo, a national quarter."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import varmodel as vm
from benchmarks import nation
from benchmarks.problems import PROBLEMS, Problem

PATH = Path(__file__).parent / "results" / "extras.json"
ANALYSED = ("B2-1e5", "B2-1e6")
REPEATS = 3


def whole_analysis(problem: Problem) -> dict[str, float]:
    """Time ``analyse`` from the table (nil rule included) and its fit, in turn, warm medians."""
    spec, table = problem.spec(), problem.table()
    spec = spec.replace(benchmark=vm.Benchmark("quantile", 0.75), unit_cost=100.0)
    frame = vm.prepare(spec, table)
    fits, wholes = [], []
    for seed in range(REPEATS + 1):
        options = {"random_seed": seed, "progressbar": False}
        fits.append(_seconds(partial(vm.fit, spec, frame, **options)))
        wholes.append(_seconds(partial(vm.analyse, spec, table, **options)))
    return {"fit": median(fits[1:]), "analyse": median(wholes[1:])}  # the first are cold


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def demo() -> float:
    """Time ``varmodel demo`` the second time, from process start."""
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(2):
            start = time.perf_counter()
            command = [sys.executable, "-m", "varmodel", "demo"]
            subprocess.run(command, cwd=folder, capture_output=True, check=True)
    return time.perf_counter() - start


def main() -> None:
    found = {name: whole_analysis(PROBLEMS[name]) for name in ANALYSED} | {"demo": demo()}
    found |= nation.quarter() | {"many_fits": nation.many_fits()}
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(json.dumps(found, indent=2), encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
