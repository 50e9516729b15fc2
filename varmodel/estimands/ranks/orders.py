"""Orders by loss, and what an order is worth (methods 4).

Expected rank makes the squared error of ranks least; the functions here order by other losses, and
say how much of an order is known.
"""

import math

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.errors import fail, show
from varmodel.estimands.draws.labelled import (
    check_rates,
    labels_of,
    match_providers,
    over_providers,
    passed_on,
    provider_names,
)
from varmodel.estimands.ranks.ranking import mid_ranks, rank, ranked, share_of_places
from varmodel.values import is_number

_WHOLE = 1e-9


def r_values(rates: xr.DataArray, *, better: str) -> xr.DataArray:
    """Give the smallest share of a list at which each provider would be on it.

    Parameters
    ----------
    rates : xarray.DataArray, dims (chain, draw, provider)
        Joint draws, all finite.
    better : {"higher", "lower"}
        Which direction is good.

    Returns
    -------
    xarray.DataArray, dims (provider,)
        inf{a: V_a(j) >= lambda_a}, with V_a(j) the probability that the provider is truly in
        the best share a, and lambda_a the value that a share a of the providers reach, at
        a = 1/J, 2/J ... (Henderson & Newton 2016). .1 reads: on a list of the best tenth, and on
        no shorter one. A list of any length that is read off r-values holds as many truly good
        ones as the data allow, where one by p-value or posterior mean prefers the small or the
        large.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an unknown ``better``, wrong dimensions or labels.
    InputError
        VALUE.NONFINITE.
    """
    draws, ranks = ranked(rates, better=better)
    count = ranks.shape[1]
    within = np.cumsum(share_of_places(ranks, count), axis=1)
    falling = np.sort(within, axis=0)[::-1]
    reached = within >= np.diag(falling) - _WHOLE
    shares = (np.argmax(reached, axis=1) + 1) / count
    return over_providers(draws, shares, name="r_value", better=better)


def threshold(rates: xr.DataArray, *, better: str, gamma: float = 0.75) -> xr.Dataset:
    """Choose the top group that is right most often, and say how well it can be told.

    Parameters
    ----------
    rates : xarray.DataArray, dims (chain, draw, provider)
        Joint draws, all finite.
    better : {"higher", "lower"}
        Which direction is good.
    gamma : float
        The share of the providers that the group leaves below it, above 0 and below 1: .75 is the
        top quarter.

    Returns
    -------
    xarray.Dataset
        ``member`` (provider), bool: the m = J - ceil(gamma (J - 1)) providers with the largest
        probability of the first m places. ``operating_characteristic`` (): the expected share of
        errors, of what chance would make: 0 is perfect, 1 no better than drawing lots.
        ``expected_wrong`` (): how many of the members do not belong there (Lin, Louis, Paddock
        & Ridgeway 2006). The order differs from that of expected ranks where some providers are
        known well and others badly.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an unknown ``better``, a ``gamma`` out of range, wrong dimensions or
        labels.
    InputError
        VALUE.NONFINITE.
    """
    if not is_number(gamma) or not 0 < gamma < 1:
        fail("CONFIG.VALUE", f"gamma must lie between 0 and 1, not {show(gamma)}")
    draws, ranks = ranked(rates, better=better)
    count = ranks.shape[1]
    if count < 2:
        fail("CONFIG.VALUE", "one provider has no top group", fix="give two or more")
    size = count - max(1, math.ceil(gamma * (count - 1) - _WHOLE))
    inside = share_of_places(ranks, count)[:, :size].sum(axis=1)
    order = np.lexsort((ranks.mean(axis=0), -inside))
    member = np.zeros(count, dtype=np.bool_)
    member[order[:size]] = True
    wrong = float((1 - inside[member]).sum())
    chance = 2 * size * (1 - size / count)
    labelled = over_providers(draws, inside, name="member").copy(data=member)
    found = {"operating_characteristic": (wrong + float(inside[~member].sum())) / chance}
    attrs = passed_on(draws.attrs) | {"better": better, "gamma": float(gamma), "places": size}
    return xr.Dataset({"member": labelled, **found, "expected_wrong": wrong}, attrs=attrs)


