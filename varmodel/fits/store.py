"""A store: a folder of fits, each under a digest of all that fixes its draws.

(spec, frame, how it is drawn) -> key (key_of) -> fit (Store.save, Store.load)
"""

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self, overload

import xarray as xr

from varmodel.errors import OutputError, Where, fail
from varmodel.fits.artifact import load_fit, save_fit
from varmodel.fits.fit import Fit
from varmodel.fits.output import hold
from varmodel.frame.contents import OWN_PRICE
from varmodel.spec import ModelSpec

#: Seconds that another process may take to save a fit, and between looks.
_PATIENCE, _PAUSE = 60.0, 0.02
#: What a frame holds of its providers beside the cells: published, and in no ``source_hash``.
_BESIDE = ("provider_name", "peer_values", OWN_PRICE)


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of fits.

    Attributes
    ----------
    folder : Path
        Holds one saved fit a key, as :func:`varmodel.save_fit` writes it, and nothing else.
    """

    folder: Path

    @classmethod
    @contextmanager
    def opened(cls, path: str | os.PathLike[str]) -> Iterator[Self]:
        """Make the folder where it is not there, and keep other processes out meanwhile.

        Raises
        ------
        OutputError
            OUTPUT.LOCKED while another process has it open; OUTPUT.EXISTS where the path is a
            file; OUTPUT.DENIED, OUTPUT.DISK.
        """
        with hold(path) as place:
            if place.target.exists() and not place.target.is_dir():
                where, fix = Where(file=str(path)), "name a folder"
                fail("OUTPUT.EXISTS", "the store is a file", fix=fix, where=where)
            place.target.mkdir(exist_ok=True)
            yield cls(place.target)

    def __contains__(self, key: str) -> bool:
        """Whether the fit of a key is there; one that is there is whole."""
        return (self.folder / key).is_dir()

    def save(self, fit: Fit, key: str) -> None:
        """Save a fit whole, or not at all; one that another process saved meanwhile is the same.

        Two tasks of one list may have one key, and processes outlive a parent that was killed.

        Raises
        ------
        OutputError
            As :func:`varmodel.save_fit`.
        """
        until = time.monotonic() + _PATIENCE
        while key not in self:
            try:
                save_fit(fit, self.folder / key)
            except OutputError as error:
                waiting = error.code == "OUTPUT.LOCKED" and time.monotonic() < until
                if key not in self and not waiting:
                    raise
                time.sleep(_PAUSE)

    def load(self, key: str, spec: ModelSpec) -> Fit:
        """Load a fit, its hash checked, as one of a model that gives the same draws.

        Raises
        ------
        ArtifactError
            As :func:`varmodel.load_fit`.
        """
        found = load_fit(self.folder / key)
        found.draws.attrs["spec_digest"] = spec.digest
        return Fit(spec, found.frame, found.draws)


@dataclass(frozen=True, slots=True)
class StoredFits(Sequence[Fit]):
    """Fits of a store, read one at a time as they are asked for.

    Attributes
    ----------
    store : Store
    entries : tuple of (str, ModelSpec)
        Key and model of each.
    """

    store: Store
    entries: tuple[tuple[str, ModelSpec], ...]

    def __len__(self) -> int:
        """Count the fits."""
        return len(self.entries)

    @overload
    def __getitem__(self, index: int) -> Fit: ...
    @overload
    def __getitem__(self, index: slice) -> "StoredFits": ...
    def __getitem__(self, index: int | slice) -> "Fit | StoredFits":
        """Read one fit, or choose some without reading them."""
        if isinstance(index, slice):
            return StoredFits(self.store, self.entries[index])
        return self.store.load(*self.entries[index])


def key_of(spec: ModelSpec, frame: xr.Dataset, *, settings: Mapping[str, object]) -> str:
    """Give the digest of a fit: equal keys, equal draws and frame.

    Parameters
    ----------
    spec : ModelSpec
        What it publishes of the draws does not count.
    frame : xarray.Dataset
        Known by its ``source_hash``, what it says of excluded providers, their names and what
        describes peers.
    settings : mapping
        Seed, sampler, draws and versions: text and numbers.
    """
    seen = {name: frame.attrs[name] for name in ("source_hash", "excluded", "rows_in")}
    seen["names"] = spec.provider_name  # published, and in the frame
    seen |= beside_cells(frame)
    text = json.dumps([spec.fit_digest, seen, dict(settings)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def beside_cells(frame: xr.Dataset) -> dict[str, object]:
    """Give the names of a frame's providers and what describes their peers: never fitted."""
    return {name: frame[name].to_numpy().tolist() for name in _BESIDE if name in frame}
