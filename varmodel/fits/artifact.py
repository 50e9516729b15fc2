"""A fit's folder: draws.nc and manifest.json, verified before any parser opens the draws."""

import json
import os
from pathlib import Path

import xarray as xr

from varmodel.errors import Where, fail
from varmodel.fits.fit import Fit
from varmodel.fits.folder import new_folder, sha256
from varmodel.spec import ModelSpec

SCHEMA = 1
DRAWS = "draws.nc"
MANIFEST = "manifest.json"
_HDF5 = b"\x89HDF"
_GROUPS = ("posterior", "sample_stats", "observed_data", "constant_data", "frame")


def save_fit(fit: Fit, path: str | os.PathLike[str]) -> None:
    """Save a fit as a folder of two files.

    Parameters
    ----------
    fit : Fit
    path : str or path-like
        A folder that does not exist yet; it appears whole or not at all.

    Raises
    ------
    OutputError
        OUTPUT.EXISTS, OUTPUT.DENIED, OUTPUT.DISK.
    """
    with new_folder(path) as folder:
        tree = fit.draws.assign({"frame": xr.DataTree(fit.frame)})
        tree.to_netcdf(folder / DRAWS, engine="h5netcdf")
        (folder / MANIFEST).write_text(json.dumps(_manifest(fit, folder / DRAWS), indent=2))


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
        INPUT.NOT_FOUND where the folder or one of its files is absent.
    ArtifactError
        ARTIFACT.VERSION for a newer schema, ARTIFACT.UNTRUSTED for anything but such a folder
        with an HDF5 file in it, ARTIFACT.CORRUPT where hash, size, shape or content is not what
        the manifest says.
    """
    folder = Path(path)
    if folder.is_file():
        where = Where(file=str(folder))
        fail("ARTIFACT.UNTRUSTED", "a saved fit is a folder", where=where, fix="name the folder")
    for name in (MANIFEST, DRAWS):
        if not (folder / name).is_file():
            where = Where(file=str(folder))
            fail("INPUT.NOT_FOUND", f"no {name} in the folder", where=where, fix="name a saved fit")
    manifest = _read_manifest(folder / MANIFEST)
    _verify(manifest, folder / DRAWS)
    try:
        with xr.open_datatree(folder / DRAWS, engine="h5netcdf") as opened:
            tree = opened.load()
    except (OSError, ValueError, KeyError) as error:
        _corrupt(folder / DRAWS, f"the draws cannot be read ({error})")
    return _rebuild(tree, manifest, folder / DRAWS)


def _manifest(fit: Fit, draws: Path) -> dict[str, object]:
    sizes = fit.posterior.sizes
    return {
        "schema": SCHEMA,
        "file": DRAWS,
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


def _read_manifest(path: Path) -> dict[str, object]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        _corrupt(path, "the manifest is not JSON")
    if not isinstance(manifest, dict) or not isinstance(manifest.get("schema"), int):
        _corrupt(path, "the manifest names no schema")
    if manifest["schema"] > SCHEMA:
        message = f"written by a newer varmodel (schema {manifest['schema']}, known {SCHEMA})"
        fail("ARTIFACT.VERSION", message, where=Where(file=str(path)), fix="update varmodel")
    return dict(manifest)


def _verify(manifest: dict[str, object], draws: Path) -> None:
    if draws.stat().st_size != manifest.get("bytes"):
        _corrupt(draws, "the file's size is not what the manifest says")
    if sha256(draws) != manifest.get("sha256"):
        _corrupt(draws, "the file's hash is not what the manifest says")
    with draws.open("rb") as file:
        if file.read(len(_HDF5)) != _HDF5:
            where = Where(file=str(draws))
            fail(
                "ARTIFACT.UNTRUSTED", "the draws are not an HDF5 file", where=where, fix="fit again"
            )


def _rebuild(tree: xr.DataTree, manifest: dict[str, object], draws: Path) -> Fit:
    missing = [name for name in _GROUPS if name not in tree.children]
    if missing:
        _corrupt(draws, f"groups are missing: {', '.join(missing)}")
    spec = ModelSpec.from_toml(str(manifest["spec"]))
    frame = tree["frame"].to_dataset()
    kept = tree.filter(lambda node: node.name != "frame")
    fit = Fit(spec, frame, kept)
    sizes = fit.posterior.sizes
    told = {"chain": manifest.get("chains"), "draw": manifest.get("draws")}
    if any(sizes[name] != size for name, size in told.items()):
        _corrupt(draws, "chains or draws are missing")
    if spec.digest != manifest.get("spec_digest"):
        _corrupt(draws, "the model is not the one that was fitted")
    return fit


def _corrupt(path: Path, message: str) -> None:
    fail("ARTIFACT.CORRUPT", message, where=Where(file=str(path)), fix="fit again")
