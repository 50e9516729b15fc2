"""Whom a provider is compared with: its peers, and the weight of each (methods 7).

    d(i, j)^2 = (x_i - x_j)' V^-1 (x_i - x_j)     x columns that describe providers, V their
                                                  covariance over the providers of the fit

The peers of i are the ``count`` nearest, each of weight 1 / count; no provider is its own peer.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.errors import fail, one_of, show
from varmodel.estimands.draws.labelled import (
    DRAW_DIMS,
    by_provider,
    check_rates,
    match_providers,
)
from varmodel.estimands.money.peer_weights import OTHER_PROVIDER, labels_in
from varmodel.fits import Fit
from varmodel.spec.rules import LOG_VOLUME
from varmodel.values import Array, is_whole

_COLLINEAR = 1e-10
#: Who has fewer than two others has nobody to choose among.
_LEAST_KNOWN = 3

type PeerColumns = Sequence[str] | Mapping[str, xr.DataArray | pd.Series[Any]]


def peers(fit: Fit, *, columns: PeerColumns, count: int = 10) -> xr.DataArray:
    """Find the providers most like each, by Mahalanobis distance: the "similar ten".

    Parameters
    ----------
    fit : Fit
    columns : sequence of str, or mapping of str to Series or DataArray
        Names: columns of the model's ``[peers]`` table, its effect predictors, or
        ``"log_volume"``, the log of activity. Or figures of your own, by name: one a provider, or
        draws (chain, draw, provider) of one that is itself an estimate, such as a rate.
    count : int
        How many peers each has.

    Returns
    -------
    xarray.DataArray, dims (chain, draw, provider, other)
        The weight of each other provider: 1 / count or 0; rows sum to 1. Where a column is an
        estimate the peers differ from draw to draw, and the mean over draws is the probability
        that one is the other's peer, over ``count``; else all draws share one read-only array.
        ``attrs["overlap"]``: the mean of :func:`peer_overlap` over all pairs of providers.
        To be like in these columns is not to be like: peers differ in what they do not name.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an unknown column, for columns that say the same, and for a count that
        is not between 2 and the number of the other providers.
    InputError
        VALUE.NONFINITE.
    """
    labels = labels_in(fit)
    if not is_whole(count) or not 2 <= count < len(labels):
        message = f"count must be a whole number from 2 to {len(labels) - 1}, not {show(count)}"
        fail("CONFIG.VALUE", message, fix="each provider has the others to choose among")
    x = _described(fit, columns, labels)
    nearest = _nearest(x, int(count))
    weight = np.zeros((len(x), len(labels), len(labels)))
    np.put_along_axis(weight, nearest, 1 / count, axis=-1)
    template = fit.posterior["provider_effect"].transpose(*DRAW_DIMS, "provider")
    shape = (*template.shape[:2], len(labels), len(labels))
    one = len(x) == 1 and shape[0] * shape[1] > 1
    values = np.broadcast_to(weight, shape) if one else weight.reshape(shape)
    coords = {**template.coords, OTHER_PROVIDER: (OTHER_PROVIDER, labels)}
    said = {"columns": ", ".join(columns), "count": int(count), "overlap": _overlap(nearest)}
    attrs = fit.provenance | said
    return xr.DataArray(
        values, coords, (*template.dims, OTHER_PROVIDER), name="weight", attrs=attrs
    )


def peers_in_table(described: pd.DataFrame, *, count: int) -> xr.DataArray | None:
    """Find the peers of each provider whose every figure is known, among the others like that.

    Parameters
    ----------
    described : DataFrame
        A row a provider, by its label; a column of numbers each, empty where one is not known.
    count : int
        How many peers each has; all others that are known where these are fewer.

    Returns
    -------
    xarray.DataArray, dims (provider, other), or None
        Weights as :func:`peers` gives them; rows of providers that are not known are 0. None
        where fewer than three are known, a column is the same for all of them, or columns say
        the same of them (as any do of no more providers than columns).
    """
    known = described.notna().all(axis=1).to_numpy()
    held = described[known].to_numpy(dtype=np.float64)
    if not _tells_apart(held):
        return None
    size = min(count, len(held) - 1)
    own, places = np.zeros((len(held), len(held))), _nearest(held[np.newaxis], size)[0]
    np.put_along_axis(own, places, 1 / size, axis=-1)
    weight = np.zeros((len(known), len(known)))
    weight[np.ix_(known, known)] = own
    labels = [str(label) for label in described.index]
    coords = {"provider": labels, OTHER_PROVIDER: labels}
    return xr.DataArray(weight, coords, ("provider", OTHER_PROVIDER), name="weight")


def same_in_table(described: pd.DataFrame) -> bool:
    """Whether columns say the same of all providers that are known: then of any of them.

    Not where fewer than three are known, or a column is the same for all of them: nobody has peers
    there, and nothing is wrong with the list.
    """
    held = described.dropna().to_numpy(dtype=np.float64)
    enough = len(held) > max(_LEAST_KNOWN, held.shape[1])
    return enough and bool((np.ptp(held, axis=0) > 0).all()) and not _tells_apart(held)


def _tells_apart(held: Array) -> bool:
    """Whether figures (provider, column) give each pair of providers a distance."""
    if len(held) < _LEAST_KNOWN or (np.ptp(held, axis=0) == 0).any():
        return False
    correlation = np.corrcoef(held, rowvar=False).reshape(held.shape[1], -1)
    return bool(np.linalg.eigvalsh(correlation).min() >= _COLLINEAR)


def _described(fit: Fit, columns: object, labels: list[str]) -> Array:
    """Collect the columns, (S or 1, provider, column)."""
    if isinstance(columns, str) or not isinstance(columns, Mapping | Sequence) or not columns:
        fail("CONFIG.VALUE", "columns must be a list of names, or a mapping, one at least")
    if isinstance(columns, Mapping):
        read = [_given(x, str(name), labels) for name, x in columns.items()]
    else:
        read = [_named(fit, name) for name in columns]
    size = max(len(x) for x in read)
    if any(len(x) not in (1, size) for x in read):
        fail("CONFIG.VALUE", "columns have different draws", fix="take all from one fit")
    if size not in (1, fit.posterior.sizes["chain"] * fit.posterior.sizes["draw"]):
        fail("CONFIG.VALUE", "columns have other draws than the fit", fix="take them from it")
    return np.stack([np.broadcast_to(x, (size, len(labels))) for x in read], axis=-1)


def _given(x: object, name: str, labels: list[str]) -> Array:
    if isinstance(x, xr.DataArray) and "draw" in x.dims:
        read = check_rates(x, name=name)
        have = [str(label) for label in read["provider"].to_numpy()]
        values = read.to_numpy()[..., match_providers(have, labels, name=name)]
        return values.reshape(-1, len(labels))
    return by_provider(x, labels, name=name)[np.newaxis]


def _named(fit: Fit, name: str) -> Array:
    """Read a column that the frame holds, (1, provider)."""
    frame = fit.frame
    found: dict[str, Array] = {}
    for dim, variable in (("predictor", "effect_design"), ("peer_column", "peer_values")):
        if dim in frame.coords:
            held = frame[variable].transpose("provider", dim).to_numpy()
            found |= dict(zip(map(str, frame[dim].to_numpy()), held.T, strict=True))
    if "activity" in frame and (frame["activity"] > 0).all():
        found[LOG_VOLUME] = np.log(frame["activity"].to_numpy())
    if name not in found:
        message = f"the frame has no column {name!r} of providers; {one_of(name, found)}"
        fix = "name it under [peers] in the model and prepare the table again, or give its figures"
        fail("CONFIG.VALUE", message, fix=fix)
    return np.asarray(found[name], dtype=np.float64)[np.newaxis]


def _nearest(x: Array, count: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Find the places of the nearest others, (S, provider, count); ties go by order."""
    centred = x - x.mean(axis=1, keepdims=True)
    covariance = np.einsum("sjk,sjl->skl", centred, centred) / (x.shape[1] - 1)
    scale = np.sqrt(np.einsum("skk->sk", covariance))
    if not (scale > 0).all():
        fail("CONFIG.VALUE", "a column of peers is the same for all providers", fix="leave it out")
    correlation = covariance / scale[:, :, np.newaxis] / scale[:, np.newaxis, :]
    if np.linalg.eigvalsh(correlation).min() < _COLLINEAR:
        fail("CONFIG.VALUE", "the columns of peers say the same", fix="leave one of them out")
    factor = np.linalg.cholesky(correlation)
    z = np.linalg.solve(factor, (centred / scale[:, np.newaxis]).transpose(0, 2, 1))
    # of draws of an estimate no two distances are equal: no order among the nearest is needed
    order = (
        partial(np.argsort, kind="stable") if len(x) == 1 else partial(np.argpartition, kth=count)
    )
    places = np.empty((*x.shape[:2], count), dtype=np.int64)
    for s, own in enumerate(z):
        square = ((own[:, :, np.newaxis] - own[:, np.newaxis, :]) ** 2).sum(axis=0)
        np.fill_diagonal(square, np.inf)
        places[s] = order(square, axis=1)[:, :count]
    return places


def _overlap(nearest: np.ndarray[Any, np.dtype[np.int64]]) -> float:
    """Give the share of their peers that two providers have in common, on average.

    Who is the peer of d providers is common to d (d - 1) / 2 pairs of them.
    """
    draws, providers, count = nearest.shape
    followers = np.stack([np.bincount(x.reshape(-1), minlength=providers) for x in nearest])
    pairs = draws * providers * (providers - 1)
    return float((followers * (followers - 1)).sum() / (pairs * count))
