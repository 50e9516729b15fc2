"""Whether a saving is worth what it costs to act, and what it is worth to know (methods 7, 16).

S_j    saving of provider (or group) j in a draw        c_j    cost of acting on j
act on j where E S_j > c_j
EVPI_j = E max(0, S_j - c_j) - max(0, E S_j - c_j)
"""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.errors import fail
from varmodel.estimands.draws.labelled import (
    DRAW_DIMS,
    as_numbers,
    check_draws,
    labels_of,
    match_providers,
    passed_on,
    refuse_nonfinite,
)
from varmodel.values import Array, is_real

GROUP = "group"

type GroupOfEach = xr.DataArray | pd.Series[Any]
type Costs = float | xr.DataArray | pd.Series[Any]


def worth_acting(savings: xr.Dataset | xr.DataArray, *, cost: Costs) -> xr.Dataset:
    """Set each saving against the cost of acting on it.

    Parameters
    ----------
    savings : Dataset or DataArray (chain, draw, provider)
        What :func:`savings` gives, or its ``saving``; or the groups of :func:`by_group`.
    cost : float, DataArray (provider,) or Series
        Cost of acting on each, in the currency and for the time of the saving; at least 0. A
        number is the cost of each.

    Returns
    -------
    xarray.Dataset, dims (provider,)
        ``mean_saving``; ``prob_worth`` = Pr(saving > cost); ``act``, whether the mean saving is
        above the cost, the choice that gains most on average; ``evpi``, what it would be worth at
        most to know the saving before choosing, E max(0, S - c) - max(0, E S - c): 0 where
        nothing that could be learnt would change the choice. Of groups, by ``group``.

    Raises
    ------
    SpecError
        CONFIG.VALUE for a cost below 0 or of other providers.
    InputError
        VALUE.NONFINITE.
    """
    saving, dim = read_saving(savings)
    costs = read_costs(cost, saving[dim].to_numpy().tolist(), dim=dim)
    values = saving.to_numpy().reshape(-1, saving.sizes[dim])
    mean = values.mean(axis=0)
    found = {
        "mean_saving": mean,
        "prob_worth": (values > costs).mean(axis=0),
        "evpi": _evpi(values, costs),
        "act": mean > costs,
    }
    return _labelled(saving, dim, found)


def worth_curve(savings: xr.Dataset | xr.DataArray, *, costs: object) -> xr.Dataset:
    """Give :func:`worth_acting` over a range of costs: how dear acting may be.

    Parameters
    ----------
    savings : Dataset or DataArray (chain, draw, provider)
        As of :func:`worth_acting`.
    costs : sequence of float
        Costs of acting on one provider, at least 0, rising.

    Returns
    -------
    xarray.Dataset, dims (provider, cost)
        ``prob_worth``, which never rises with the cost; ``evpi``, largest where the cost is near
        the mean saving, for there the choice is most in doubt.

    Raises
    ------
    SpecError
        CONFIG.VALUE for costs that are below 0 or do not rise.
    InputError
        VALUE.NONFINITE.
    """
    saving, dim = read_saving(savings)
    grid = as_numbers(np.atleast_1d(np.asarray(costs)), "costs")
    refuse_nonfinite(grid, "costs")
    if grid.ndim != 1 or not len(grid) or grid[0] < 0 or (np.diff(grid) <= 0).any():
        fail("CONFIG.VALUE", "costs must rise from 0 or more", fix="give [0, 1000, 2000]")
    values = saving.to_numpy().reshape(-1, saving.sizes[dim])
    curves = {
        "prob_worth": [(values > cost).mean(axis=0) for cost in grid],
        "evpi": [_evpi(values, np.full(values.shape[1], cost)) for cost in grid],
    }
    coords = {dim: saving[dim].to_numpy(), "cost": grid}
    variables = {
        name: xr.DataArray(np.stack(curve, axis=1), coords, (dim, "cost"), name=name)
        for name, curve in curves.items()
    }
    return xr.Dataset(variables, attrs=dict(saving.attrs))


