"""What one unit of opportunity costs: fixed, PERT, lognormal, or each provider's own (methods 7).

PERT on [low, high]:  low + (high - low) Beta(1 + 4 (mode - low)/(high - low),
                                              1 + 4 (high - mode)/(high - low))
lognormal:            exp(N(m, s)), s^2 = log(1 + (sd/mean)^2), m = log(mean) - s^2/2
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.errors import fail
from varmodel.estimands.draws.labelled import by_provider, check_rates, match_providers
from varmodel.frame.contents import OWN_PRICE
from varmodel.spec import LognormalCost, OwnCost, UnitCost
from varmodel.values import Array, is_real


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """The price in every draw.

    Attributes
    ----------
    drawn : xarray.DataArray, dims (chain, draw), (provider,) or (chain, draw, provider)
    mean : float or ndarray, shape (provider,)
        What the plug-ins take.
    attrs : dict
        What the results say of it.
    """

    drawn: xr.DataArray
    mean: float | Array
    attrs: dict[str, Any] = field(default_factory=dict)

    def of_each(self) -> Array:
        """Give it in a shape that (chain, draw, provider) multiplies with."""
        values = self.drawn.to_numpy()
        return values if "provider" in self.drawn.dims else values[:, :, np.newaxis]


def read_prices(unit_cost: object, draws: xr.DataArray, *, rng: np.random.Generator) -> Prices:
    """Draw one price a posterior draw for all providers, or read each provider's own."""
    if unit_cost is None:
        fail("CONFIG.VALUE", "savings need a unit_cost", fix="give a number or a UnitCost")
    if isinstance(unit_cost, xr.DataArray | pd.Series):
        return _own(unit_cost, draws)
    cost = unit_cost
    if is_real(unit_cost):
        known = float(unit_cost)
        cost = UnitCost(known, known, known)
    if not isinstance(cost, UnitCost | LognormalCost):
        kind = type(unit_cost).__name__
        message = f"unit_cost must be a number, a UnitCost, a LognormalCost or own, not {kind}"
        fail("CONFIG.VALUE", message, fix="own prices are a Series or DataArray by provider")
    shape = draws.shape[:2]
    values = (
        lognormal(cost, shape, rng=rng)
        if isinstance(cost, LognormalCost)
        else pert((cost.low, cost.mode, cost.high), shape, rng=rng)
    )
    year = {} if cost.price_year is None else {"price_year": cost.price_year}
    attrs = {"units": cost.currency, "unit_cost_mean": cost.mean, **year}
    one = draws.isel(provider=0, drop=True).copy(data=values)
    return Prices(one, cost.mean, attrs)


def own_prices(frame: xr.Dataset, price: OwnCost) -> xr.DataArray:
    """Read each provider's own price (provider), with its currency and year, off a frame."""
    if frame.attrs.get(OWN_PRICE) != price.column:
        message = f"the frame holds no prices: it was prepared without the column {price.column!r}"
        fail("CONFIG.VALUE", message, fix="prepare the table with this model")
    year = {} if price.price_year is None else {"price_year": price.price_year}
    return (price.factor * frame[OWN_PRICE]).assign_attrs(units=price.currency, **year)


def pert(
    ends: tuple[float, float, float], shape: tuple[int, ...], *, rng: np.random.Generator
) -> Array:
    """Draw from the PERT distribution of (low, mode, high), or give the constant."""
    low, mode, high = ends
    span = high - low
    if span == 0:
        return np.full(shape, mode)
    a, b = (1 + 4 * side / span for side in (mode - low, high - mode))
    return low + span * rng.beta(a, b, shape)


def lognormal(cost: LognormalCost, shape: tuple[int, ...], *, rng: np.random.Generator) -> Array:
    """Draw from the lognormal distribution with the cost's mean and sd."""
    return np.asarray(np.exp(cost.log_mean + cost.log_sd * rng.standard_normal(shape)))


type _OwnPrices = xr.DataArray | pd.Series[Any]


def _own(price: _OwnPrices, draws: xr.DataArray) -> Prices:
    """Read prices by provider, the same in every draw or drawn with the rates."""
    labels = [str(label) for label in draws["provider"].to_numpy()]
    if isinstance(price, xr.DataArray) and "draw" in price.dims:
        read = check_rates(price, name="unit_cost")
        if read.shape[:2] != draws.shape[:2]:
            message = "unit_cost has other draws than rates"
            fail("CONFIG.VALUE", message, fix="give one a draw of the rates")
        have = [str(label) for label in read["provider"].to_numpy()]
        values = read.to_numpy()[..., match_providers(have, labels, name="unit_cost")]
        drawn = draws.copy(data=values)
    else:
        values = by_provider(price, labels, name="unit_cost")
        drawn = xr.DataArray(values, {"provider": draws["provider"].to_numpy()}, ("provider",))
    if (values < 0).any():
        owner = labels[int(np.argmax((values < 0).reshape(-1, len(labels)).any(axis=0)))]
        fail("CONFIG.VALUE", f"unit_cost is negative at provider {owner!r}")
    said = {name: price.attrs[name] for name in ("units", "price_year") if name in price.attrs}
    return Prices(drawn.drop_attrs(), values.reshape(-1, len(labels)).mean(axis=0), said)
