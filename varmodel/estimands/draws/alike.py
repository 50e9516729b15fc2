"""Providers of identical figures: their posteriors are equal, and so is what is said of them.

Joint draws of such providers differ by Monte Carlo error alone, which would print one before the
other. Each is exchangeable with the rest of its set, so their draws are pooled (Rao-Blackwell).
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from varmodel.estimands.draws.summary import summarise
from varmodel.families import FORMS
from varmodel.frame.contents import OWN_PRICE, bounds_of_providers
from varmodel.numerics.blocks import blocks
from varmodel.values import Array

type Sets = npt.NDArray[np.int64]

#: What describes a provider beside its cells: (provider,) or (provider, column) each.
_DESCRIBING = ("class_index", "level_index", "effect_design", "peer_values", OWN_PRICE)

_POOLED = ("sd", "median", "lower", "upper")
#: Draws of so many members fix an interval; a set may be of thousands.
_MEMBERS = 200


def sets_alike(frame: xr.Dataset) -> Sets:
    """Number the sets of providers of equal cells, and of whom all else that is known is equal.

    Cells are equal in pattern and in every statistic. Whose class, region, predictors or peers
    differ are not alike: they are drawn towards, or compared with, others. Nor are those whose
    own prices differ: they save more or less by the same gap.

    Parameters
    ----------
    frame : xarray.Dataset
        As ``prepare`` makes it: cells stand by provider and pattern.

    Returns
    -------
    ndarray of int, (provider,)
        Equal numbers say: these providers differ in nothing but their labels.
    """
    count = frame.sizes["provider"]
    columns = ("pattern_index", *FORMS[frame.attrs["form"]].statistics)
    cells = np.column_stack([frame[name].to_numpy() for name in columns]).astype(np.float64) + 0.0
    ends, described = bounds_of_providers(frame), _described(frame)
    found: dict[bytes, int] = {}
    numbers = [
        found.setdefault(cells[ends[j] : ends[j + 1]].tobytes() + described[j], len(found))
        for j in range(count)
    ]
    return np.asarray(numbers, dtype=np.int64)


def _described(frame: xr.Dataset) -> list[bytes]:
    """Give what a frame knows of each provider beside its cells; empty where it knows nothing."""
    held = [frame[name].to_numpy().astype(np.float64) for name in _DESCRIBING if name in frame]
    whole = [x.reshape(frame.sizes["provider"], -1) + 0.0 for x in held]
    rows = np.column_stack([np.zeros((frame.sizes["provider"], 0)), *whole])
    return [row.tobytes() for row in rows]


def mean_over_alike(values: Array, sets: Sets) -> Array:
    """Give each provider (provider, ...) the mean over those that are like it."""
    if _none_alike(sets):
        return values
    total = np.zeros((int(sets.max()) + 1, *values.shape[1:]))
    np.add.at(total, sets, values)
    sizes = np.bincount(sets).reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray((total / sizes)[sets])


def summarise_alike(x: xr.DataArray, sets: Sets) -> pd.DataFrame:
    """Summarise draws (chain, draw, provider); providers that are alike share one summary.

    Mean, sd, median and interval are those of the draws of the whole set; ``mcse`` is the error
    of the set's mean.
    """
    table = summarise(x)
    if _none_alike(sets):
        return table
    ordered = x.transpose("chain", "draw", "provider")
    columns = {name: table[name].to_numpy().copy() for name in ("mean", *_POOLED, "mcse")}
    draws = ordered.sizes["chain"] * ordered.sizes["draw"]
    for members in _by_size(sets, draws):
        for name, values in _pooled(ordered, members).items():
            columns[name][members] = values[:, np.newaxis]
    return table.assign(**columns)


def _pooled(x: xr.DataArray, members: npt.NDArray[np.int64]) -> dict[str, Array]:
    """Summarise sets of one size, (set, member): the mean of all, the rest of enough of them."""
    means = x.isel(provider=members[:, 0]).copy(data=_means(x.to_numpy(), members))
    some = np.linspace(0, members.shape[1] - 1, min(members.shape[1], _MEMBERS)).astype(int)
    values = x.to_numpy()[:, :, members[:, some]]
    chains, draws, sets, size = values.shape
    whole = np.moveaxis(values, 3, 2).reshape(chains, draws * size, sets)
    found = summarise(xr.DataArray(whole, dims=("chain", "draw", "set"), name=x.name))
    of_means = summarise(means)
    pooled = {name: found[name].to_numpy() for name in _POOLED}
    return {**pooled, **{name: of_means[name].to_numpy() for name in ("mean", "mcse")}}


def _means(values: Array, members: npt.NDArray[np.int64]) -> Array:
    """Average the draws (chain, draw, provider) over each set: (chain, draw, set)."""
    total = np.zeros((*values.shape[:2], len(members)))
    for member in members.T:
        total += values[:, :, member]
    return np.asarray(total / members.shape[1])


def _by_size(sets: Sets, draws: int) -> Iterator[npt.NDArray[np.int64]]:
    """Give the members of sets of two, of three, and so on, some sets at a time: (set, member)."""
    sizes = np.bincount(sets)
    order = np.argsort(sets, kind="stable")
    for size in np.unique(sizes[sizes > 1]):
        chosen = order[sizes[sets[order]] == size]
        members = chosen.reshape(-1, size)
        for part in blocks(len(members), draws * min(size, _MEMBERS)):
            yield members[part]


def _none_alike(sets: Sets) -> bool:
    return len(sets) == 0 or int(sets.max()) + 1 == len(sets)