def told_apart(rates: xr.DataArray, *, better: str, prob: float = 0.95) -> xr.DataArray:
    """Give the share of neighbours whose order is known.

    Parameters
    ----------
    rates : xarray.DataArray, dims (chain, draw, provider)
        Joint draws, all finite.
    better : {"higher", "lower"}
        Which direction is good.
    prob : float
        How probable an order must be to be known.

    Returns
    -------
    xarray.DataArray, dims ()
        Of the J - 1 pairs that stand next to each other by expected rank, the share of which the
        one ahead is better with probability ``prob`` or more. Near 0 the printed order of
        neighbours means nothing, however narrow the intervals look. NaN for one provider.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an unknown ``better``, a ``prob`` that is none, wrong dimensions or
        labels.
    InputError
        VALUE.NONFINITE.
    """
    if not is_number(prob) or not 0 < prob < 1:
        fail("CONFIG.VALUE", f"prob must lie between 0 and 1, not {show(prob)}")
    draws, ranks = ranked(rates, better=better)
    order = np.argsort(ranks.mean(axis=0), kind="stable")
    one, two = ranks[:, order[:-1]], ranks[:, order[1:]]
    ahead = ((one < two) + (one == two) / 2).mean(axis=0)
    known = float((ahead >= prob).mean()) if len(ahead) else float("nan")
    attrs = passed_on(draws.attrs) | {"better": better, "prob": float(prob)}
    return xr.DataArray(known, name="told_apart", attrs=attrs)


def within(rates: xr.DataArray, groups: "xr.DataArray | pd.Series", *, better: str) -> xr.Dataset:
    """Rank each provider among those of its own class or peer group, in every draw.

    Parameters
    ----------
    rates : xarray.DataArray, dims (chain, draw, provider)
        Joint draws, all finite.
    groups : DataArray or Series by provider
        The label of each provider's group; every provider of ``rates`` once.
    better : {"higher", "lower"}
        Which direction is good.

    Returns
    -------
    xarray.Dataset
        What :func:`rank` gives, each figure among the providers of the group, without the matrix
        of places; and ``group_size`` (provider). A rank of 2 of 5 and one of 2 of 60 are not the
        same: print the size.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an unknown ``better``, groups that are not those of the providers,
        wrong dimensions or labels.
    InputError
        VALUE.NONFINITE.
    """
    draws = check_rates(rates)
    labels = _groups(groups, provider_names(draws))
    parts = []
    for label in sorted(set(labels)):
        own = [place for place, group in enumerate(labels) if group == label]
        found = rank(draws.isel(provider=own), better=better).drop_vars(
            ["probability", "position"], errors="ignore"
        )
        found["group_size"] = found["expected_rank"] * 0.0 + len(own)
        parts.append(found)
    whole = xr.concat(parts, "provider", coords="minimal", compat="override", join="override")
    ordered = whole.sel(provider=draws["provider"].to_numpy())
    return ordered.transpose("chain", "draw", "provider")


def triple_goal(rates: xr.DataArray) -> xr.DataArray:
    """Give one figure a provider whose histogram is that of the true rates.

    Parameters
    ----------
    rates : xarray.DataArray, dims (chain, draw, provider)
        Joint draws, all finite.

    Returns
    -------
    xarray.DataArray, dims (provider,)
        Quantiles of all draws together at (2 k - 1)/(2 J), dealt out by expected rank (Shen &
        Louis 1998). Posterior means lie too close together, unshrunken rates too far apart; these
        are spread as the true rates are. They are for a **histogram of the providers only**: as a
        provider's own figure they err more than its posterior mean, and a saving computed from
        them has no interval.

    Raises
    ------
    SpecError
        CONFIG.VALUE for wrong dimensions or labels.
    InputError
        VALUE.NONFINITE.
    """
    draws = check_rates(rates)
    values = draws.to_numpy().reshape(-1, draws.sizes["provider"])
    count = values.shape[1]
    rising = mid_ranks(values, sign=-1).mean(axis=0)  # 1 is the lowest
    at = (2 * np.arange(1, count + 1) - 1) / (2 * count)
    figures = np.empty(count)
    figures[np.argsort(rising, kind="stable")] = np.quantile(values, at)
    return over_providers(draws, figures, name="triple_goal")


def _groups(groups: object, providers: list[str]) -> list[str]:
    """Read one group a provider, in the order of the providers."""
    if isinstance(groups, xr.DataArray) and groups.dims == ("provider",):
        values = groups.to_numpy()
        index = groups["provider"].to_numpy() if "provider" in groups.coords else None
        have = labels_of(index, len(values), name="groups")
    elif isinstance(groups, pd.Series):
        values = groups.to_numpy()
        have = labels_of(groups.index.to_numpy(), len(values), name="groups")
    else:
        kind = type(groups).__name__
        fail("CONFIG.VALUE", f"groups must be a DataArray (provider) or a Series, not {kind}")
    if pd.isna(values).any():
        owner = have[int(np.argmax(pd.isna(values)))]
        fail("CONFIG.VALUE", f"provider {owner!r} has no group", fix="give one to each")
    order = match_providers(have, providers, name="groups")
    return [str(values[place]) for place in order]
