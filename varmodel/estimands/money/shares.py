"""Shares of a total: of its uncertainty the price's (methods 16), of its gap what could be closed.

savings -> the price's share of their width             width_shares
savings of two parts -> the share that could be closed  closable_share
"""

import numpy as np
import xarray as xr

from varmodel.errors import fail

PRICE_PART, RATES_PART = "price", "statistics"


def width_shares(savings: xr.Dataset) -> xr.Dataset:
    """Split the variance of a total saving between its price and the statistics.

    Each draw's total is price times X, with X the total in events; price and X are drawn
    independently. Each input has its own variance at the other's mean, and half of the variance
    that neither has alone (the Shapley share of two inputs):

        statistics  mu_p^2 s_X^2 + s_p^2 s_X^2 / 2
        price       mu_X^2 s_p^2 + s_p^2 s_X^2 / 2

    Parameters
    ----------
    savings : xarray.Dataset
        As :func:`varmodel.savings` gives it: ``total`` and ``price`` (chain, draw).

    Returns
    -------
    xarray.Dataset
        ``price`` and ``statistics``, without dimensions; they add up to 1. Read: of the variance
        of the total, this share would go if the price (or each provider's rate) were known. Of
        the width of its interval it is a guide, not a part: widths do not add up. NaN where the
        total does not vary.

    Raises
    ------
    SpecError
        CONFIG.VALUE where total or price is missing, and where each provider has its own price.
    """
    absent = [name for name in ("total", "price") if name not in savings]
    if absent:
        message = f"savings has no {' and no '.join(absent)}"
        fail("CONFIG.VALUE", message, fix="give the Dataset that savings(...) gives")
    if set(savings["price"].dims) != set(savings["total"].dims):
        message = "each provider has its own price: the total is no price times events"
        fail("CONFIG.VALUE", message, fix="take savings at one price for all")
    price, total = savings["price"].to_numpy(), savings["total"].to_numpy()
    events = np.divide(total, price, out=np.zeros_like(total), where=price != 0)
    of_price, of_events = (float(x.var()) if np.ptp(x) > 0 else 0.0 for x in (price, events))
    both = of_price * of_events / 2
    parts = {
        PRICE_PART: events.mean() ** 2 * of_price + both,
        RATES_PART: price.mean() ** 2 * of_events + both,
    }
    whole = sum(parts.values())
    return xr.Dataset({name: part / whole if whole > 0 else np.nan for name, part in parts.items()})


def closable_share(coming: xr.Dataset, lasting: xr.Dataset) -> xr.DataArray:
    """Give the share of a coming period's gap that could be closed: what lasts of it.

    In each draw the total of what lasts over that of the coming period, at most 1: what passes
    goes by itself, and comes to others. Of normal effects and many providers it is the root of
    the persistence share.

    Parameters
    ----------
    coming, lasting : xarray.Dataset
        As :func:`varmodel.savings` gives them of one fit at one price: ``total`` (chain, draw).

    Returns
    -------
    xarray.DataArray, dims (chain, draw)
        1 where there is no gap at all: nothing of it passes.
    """
    whole, kept = coming["total"], lasting["total"]
    share = np.divide(kept, whole, out=np.ones(whole.shape), where=whole.to_numpy() > 0)
    return whole.copy(data=np.minimum(share, 1.0)).rename("closable_share").drop_attrs()
