"""What it is worth to know an input before choosing on whom to act (methods 16).

    EVPPI(x) = sum_j E max(0, E[S_j | x] - c_j) - max(0, E S_j - c_j)

Of the price E[S_j | p] = p E X_j, exact since price and gap are drawn independently. Of any other
input E[S_j | x] is a natural cubic spline of five degrees of freedom (Strong, Oakley & Brennan
2014), fitted on one half of each chain; the choices it makes are valued on the other half.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

import numpy as np
import xarray as xr

from varmodel.errors import fail
from varmodel.estimands.draws.labelled import DRAW_DIMS, check_draws, check_rates
from varmodel.estimands.money.acting import Costs, read_costs, read_saving
from varmodel.fits.fit import WEIGHT
from varmodel.fits.importance import ess_weighted
from varmodel.values import Array

_PRICE = "price"
BATCHES = 20
#: Knots of a natural cubic spline: one more than its degrees of freedom.
_KNOTS = 6


def value_of_information(
    savings: xr.Dataset | xr.DataArray,
    *,
    cost: Costs,
    inputs: Mapping[str, xr.DataArray] | None = None,
) -> xr.Dataset:
    """Give what it is worth to know each input before choosing on whom to act.

    Parameters
    ----------
    savings : Dataset or DataArray (chain, draw, provider)
        What :func:`savings` gives, or :func:`released`: with its ``price``.
    cost : float, DataArray (provider,) or Series
        As of :func:`worth_acting`.
    inputs : mapping of str to DataArray, optional
        Draws (chain, draw) of other uncertain figures, by name, from the draws of the savings;
        of draws (chain, draw, provider), such as the rates, each provider's is an input of its
        own: ``rate[T0001]``.

    Returns
    -------
    xarray.Dataset, dims (input,)
        ``evppi``: the expected gain, over all providers, of choosing with the input known, in
        the currency of the savings. ``price`` comes first, where there is one price for all. At
        least 0, and 0 where knowing it would change no choice; it cannot exceed the sum of
        ``evpi`` but by Monte Carlo error. Research that costs more than it is not worth its money.
        ``mcse``: its Monte Carlo standard error, from 20 batches of draws; of draws that were
        resampled by importance so much more as the effective size of the total asks for. Where
        it is as large as the figure, the figure says nothing.

    Raises
    ------
    SpecError
        CONFIG.VALUE where there is no input, or its draws are not those of the savings.
    InputError
        VALUE.NONFINITE.

    Notes
    -----
    Values of several inputs do not add up: knowing one may make another worthless.
    """
    saving, dim = read_saving(savings)
    costs = read_costs(cost, saving[dim].to_numpy().tolist(), dim=dim)
    values = saving.to_numpy()
    read = dict(_inputs(inputs or {}, saving))
    found = {}
    if isinstance(savings, xr.Dataset) and savings.get(_PRICE, saving).dims == DRAW_DIMS:
        price = check_draws(savings[_PRICE], DRAW_DIMS, name=_PRICE).to_numpy()
        found[_PRICE] = _of_price(values, price, costs)
    found |= {name: _of_input(values, x, costs) for name, x in read.items()}
    if not found:
        fix = "give inputs={name: draws}, or the Dataset that vm.savings returns, for its price"
        fail("CONFIG.VALUE", "nothing is named whose value could be found", fix=fix)
    coords, both = {"input": list(found)}, np.array(list(found.values()))
    both[:, 1] *= _repeated(saving)
    variables = {
        name: xr.DataArray(both[:, k], coords, ("input",), name=name, attrs=dict(saving.attrs))
        for k, name in enumerate(("evppi", "mcse"))
    }
    return xr.Dataset(variables, attrs=dict(saving.attrs))


def _inputs(inputs: Mapping[str, object], saving: xr.DataArray) -> Iterator[tuple[str, Array]]:
    """Give each input's draws (chain, draw), by name."""
    for name, x in inputs.items():
        if name == _PRICE:
            fail("CONFIG.VALUE", "the price is no input of yours: it is read from savings")
        by_provider = isinstance(x, xr.DataArray) and "provider" in x.dims
        draws = check_rates(x, name=name) if by_provider else check_draws(x, DRAW_DIMS, name=name)
        for at in DRAW_DIMS:
            if draws.sizes[at] != saving.sizes[at]:
                message = f"{name} has other draws than savings along {at}"
                fail("CONFIG.VALUE", message, fix="take both from one fit, without thinning either")
        if not by_provider:
            yield name, draws.to_numpy()
            continue
        for label in draws["provider"].to_numpy():
            yield f"{name}[{label}]", draws.sel(provider=label).to_numpy()


