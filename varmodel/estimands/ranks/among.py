"""Ranks of each provider among those like it, in every draw (methods 4)."""

import numpy as np
import xarray as xr

from varmodel.estimands.draws.labelled import check_rates, sign_of


def rank_among(rates: xr.DataArray, *, peers: xr.DataArray, better: str) -> xr.DataArray:
    """Rank each provider among itself and its peers.

    Parameters
    ----------
    rates : xarray.DataArray, dims (chain, draw, provider)
        Joint draws of what is ranked.
    peers : xarray.DataArray, dims (provider, other)
        Whose weight is above 0 is a peer; both dimensions hold every provider of ``rates``.
    better : {"higher", "lower"}
        Which direction is good.

    Returns
    -------
    xarray.DataArray, dims (chain, draw, provider)
        ``rank``: 1 + the number of better peers + half the number tied, of 1 + the number of
        peers. Each provider has a list of its own, so two ranks do not compare with each other.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an unknown ``better``, wrong dimensions or labels.
    InputError
        VALUE.NONFINITE.
    """
    sign, draws = sign_of(better), check_rates(rates)
    labels = draws["provider"].to_numpy()
    is_peer = peers.sel(provider=labels, other=labels).transpose("provider", "other").to_numpy() > 0
    values = draws.to_numpy()
    ranks = np.empty_like(values)
    for j, mine in enumerate(is_peer):
        ahead = np.sign(sign * (values[..., mine] - values[..., j, np.newaxis]))
        ranks[..., j] = 1 + ((ahead + 1) / 2).sum(axis=-1)
    return draws.copy(data=ranks).rename("rank")
