"""One adapter on one problem in a fresh process: seconds, memory, draws.

Run by the interpreter of the adapter; reads a problem's folder, writes a folder with the draws
of the last fit and ``measured.json``. Imports nothing but NumPy before the adapter does.
"""

import importlib
import json
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.data import Data


def main(adapter_name: str, folder: Path, out: Path, *, seed: int, started: float, longest: float):
    """Fit cold; fit again, warm, unless the first took longer than ``longest`` seconds."""
    adapter = importlib.import_module(f"benchmarks.adapters.{adapter_name}")
    data = Data(folder)
    draws = adapter.run(data, seed)
    measured = {"cold": time.time() - started}
    if measured["cold"] <= longest:
        start = time.perf_counter()
        draws = adapter.run(data, seed + 1)
        measured["warm"] = time.perf_counter() - start
    measured["mb"] = peak_memory()
    out.mkdir(parents=True, exist_ok=True)
    for name, values in draws.items():
        np.save(out / f"{name}.npy", values)
    (out / "measured.json").write_text(json.dumps(measured), encoding="utf-8")


def peak_memory() -> float:
    """Read the peak resident size of this process in MB, that of its parent left out."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    name, folder, out, seed, started, longest = sys.argv[1:]
    main(
        name,
        Path(folder),
        Path(out),
        seed=int(seed),
        started=float(started),
        longest=float(longest),
    )
