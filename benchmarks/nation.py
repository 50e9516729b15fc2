"""A national quarter from its tables to its site, and many fits of one quarter."""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import varmodel as vm

#: Tables of one quarter, as of 30 indicators over 40 quarters fitted one by one.
FITS, TRUSTS = 1_200, 170
#: Different tables; the others are the same with other seeds, which costs the same.
_TABLES = 40
_MODEL = "did_not_attend_rate"


def quarter() -> dict[str, float]:
    """Time ``varmodel quarter`` of the whole made-up nation, two processes; and a rerun of it."""
    with tempfile.TemporaryDirectory() as name:
        nation, out = Path(name) / "nation", Path(name) / "out"
        _call("simulate-nation", "--out", nation, "--seed", 1)
        arguments = ("quarter", nation / "quarter.toml", "--out", out, "--seed", 1)
        first, again = _call(*arguments), _call(*arguments)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3  # the largest process
    return {"quarter": first, "quarter_again": again, "quarter_mb": peak}


def many_fits() -> float:
    """Time ``fit_many`` of 1,200 tables of one quarter, 170 trusts each, two processes."""
    spec = vm.load_model(_MODEL).replace(period=None)
    tables = [
        vm.simulate(spec, providers=TRUSTS, mean_denominator=2_000, random_seed=seed).table
        for seed in range(_TABLES)
    ]
    start = time.perf_counter()
    for seed in range(FITS // _TABLES):
        with tempfile.TemporaryDirectory() as store:
            tasks = [(spec, table) for table in tables]
            vm.batch.fit_many(tasks, random_seed=seed, store=Path(store) / "fits")
    return time.perf_counter() - start


def _call(*arguments: object) -> float:
    """Run a command of varmodel; give the seconds from process start to end."""
    command = [sys.executable, "-m", "varmodel", *map(str, arguments)]
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - start
