"""Trees as netCDF: the same bytes whoever looks on, and what xarray reads and writes itself."""

import sys

import numpy as np
import pytest
import xarray as xr

from varmodel.fits.netcdf import netcdf_bytes, read_netcdf

DRAWS = xr.Dataset(
    {
        "effect": (("chain", "draw", "provider"), np.arange(12.0).reshape(2, 2, 3)),
        "sampler": ((), 1.5),
        "known": ("provider", [True, False, True], {"long_name": "is it known?"}),
        "nothing": ("term", np.empty(0)),
    },
    coords={
        "chain": [0, 1],
        "provider": ["A", "Åsgård", "<b>"],
        "name": ("provider", ["a", "", "c"]),
        "weight": (("chain", "draw"), [[0.5, np.nan], [1.0, np.inf]]),
    },
)
TREE = xr.DataTree.from_dict({"/": xr.Dataset(attrs={"seed": 1, "says": "ö"}), "posterior": DRAWS})


def test_the_bytes_are_the_same_while_somebody_holds_every_frame():
    """A profiler does so, and whatever removes a part of a file then leaves a gap in it."""
    alone, held = netcdf_bytes(TREE), []
    before = sys.getprofile()
    sys.setprofile(lambda frame, *_: held.append(frame))
    try:
        watched = netcdf_bytes(TREE)
    finally:
        sys.setprofile(before)
    assert len(held) > 100
    assert watched == alone


def test_what_was_written_is_read_by_us_and_by_xarray(tmp_path):
    (tmp_path / "ours.nc").write_bytes(netcdf_bytes(TREE))
    found = read_netcdf(tmp_path / "ours.nc")
    xr.testing.assert_identical(found, TREE)
    assert found["posterior/provider"].dtype.kind == "U"
    with xr.open_datatree(tmp_path / "ours.nc", engine="h5netcdf") as opened:
        xr.testing.assert_identical(opened.load(), TREE)


def test_what_was_read_is_written_with_the_same_bytes(tmp_path):
    """Variables come back in their order, which is not that of the alphabet."""
    first = netcdf_bytes(TREE)
    (tmp_path / "ours.nc").write_bytes(first)
    found = read_netcdf(tmp_path / "ours.nc")
    assert list(found["posterior"].data_vars) == list(DRAWS.data_vars)
    assert netcdf_bytes(found) == first


def test_what_xarray_writes_is_read(tmp_path):
    TREE.to_netcdf(tmp_path / "theirs.nc", engine="h5netcdf")
    found = read_netcdf(tmp_path / "theirs.nc")
    xr.testing.assert_identical(found, TREE)
    assert {name: np.shape(value) for name, value in found.attrs.items()} == {
        "seed": (),
        "says": (),
    }


def test_what_is_no_netcdf_is_an_error(tmp_path):
    (tmp_path / "text.nc").write_text("no file of HDF5")
    with pytest.raises(OSError, match="file signature not found"):
        read_netcdf(tmp_path / "text.nc")
