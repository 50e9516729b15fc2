"""A national quarter from its tables to its site, and many fits of one quarter.

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

import varmodel as vm

#: Tables of one quarter, as of 30 indicators over 40 quarters fitted one by one.
FITS, TRUSTS = 1_200, 170
#: Different tables; the others are the same with other seeds, which costs the same.
_TABLES = 40
_MODEL = "did_not_attend_rate"


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
    spec = vm.load_model(_MODEL).replace(period=None)
    each = min(_TABLES, fits)
    tables = [
        vm.simulate(spec, providers=trusts, mean_denominator=2_000, random_seed=seed).table
        for seed in range(each)
    ]
    start = time.perf_counter()
    for seed in range(fits // each):
        with tempfile.TemporaryDirectory() as store:
            tasks = [(spec, table) for table in tables]
            found = vm.batch.fit_many(tasks, random_seed=seed, store=Path(store) / "fits")
            if len(found) != each:
                raise RuntimeError(f"{len(found)} fits of {each}")
    return time.perf_counter() - start


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
