"""A national quarter from its tables to its site; many fits, and whole analyses, of one quarter.

Whole with ``make bench``; smaller to see that it works: ``python -m benchmarks.nation --trusts 12
--pcts 8 --quarters 4 --indicators 2 --fits 4``.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

import varmodel as vm
from varmodel.numerics.threads import limit_threads

#: Tables of one quarter, as of 30 indicators over 40 quarters fitted one by one.
FITS, TRUSTS = 1_200, 170
#: Different tables; the others are the same with other seeds, which costs the same.
_TABLES = 40
_MODEL = "did_not_attend_rate"
#: Whole analyses that stand for as many as the fits, and their trusts.
_ANALYSES, _ANALYSED_TRUSTS = 48, 150
#: A table of records, one row a patient, and the road from it to a saving.
RECORDS = 10_000_000
_RECORDS = """
schema = 1
name = "records"
[indicator]
provider = "trust"
numerator = "died"
rows = "records"
better = "lower"
[model]
family = "binomial"
case_mix = ["age", "sex"]
[benchmark]
kind = "quantile"
value = 0.75
[unit_cost]
value = 100
"""
_SAVING = """
import sys, varmodel as vm
spec = vm.load_model(sys.argv[1])
fit = vm.fit(spec, vm.prepare(spec, sys.argv[2]), random_seed=1, progressbar=False)
money = {"activity": fit.frame["activity"], "unit_cost": 100.0, "better": "lower"}
rates, best = vm.adjusted_rates(fit, population="own"), vm.benchmark_rates(fit, spec.benchmark)
vm.summarise(vm.savings(rates, benchmark=best, random_seed=1, **money)["total"])
# not ru_maxrss, which begins with what the process had that started this one
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def quarter(**size: int) -> dict[str, float]:
    """Time ``varmodel quarter`` of a made-up nation, two processes; and a rerun of it.

    ``size`` holds options of ``simulate-nation``; the whole nation without.
    """
    with tempfile.TemporaryDirectory() as name:
        nation, out = Path(name) / "nation", Path(name) / "out"
        options = [text for key, value in size.items() for text in (f"--{key}", value)]
        _call("simulate-nation", "--out", nation, "--seed", 1, *options)
        arguments = ("quarter", nation / "quarter.toml", "--out", out, "--seed", 1)
        before = _processor()
        first = _call(*arguments)
        spent = _processor() - before
        again = _call(*arguments)
        _require_site(out / "site")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3  # the largest process
    found = {"quarter": first, "quarter_again": again, "quarter_mb": peak}
    return found | {"quarter_processor": spent}


def many_fits(fits: int = FITS, *, trusts: int = TRUSTS) -> float:
    """Time ``fit_many`` of tables of one quarter, two processes."""
    each = min(_TABLES, fits)
    spec, tables = _tables_of_a_quarter(each, trusts=trusts)
    start = time.perf_counter()
    for seed in range(fits // each):
        with tempfile.TemporaryDirectory() as store:
            tasks = [(spec, table) for table in tables]
            found = vm.batch.fit_many(tasks, random_seed=seed, store=Path(store) / "fits")
            if len(found) != each:
                raise RuntimeError(f"{len(found)} fits of {each}")
    return time.perf_counter() - start


def many_analyses(count: int = _ANALYSES) -> float:
    """Time analyses of one quarter with their tables, no pages, in two processes; give 1,200."""
    spec, tables = _tables_of_a_quarter(count, trusts=_ANALYSED_TRUSTS)
    with Parallel(2) as pool:
        pool(delayed(_analyse)(spec, tables[0], seed) for seed in range(2))  # processes begin
        start = time.perf_counter()
        pool(delayed(_analyse)(spec, table, seed) for seed, table in enumerate(tables))
        return (time.perf_counter() - start) * FITS / count


def _analyse(spec: vm.ModelSpec, table: pd.DataFrame, seed: int) -> int:
    """Make the tables of an analysis on one thread; give how many they are."""
    with limit_threads(1):
        found = vm.analyse(spec, table, random_seed=seed, progressbar=False, provisional=True)
        return len(found.tables())


def _tables_of_a_quarter(count: int, *, trusts: int) -> tuple[vm.ModelSpec, list[pd.DataFrame]]:
    spec = vm.load_model(_MODEL).replace(period=None)
    options = {"providers": trusts, "mean_denominator": 2_000}
    return spec, [vm.simulate(spec, random_seed=k, **options).table for k in range(count)]


def records(rows: int = RECORDS) -> dict[str, float]:
    """Time a process from a CSV of records to the interval of a saving, and its memory."""
    rng = np.random.default_rng(1)
    trust, age, sex = (rng.integers(0, count, rows) for count in (TRUSTS, 6, 2))
    level = -2 + 0.3 * rng.standard_normal(TRUSTS)[trust] + 0.2 * age + 0.1 * sex
    died = rng.random(rows) < 1 / (1 + np.exp(-level))
    names = np.array([f"R{j:03}" for j in range(TRUSTS)])
    columns = {"trust": names[trust], "age": age, "sex": sex, "died": died.astype(np.int64)}
    with tempfile.TemporaryDirectory() as name:
        model, table = Path(name) / "model.toml", Path(name) / "table.csv"
        model.write_text(_RECORDS, encoding="utf-8")
        pd.DataFrame(columns).to_csv(table, index=False)
        del columns, trust, age, sex, level, died
        found = []
        for _ in range(2):  # the first compiles
            start = time.perf_counter()
            command = [sys.executable, "-c", _SAVING, str(model), str(table)]
            told = subprocess.run(command, capture_output=True, check=True, text=True).stdout
            found = [time.perf_counter() - start, float(told) / 1e3]
    return dict(zip(("records", "records_mb"), found, strict=True))


def _call(*arguments: object) -> float:
    """Run a command of varmodel; give the seconds from process start to end."""
    command = [sys.executable, "-m", "varmodel", *map(str, arguments)]
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - start


def _processor() -> float:
    """Give the processor seconds of all processes that have ended, their own among them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _require_site(site: Path) -> None:
    """Refuse to call a run timed that has written no page of a provider."""
    if not any((site / "trust").glob("*.html")):
        raise FileNotFoundError(site)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    for name in ("trusts", "pcts", "quarters", "indicators"):
        asked.add_argument(f"--{name}", type=int)
    asked.add_argument("--fits", type=int, default=FITS)
    given = vars(asked.parse_args())
    fits = given.pop("fits")
    size = {name: value for name, value in given.items() if value is not None}
    found = quarter(**size)
    found["many_fits"] = many_fits(fits, trusts=size.get("trusts", TRUSTS))
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
