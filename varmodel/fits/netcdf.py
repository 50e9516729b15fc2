"""Trees of arrays as netCDF: to bytes in memory, and back from a file.

HDF5 gives the room of what is removed to what comes next, once nobody holds what was removed: a
profiler that looks at a running frame holds it for a moment. Files that are to have the same
bytes are therefore written so that nothing in them is ever removed: each scale once, then the
arrays on it. (xarray's own writer first makes a scale without labels, and then removes it.)
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    import h5py  # type: ignore[import-untyped]

#: The HDF5 whose format is written, whatever is installed.
_FORMAT = ("v110", "v110")
#: Attributes that tie arrays to their axes.
_OF_AXES = {
    *("CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "_NCProperties"),
    *("_Netcdf4Dimid", "_Netcdf4Coordinates"),
}
#: What netCDF calls a scale that has a length and no labels, before the length.
_NO_LABELS = b"This is a netCDF dimension but not a netCDF variable."


def netcdf_bytes(tree: xr.DataTree) -> bytes:
    """Write a tree in memory: HDF5 cannot say that a disk is full.

    Equal trees give equal bytes.
    """
    import h5py

    # The name is that of no file: nothing is written to the disk.
    options: Mapping[str, Any] = {"driver": "core", "backing_store": False, "libver": _FORMAT}
    with h5py.File("tree", "w", track_order=True, **options) as file:
        for node in tree.subtree:
            group = file if node is tree else file.create_group(node.path, track_order=True)
            _write_group(group, node.to_dataset(inherit=False))
        file.flush()
        return bytes(file.id.get_file_image())


def _write_group(group: "h5py.Group", dataset: xr.Dataset) -> None:
    """Write scales first, so that every array finds those of its axes.

    They go by name, the arrays as they stand: a tree that was read is written as it was.
    """
    from xarray.conventions import cf_encoder, encode_dataset_coordinates

    variables, attrs = cf_encoder(*encode_dataset_coordinates(dataset))
    group.attrs.update(attrs)
    scales = {
        str(name): _write_scale(group, str(name), size, variables.get(name))
        for name, size in sorted(dataset.sizes.items())
    }
    for name, variable in variables.items():
        if name not in scales:
            written = _write_array(group, str(name), variable)
            for axis, dim in enumerate(variable.dims):
                written.dims[axis].attach_scale(scales[str(dim)])


def _write_scale(
    group: "h5py.Group", name: str, size: int, labels: xr.Variable | None
) -> "h5py.Dataset":
    if labels is None:
        scale = group.create_dataset(name, (size,), ">f4", track_order=True)
        scale.make_scale(_NO_LABELS + b"%10d" % size)
    else:
        scale = _write_array(group, name, labels)
        scale.make_scale(name)
    return scale


def _write_array(group: "h5py.Group", name: str, variable: xr.Variable) -> "h5py.Dataset":
    import h5py

    values = variable.to_numpy()
    dtype = h5py.string_dtype() if values.dtype.kind in "UO" else values.dtype
    written = group.create_dataset(
        name,
        data=values.astype(object) if values.dtype.kind == "U" else values,
        dtype=dtype,
        track_order=True,
    )
    written.attrs.update(variable.attrs)
    return written


def read_netcdf(path: Path) -> xr.DataTree:
    """Read a tree whole; the file is closed.

    Files of xarray's own writer are read too.
    """
    import h5py

    with h5py.File(path, "r") as file:
        groups = {"/": file, **{name: x for name, x in file.items() if isinstance(x, h5py.Group)}}
        return xr.DataTree.from_dict({name: _read_group(group) for name, group in groups.items()})


def _read_group(group: "h5py.Group") -> xr.Dataset:
    import h5py

    arrays = {name: x for name, x in group.items() if isinstance(x, h5py.Dataset)}
    variables = {name: _read_array(x) for name, x in arrays.items() if not _is_bare(x)}
    return xr.decode_cf(xr.Dataset(variables, attrs=_attrs_of(group)))


def _is_bare(array: "h5py.Dataset") -> bool:
    """Whether it is a scale without labels."""
    return bytes(array.attrs.get("NAME", b"")).startswith(_NO_LABELS)


def _read_array(array: "h5py.Dataset") -> xr.Variable:
    labels = array.attrs.get("CLASS") == b"DIMENSION_SCALE"
    scales = [array] if labels else [axis[0] for axis in array.dims]
    dims = [scale.name.rpartition("/")[2] for scale in scales]
    values = array[()] if array.dtype.kind != "O" else np.asarray(array.asstr()[()], dtype=str)
    return xr.Variable(dims, values, _attrs_of(array))


def _attrs_of(held: "h5py.HLObject") -> dict[str, object]:
    """Give the attributes but for those of axes; an array of one is the number in it."""
    kept = {name: value for name, value in held.attrs.items() if name not in _OF_AXES}
    return {name: value[0] if np.shape(value) == (1,) else value for name, value in kept.items()}
