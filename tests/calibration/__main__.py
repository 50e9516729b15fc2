"""Whether intervals hold what they say: simulated panels, fitted and judged.

``python -m tests.calibration`` goes on where it was stopped; see CONTRIBUTING.md.
"""

import argparse
import json
import time
from pathlib import Path

from tests.calibration import page
from tests.calibration.records import Task, record, tasks

RECORDS = Path("out/calibration/records.jsonl")


def main() -> int:
    asked = _arguments()
    wanted = [task for task in tasks(asked.share) if not asked.cells or task.cell in asked.cells]
    asked.records.parent.mkdir(parents=True, exist_ok=True)
    run(wanted, asked.records, until=time.monotonic() + 60 * asked.minutes)
    return page.report(read(asked.records), write=asked.write)


def run(wanted: list[Task], path: Path, *, until: float) -> None:
    """Append a record of each panel that has none, until time is up."""
    done = {one["key"] for one in read(path)}
    for task in wanted:
        if time.monotonic() > until:
            return
        if task.key not in done:
            line = json.dumps(record(task))
            with path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")


def read(path: Path) -> list[dict[str, object]]:
    """Read the records there are; a line that was cut off is left out."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines if line.endswith("}")]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="share of the panels of a cell")
    parser.add_argument("--cells", nargs="*", help="such as 12x4x30; all by default")
    parser.add_argument("--minutes", type=float, default=600, help="stop after so many")
    parser.add_argument("--records", type=Path, default=RECORDS)
    parser.add_argument("--write", action="store_true", help="write docs/calibration.md")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
