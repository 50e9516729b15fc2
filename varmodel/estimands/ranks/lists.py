"""Lists to act on, from the probability that each provider is one of those sought (methods 4)."""

import numpy as np
import xarray as xr

from varmodel.errors import fail, show
from varmodel.estimands.draws.labelled import as_numbers, labels_of, passed_on, refuse_nonfinite
from varmodel.values import Array, Mask, is_number

_ROUNDING = 1e-12


def fdr_list(prob: xr.DataArray, *, rate: float = 0.05) -> xr.DataArray:
    """List as many providers as keep the expected share of false ones within a rate.

    Parameters
    ----------
    prob : xarray.DataArray, dims (provider,)
        Posterior probability that each is one of those sought, as ``exceedance`` or
        ``prob_top_quarter`` give it.
    rate : float
        The expected share of false ones that is borne, from 0 to below 1.

    Returns
    -------
    xarray.DataArray, dims (provider,)
        bool: the largest set with mean(1 - prob) <= ``rate`` (Jones, Ohlssen & Spiegelhalter
        2008). Of a hundred on such lists five are expected to be false at .05; single members may
        be less sure than that. Providers of equal probability are listed all or none.

    Raises
    ------
    SpecError
        CONFIG.VALUE for probabilities or a rate outside 0 to 1, wrong dimensions or labels.
    InputError
        VALUE.NONFINITE.
    """
    if not is_number(rate) or not 0 <= rate < 1:
        fail("CONFIG.VALUE", f"rate must be at least 0 and below 1, not {show(rate)}")
    chances = _read(prob)
    falling = np.sort(chances)[::-1]
    share = np.cumsum(1 - falling) / np.arange(1, len(falling) + 1)
    last = np.append(falling[1:] < falling[:-1], True)  # a set of equals is not divided
    sizes = np.flatnonzero((share <= rate + _ROUNDING) & last)
    lowest = falling[sizes[-1]] if len(sizes) else np.inf
    return _listed(prob, chances >= lowest, rate=float(rate))


def utility_list(prob: xr.DataArray, *, false_alarm: float, miss: float) -> xr.DataArray:
    """List the providers that it is worth acting on, given what each mistake costs.

    Parameters
    ----------
    prob : xarray.DataArray, dims (provider,)
        Posterior probability that each is one of those sought.
    false_alarm, miss : float
        Costs of listing one that is not, and of not listing one that is; in one unit, not below
        0 and not both 0.

    Returns
    -------
    xarray.DataArray, dims (provider,)
        bool: prob > false_alarm / (false_alarm + miss), which makes the expected cost least.
        With equal costs that is a probability above one half; where an alarm in vain costs 19
        times a miss, above .95.

    Raises
    ------
    SpecError
        CONFIG.VALUE for probabilities outside 0 to 1, costs below 0 or both 0, wrong dimensions
        or labels.
    InputError
        VALUE.NONFINITE.
    """
    for name, cost in (("false_alarm", false_alarm), ("miss", miss)):
        if not is_number(cost) or cost < 0:
            fail("CONFIG.VALUE", f"{name} must be a cost of at least 0, not {show(cost)}")
    if false_alarm + miss == 0:
        fail("CONFIG.VALUE", "false_alarm and miss are both 0", fix="state what a mistake costs")
    bar = false_alarm / (false_alarm + miss)
    return _listed(prob, _read(prob) > bar, bar=float(bar))


def _read(prob: object) -> Array:
    """Read one probability a provider."""
    if not isinstance(prob, xr.DataArray) or prob.dims != ("provider",):
        fail("CONFIG.VALUE", "prob must be an xarray.DataArray with the dimension provider alone")
    labels_of(_labels(prob), len(prob), name="prob")
    chances = as_numbers(prob.to_numpy(), "prob")
    refuse_nonfinite(chances, "prob")
    wrong = (chances < -_ROUNDING) | (chances > 1 + _ROUNDING)
    if wrong.any():
        fail("CONFIG.VALUE", f"prob must lie between 0 and 1, not {chances[wrong][0]:g}")
    return np.clip(chances, 0.0, 1.0)


def _labels(prob: xr.DataArray) -> np.ndarray | None:
    return prob["provider"].to_numpy() if "provider" in prob.coords else None


def _listed(prob: xr.DataArray, member: Mask, **attrs: float) -> xr.DataArray:
    labels = labels_of(_labels(prob), len(prob), name="prob")
    kept = passed_on(prob.attrs) | attrs
    return xr.DataArray(member, {"provider": labels}, ("provider",), name="listed", attrs=kept)
