"""The folder of a quarter's run: units that are whole or not there, and what they were made of.

OUT -> RunFolder (RunFolder.opened) -> which units are done (RunFolder.is_done)
"""

import csv
import hashlib
import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from varmodel.batch.quarter.declared.config import QuarterIndicator
from varmodel.fits.folder import sha256
from varmodel.fits.output import behind_link, fail_writing, hold
from varmodel.inference.labels import versions
from varmodel.publish.files import RUN_MANIFEST
from varmodel.studies.universes.kept import claim, write_whole

#: What a unit's files are: another number makes every unit anew.
UNIT_SCHEMA = 2
QUARTER_SCHEMA = 1
FACTS, SECONDS = "facts.json", "seconds.csv"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run's folder, held by this process.

    Attributes
    ----------
    folder : Path
    """

    folder: Path

    @classmethod
    @contextmanager
    def opened(cls, path: str | os.PathLike[str], *, random_seed: int) -> Iterator[Self]:
        """Open a folder that is new, empty or of the same seed, and keep other processes out.

        Raises
        ------
        SpecError
            CONFIG.VALUE where it was made with another seed.
        OutputError
            OUTPUT.LOCKED while another process has it open; OUTPUT.EXISTS where it is a file or
            holds something else; OUTPUT.DENIED, OUTPUT.DISK.
        """
        with hold(behind_link(path)) as place:
            claim(place.target, {"quarter": QUARTER_SCHEMA, "random_seed": random_seed})
            opened = cls(place.target)
            try:
                opened.units.mkdir(exist_ok=True)
            except OSError as error:
                fail_writing(error, opened.units)
            yield opened

    @property
    def units(self) -> Path:
        """The folder of the units."""
        return self.folder / "units"

    def unit(self, name: str) -> Path:
        """Give the folder of a unit."""
        return self.units / name

    def is_done(self, name: str, key: str) -> bool:
        """Whether a unit is there, made of just this, with every file as it was written."""
        manifest = read_manifest(self.unit(name))
        return manifest.get("key") == key and _is_whole(self.unit(name), manifest["files"])

    def sweep(self, name: str) -> None:
        """Remove what a process that was killed left beside the units."""
        with hold(self.unit(name)):
            pass

    def keep_seconds(self, took: Mapping[str, float]) -> None:
        """Write how long units took into a file of their own, which no manifest holds."""
        known = self._read_seconds() | {name: f"{value:.3f}" for name, value in took.items()}
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerows([("unit", "seconds"), *sorted(known.items())])
        write_whole(self.folder / SECONDS, text.getvalue())

    def _read_seconds(self) -> dict[str, str]:
        path = self.folder / SECONDS
        if not path.is_file():
            return {}
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            return {row[0]: row[1] for row in list(csv.reader(file))[1:] if len(row) == 2}


def unit_key(indicator: QuarterIndicator, *, random_seed: int, disclosure: str) -> str:
    """Give the digest of all that a unit's bytes depend on.

    Raises
    ------
    OSError
        Where the table cannot be read.
    """
    made_of = {
        "schema": UNIT_SCHEMA,
        "spec": indicator.spec.to_toml(),
        "table": sha256(indicator.table),
        "random_seed": random_seed,
        "versions": versions(),
        "cost_of_acting": indicator.cost_of_acting,
        "described": {name: dict(held) for name, held in indicator.described.items()},
        "disclosure": disclosure,
    }
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()


def read_manifest(unit: Path) -> dict[str, Any]:
    """Read what a unit says of itself; nothing where there is none, or it is damaged."""
    try:
        found = json.loads((unit / RUN_MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    known = isinstance(found, dict) and isinstance(found.get("files"), dict)
    return found if known else {}


def write_manifest(folder: Path, content: Mapping[str, Any]) -> None:
    """Write a manifest that ends with the hash of every file beside it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    hashes = {path.relative_to(folder).as_posix(): sha256(path) for path in files}
    text = json.dumps({**content, "files": hashes}, indent=2, allow_nan=False) + "\n"
    (folder / RUN_MANIFEST).write_text(text, encoding="utf-8")


def _is_whole(folder: Path, files: Mapping[str, object]) -> bool:
    """Whether a folder holds these files with these hashes, and no other."""
    there = {x.relative_to(folder).as_posix() for x in folder.rglob("*") if x.is_file()}
    return there == {*files, RUN_MANIFEST} and all(
        sha256(folder / name) == digest for name, digest in files.items()
    )
