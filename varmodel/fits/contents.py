"""What a saved fit must hold: its hash says that it is whole, not that it is a fit.

Whoever changes a folder can seal it anew. Before the parser follows them, the links of the file
are looked at (a group that holds itself would be read for ever); after it, names and sizes.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import xarray as xr

from varmodel.families import FORMS
from varmodel.texts import has_unsafe

DRAW_GROUPS = ("posterior", "sample_stats", "observed_data", "constant_data", "frame")
#: Key of the manifest -> the type of its value.
_MANIFEST: dict[str, type] = {
    "file": str,
    "sha256": str,
    "bytes": int,
    "chains": int,
    "draws": int,
    "random_seed": int,
    "sampler": str,
    "provisional": int,
    "versions": dict,
    "spec_digest": str,
    "source_hash": str,
    "spec": str,
}
_POSTERIOR = ("intercept", "provider_sd", "provider_effect")
_FRAME = (
    *("provider", "term", "provider_index", "pattern_index", "design", "term_mean", "term_sd"),
    *("pattern_weight", "observed", "support"),
)
_ATTRIBUTES = ("form", "family", "periods", "excluded", "terms", "source_hash", "cells_out")
_PROVENANCE = ("sampler", "random_seed", "spec_digest", "source_hash", "versions", "provisional")


def manifest_faults(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Say which keys of a manifest are absent, or hold what they cannot."""
    for key, kind in _MANIFEST.items():
        if key not in manifest:
            yield f"the manifest names no {key}"
        elif type(manifest[key]) is not kind:
            yield f"the manifest's {key} is not what it should be"


def link_faults(draws: Path) -> Iterator[str]:
    """Say which links of a file of draws lead elsewhere: up, out, or to groups within groups."""
    import h5py  # type: ignore[import-untyped]

    with h5py.File(draws, "r") as file:
        for name in file:
            if not isinstance(file.get(name, getlink=True), h5py.HardLink):
                yield f"{name} is a link"
            elif not isinstance(file[name], h5py.Group):
                continue  # a dimension of all groups
            else:
                yield from _inner_faults(file[name], h5py.HardLink, h5py.Dataset)


def _inner_faults(group: Any, link: type, dataset: type) -> Iterator[str]:
    for name in group:
        plain = isinstance(group.get(name, getlink=True), link)
        if not plain or not isinstance(group[name], dataset):
            yield f"{group.name.strip('/')}/{name} is no array"


def tree_faults(tree: xr.DataTree, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Say what draws and frame lack, and where they contradict each other or the manifest."""
    missing = [name for name in DRAW_GROUPS if name not in tree.children]
    if missing:
        yield f"groups are missing: {', '.join(missing)}"
        return
    posterior, frame = tree["posterior"].to_dataset(), tree["frame"].to_dataset()
    for name in ("chain", "draw"):
        if posterior.sizes.get(name) != manifest[f"{name}s"]:
            yield f"some {name}s are missing"
    wanted = {"posterior": _POSTERIOR, "frame": _FRAME}
    for group, names in wanted.items():
        held = tree[group].to_dataset().variables
        yield from (f"{group} has no {name}" for name in names if name not in held)
    yield from (f"the frame's {name} is missing" for name in _ATTRIBUTES if name not in frame.attrs)
    yield from (f"the draws' {name} is missing" for name in _PROVENANCE if name not in tree.attrs)
    yield from _unlike(tree, manifest)
    yield from _contradictions(posterior, frame)


def _unlike(tree: xr.DataTree, manifest: Mapping[str, Any]) -> Iterator[str]:
    frame = tree["frame"].to_dataset()
    form, said = FORMS.get(frame.attrs.get("form", "")), dict(tree.attrs)
    lacking = [name for name in form.statistics if name not in frame] if form else ["a known form"]
    yield from (f"frame has no {name}" for name in lacking)
    for name in ("random_seed", "sampler", "provisional"):
        if name in said and said[name] != manifest[name]:
            yield f"{name} is another than the manifest says"
    if frame.attrs.get("source_hash") != manifest["source_hash"]:
        yield "the frame is another than the manifest says"


def _contradictions(posterior: xr.Dataset, frame: xr.Dataset) -> Iterator[str]:
    for name in ("provider", "term"):
        if posterior.sizes.get(name, 0) != frame.sizes.get(name, 0):
            yield f"draws and frame have other numbers of {name}s"
        if name in frame.variables and any(map(has_unsafe, map(str, frame[name].to_numpy()))):
            yield f"a label of {name} holds a control character"
