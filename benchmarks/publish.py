"""Keep a run: results/published/DATE.csv, targets, a note on the machine; the page of docs."""

import os
import platform
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks import page, targets
from benchmarks.extras import PATH as EXTRAS
from benchmarks.table import LATEST, RESULTS

_PACKAGES = ("varmodel", "numpy", "scipy", "numba", "pymc", "nutpie")
_PEERS = ("pymc", "nutpie", "walnutpie", "stanli", "rustmc", "numpyro", "jax", "bambi", "gpboost")
_R = ("lme4", "glmmTMB", "rstanarm")


def main(date: str, *, ran: bool) -> None:
    """Keep the latest tables under a date; where nothing was run, the note of its day stands."""
    folder = RESULTS / "published"
    folder.mkdir(exist_ok=True)
    shutil.copy(LATEST, folder / f"{date}.csv")
    if EXTRAS.exists():
        shutil.copy(EXTRAS, folder / f"{date}-extras.json")
    results = targets.read_results()
    found = targets.check(results)
    found.to_csv(folder / f"{date}-targets.csv", index=False, float_format="%.4g")
    if ran:
        (folder / f"{date}.md").write_text(f"# Run of {date}\n\n{note()}\n", encoding="utf-8")
    page.write("\n\n".join(map(_noted, sorted(set(results.table["day"])))))


def _noted(day: str) -> str:
    """Give the note on a day's run as a part of the page."""
    kept = RESULTS / "published" / f"{day}.md"
    return kept.read_text(encoding="utf-8").strip().replace("# Run of", "### Run of", 1)


def note() -> str:
    """Say what machine and versions a run is from."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[2]
    machine = f"{os.cpu_count()} cores of {_processor()}, {memory:.0f} GiB, {platform.system()}"
    lines = [
        f"- Machine: {machine}; mean load over the last 15 minutes {load:.1f}.",
        f"- Python {platform.python_version()}; {_versions(_PACKAGES)}.",
        f"- Peers in Python: {_peer_versions()}.",
        f"- Peers in R: {_r_versions()}.",
    ]
    return "\n".join(lines)


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _versions(packages: tuple[str, ...]) -> str:
    return ", ".join(f"{name} {version(name)}" for name in packages)


def _peer_versions() -> str:
    code = f"""
from importlib.metadata import distributions
held = {{d.name.lower(): d.version for d in distributions()}}
print(", ".join(f"{{n}} {{held[n]}}" for n in {_PEERS} if n in held))
"""
    return _said([os.environ.get("VARMODEL_PEERS", sys.executable), "-c", code]) or "none"


def _r_versions() -> str:
    if shutil.which("Rscript") is None:
        return "none"
    code = "cat(paste('{0}', packageVersion('{0}')))"
    found = [_said(["Rscript", "-e", code.format(name)]) for name in _R]
    return ", ".join([_said(["Rscript", "-e", "cat(R.version.string)"]), *filter(None, found)])


def _said(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()
