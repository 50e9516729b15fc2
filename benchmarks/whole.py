"""The whole run beside its fit, cold and in processes of their own, and what figures take alone.

Seconds are of the clock, medians of three. A process that only imports, reads and fits is what a
person would wait for without tables and pages: a run is compared with it.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import xarray as xr

import varmodel as vm
from benchmarks import simulate
from benchmarks.problems import PROBLEMS, Problem

REPEATS = 3
#: 300 trusts, 8 quarters of 15 cells: a national indicator with what lasts and what passes.
WIDE = Problem(
    name="B-wide",
    about="300 trusts, 8 quarters of 15 cells, what lasts and what passes",
    fields=PROBLEMS["B11"].fields,
    scales=PROBLEMS["B11"].scales,
    terms=1,
    simulated=partial(simulate.panel, providers=300, periods=8, levels=15, mean=30),
)
RUNS = {"B2-1e5": PROBLEMS["B2-1e5"], WIDE.name: WIDE}
_FIT = """
import sys, varmodel as vm
spec = vm.load_model(sys.argv[1])
vm.fit(spec, vm.prepare(spec, sys.argv[2]), random_seed=1, progressbar=False)
"""
_IMPORT = "import varmodel"
#: With byte code kept, as of an installed package: without, a process compiles 425 modules anew.
_ENVIRONMENT = {key: x for key, x in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
#: Draws that are ranked, and refits of one design.
_DRAWS, _REFITS = (4, 1_000), 200


def runs(problem: Problem) -> dict[str, float]:
    """Time ``varmodel run``, the same without its page, and a process that fits alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spec = problem.spec().replace(benchmark=vm.Benchmark("quantile", 0.75), unit_cost=100.0)
        (folder / "model.toml").write_text(spec.to_toml(), encoding="utf-8")
        problem.table().to_csv(folder / "table.csv", index=False)
        files = [str(folder / "model.toml"), str(folder / "table.csv")]
        whole = ["-m", "varmodel", "run", *files, "--seed", "1", "--provisional"]
        commands = {"fit": ["-c", _FIT, *files], "run": whole, "no_page": [*whole, "--no-report"]}
        found: dict[str, list[float]] = {kind: [] for kind in commands}
        for repeat in range(REPEATS + 1):
            for kind, command in commands.items():
                out = [] if kind == "fit" else ["--out", str(folder / f"{kind}{repeat}")]
                found[kind].append(_process([*command, *out]))
    return {kind: median(seconds[1:]) for kind, seconds in found.items()}  # caches are filled


def _process(arguments: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], capture_output=True, check=True, env=_ENVIRONMENT)
    return time.perf_counter() - start


def import_seconds() -> float:
    """Give the processor seconds that loading the package takes, less those of Python alone."""
    return _processor(_IMPORT) - _processor("")


def _processor(code: str) -> float:
    found = []
    for _ in range(REPEATS + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return median(found[1:])


def of_ranks() -> dict[str, float]:
    """Time what is read off 4,000 draws of 300 providers, and ranks of 6,500."""
    few, many = _rates(300), _rates(6_500)
    found = {"rank 300": _best(lambda: vm.rank(few, better="lower"))}
    found["rank 6,500"] = _best(lambda: vm.rank(many, better="lower"))
    found["pairs 300, NumPy"] = _in_a_process(loops=False)
    found["pairs 300"] = _in_a_process(loops=True)
    return found | {"grades 300": _best(lambda: vm.ranks.grade(few, better="lower"))}


def _rates(count: int) -> xr.DataArray:
    rng = np.random.default_rng(1)
    draws = 0.3 * rng.standard_normal(count) + 0.2 * rng.standard_normal((*_DRAWS, count))
    labels = {"provider": [f"P{j:05}" for j in range(count)]}
    return xr.DataArray(draws, labels, ("chain", "draw", "provider"))


def _in_a_process(*, loops: bool) -> float:
    """Time pairwise comparisons where Numba is loaded, and where it is not."""
    first = "import numba" if loops else "pass"
    code = f"""
{first}
import varmodel as vm
from benchmarks.whole import _best, _rates
few = _rates(300)
print(_best(lambda: vm.pairwise(few, better="lower")))
"""
    command = [sys.executable, "-c", code]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _best(work: Callable[[], object]) -> float:
    """Give the median of some calls after the first."""
    work()
    found = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return median(found)


def of_others() -> dict[str, float]:
    """Time a page of 300 providers, refits of 400 draws, and a million distinct covariates."""
    spec = vm.load_model("surgical_mortality").replace(
        benchmark=vm.Benchmark("quantile", 0.75), unit_cost=100.0
    )
    made = vm.simulate(spec, providers=300, mean_denominator=200, random_seed=1)
    analysis = vm.analyse(spec, made.table, random_seed=1, progressbar=False, provisional=True)
    with tempfile.TemporaryDirectory() as folder:
        page = _best(lambda: analysis.report(Path(folder) / "page.html"))
    rng = np.random.default_rng(1)
    table = made.table.sample(1_000_000, replace=True, random_state=1).reset_index(drop=True)
    covered = spec.replace(case_mix=["x"], rows="records")
    table["x"] = rng.standard_normal(len(table))
    return {
        "page 300": page,
        **refits(spec, made.table),
        "covariates": _best(lambda: vm.prepare(covered, table)),
    }


def refits(spec: vm.ModelSpec, table: pd.DataFrame) -> dict[str, float]:
    """Time a refit of 400 draws by ``fit_many``, its two processes started, and in a loop."""
    options = {"random_seed": 1, "draws": 100}
    vm.batch.fit_many([(spec, table)] * 4, **options)
    start = time.perf_counter()
    vm.batch.fit_many([(spec, table)] * _REFITS, **options)
    many = time.perf_counter() - start
    frame = vm.prepare(spec, table)
    alone = _best(lambda: vm.fit(spec, frame, progressbar=False, **options))
    return {"refit": many / _REFITS, "refit alone": alone}


def measure() -> dict[str, object]:
    """Measure all of it."""
    return {
        "runs": {name: runs(problem) for name, problem in RUNS.items()},
        "import": import_seconds(),
        "ranks": of_ranks(),
        "others": of_others(),
    }
