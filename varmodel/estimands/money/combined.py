"""Savings of several indicators together, each pound counted once (methods 15).

    S_jm   saving of indicator m at provider j in a draw
    C_j    cost base of provider j that a group of indicators shares
    r_jm = min(1, S_jm / C_j)          the share of the base that indicator m would free

    total of the group   = sum_j C_j (1 - prod_m (1 - r_jm))
    Shapley share of m   = sum_j C_j r_jm * integral over t in 0..1 of prod_{l != m} (1 - t r_jl)

The shares add up to the total. The integrand is a polynomial of degree k - 1 in t: Gauss-Legendre
with ceil(k / 2) nodes is exact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.errors import fail, one_of
from varmodel.estimands.draws.labelled import DRAW_DIMS, over_draws, passed_on
from varmodel.estimands.money.acting import read_costs, read_saving
from varmodel.estimands.money.together import widening
from varmodel.fits.fit import WEIGHT
from varmodel.values import Array

INDICATOR = "indicator"
_UNCHECKED = "the indicators are taken to be independent of each other: no effects were given"

type Bases = Mapping[str, tuple[Sequence[str], xr.DataArray | pd.Series[Any] | float]]


def combine(
    savings: Mapping[str, xr.Dataset | xr.DataArray],
    *,
    shared: Bases | None = None,
    effects: Mapping[str, xr.Dataset] | None = None,
) -> xr.Dataset:
    """Add the savings of several indicators up, what they share counted once.

    Parameters
    ----------
    savings : mapping of str to Dataset or DataArray (chain, draw, provider)
        Indicator -> what :func:`savings` gave: the same numbers of chains and draws, one
        currency, one length of time. Providers may differ: one that an indicator lacks saves
        nothing in it.
    shared : mapping, optional
        Group -> (its indicators, cost base): indicators that would free the same cost, such as
        length of stay and admissions that share bed days, and that cost at each provider (a
        number, or by provider), above 0 and for the same time. An indicator is in one group at
        most. Without groups nothing is taken to overlap.
    effects : mapping of str to Dataset, optional
        Indicator -> :func:`unshrunken_rates` of its fit, for every indicator: how alike the
        indicators' shortfalls are.

    Returns
    -------
    xarray.Dataset
        ``total`` (chain, draw): overlaps are reduced in proportion, since what one indicator has
        freed the next cannot free again; never above ``plain_total``, the plain sum.
        ``share`` (chain, draw, indicator): each indicator's part of the total, averaged over all
        orders in which they could come (Shapley); the parts add up to it.
        Fits are separate, so draws of two indicators are independent: an assumption, not a fact.
        With ``effects`` also ``correlated_total``, the total spread out about its mean by
        sqrt(1 + (k - 1) r (1 - mean reliability)), r the mean correlation of the shortfalls,
        corrected for chance and at least 0: print both intervals. Its attrs name ``correlation``
        and ``widened_by``. Without ``effects`` a sum of two or more is stamped provisional.

    Raises
    ------
    SpecError
        CONFIG.VALUE for draws, currencies or indicators that do not go together, for a cost base
        that is not above 0, and for savings below 0 of indicators that share one.
    InputError
        VALUE.NONFINITE.
    """
    read = _read(savings)
    groups = _groups(shared or {}, read)
    share = np.stack([x.to_numpy().sum(axis=-1) for x in read.values()], axis=-1)
    plain = share.sum(axis=-1)
    places = {name: place for place, name in enumerate(read)}
    for group in groups:
        share[..., [places[name] for name in group.members]] = _shapley(group, read)
    total = share.sum(axis=-1)
    first, attrs = next(iter(read.values())), _attrs(read, alone=effects is None)
    if len(read) > 1:  # the weight of one fit's draws is not that of a sum
        first = first.drop_vars(WEIGHT, errors="ignore")
    found = {"total": total, "plain_total": plain}
    more = (
        {}
        if effects is None
        else widening(effects, {name: x.attrs.get("better") for name, x in read.items()})
    )
    if more:
        found["correlated_total"] = total.mean() + more["widened_by"] * (total - total.mean())
    variables = {name: over_draws(first, x, name=name) for name, x in found.items()}
    coords = {INDICATOR: list(read)}
    variables["share"] = variables["total"].expand_dims(coords, axis=2).copy(data=share)
    labelled = {name: x.rename(name).assign_attrs(attrs) for name, x in variables.items()}
    return xr.Dataset(labelled, attrs=attrs | more)


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """Indicators that would free the same cost.

    Attributes
    ----------
    members : list of str
    providers : list of str
        Those that any member has.
    base : ndarray, shape (provider,)
    """

    members: list[str]
    providers: list[str]
    base: Array


def _read(savings: object) -> dict[str, xr.DataArray]:
    """Read every indicator's draws; refuse what cannot be added."""
    if not isinstance(savings, Mapping) or not savings:
        fail("CONFIG.VALUE", "savings must map an indicator to its savings, one at least")
    read = {}
    for name, x in savings.items():
        read[str(name)], dim = read_saving(x)
        if dim != "provider":
            message = f"savings of {name!r} are of groups"
            fail("CONFIG.VALUE", message, fix="combine providers' savings, then take by_group")
    first_name, first = next(iter(read.items()))
    for name, x in read.items():
        for dim in DRAW_DIMS:
            if x.sizes[dim] != first.sizes[dim]:
                message = f"{name!r} has other draws than {first_name!r} along {dim}"
                fail("CONFIG.VALUE", message, fix="fit both with the same chains and draws")
        units = [y.attrs.get("units") for y in (first, x)]
        if None not in units and units[0] != units[1]:
            message = f"{name!r} is in {units[1]}, {first_name!r} in {units[0]}"
            fail("CONFIG.VALUE", message, fix="give all prices in one currency")
    return read


