"""The folder of a sensitivity analysis: what is done stays done, and a rerun goes on from there.

folder -> Kept (Kept.opened) -> outcomes (Kept.find, Kept.keep) and fits (Kept.store)
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from varmodel.errors import Where, fail
from varmodel.fits.output import behind_link, fail_writing, hold
from varmodel.fits.store import Store
from varmodel.studies.universes.outcomes import Outcome

_SETTINGS, _FITS = "settings.json", "fits"
_OUTCOMES, _SECONDS, _PARTS = "universes", "seconds", "parts"


@dataclass(frozen=True, slots=True)
class Kept:
    """A folder of what is done: fits, and the outcome of each universe.

    Attributes
    ----------
    folder : Path or None
        None keeps nothing.
    store : Store or None
    """

    folder: Path | None = None
    store: Store | None = None

    @classmethod
    @contextmanager
    def opened(
        cls, path: "str | os.PathLike[str] | None", *, settings: Mapping[str, object]
    ) -> "Iterator[Kept]":
        """Open a folder, of the same settings if it is not new, and keep others out meanwhile.

        Raises
        ------
        SpecError
            CONFIG.VALUE where the folder was made with other settings (another seed).
        OutputError
            OUTPUT.LOCKED while another process has it open; OUTPUT.EXISTS where it is a file or
            holds something else; OUTPUT.DENIED, OUTPUT.DISK.
        """
        if path is None:
            yield cls()
            return
        with hold(behind_link(path)) as place:
            claim(place.target, settings)
            with Store.opened(place.target / _FITS) as store:
                yield cls(place.target, store)

    def find(self, key: str) -> tuple[Outcome, float] | None:
        """Read an outcome and the seconds that it took, if it is there."""
        text, took = self._read(_OUTCOMES, key), self._read(_SECONDS, key)
        return (Outcome.from_json(text), float(took or "nan")) if text else None

    def keep(self, key: str, outcome: Outcome, *, seconds: float) -> None:
        """Keep an outcome; times stand apart, so that a rerun gives the same bytes."""
        self._write(_SECONDS, key, f"{seconds!r}\n")
        self._write(_OUTCOMES, key, outcome.to_json())

    def find_part(self, key: str) -> str:
        """Read which part of the effects a base publishes; empty where it is not there."""
        return self._read(_PARTS, key).strip()

    def keep_part(self, key: str, part: str) -> None:
        """Keep which part of the effects a base publishes."""
        self._write(_PARTS, key, f"{part}\n")

    def _read(self, shelf: str, key: str) -> str:
        path = None if self.folder is None else self.folder / shelf / key
        return "" if path is None or not path.is_file() else path.read_text(encoding="utf-8")

    def _write(self, shelf: str, key: str, text: str) -> None:
        if self.folder is not None:
            write_whole(self.folder / shelf / key, text)


def claim(folder: Path, settings: Mapping[str, object]) -> None:
    """Take a folder that is new, empty, or was made with the same settings.

    Raises
    ------
    SpecError
        CONFIG.VALUE where it was made with others.
    OutputError
        OUTPUT.EXISTS where it is a file or holds something else; OUTPUT.DENIED, OUTPUT.DISK.
    """
    text = json.dumps(dict(settings), sort_keys=True) + "\n"
    where = Where(file=str(folder))
    if folder.exists() and not folder.is_dir():
        fail("OUTPUT.EXISTS", "the output is a file", fix="name a folder", where=where)
    path = folder / _SETTINGS
    if path.is_file():
        if path.read_bytes() == text.encode():
            return
        message = f"the folder was made with other settings than {text.strip()}"
        fail("CONFIG.VALUE", message, fix="take the same seed, or name another folder", where=where)
    if folder.is_dir() and any(x != _part_of(path) for x in folder.iterdir()):
        fix = "name a folder that is empty or does not exist"
        fail("OUTPUT.EXISTS", "the folder holds something else", fix=fix, where=where)
    write_whole(path, text)


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    part = _part_of(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        fail_writing(error, path)


def _part_of(path: Path) -> Path:
    """Name a file that is being written; one is left where a process was killed."""
    return path.with_name(f".{path.name}.part")
