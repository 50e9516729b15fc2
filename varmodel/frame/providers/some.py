"""A frame of some of its providers: what leaving others out leaves.

Priors, scaling and centring stay those of the whole table, as numbers: what differs between a fit
of all and one of some is then the likelihood alone.
"""

import hashlib
import json

import numpy as np
import xarray as xr

from varmodel.frame.contents import cells_of
from varmodel.values import Mask


def some_providers(frame: xr.Dataset, kept: Mask) -> xr.Dataset:
    """Take some providers of a frame, with their cells.

    Parameters
    ----------
    frame : xarray.Dataset
    kept : ndarray of bool, shape (provider,)

    Returns
    -------
    xarray.Dataset
        The reference population is that of the providers kept; patterns without a cell are left
        out. Pooled figures, ``term_mean``, ``term_sd``, groups of levels and ``support`` are those
        of the whole table.
    """
    if kept.all():
        return frame
    owner, pattern = (frame[name].to_numpy() for name in ("provider_index", "pattern_index"))
    held = kept[owner]
    patterns, place = np.unique(pattern[held], return_inverse=True)
    some = frame.isel(cell=held, provider=kept, pattern=patterns)
    size = cells_of(some).size
    weight = np.bincount(place, size, len(patterns))
    number = (np.cumsum(kept) - 1)[owner[held]]
    changed = {
        "provider_index": ("cell", number.astype(owner.dtype)),
        "pattern_index": ("cell", place.astype(pattern.dtype)),
        "pattern_weight": ("pattern", weight / weight.sum()),
    }
    attrs = {"source_hash": _hash(frame, kept), "cells_out": int(held.sum())}
    return some.assign(changed).assign_attrs(frame.attrs | attrs)


def _hash(frame: xr.Dataset, kept: Mask) -> str:
    """Name a table by the whole one and by whom is kept."""
    named = [str(label) for label in frame["provider"].to_numpy()[kept]]
    return hashlib.sha256(json.dumps([frame.attrs["source_hash"], *named]).encode()).hexdigest()
