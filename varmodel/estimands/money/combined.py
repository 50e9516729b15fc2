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
from typing import Any

import numpy as np
import xarray as xr

from varmodel.errors import fail
from varmodel.estimands.draws.labelled import DRAW_DIMS, over_draws, passed_on
from varmodel.estimands.money.acting import read_saving
from varmodel.estimands.money.sharing import (
    Bases,
    expected_parts,
    freed_shares,
    read_shared_costs,
    shapley_parts,
)
from varmodel.estimands.money.together import widen_sum, widening
from varmodel.fits.fit import WEIGHT
from varmodel.numerics.convergence import ess_mean
from varmodel.values import Array

INDICATOR = "indicator"
_UNCHECKED = "the indicators are taken to be independent of each other: no effects were given"


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
        With ``effects`` also ``correlated_total``, the total spread out about its mean by sqrt(1 +
        (k - 1) r (1 - mean reliability)), r the mean correlation of the shortfalls, corrected for
        chance and at least 0: print both intervals. Where no draw of the total is below 0, none of
        these is: they are held at 0, and the mean to quote is the total's. Its attrs name
        ``correlation`` and ``widened_by``. Without ``effects`` a sum of two or more is stamped
        provisional, and so is one of prices of different years: nothing is taken off for inflation.

    Raises
    ------
    SpecError
        CONFIG.VALUE for draws, currencies or indicators that do not go together, for a cost base
        that is not above 0, and for savings below 0 of indicators that share one.
    InputError
        VALUE.NONFINITE.
    """
    read = _read(savings)
    groups = read_shared_costs(shared or {}, read)
    share = np.stack([x.to_numpy().sum(axis=-1) for x in read.values()], axis=-1)
    plain = share.sum(axis=-1)
    alone = {name: x.to_numpy().sum(axis=-1) for name, x in read.items()}
    for group in groups:
        freed = freed_shares(group, read)
        for name, part in shapley_parts(group, freed).items():
            share[..., list(read).index(name)] = part.sum(axis=-1)
        alone |= expected_parts(group, freed)
    total = share.sum(axis=-1)
    attrs = _attrs(read, alone=effects is None)
    found = {"total": total, "plain_total": plain}
    more = (
        {}
        if effects is None
        else widening(effects, {name: x.attrs.get("better") for name, x in read.items()})
    )
    if more:
        found["correlated_total"] = widen_sum(
            total,
            mean=float(total.mean()),
            by=more["widened_by"],
            least=0.0 if total.min() >= 0 else -np.inf,  # of net savings some may be below 0
        )
    first = _labels_of_sum(read, alone, total)
    variables = {name: over_draws(first, x, name=name) for name, x in found.items()}
    coords = {INDICATOR: list(read)}
    variables["share"] = variables["total"].expand_dims(coords, axis=2).copy(data=share)
    labelled = {name: x.rename(name).assign_attrs(attrs) for name, x in variables.items()}
    return xr.Dataset(labelled, attrs=attrs | more)


def combine_by_provider(
    savings: Mapping[str, xr.Dataset | xr.DataArray], *, shared: Bases | None = None
) -> xr.Dataset:
    """Give what :func:`combine` adds up, for each provider by itself.

    Parameters
    ----------
    savings, shared
        As :func:`combine` takes them.

    Returns
    -------
    xarray.Dataset
        ``total``, ``plain_total`` (chain, draw, provider) and ``share`` (chain, draw, provider,
        indicator), by label: those of all providers that any indicator has, 0 where one has not.
        The totals of all providers add up to :func:`combine`'s. An interval of one provider's
        sum takes its indicators to be independent, and is stamped provisional for that.

    Raises
    ------
    SpecError, InputError
        As :func:`combine`.
    """
    read = _read(savings)
    labels = sorted({str(x) for saving in read.values() for x in saving["provider"].to_numpy()})
    parts = {name: _among(labels, x) for name, x in read.items()}
    plain = np.sum(list(parts.values()), axis=0)
    for group in read_shared_costs(shared or {}, read):
        columns = [labels.index(label) for label in group.providers]
        for name, part in shapley_parts(group, freed_shares(group, read)).items():
            parts[name][..., columns] = part
    share = np.stack(list(parts.values()), axis=-1)
    first = next(iter(read.values())).isel(provider=0, drop=True)
    if len(read) > 1:  # the weight of one fit's draws is not that of a sum
        first = first.drop_vars(WEIGHT, errors="ignore")
    each = first.expand_dims(provider=labels, axis=2)
    found = {
        "total": each.copy(data=share.sum(axis=-1)),
        "plain_total": each.copy(data=plain),
        "share": each.expand_dims({INDICATOR: list(read)}, axis=3).copy(data=share),
    }
    attrs = _attrs(read, alone=True)
    named = {name: x.rename(name) for name, x in found.items()}
    return xr.Dataset(
        {name: x.drop_attrs().assign_attrs(attrs) for name, x in named.items()}, attrs=attrs
    )


def _among(labels: Sequence[str], saving: xr.DataArray) -> Array:
    """Put an indicator's savings among all providers, 0 where it has not one."""
    found = np.zeros((*saving.shape[:2], len(labels)))
    found[..., [labels.index(str(x)) for x in saving["provider"].to_numpy()]] = saving.to_numpy()
    return found


