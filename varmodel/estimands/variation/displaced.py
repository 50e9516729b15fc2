"""How much of a saving on one indicator is spent again on another, by how they change (methods 7).

    X_jt   what provider j spends in period t beyond its own lasting level: price x (events less
           those expected of it without what passes), the other way round where high is good
    D_jt   the change of X from the period before: what lasts is gone from it
    delta  = - Cov(D_source, D_target) / Var(D_source), chance taken out of the variance

Chance of two indicators is independent, so that nothing is to be taken out of the covariance. Each
provider's moments are divided by its chance variance at the source: that grows with its size, and
moments with its square, so that a few large ones would else be all that counts. A draw of delta
gives the providers weights of its own besides (the Bayesian bootstrap, Rubin 1981), so that no
distribution of what passes is leant on.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from varmodel.errors import fail
from varmodel.estimands.draws.labelled import DRAW_DIMS, sign_of
from varmodel.estimands.draws.stacked import mean_own, read_likelihood
from varmodel.estimands.draws.transient import period_of_cells, read_transient
from varmodel.estimands.money.prices import own_prices
from varmodel.fits import Fit
from varmodel.frame import cells_of
from varmodel.frame.periods import place
from varmodel.numerics.streams import generator
from varmodel.spec import OwnCost, Price, as_unit_cost
from varmodel.values import Array, check_seed

#: Providers whose changes both indicators must have: of fewer a covariance says nothing.
_LEAST = 12
#: Largest sd, over draws, of the share of the source's changes that is no chance, by its mean.
_VAGUE = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class _Changes:
    """Changes of an indicator's spending: DataArrays (provider, period), NaN where there is none.

    Attributes
    ----------
    spent : xarray.DataArray
    chance : xarray.DataArray
        The variance of each that is chance.
    """

    spent: xr.DataArray
    chance: xr.DataArray


def displacement(source: Fit, target: Fit, *, random_seed: int) -> xr.DataArray:
    """Estimate which part of what is saved on one indicator is spent again on another.

    Parameters
    ----------
    source, target : Fit
        Of counts without over-dispersion, in several periods, with a direction and a price in one
        currency. Providers and periods of both are taken.
    random_seed : int
        Of the weights of the providers, at least 0.

    Returns
    -------
    xarray.DataArray, dims (chain, draw)
        ``delta``, for :func:`varmodel.money.net_of_displacement` of the source's savings: of each
        pound that a provider spends less on the source in a period, this share is spent more on
        the target in the same period. Below 0 both fall together. It is what goes together from
        period to period, not what one does to the other: a bad winter raises both and hides a
        displacement; what comes back later is not seen. Where the very cases move that are
        counted, so does their chance, and delta is too large: times 1 - ``chance_share`` it is
        then right. Hold it against ``tipping_delta``. ``attrs``: ``providers``, ``changes``, on
        how many it rests; ``chance_share``, how much of the source's changes is chance.

    Raises
    ------
    SpecError
        CONFIG.VALUE for other families, one period, no direction or price, two currencies, and
        for two fits of the same events.
    DesignError
        DESIGN.NO_INFORMATION where fewer than twelve providers have changes of both, or those
        of the source are not told from chance: what is no chance of them is below 0 in a draw, or
        its sd over draws more than a quarter of its mean.
    """
    if source.frame.attrs["source_hash"] == target.frame.attrs["source_hash"]:
        fail("CONFIG.VALUE", "source and target count the same events", fix="give two indicators")
    rng = generator(check_seed(random_seed), "displacement", source_hash=_hashes(source, target))
    prices = [_price(fit, name) for fit, name in ((source, "source"), (target, "target"))]
    if prices[0].currency != prices[1].currency:
        message = f"target is in {prices[1].currency}, source in {prices[0].currency}"
        fail("CONFIG.VALUE", message, fix="give both prices in one currency")
    one, other = (_changes(fit, price) for fit, price in zip((source, target), prices, strict=True))
    spent, moved, chance = xr.align(one.spent, other.spent, one.chance, join="inner")
    both = (spent.notnull() & moved.notnull() & (chance > 0)).to_numpy()  # who spends at all
    kept = both.any(axis=1)
    if kept.sum() < _LEAST:
        message = f"{int(kept.sum())} providers have changes of both, at least {_LEAST} needed"
        fail("DESIGN.NO_INFORMATION", message, fix="declare delta, or give more providers")
    product, square, noise = (
        np.where(both, x.to_numpy(), 0.0)[kept].sum(axis=1)
        for x in (spent * moved, spent**2, chance)
    )
    template = source.posterior["intercept"].transpose(*DRAW_DIMS)
    weight = rng.standard_exponential((template.size, int(kept.sum())))
    weight *= both[kept].sum(axis=1) / noise  # chance grows with size, as what is spent does
    whole = weight @ square
    told = 1 - np.divide(weight @ noise, whole, out=np.ones_like(whole), where=whole > 0)
    if not told.min() > 0 or told.std() > _VAGUE * told.mean():
        message = "what passes at the source is not told from chance"
        fail("DESIGN.NO_INFORMATION", message, fix="declare delta")
    delta = -(weight @ product) / whole / told
    rests_on = {"providers": int(kept.sum()), "changes": int(both.sum())}
    attrs = rests_on | {"chance_share": float(1 - told.mean())}
    result = template.copy(data=delta.reshape(template.shape)).rename("delta")
    return result.drop_attrs().assign_attrs(source.provenance | _stamp(source, target) | attrs)


def _stamp(*fits: Fit) -> dict[str, Any]:
    """Give the stamp of the first fit that is provisional; empty where none is."""
    every = (fit.provenance for fit in fits if fit.provisional)
    return {k: x for k, x in next(every, {}).items() if k.startswith("provisional")}


def _hashes(*fits: Fit) -> str:
    return " ".join(str(fit.frame.attrs["source_hash"]) for fit in fits)


def _price(fit: Fit, name: str) -> Price:
    """Read the price of an indicator whose changes can be priced, or refuse it."""
    spec = fit.spec
    if spec.form.response != "events" or not spec.family_row.adds_up:
        message = f"{name} is no count without over-dispersion, but {spec.family}"
        fail("CONFIG.VALUE", message, fix="declare delta")
    if fit.frame.sizes.get("period", 1) < 2:
        fail("CONFIG.VALUE", f"{name} has one period only: nothing changes", fix="declare delta")
    if spec.unit_cost is None:
        fail("CONFIG.VALUE", f"{name} has no price", fix="give its model a unit_cost")
    return as_unit_cost(spec.unit_cost)


def _changes(fit: Fit, price: Price) -> _Changes:
    """Give what each provider spends more than in the period before, and how much is chance."""
    frame, periods = fit.frame, fit.frame["period"].to_numpy()
    shape = (frame.sizes["provider"], len(periods))
    owner, period = frame["provider_index"].to_numpy(), period_of_cells(frame)
    cells, own, stacked = cells_of(frame), mean_own(fit), read_likelihood(fit)
    eta = stacked.predictor.mean().eta(slice(None))[0, frame["pattern_index"].to_numpy()]
    eta = eta + stacked.effect.mean(axis=0)[owner]
    passing = read_transient(fit)
    now = eta if passing is None else eta + passing.mean().effect[0, owner, period]
    family, place_of = fit.spec.family_row, owner * shape[1] + period

    def total(values: Array) -> Array:
        return np.bincount(place_of, values, shape[0] * shape[1]).reshape(shape)

    cost = -sign_of(fit.spec.better) * _costs(frame, price)[:, np.newaxis]
    level = np.where(total(cells.size) > 0, cost * total(family.score(cells, eta, own)), np.nan)
    chance = cost**2 * total(family.information(cells, now, own))
    follows = np.diff([place(str(label)) for label in periods]) == 1
    step = np.where(follows, np.diff(level, axis=1), np.nan)
    coords = {"provider": frame["provider"].to_numpy(), "period": periods[1:]}
    spent, noise = (
        xr.DataArray(x, coords, ("provider", "period"))
        for x in (step, chance[:, 1:] + chance[:, :-1])
    )
    return _Changes(spent, noise)


def _costs(frame: xr.Dataset, price: Price) -> Array:
    """Give the mean price of an event at each provider."""
    if isinstance(price, OwnCost):
        return own_prices(frame, price).to_numpy()
    return np.full(frame.sizes["provider"], price.mean)
