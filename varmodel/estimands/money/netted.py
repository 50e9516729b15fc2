"""What is left of a gross saving: what is released, what is displaced (methods 7).

cash     = releasable share x closure x gross        capacity = (1 - share) x closure x gross
net      = (1 - delta) x gross                       delta*   = 1 - cost / E gross
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from varmodel.errors import fail, show
from varmodel.estimands.draws.labelled import (
    DRAW_DIMS,
    by_provider,
    check_draws,
    over_draws,
    over_providers,
)
from varmodel.estimands.money.acting import Costs, read_costs, read_saving
from varmodel.estimands.money.prices import pert
from varmodel.numerics.streams import generator
from varmodel.values import Array, check_seed, is_real

type Share = float | Sequence[float]


def released(
    savings: xr.Dataset, *, releasable: Share, closure: float = 1.0, random_seed: int
) -> xr.Dataset:
    """Part a gross saving into cash and capacity.

    Parameters
    ----------
    savings : Dataset
        What :func:`savings` gives: gross, at average cost, with activity held where it is.
    releasable : float, or (low, mode, high)
        The share of the cost that is no longer spent once the work is not done: staff who leave,
        wards that close. From 0 to 1; three numbers are a PERT distribution, one draw a
        posterior draw for all providers.
    closure : float
        The share of the gap that is closed, above 0, at most 1.
    random_seed : int
        Seed of the share, at least 0.

    Returns
    -------
    xarray.Dataset
        ``saving`` (chain, draw, provider), the cash: share x closure x gross; ``capacity``, the
        rest of what is closed: beds and hours that are free for other work, worth as much as
        that work is. ``total`` and ``total_capacity`` (chain, draw) over providers;
        ``releasable`` (chain, draw); ``price`` as it came. Cash and capacity add up to closure x
        gross.

    Raises
    ------
    SpecError
        CONFIG.VALUE for a share or a closure out of its range.
    """
    gross, dim = read_saving(savings)
    seed = check_seed(random_seed)
    check_closure(closure)
    source = str(gross.attrs.get("source_hash", ""))
    rng = generator(seed, "releasable share", source_hash=source)
    share = pert(share_ends(releasable), gross.shape[:2], rng=rng)
    closed = float(closure) * gross.to_numpy()
    cash = share[:, :, np.newaxis] * closed
    rest = (1 - share)[:, :, np.newaxis] * closed
    first = gross.rename({dim: "provider"})
    variables = {
        "saving": gross.copy(data=cash),
        "capacity": gross.copy(data=rest),
        "total": over_draws(first, cash.sum(axis=-1), name="total"),
        "total_capacity": over_draws(first, rest.sum(axis=-1), name="total_capacity"),
        "releasable": over_draws(first, share, name="releasable"),
    }
    return _dataset(variables | _price(savings), gross, closure=float(closure))


def net_of_displacement(
    savings: xr.Dataset, *, delta: float | xr.DataArray, cost: Costs = 0.0
) -> xr.Dataset:
    """Take off what a saving causes elsewhere.

    Parameters
    ----------
    savings : Dataset
        What :func:`savings` gives.
    delta : float, or DataArray (chain, draw) or (provider,); of savings of groups (group,)
        The share of the saving that is spent elsewhere: patients who come back, work that moves
        to another provider. Below 0 the others' work falls too; above 1 acting costs more than
        it saves.
    cost : float, DataArray (provider,) or Series
        Cost of acting on each, for the tipping value.

    Returns
    -------
    xarray.Dataset
        ``saving`` (chain, draw, provider) = (1 - delta) x gross; ``total`` (chain, draw);
        ``prob_saving`` (provider), of more than 0; ``price`` as it came. ``tipping_delta``
        (provider) and ``tipping_delta_total`` (): the displacement at which the mean net saving
        is the cost of acting. Where it is below what could be believed of delta, do not act;
        it is 1 where acting is free, and minus infinity where nothing is saved and acting costs.

    Raises
    ------
    SpecError
        CONFIG.VALUE for a delta that is no number, or of other draws or providers.
    InputError
        VALUE.NONFINITE.
    """
    gross, dim = read_saving(savings)
    labels = [str(label) for label in gross[dim].to_numpy()]
    left = 1 - _delta(delta, gross, labels)
    costs = read_costs(cost, labels, dim=dim)
    net = left * gross.to_numpy()
    first, mean = gross.rename({dim: "provider"}), gross.to_numpy().mean(axis=(0, 1))
    by_unit = {
        "prob_saving": (net > 0).mean(axis=(0, 1)),
        "tipping_delta": _tipping(costs, mean),
    }
    variables = {
        "saving": gross.copy(data=net),
        "total": over_draws(first, net.sum(axis=-1), name="total"),
        **{
            name: over_providers(first, x, name=name).rename({"provider": dim})
            for name, x in by_unit.items()
        },
        "tipping_delta_total": xr.DataArray(
            float(_tipping(np.array(costs.sum()), np.array(mean.sum())))
        ),
    }
    return _dataset(variables | _price(savings), gross)


def share_ends(share: object) -> tuple[float, float, float]:
    """Read a share as the ends and the mode of a PERT distribution."""
    ends = (share,) * 3 if is_real(share) else tuple(share) if isinstance(share, Sequence) else ()
    if len(ends) == 3 and all(map(is_real, ends)) and 0 <= ends[0] <= ends[1] <= ends[2] <= 1:
        return float(ends[0]), float(ends[1]), float(ends[2])
    message = f"releasable must be a share, or (low, mode, high) from 0 to 1, not {show(share)}"
    fail("CONFIG.VALUE", message, fix="give 0.4, or (0.2, 0.4, 0.7)")


def check_closure(closure: object) -> None:
    """Refuse a share of the gap that is none."""
    if not is_real(closure) or not 0 < float(closure) <= 1:
        message = f"closure must be above 0 and at most 1, not {show(closure)}"
        fail("CONFIG.VALUE", message, fix="give the share of the gap that is closed")


def _delta(delta: object, gross: xr.DataArray, labels: list[str]) -> Array:
    """Read the displacement in a shape that (chain, draw, provider) multiplies with."""
    if is_real(delta) and np.isfinite(float(delta)):
        return np.array(float(delta))
    if isinstance(delta, xr.DataArray) and set(delta.dims) == set(DRAW_DIMS):
        values = check_draws(delta, DRAW_DIMS, name="delta").to_numpy()
        if values.shape != gross.shape[:2]:
            message = "delta has other draws than savings"
            fail("CONFIG.VALUE", message, fix="give one a draw of the savings")
        return values[:, :, np.newaxis]
    if isinstance(delta, xr.DataArray):
        units = {dim: "provider" for dim in (gross.dims[-1],) if dim in delta.dims}
        return by_provider(delta.rename(units), labels, name="delta")
    message = f"delta must be a finite number or a DataArray, not {show(delta)}"
    fail("CONFIG.VALUE", message, fix="give the share of the saving that is spent elsewhere")


def _tipping(cost: Array, mean: Array) -> Array:
    """Solve (1 - delta) mean = cost."""
    nothing = np.where(cost > 0, -np.inf, 1.0)
    return np.where(mean > 0, 1 - cost / np.where(mean > 0, mean, 1.0), nothing)


def _price(savings: xr.Dataset) -> dict[str, xr.DataArray]:
    return {"price": savings["price"]} if "price" in savings else {}


def _dataset(variables: dict[str, xr.DataArray], gross: xr.DataArray, **more: Any) -> xr.Dataset:
    attrs = dict(gross.attrs) | more
    named = {name: x.rename(name).assign_attrs(attrs) for name, x in variables.items()}
    return xr.Dataset(named, attrs=attrs)
