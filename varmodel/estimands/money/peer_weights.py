"""Weights of peers: those that somebody has named, how far they overlap, how they are read."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from varmodel.errors import fail, one_of
from varmodel.estimands.draws.labelled import (
    DRAW_DIMS,
    as_numbers,
    labels_of,
    match_providers,
    refuse_nonfinite,
)
from varmodel.estimands.money.acting import GroupOfEach, read_groups
from varmodel.fits import Fit
from varmodel.values import Array

#: The dimension of those that a provider is compared with.
OTHER_PROVIDER = "other"
#: How far from 1 the weights of a provider's peers may add up.
_SUM = 1e-6


def own_list(fit: Fit, lists: Mapping[str, Sequence[str]]) -> xr.DataArray:
    """Weigh the peers that somebody has named, equally.

    Parameters
    ----------
    fit : Fit
    lists : mapping of str to sequence of str
        Every provider of the fit -> its peers, itself not among them.

    Returns
    -------
    xarray.DataArray, dims (provider, other)
        Rows sum to 1. A list chosen after the figures were seen proves what it was chosen for.

    Raises
    ------
    SpecError
        CONFIG.VALUE where a provider has no list, is its own peer, or a name is unknown.
    """
    labels = labels_in(fit)
    order = match_providers(labels_of(list(lists), len(lists), name="lists"), labels, name="lists")
    named = [list(lists.values())[place] for place in order]
    place = {label: position for position, label in enumerate(labels)}
    weight = np.zeros((len(labels), len(labels)))
    for j, given in enumerate(named):
        whom = [str(x) for x in given]
        unknown = [x for x in whom if x not in place]
        if unknown:
            fail("CONFIG.VALUE", f"no provider {unknown[0]!r}; {one_of(unknown[0], labels)}")
        if labels[j] in whom or len(whom) < 1:
            message = f"provider {labels[j]!r} " + ("is its own peer" if whom else "has no peers")
            fail("CONFIG.VALUE", message, fix="name one other provider at least, and only others")
        weight[j, [place[x] for x in whom]] = 1 / len(set(whom))
    return _fixed(fit, weight)


def within_class(fit: Fit, groups: GroupOfEach | None = None) -> xr.DataArray:
    """Make every other provider of the same class a peer, equally weighted.

    Parameters
    ----------
    fit : Fit
    groups : DataArray (provider,) or Series, optional
        The class of each provider; by default that of the model.

    Returns
    -------
    xarray.DataArray, dims (provider, other)
        Rows sum to 1.

    Raises
    ------
    SpecError
        CONFIG.VALUE where the model has no classes and none are given, or a class has one
        provider only.
    """
    labels = labels_in(fit)
    if groups is not None:
        held = read_groups(groups, labels)
    elif "class_index" in fit.frame:
        held = fit.frame["class"].to_numpy()[fit.frame["class_index"].to_numpy()]
    else:
        fail("CONFIG.VALUE", "the model has no classes", fix="give groups, or classes in the model")
    same = (held[:, np.newaxis] == held) & ~np.eye(len(labels), dtype=bool)
    if not same.any(axis=1).all():
        owner = labels[int(np.argmin(same.any(axis=1)))]
        message = f"provider {owner!r} is alone in its class"
        fail("CONFIG.VALUE", message, fix="join the class with another")
    return _fixed(fit, same / same.sum(axis=1, keepdims=True))


def peer_overlap(weight: xr.DataArray) -> xr.DataArray:
    """Say how far two providers are compared with the same peers.

    Parameters
    ----------
    weight : DataArray (chain, draw, provider, other) or (provider, other)
        What :func:`peers`, :func:`own_list` or :func:`within_class` gives.

    Returns
    -------
    xarray.DataArray, dims (provider, other)
        sum over k of min(w_ik, w_jk), averaged over draws: 1 for the same peers, 0 for none in
        common. Where it is low two providers' savings are against different levels, and their
        order in a list of savings is not one of performance.

    Raises
    ------
    SpecError
        CONFIG.VALUE where it is no array of weights.
    """
    drawn = _by_draw(weight)
    total = np.zeros(drawn.shape[1:])
    for one in drawn:
        for j, row in enumerate(one):
            total[j] += np.minimum(one, row).sum(axis=-1)
    attrs = dict(weight.attrs)
    coords = {
        "provider": weight["provider"].to_numpy(),
        OTHER_PROVIDER: weight["provider"].to_numpy(),
    }
    result = total / len(drawn)
    return xr.DataArray(result, coords, ("provider", OTHER_PROVIDER), name="overlap", attrs=attrs)


def read_peers(peers: object, fit: Fit) -> Array:
    """Read weights of peers in the order of a fit's providers, (S or 1, provider, other)."""
    labels = labels_in(fit)
    peers = _weights(peers)
    for dim in ("provider", OTHER_PROVIDER):
        index = peers[dim].to_numpy() if dim in peers.coords else None
        have = labels_of(index, peers.sizes[dim], name="peers")
        order = match_providers(have, labels, name="peers")
        if order != list(range(len(order))):
            peers = peers.isel({dim: order})
    drawn = as_numbers(_by_draw(peers), "peers")
    refuse_nonfinite(drawn, "peers")
    if len(drawn) not in (1, fit.posterior.sizes["chain"] * fit.posterior.sizes["draw"]):
        message = "peers have other draws than the fit"
        fail("CONFIG.VALUE", message, fix="find them from this fit, or give (provider, other)")
    off = (np.abs(drawn.sum(axis=-1) - 1) > _SUM) | (drawn < 0).any(axis=-1)
    if off.any():
        owner = labels[int(np.argmax(off.any(axis=0)))]
        message = f"the weights of the peers of {owner!r} are no shares of 1"
        fail("CONFIG.VALUE", message, fix="make each row at least 0, its sum 1")
    return drawn


def _weights(x: object) -> xr.DataArray:
    if not isinstance(x, xr.DataArray) or not {"provider", OTHER_PROVIDER} <= set(x.dims):
        fail("CONFIG.VALUE", "peers must be weights (provider, other)", fix="give peers(fit, ...)")
    return x


def _by_draw(weight: object) -> Array:
    """Lay draws end to end, (S, provider, other); S is 1 where all draws share one array."""
    weight = _weights(weight)
    drawn = set(DRAW_DIMS) <= set(weight.dims)
    if not drawn:
        return weight.transpose("provider", OTHER_PROVIDER).to_numpy()[np.newaxis]
    values = weight.transpose(*DRAW_DIMS, "provider", OTHER_PROVIDER).to_numpy()
    if values.strides[:2] == (0, 0):
        values = values[:1, :1]
    return values.reshape(-1, *values.shape[2:])


def labels_in(fit: Fit) -> list[str]:
    """Give the labels of a fit's providers, in order."""
    return [str(label) for label in fit.frame["provider"].to_numpy()]


def _fixed(fit: Fit, weight: Array) -> xr.DataArray:
    labels = fit.frame["provider"].to_numpy()
    coords = {"provider": labels, OTHER_PROVIDER: labels}
    attrs = fit.provenance
    return xr.DataArray(weight, coords, ("provider", OTHER_PROVIDER), name="weight", attrs=attrs)
