"""Trees of arrays as netCDF: to bytes in memory, and back from a file."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import xarray as xr


def netcdf_bytes(tree: xr.DataTree) -> bytes:
    """Write a tree in memory: HDF5 cannot say that a disk is full.

    Equal trees give equal bytes.
    """
    with _own_locks():
        return bytes(tree.to_netcdf(engine="h5netcdf"))


def read_netcdf(path: Path) -> xr.DataTree:
    """Read a tree whole; the file is closed."""
    with _own_locks(), xr.open_datatree(path, engine="h5netcdf") as opened:
        return opened.load()


@contextmanager
def _own_locks() -> Iterator[None]:
    """Keep xarray from asking Dask's scheduler for a lock; what is in memory is nobody else's.

    In a worker of a cluster it would, by a name that the scheduler may not know.
    """
    dask = sys.modules.get("dask")
    if dask is None:
        yield
        return
    with dask.config.set(scheduler="threads"):
        yield