def _labels_of_sum(
    read: Mapping[str, xr.DataArray], alone: Mapping[str, Array], total: Array
) -> xr.DataArray:
    """Give the labels of draws of a sum, with weights that give its mean the right error.

    Draws of separate fits are independent, and so are the errors of their means: variances add
    up. That of an indicator is mean(w (h - mean h)^2), w the weights of its draws and h what the
    total would be expected to be, given its saving alone. A weight that is equal in all draws
    and gives the total that variance takes the place of the fits' own, which are of one each.
    """
    first = next(iter(read.values()))
    if len(read) == 1 or not any(WEIGHT in x.coords for x in read.values()):
        return first if len(read) == 1 else first.drop_vars(WEIGHT, errors="ignore")
    spread = total.var()
    error = sum(_error(x, alone[name]) for name, x in read.items())
    level = float(error / spread) if spread > 0 else 1.0 / total.size
    weight = np.full(total.shape, max(level, 1.0 / total.size))
    return first.assign_coords({WEIGHT: (DRAW_DIMS, weight)})


def _error(saving: xr.DataArray, expected: Array) -> float:
    """Give the Monte Carlo variance of the mean of ``expected`` (chain, draw)."""
    if WEIGHT not in saving.coords:
        return float(expected.var() / ess_mean(expected[:, :, np.newaxis])[0])
    weight = saving[WEIGHT].transpose(*DRAW_DIMS).to_numpy()
    return float((weight * (expected - expected.mean()) ** 2).mean())


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


def _attrs(read: dict[str, xr.DataArray], *, alone: bool) -> dict[str, Any]:
    """Carry the stamps of all on; a sum whose parts nobody compared is provisional."""
    every = [passed_on(x.attrs) for x in read.values()]
    attrs = {k: x for k, x in every[0].items() if all(k in y and y[k] == x for y in every)}
    units = [x.attrs["units"] for x in read.values() if "units" in x.attrs]
    hashes = sorted({str(x["source_hash"]) for x in every if "source_hash" in x})
    years = sorted({int(x.attrs["price_year"]) for x in read.values() if "price_year" in x.attrs})
    attrs |= {"units": units[0]} if units else {}
    attrs |= {"price_year": years[0]} if len(years) == 1 else {}
    attrs |= {"source_hash": " ".join(hashes)} if hashes else {}
    reasons = [str(x.get("provisional_reason", "")) for x in every if x.get("provisional")]
    if alone and len(read) > 1:
        reasons.append(_UNCHECKED)
    if len(years) > 1:
        reasons.append(f"prices of {', '.join(map(str, years))} are added as they stand")
    said = "; ".join(dict.fromkeys(reason for reason in reasons if reason))
    attrs["provisional"] = int(bool(reasons))
    return attrs | ({"provisional_reason": said} if said else {})
