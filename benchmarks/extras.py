"""What no peer does: whole analyses and runs, figures, universes, certificates, a quarter.

Named parts (``python -m benchmarks.extras certificate "960 universes"``) replace their figures of
an earlier run; by default all are measured.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import xarray as xr

import varmodel as vm
from benchmarks import nation, whole
from benchmarks.problems import PROBLEMS, Problem

PATH = Path(__file__).parent / "results" / "extras.json"
ANALYSED = {name: PROBLEMS[name] for name in ("B2-1e5", "B2-1e6")} | {whole.WIDE.name: whole.WIDE}
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


#: Universes of two sizes: scales of a prior (a fit each), levels of the benchmark, prices.
UNIVERSES = {"50 universes": (5, 5, 2), "960 universes": (60, 4, 4)}
#: Draws and providers of savings.
WIDE = 4_000, 6_500


def universes(sizes: tuple[int, int, int]) -> float:
    """Time a product of choices about B2: (fits, benchmarks, prices)."""
    problem = PROBLEMS["B2-1e5"]
    spec, table = _priced(problem), problem.table()
    scales, levels, prices = (range(1, size) for size in sizes)
    sd = {k: {"dist": "half_normal", "sigma": 0.05 * k} for k in scales}
    at = {k: {"kind": "quantile", "value": 0.5 + 0.4 * k / sizes[1]} for k in levels}
    plan = {
        "prior": {"base": {}, **{f"{k}": {"priors": {"provider_sd": sd[k]}} for k in scales}},
        "benchmark": {"base": {}, **{f"{k}": {"benchmark": at[k]} for k in levels}},
        "price": {"base": {}, **{f"{k}": {"unit_cost": 50.0 * k} for k in prices}},
    }
    options = {"random_seed": 1, "progressbar": False}
    return _seconds(partial(vm.studies.sensitivity, spec, table, plan, **options))


def wide_savings() -> float:
    """Time savings by draw of so many providers."""
    draws, providers = WIDE
    values = np.random.default_rng(1).random((4, draws // 4, providers))
    rates = xr.DataArray(values, dims=("chain", "draw", "provider"))
    work = partial(
        vm.savings,
        rates,
        activity=xr.DataArray(np.full(providers, 100.0), dims="provider"),
        benchmark=vm.Benchmark("quantile", 0.75),
        unit_cost=100.0,
        better="lower",
        random_seed=1,
    )
    return min(_seconds(work) for _ in range(REPEATS))


def of_fit(study: Callable[..., object], **options: object) -> float:
    """Time a study of a fit of B2."""
    problem = PROBLEMS["B2-1e5"]
    spec = _priced(problem)
    fit = vm.fit(spec, vm.prepare(spec, problem.table()), random_seed=1, progressbar=False)
    return _seconds(partial(study, fit, random_seed=1, **options))


def stacking() -> float:
    """Time two shapes of B2, stacked."""
    problem = PROBLEMS["B2-1e5"]
    spec = _priced(problem)
    models = {"normal": spec, "student_t": spec.replace(effect="student_t")}
    return _seconds(partial(vm.studies.stack, models, problem.table(), random_seed=1))


def _priced(problem: Problem) -> vm.ModelSpec:
    benchmark = vm.Benchmark("quantile", 0.75)
    return problem.spec().replace(benchmark=benchmark, unit_cost=vm.UnitCost(90, 100, 120))


#: Name of a figure -> what measures it; a quarter and records give several figures.
MEASURES: dict[str, Callable[[], object]] = {
    **{name: partial(whole_analysis, problem) for name, problem in ANALYSED.items()},
    "demo": demo,
    "whole": whole.measure,
    "quarter": nation.quarter,
    "many_fits": nation.many_fits,
    "many_analyses": nation.many_analyses,
    "records": nation.records,
    **{name: partial(universes, sizes) for name, sizes in UNIVERSES.items()},
    "certificate": partial(of_fit, vm.studies.certify, progressbar=False),
    "power scaling": partial(of_fit, vm.studies.power_scaling),
    "leave one out": partial(of_fit, vm.studies.leave_one_out),
    "stacking": stacking,
    "wide savings": wide_savings,
}


def main(names: Sequence[str] = ()) -> None:
    """Measure what is named, or everything, and write each figure as soon as it is known."""
    found = json.loads(PATH.read_text(encoding="utf-8")) if names and PATH.exists() else {}
    PATH.parent.mkdir(exist_ok=True)
    for name in names or MEASURES:
        measured = MEASURES[name]()
        found |= measured if name in {"quarter", "records"} else {name: measured}
        PATH.write_text(json.dumps(found, indent=2), encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *MEASURES])
    main(parser.parse_args().names)
