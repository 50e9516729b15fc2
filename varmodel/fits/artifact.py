"""A fit's folder: draws.nc and manifest.json, verified before any parser opens the draws."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import xarray as xr

from varmodel.errors import ArtifactError, SpecError, Where, fail
from varmodel.fits.contents import link_faults, manifest_faults, tree_faults
from varmodel.fits.fit import Fit
from varmodel.fits.folder import new_folder, sha256
from varmodel.fits.netcdf import netcdf_bytes, read_netcdf
from varmodel.spec import ModelSpec
from varmodel.spec.files import as_path, reading

FIT_SCHEMA = 2
DRAWS_FILE = "draws.nc"
FIT_MANIFEST = "manifest.json"
#: What a parser says of a file that is not what its signature promises.
_UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError)
_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def save_fit(fit: Fit, path: str | os.PathLike[str]) -> None:
    """Save a fit as a folder of two files.

    Parameters
    ----------
    fit : Fit
    path : str or path-like
        A folder that does not exist yet; it appears whole or not at all. Equal fits give equal
        bytes.

    Raises
    ------
    OutputError
        OUTPUT.EXISTS; OUTPUT.LOCKED while another process writes there; OUTPUT.DENIED,
        OUTPUT.DISK.
    """
    with new_folder(path) as folder:
        tree = fit.draws.assign({"frame": xr.DataTree(fit.frame)})
        (folder / DRAWS_FILE).write_bytes(netcdf_bytes(tree))
        manifest = _manifest(fit, folder / DRAWS_FILE)
        sealed = {**manifest, "seal": _seal(manifest)}
        (folder / FIT_MANIFEST).write_text(json.dumps(sealed, indent=2) + "\n", encoding="utf-8")


def load_fit(path: str | os.PathLike[str]) -> Fit:
    """Load a fit that :func:`save_fit` wrote.

    Parameters
    ----------
    path : str or path-like
        The folder.

    Returns
    -------
    Fit
        Equal, value by value, to the one that was saved.

    Raises
    ------
    InputError
        INPUT.NOT_FOUND where there is no such folder.
    ArtifactError
        ARTIFACT.VERSION for another schema; ARTIFACT.UNTRUSTED for anything but a folder with
        an HDF5 file; ARTIFACT.CORRUPT where a file is absent, or where hash, size, chains or
        draws are not what the manifest says.
    """
    folder = as_path(path)
    where = Where(file=str(folder))
    with reading(str(folder)):
        if folder.is_file():
            fix = "name the folder"
            fail("ARTIFACT.UNTRUSTED", "a saved fit is a folder", where=where, fix=fix)
        if not folder.is_dir():
            fail("INPUT.NOT_FOUND", "no such folder", where=where, fix="name a saved fit")
        for name in (FIT_MANIFEST, DRAWS_FILE):
            if not (folder / name).is_file():
                _corrupt(folder, f"there is no {name} in the folder")
        manifest = _read_manifest(folder / FIT_MANIFEST)
        _verify(manifest, folder / DRAWS_FILE)
        return _rebuild(_read_tree(folder / DRAWS_FILE), manifest, draws=folder / DRAWS_FILE)


def _manifest(fit: Fit, draws: Path) -> dict[str, Any]:
    sizes = fit.posterior.sizes
    return {
        "schema": FIT_SCHEMA,
        "file": DRAWS_FILE,
        "sha256": sha256(draws),
        "bytes": draws.stat().st_size,
        "chains": sizes["chain"],
        "draws": sizes["draw"],
        "random_seed": fit.draws.attrs["random_seed"],
        "sampler": fit.draws.attrs["sampler"],
        "provisional": int(fit.provisional),
        "versions": json.loads(fit.draws.attrs["versions"]),
        "spec_digest": fit.spec.digest,
        "source_hash": fit.frame.attrs["source_hash"],
        "spec": fit.spec.to_toml(),
    }


def _seal(manifest: Mapping[str, object]) -> str:
    """Hash a manifest's own content, so that no byte of it changes unseen."""
    text = json.dumps({key: value for key, value in manifest.items() if key != "seal"})
    return hashlib.sha256(text.encode()).hexdigest()


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        _corrupt(path, "the manifest is not JSON")
    if not isinstance(manifest, dict) or not isinstance(manifest.get("schema"), int):
        _corrupt(path, "the manifest names no schema")
    if manifest["schema"] != FIT_SCHEMA:
        newer = manifest["schema"] > FIT_SCHEMA
        by, fix = ("a newer", "update varmodel") if newer else ("an older", "fit again")
        message = f"written by {by} varmodel (schema {manifest['schema']}, known {FIT_SCHEMA})"
        fail("ARTIFACT.VERSION", message, where=Where(file=str(path)), fix=fix)
    return manifest


def _verify(manifest: Mapping[str, Any], draws: Path) -> None:
    """Hold the draws to the manifest without reading more than their bytes."""
    with draws.open("rb") as file:
        start = file.read(len(_SIGNATURE))
    if not _SIGNATURE.startswith(start):  # a file cut short is damaged, not foreign
        where = Where(file=str(draws))
        fail("ARTIFACT.UNTRUSTED", "the draws are not an HDF5 file", where=where, fix="fit again")
    if manifest.get("seal") != _seal(manifest):
        _corrupt(draws.with_name(FIT_MANIFEST), "the manifest was changed")
    _refuse(draws.with_name(FIT_MANIFEST), manifest_faults(manifest))
    if draws.stat().st_size != manifest["bytes"]:
        _corrupt(draws, "the file's size is not what the manifest says")
    if sha256(draws) != manifest["sha256"]:
        _corrupt(draws, "the file's hash is not what the manifest says")


def _read_tree(draws: Path) -> xr.DataTree:
    try:
        _refuse(draws, link_faults(draws))
        return read_netcdf(draws)
    except ArtifactError:
        raise
    except _UNREADABLE as error:
        _corrupt(draws, f"the draws cannot be read ({error})")


def _rebuild(tree: xr.DataTree, manifest: Mapping[str, Any], *, draws: Path) -> Fit:
    for node in tree.subtree:
        node.attrs = {key: _plain(value) for key, value in node.attrs.items()}
    _refuse(draws, tree_faults(tree, manifest))
    kept = tree.filter(lambda node: node.name != "frame")
    try:
        spec = ModelSpec.from_toml(manifest["spec"])
    except SpecError as error:
        _corrupt(draws.with_name(FIT_MANIFEST), f"its model is none ({error.problems[0].message})")
    if spec.digest != manifest["spec_digest"]:
        _corrupt(draws.with_name(FIT_MANIFEST), "the model is not the one whose digest it gives")
    return Fit(spec, tree["frame"].to_dataset(), kept)


def _refuse(path: Path, faults: Iterator[str]) -> None:
    """Refuse the first fault."""
    for fault in faults:
        _corrupt(path, fault)


def _plain(value: object) -> object:
    """HDF5 gives NumPy's numbers back; attributes are Python's."""
    return value.item() if isinstance(value, np.generic) else value


def _corrupt(path: Path, message: str) -> NoReturn:
    fail("ARTIFACT.CORRUPT", message, where=Where(file=str(path)), fix="fit again")
