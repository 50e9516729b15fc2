"""Whether posteriors keep what they promise: simulated panels, fitted and held to their truths.

``python -m tests.calibration`` judges intervals of 27 kinds of panel, ``... sbc`` the places of
truths among draws for every family, ``... savings`` total savings by kind of benchmark. All go on
where they were stopped: CONTRIBUTING.md.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.calibration import page, records, savings, sbc

FOLDER = Path("out/calibration")


def main() -> int:
    asked = _arguments()
    path = asked.records or FOLDER / f"{asked.what}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + 60 * asked.minutes
    if asked.what == "sbc":
        wanted = sbc.sets(round(asked.share * sbc.SETS))
        run(wanted, path, judge=sbc.record, until=until)
        return page.report_sbc(read(path), write=asked.write)
    if asked.what == "savings":
        wanted = savings.sets(round(asked.share * savings.SETS))
        run(wanted, path, judge=savings.record, until=until)
        return page.report_savings(read(path), write=asked.write)
    tasks = [
        task for task in records.tasks(asked.share) if not asked.cells or task.cell in asked.cells
    ]
    run(tasks, path, judge=records.record, until=until)
    return page.report(read(path), write=asked.write)


def run(
    wanted: Iterable, path: Path, *, judge: Callable[..., dict[str, object]], until: float
) -> None:
    """Append a record of each panel that has none, until time is up."""
    done = {one["key"] for one in read(path)}
    for task in wanted:
        if time.monotonic() > until:
            return
        if task.key not in done:
            line = json.dumps(judge(task))
            with path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")


def read(path: Path) -> list[dict]:
    """Read the records there are; one that was cut off is no record."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("}\n")]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", default="panels", choices=["panels", "sbc", "savings"])
    parser.add_argument("--share", type=float, default=1.0, help="share of the panels planned")
    parser.add_argument("--cells", nargs="*", help="such as 12x4x30; all by default")
    parser.add_argument("--minutes", type=float, default=600, help="stop after so many")
    parser.add_argument("--records", type=Path, help="out/calibration/*.jsonl by default")
    parser.add_argument("--write", action="store_true", help="write docs/calibration.md")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
