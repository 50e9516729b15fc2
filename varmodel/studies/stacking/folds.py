"""Providers dealt out to folds, so that each fold has large and small ones of every class."""

import numpy as np
import xarray as xr

from varmodel.frame import cells_of
from varmodel.values import Index


def deal(frame: xr.Dataset, *, folds: int, rng: np.random.Generator) -> Index:
    """Give the fold of each provider, shape (provider,).

    Within each class, in the order of size, as many as there are folds are dealt out one to each:
    no class of three stands in one fold alone.
    """
    owner, providers = frame["provider_index"].to_numpy(), frame.sizes["provider"]
    size = np.bincount(owner, cells_of(frame).size, providers)
    kind = frame["class_index"].to_numpy() if "class_index" in frame else np.zeros(providers)
    order = np.lexsort((size, kind))
    found = np.empty(providers, dtype=np.int64)
    for first in range(0, providers, folds):
        some = order[first : first + folds]
        found[some] = rng.permutation(folds)[: len(some)]
    return found
