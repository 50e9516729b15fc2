"""Labelled arrays in and out: what is accepted, how providers are matched, what is passed on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.errors import Problem, Where, fail, one_of, refuse, show
from varmodel.fits.fit import PROVENANCE
from varmodel.values import Array, is_real, is_whole

DRAW_DIMS = ("chain", "draw")
PASSED_ON = (*PROVENANCE, "better", "population", "part")
DIRECTIONS = {"higher": 1, "lower": -1}


def passed_on(attrs: Mapping[Any, Any]) -> dict[str, Any]:
    """Keep what every figure computed from others carries on."""
    return {name: attrs[name] for name in PASSED_ON if name in attrs}


def sign_of(better: object) -> int:
    """Give +1 where high is good, -1 where low is good; refuse everything else."""
    if better == "neither":
        message = "better = 'neither' has no order: not all variation is inefficiency"
        fail("CONFIG.VALUE", message, fix="show rates without ranks or savings")
    if not isinstance(better, str) or better not in DIRECTIONS:
        fail("CONFIG.VALUE", f"unknown better {show(better)}; {one_of(better, DIRECTIONS)}")
    return DIRECTIONS[better]


def check_rates(rates: object, *, name: str = "rates") -> xr.DataArray:
    """Read draws of one figure a provider: (chain, draw, provider), float64, all finite.

    Without a provider coordinate the labels are the positions, as text.
    """
    return _labelled(check_draws(rates, (*DRAW_DIMS, "provider"), name=name), name)


def provider_names(rates: xr.DataArray) -> list[str]:
    """Give the labels of checked rates."""
    return [str(label) for label in rates["provider"].to_numpy()]


def check_draws(x: object, dims: tuple[str, ...], *, name: str) -> xr.DataArray:
    """Read an array with exactly these dimensions, in this order, float64, all finite."""
    if not isinstance(x, xr.DataArray):
        fail("CONFIG.VALUE", f"{name} must be an xarray.DataArray, not {type(x).__name__}")
    if set(x.dims) != set(dims):
        message = f"{name} has dimensions ({', '.join(map(str, x.dims))})"
        fail("CONFIG.VALUE", message, fix=f"give ({', '.join(dims)}) and no other")
    empty = [dim for dim in dims if x.sizes[dim] == 0]
    if empty:
        fail("CONFIG.VALUE", f"{name} has nothing along {', '.join(empty)}")
    ordered = x if x.dims == dims else x.transpose(*dims)
    values = as_numbers(ordered.to_numpy(), name)
    refuse_nonfinite(values, name)
    return ordered.copy(data=values)


def over_draws(draws: xr.DataArray, values: Array, *, name: str, **attrs: Any) -> xr.DataArray:
    """Label one figure a draw like ``draws`` (chain, draw, provider)."""
    result = draws.isel(provider=0, drop=True).copy(data=values).rename(name)
    result.attrs = passed_on(draws.attrs) | attrs
    return result


def over_providers(draws: xr.DataArray, values: Array, *, name: str, **attrs: Any) -> xr.DataArray:
    """Label one figure a provider like ``draws`` (chain, draw, provider)."""
    coords = {"provider": draws["provider"].variable}  # with its index, which takes longest
    kept = passed_on(draws.attrs) | attrs
    return xr.DataArray(values, coords, ("provider",), name=name, attrs=kept)


def as_numbers(values: np.ndarray[Any, Any], name: str) -> Array:
    """Read numbers as float64; text, truth values and objects that hold them are refused."""
    if values.dtype.kind == "O" and all(is_real(value) for value in values.flat):
        values = values.astype(np.float64)
    if values.dtype.kind not in "iuf":
        fail("CONFIG.VALUE", f"{name} must hold numbers, not {values.dtype}")
    return values.astype(np.float64, copy=False)


def refuse_nonfinite(values: Array, name: str, *, labels: Sequence[str] | None = None) -> None:
    """Refuse NaN and infinity, naming the first provider where there are labels."""
    wrong = ~np.isfinite(values)
    count = int(wrong.sum())
    if count:
        first = values[wrong].flat[0]
        owner = f" at provider {labels[int(np.argmax(wrong))]!r}" if labels is not None else ""
        message = f"{name} must be finite everywhere, and is not{owner}"
        where = Where(column=name)
        refuse([Problem("VALUE.NONFINITE", message, where, count, _FINITE, str(first))])


_FINITE = "a missing figure cannot be ranked or priced; leave the provider out of all inputs"


def labels_of(values: object, size: int, *, name: str) -> list[str]:
    """Read provider labels as text: one each, none missing, none twice."""
    if values is None:
        return [str(position) for position in range(size)]
    raw = list(np.asarray(values, dtype=object).flat)
    problems = [
        Problem("CONFIG.VALUE", f"{name} has a provider without a proper label", value=repr(label))
        for label in raw
        if not _is_label(label)
    ]
    refuse(problems[:1])
    labels = [str(label) for label in raw]
    twice = [label for label, count in Counter(labels).items() if count > 1]
    if twice:
        message = f"{name} has a provider more than once"
        where = Where(column="provider")
        refuse([Problem("CONFIG.VALUE", message, where, len(twice), value=twice[0])])
    return labels


def by_provider(values: object, labels: Sequence[str], *, name: str) -> Array:
    """Read one finite number a provider, in the order of ``labels``."""
    if isinstance(values, xr.DataArray):
        if values.dims != ("provider",):
            fail("CONFIG.VALUE", f"{name} has dimensions {values.dims}", fix="give (provider)")
        index = values["provider"].to_numpy() if "provider" in values.coords else None
    elif isinstance(values, pd.Series):
        index = values.index.to_numpy()
    else:
        kind = type(values).__name__
        fail("CONFIG.VALUE", f"{name} must be a DataArray or a pandas Series, not {kind}")
    order = match_providers(labels_of(index, len(values), name=name), labels, name=name)
    numbers = as_numbers(np.asarray(values.to_numpy()), name)[order]
    refuse_nonfinite(numbers, name, labels=labels)
    return numbers


def match_providers(have: Sequence[str], want: Sequence[str], *, name: str) -> list[int]:
    """Find each wanted provider; refuse, by name, who is absent and who is unknown."""
    place = {label: position for position, label in enumerate(have)}
    absent = [label for label in want if label not in place]
    known = set(want)
    unknown = [label for label in have if label not in known]
    where = Where(column="provider")
    refuse(
        Problem("CONFIG.VALUE", message, where, count=len(found), value=found[0])
        for message, found in (
            (f"{name} lacks a provider of rates", absent),
            (f"{name} has a provider that rates have not", unknown),
        )
        if found
    )
    return [place[label] for label in want]


def _labelled(x: xr.DataArray, name: str) -> xr.DataArray:
    index = x["provider"].to_numpy() if "provider" in x.coords else None
    return x.assign_coords(provider=labels_of(index, x.sizes["provider"], name=name))


def _is_label(label: object) -> bool:
    if isinstance(label, str):
        return bool(label)
    return is_whole(label)
