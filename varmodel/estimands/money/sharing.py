"""What indicators that would free the same cost free together, and the part of each (methods 15).

Formulas and symbols stand in ``combined``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.errors import fail, one_of
from varmodel.estimands.money.acting import read_costs
from varmodel.values import Array

type Bases = Mapping[str, tuple[Sequence[str], xr.DataArray | pd.Series[Any] | float]]


@dataclass(frozen=True, slots=True, eq=False)
class SharedCost:
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


def read_shared_costs(
    shared: Mapping[str, object], read: Mapping[str, xr.DataArray]
) -> list[SharedCost]:
    """Read the groups of ``combine``, none of whose indicators is in two."""
    groups: list[SharedCost] = []
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
            groups.append(SharedCost(members, *_base(str(title), pair[1], members, read)))
    return groups


def _base(
    title: str, cost: object, members: list[str], read: Mapping[str, xr.DataArray]
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


def freed_shares(group: SharedCost, read: Mapping[str, xr.DataArray]) -> dict[str, Array]:
    """Give r, the share of the cost base that each member frees: (chain, draw, provider)."""
    place = {label: j for j, label in enumerate(group.providers)}
    freed = {}
    for name in group.members:
        saving = read[name]
        if (saving < 0).any():
            message = f"{name!r} has savings below 0, which are no share of a cost base"
            fail("CONFIG.VALUE", message, fix="combine gross savings, then take off what is lost")
        columns = [place[str(label)] for label in saving["provider"].to_numpy()]
        r = np.zeros((*saving.shape[:2], len(group.providers)))
        r[..., columns] = np.minimum(1.0, saving.to_numpy() / group.base[columns])
        freed[name] = r
    return freed


def shapley_parts(group: SharedCost, freed: Mapping[str, Array]) -> dict[str, Array]:
    """Part a group's total among its members, in every draw: (chain, draw, provider) of each."""
    parts = {name: np.zeros(r.shape) for name, r in freed.items()}
    nodes, weights = np.polynomial.legendre.leggauss((len(freed) + 1) // 2)
    for t, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        left = weight * group.base * np.prod([1 - t * r for r in freed.values()], axis=0)
        for name, r in freed.items():  # t is below 1, so that 1 - t r is above 0
            parts[name] += left * r / (1 - t * r)
    return parts


def expected_parts(group: SharedCost, freed: Mapping[str, Array]) -> dict[str, Array]:
    """Give the group's total but for a constant, given one member's saving alone: (chain, draw).

    Draws of separate fits are independent: it is sum_j C_j r_jm prod_{l != m} E(1 - r_jl).
    """
    left = {name: 1 - r.mean(axis=(0, 1)) for name, r in freed.items()}
    found = {}
    for name, r in freed.items():
        others = [x for other, x in left.items() if other != name]
        found[name] = (r * group.base * np.prod(others, axis=0)).sum(axis=-1)
    return found