def _groups(shared: Mapping[str, object], read: dict[str, xr.DataArray]) -> list[_Group]:
    groups: list[_Group] = []
    taken: dict[str, str] = {}
    for title, pair in shared.items():
        if not isinstance(pair, tuple | list) or len(pair) != 2 or isinstance(pair[0], str):
            message = f"shared[{title!r}] must be a pair: its indicators, their cost base"
            fail("CONFIG.VALUE", message, fix="give (['stay', 'admissions'], cost_by_provider)")
        members = [str(name) for name in pair[0]]
        for name in members:
            if name not in read:
                fail("CONFIG.VALUE", f"unknown indicator {name!r}; {one_of(name, read)}")
            if name in taken:
                message = f"{name!r} is in two groups, {taken[name]!r} and {title!r}"
                fail("CONFIG.VALUE", message, fix="join the groups, or name it in one")
            taken[name] = str(title)
        if members:
            groups.append(_Group(members, *_base(str(title), pair[1], members, read)))
    return groups


def _base(
    title: str, cost: object, members: list[str], read: dict[str, xr.DataArray]
) -> tuple[list[str], Array]:
    """Read the cost base of every provider that a member has; of others it may be given too."""
    have = sorted({str(x) for name in members for x in read[name]["provider"].to_numpy()})
    if isinstance(cost, xr.DataArray) and cost.dims == ("provider",) and "provider" in cost.coords:
        cost = cost.to_series()
    if isinstance(cost, pd.Series):
        cost = cost[cost.index.astype(str).isin(have)]
    base = read_costs(cost, have, name=f"the cost base of {title!r}")
    if (base <= 0).any():
        owner = have[int(np.argmax(base <= 0))]
        message = f"the cost base of {title!r} is not above 0 at provider {owner!r}"
        fail("CONFIG.VALUE", message, fix="give what the shared cost is there")
    return have, base


def _shapley(group: _Group, read: dict[str, xr.DataArray]) -> Array:
    """Part a group's total among its members, in every draw: (chain, draw, member)."""
    place = {label: j for j, label in enumerate(group.providers)}
    freed = []
    for name in group.members:
        saving = read[name]
        if (saving < 0).any():
            message = f"{name!r} has savings below 0, which are no share of a cost base"
            fail("CONFIG.VALUE", message, fix="combine gross savings, then take off what is lost")
        columns = [place[str(label)] for label in saving["provider"].to_numpy()]
        r = np.zeros((*saving.shape[:2], len(group.providers)))
        r[..., columns] = np.minimum(1.0, saving.to_numpy() / group.base[columns])
        freed.append(r)
    shares = np.zeros((*freed[0].shape[:2], len(freed)))
    nodes, weights = np.polynomial.legendre.leggauss((len(freed) + 1) // 2)
    for t, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        left = weight * group.base * np.prod([1 - t * r for r in freed], axis=0)
        for m, r in enumerate(freed):  # t is below 1, so that 1 - t r is above 0
            shares[..., m] += (left * r / (1 - t * r)).sum(axis=-1)
    return shares


def _attrs(read: dict[str, xr.DataArray], *, alone: bool) -> dict[str, Any]:
    """Carry the stamps of all on; a sum whose parts nobody compared is provisional."""
    every = [passed_on(x.attrs) for x in read.values()]
    attrs = {k: x for k, x in every[0].items() if all(k in y and y[k] == x for y in every)}
    units = [x.attrs["units"] for x in read.values() if "units" in x.attrs]
    hashes = sorted({str(x["source_hash"]) for x in every if "source_hash" in x})
    attrs |= {"units": units[0]} if units else {}
    attrs |= {"source_hash": " ".join(hashes)} if hashes else {}
    reasons = [str(x.get("provisional_reason", "")) for x in every if x.get("provisional")]
    if alone and len(read) > 1:
        reasons.append(_UNCHECKED)
    said = "; ".join(dict.fromkeys(reason for reason in reasons if reason))
    attrs["provisional"] = int(bool(reasons))
    return attrs | ({"provisional_reason": said} if said else {})
