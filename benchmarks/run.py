"""Start one adapter on one problem in a process of its own, and judge what it gives."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

from benchmarks import quality, reference
from benchmarks.adapters import Adapter
from benchmarks.data import Data

HERE = Path(__file__).parent
RUNS = HERE / "results" / "runs"
#: What 4,000 draws of NUTS may be worth, their chains alternating: the bound of a run cut short.
MOST_SIZE = 8000.0

type Row = dict[str, float | str]


@cache
def absent(adapter: Adapter) -> str:
    """Say which packages an adapter's interpreter lacks; empty where it has all."""
    interpreter = interpreter_of(adapter)
    if shutil.which(interpreter) is None:
        return f"no {interpreter} here"
    if adapter.language == "r":
        test = "q(status = 1 - requireNamespace('{}', quietly = TRUE))"
        command = [interpreter, "-e"]
    else:
        test = "import importlib.util, sys; sys.exit(not importlib.util.find_spec('{}'))"
        command = [interpreter, "-c"]
    lacking = [
        name
        for name in adapter.needs
        if subprocess.run(
            [*command, test.format(name)], capture_output=True, check=False
        ).returncode
    ]
    return f"{', '.join(lacking)} not installed" if lacking else ""


def interpreter_of(adapter: Adapter) -> str:
    """Choose the program: ours, that of VARMODEL_PEERS, or Rscript."""
    peers = os.environ.get("VARMODEL_PEERS", sys.executable)
    return {"r": "Rscript", "python": peers, "varmodel": sys.executable}[adapter.language]


def run(adapter: Adapter, data: Data, *, seed: int, limit: float, judged: bool) -> Row:
    """Run, and give a row: seconds, MB, and where asked what the draws are worth."""
    out = RUNS / data.meta["name"] / adapter.name
    shutil.rmtree(out, ignore_errors=True)
    status = _start(adapter, data, out, seed=seed, limit=limit)
    if status:
        row: Row = {"status": status}
        return row | ({"ess_s_most": MOST_SIZE / limit} if status.startswith("over") else {})
    row = {"status": "ok", **json.loads((out / "measured.json").read_text(encoding="utf-8"))}
    if judged:
        row |= judge(adapter, data, out)
    shutil.rmtree(out)
    return row


def judge(adapter: Adapter, data: Data, out: Path) -> Row:
    """Measure the draws: effective sizes, the total's ends, the distance to the reference."""
    draws = quality.read_draws(out)
    row: Row = {}
    if adapter.posterior:
        row |= quality.sizes(draws) | {"draws_needed": quality.draws_needed(draws, data)}
    known = reference.read(data)
    if known is not None:
        row |= quality.distance(quality.summary(draws, posterior=adapter.posterior), known[0])
    return row


def _start(adapter: Adapter, data: Data, out: Path, *, seed: int, limit: float) -> str:
    """Run to the end (warm too, if the first fit took a third of the limit at most)."""
    driver = ["benchmarks/measure.R"] if adapter.language == "r" else ["-m", "benchmarks.measure"]
    command = [interpreter_of(adapter), *driver, adapter.name, str(data.folder), str(out)]
    command += [str(seed), repr(time.time()), str(limit / 3)]
    process = subprocess.Popen(
        command,
        cwd=HERE.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that its children end with it
    )
    try:
        errors = process.communicate(timeout=limit)[1]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return f"over {limit:.0f} s"
    last = errors.strip().splitlines()[-1:] or ["no message"]
    return "" if process.returncode == 0 else f"failed: {last[0][:100]}"