def _of_price(values: Array, price: Array, costs: Array) -> tuple[float, float]:
    """Value the price: E_p max(0, p E X_j - c_j), where X_j is the saving at price 1."""
    flat, p = values.reshape(-1, len(costs)), price.reshape(-1)
    free = p == 0  # at no price nothing is saved, whatever the gap
    x = np.divide(flat, p[:, np.newaxis], out=np.zeros_like(flat), where=~free[:, np.newaxis])

    def evppi(draws: slice) -> float:
        mean = x[draws].sum(axis=0) / max(1, int((~free[draws]).sum()))
        net = p[draws, np.newaxis] * mean - costs
        gain = np.maximum(net, 0.0).mean(axis=0) - np.maximum(net.mean(axis=0), 0.0)
        return float(np.maximum(gain, 0.0).sum())

    return evppi(slice(None)), _mcse([evppi(batch) for batch in _batches(len(p))])


def _of_input(values: Array, x: Array, costs: Array) -> tuple[float, float]:
    """Value an input: choose by a regression on one half, count what it gains on the other."""
    expected = _crossed(values, x)
    always = values.mean(axis=(0, 1)) > costs
    net = values - costs
    gain = (net * (expected > costs)).sum(axis=-1) - (net * always).sum(axis=-1)
    flat = gain.reshape(-1)
    batches = [float(flat[batch].mean()) for batch in _batches(len(flat))]
    return max(0.0, float(flat.mean())), _mcse(batches)


def _crossed(values: Array, x: Array) -> Array:
    """Regress savings (chain, draw, provider) on x, each half of the chains from the other."""
    middle = (x.shape[1] + 1) // 2
    halves = [slice(None, middle), slice(middle, None)]
    expected = np.empty_like(values)
    for fitted, left_out in (halves, halves[::-1]):
        design = _natural_cubic(x[:, fitted].reshape(-1))
        here = values[:, fitted].reshape(-1, values.shape[-1])
        if not len(here):  # one draw has no other half
            expected[:, left_out] = values.mean(axis=(0, 1))
            continue
        slopes = np.linalg.lstsq(design(x[:, fitted].reshape(-1)), here, rcond=None)[0]
        there = design(x[:, left_out].reshape(-1)) @ slopes
        expected[:, left_out] = there.reshape(values[:, left_out].shape)
    return expected


def _natural_cubic(x: Array) -> Callable[[Array], Array]:
    """Make the basis of a natural cubic spline with knots at quantiles of x (Hastie et al. 2009).

    A constant and at most five columns; linear beyond the outer knots. Ties leave fewer knots.
    """
    if not len(x) or np.ptp(x) == 0:
        return lambda z: np.ones((len(z), 1))
    centre, scale = float(x.mean()), float(x.std())
    knots = np.unique(np.quantile((x - centre) / scale, np.linspace(0.02, 0.98, _KNOTS)))

    def truncated(z: Array, k: int) -> Array:
        cubes = [np.maximum(z - knots[place], 0.0) ** 3 for place in (k, len(knots) - 1)]
        return np.asarray((cubes[0] - cubes[1]) / (knots[-1] - knots[k]))

    def basis(z: Array) -> Array:
        z = (z - centre) / scale
        curves = range(len(knots) - 2)
        last = len(knots) - 2
        bent = [truncated(z, k) - truncated(z, last) for k in curves]
        return np.stack([np.ones_like(z), z, *bent], axis=1)

    return basis


def _batches(count: int) -> list[slice]:
    edges = np.linspace(0, count, min(BATCHES, count) + 1).astype(int)
    return [slice(int(a), int(b)) for a, b in pairwise(edges)]


def _repeated(saving: xr.DataArray) -> float:
    """Give by how much errors grow since resampled draws, which batches take for new, repeat."""
    total = saving.to_numpy().sum(axis=-1)
    if WEIGHT not in saving.coords or np.ptp(total) == 0:
        return 1.0
    weight = saving[WEIGHT].transpose(*DRAW_DIMS).to_numpy()
    return float(np.sqrt(total.size / ess_weighted(total, weight)))


def _mcse(batches: list[float]) -> float:
    """Give the standard error of the mean of batches; 0 where there is one only."""
    if len(batches) < 2:
        return 0.0
    return float(np.std(batches, ddof=1) / np.sqrt(len(batches)))