def by_group(savings: xr.Dataset | xr.DataArray, groups: GroupOfEach) -> xr.Dataset:
    """Add savings up to classes, regions or any other groups, in every draw.

    Parameters
    ----------
    savings : Dataset or DataArray (chain, draw, provider)
        What :func:`savings` gives, or its ``saving``.
    groups : DataArray (provider,) or Series
        The group of each provider.

    Returns
    -------
    xarray.Dataset
        ``saving`` (chain, draw, group), groups in order of their labels; ``total`` (chain, draw),
        that of all; ``price`` (chain, draw), where there is one for all. An interval of a
        group's sum is no sum of intervals: it is found here.

    Raises
    ------
    SpecError
        CONFIG.VALUE where a provider has no group, or there is one too many.
    """
    saving, _ = read_saving(savings)
    held = read_groups(groups, saving["provider"].to_numpy().tolist())
    labels, codes = np.unique(held, return_inverse=True)
    values = saving.to_numpy() @ np.eye(len(labels))[codes]
    total = saving.sum("provider")
    summed = total.expand_dims({GROUP: labels}, axis=2).copy(data=values)
    attrs = dict(saving.attrs)
    variables = {"saving": summed, "total": total}
    if isinstance(savings, xr.Dataset) and savings.get("price", saving).dims == DRAW_DIMS:
        variables["price"] = savings["price"]
    return xr.Dataset(
        {k: x.rename(k).assign_attrs(attrs) for k, x in variables.items()}, None, attrs
    )


def read_groups(groups: object, labels: list[str]) -> np.ndarray[Any, np.dtype[np.str_]]:
    """Read the group of each provider, in the order of ``labels``."""
    if isinstance(groups, xr.DataArray) and groups.dims == ("provider",):
        groups = groups.to_series()
    if not isinstance(groups, pd.Series):
        kind = type(groups).__name__
        fail("CONFIG.VALUE", f"groups must be a DataArray or a Series by provider, not {kind}")
    have = labels_of(groups.index.to_numpy(), len(groups), name="groups")
    if groups.isna().any():
        owner = have[int(np.argmax(groups.isna().to_numpy()))]
        fail("CONFIG.VALUE", f"provider {owner!r} has no group", fix="give one to each")
    order = match_providers(have, labels, name="groups")
    return np.asarray(groups.to_numpy()[order].astype(str))


def read_saving(savings: object) -> tuple[xr.DataArray, str]:
    """Read draws of savings of providers or of groups, and say which: (chain, draw, it)."""
    if isinstance(savings, xr.Dataset):
        if "saving" not in savings:
            fail("CONFIG.VALUE", "savings has no saving", fix="give what vm.savings returns")
        savings = savings["saving"]
    dim = GROUP if isinstance(savings, xr.DataArray) and GROUP in savings.dims else "provider"
    draws = check_draws(savings, (*DRAW_DIMS, dim), name="savings")
    index = draws[dim].to_numpy() if dim in draws.coords else None
    draws = draws.assign_coords({dim: labels_of(index, draws.sizes[dim], name="savings")})
    kept = {name: draws.attrs[name] for name in ("units", "price_year") if name in draws.attrs}
    draws.attrs = passed_on(draws.attrs) | kept
    return draws, dim


def read_costs(
    cost: object, labels: list[str], *, dim: str = "provider", name: str = "cost"
) -> Array:
    """Read a cost of each, (provider,), at least 0; one number is that of each."""
    if is_real(cost):
        values = np.full(len(labels), float(cost))
        refuse_nonfinite(values, name)
    elif isinstance(cost, pd.Series | xr.DataArray):
        if isinstance(cost, xr.DataArray) and cost.dims != (dim,):
            fail("CONFIG.VALUE", f"{name} has dimensions {cost.dims}", fix=f"give ({dim})")
        index = cost.index if isinstance(cost, pd.Series) else cost[dim].to_numpy()
        have = labels_of(np.asarray(index), len(cost), name=name)
        order = match_providers(have, labels, name=name)
        values = as_numbers(np.asarray(cost.to_numpy()), name)[order]
        refuse_nonfinite(values, name, labels=labels)
    else:
        kind = type(cost).__name__
        fail("CONFIG.VALUE", f"{name} must be a number, a DataArray or a pandas Series, not {kind}")
    if (values < 0).any():
        owner = labels[int(np.argmax(values < 0))]
        fail("CONFIG.VALUE", f"{name} is negative at {dim} {owner!r}")
    return values


def _evpi(values: Array, costs: Array) -> Array:
    """Give E max(0, S - c) - max(0, E S - c) by column of values (S, provider)."""
    net = values - costs
    known = np.maximum(net, 0.0).mean(axis=0)
    return np.asarray(np.maximum(known - np.maximum(net.mean(axis=0), 0.0), 0.0))


def _labelled(saving: xr.DataArray, dim: str, found: dict[str, Any]) -> xr.Dataset:
    coords, attrs = {dim: saving[dim].to_numpy()}, dict(saving.attrs)
    variables = {
        name: xr.DataArray(values, coords, (dim,), name=name, attrs=attrs)
        for name, values in found.items()
    }
    return xr.Dataset(variables, attrs=attrs)
