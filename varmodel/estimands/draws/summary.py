"""Summaries: the last step, from draws to a table."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.errors import fail, show
from varmodel.estimands.draws.labelled import DRAW_DIMS, as_numbers, labels_of, refuse_nonfinite
from varmodel.fits.fit import WEIGHT
from varmodel.fits.importance import ess_weighted
from varmodel.numerics.blocks import blocks
from varmodel.numerics.convergence import ess_mean
from varmodel.numerics.quantiles import inverted_cdf, type_7
from varmodel.values import Array, is_number

STATISTICS = ("mean", "sd", "median", "lower", "upper", "ci_prob", "ci_kind", "mcse")


def summarise(x: xr.DataArray | xr.Dataset, *, prob: float = 0.95) -> pd.DataFrame:
    """Summarise draws by mean, sd, median and an equal-tailed credible interval.

    Parameters
    ----------
    x : xarray.DataArray or Dataset
        Draws with the dimensions chain and draw and any others.
    prob : float
        Probability of the interval, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        One row a combination of the other dimensions, which stand first as columns; then
        mean, sd, median, lower, upper, ci_prob, ci_kind ("eti"), mcse. Given the model, the
        figure lies in [lower, upper] with probability ``prob``; print no digit that ``mcse``,
        the Monte Carlo error of the mean, does not support. An array named ``rank`` gets whole
        numbers by the inverted CDF. A Dataset gives each variable that has draws, stacked,
        with a first column ``variable``.

    Raises
    ------
    SpecError
        CONFIG.VALUE where ``prob`` is out of range or ``x`` holds no draws.
    InputError
        VALUE.NONFINITE.
    """
    if not is_number(prob) or not 0 < prob < 1:
        fail("CONFIG.VALUE", f"prob must lie between 0 and 1, not {show(prob)}")
    if isinstance(x, xr.DataArray):
        return _summarise_array(x, float(prob))
    if not isinstance(x, xr.Dataset):
        fail("CONFIG.VALUE", f"x must be a DataArray or a Dataset, not {type(x).__name__}")
    tables = [
        _summarise_array(x[name], float(prob)).assign(variable=str(name))
        for name in x.data_vars
        if set(DRAW_DIMS) <= set(x[name].dims) and x[name].size
    ]
    if not tables:
        fail("CONFIG.VALUE", "x has no variable with the dimensions chain and draw")
    whole = pd.concat(tables, ignore_index=True)
    others = [name for name in whole.columns if name not in ("variable", *STATISTICS)]
    return whole[["variable", *others, *STATISTICS]]


def _summarise_array(x: xr.DataArray, prob: float) -> pd.DataFrame:
    name = str(x.name) if x.name is not None else "x"
    absent = [dim for dim in DRAW_DIMS if dim not in x.dims]
    if absent or x.size == 0:
        fail(
            "CONFIG.VALUE", f"{name} has no draws along {' and '.join(absent) or 'its dimensions'}"
        )
    others = [dim for dim in x.dims if dim not in DRAW_DIMS]
    ordered = x.transpose(*DRAW_DIMS, *others)
    values = as_numbers(ordered.to_numpy(), name)
    refuse_nonfinite(values, name)
    flat = values.reshape(*values.shape[:2], -1)
    weight = x[WEIGHT].transpose(*DRAW_DIMS).to_numpy() if WEIGHT in x.coords else None
    kept = _statistics(flat, weight, prob, whole=x.name == "rank")
    return pd.DataFrame(_keys(ordered, others) | kept)


def _statistics(flat: Array, weight: Array | None, prob: float, *, whole: bool) -> dict[str, Any]:
    """Summarise (chain, draw, row) row by row, some rows at a time."""
    draws, rows = flat.shape[0] * flat.shape[1], flat.shape[2]
    parts = [_part(flat[:, :, part], weight, prob, whole=whole) for part in blocks(rows, draws)]
    found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    mcse = found.pop("mcse")
    if whole:
        found |= {name: found[name].astype(np.int64) for name in ("lower", "upper")}
    return found | {"ci_prob": prob, "ci_kind": "eti", "mcse": mcse}


def _part(flat: Array, weight: Array | None, prob: float, *, whole: bool) -> Mapping[str, Array]:
    columns = np.ascontiguousarray(flat.reshape(-1, flat.shape[2]).T)
    ordered, tail = np.sort(columns, axis=1), (1 - prob) / 2  # where quantiles are soon found
    lower, upper = _rank_bounds(ordered, tail) if whole else _bounds(ordered, tail)
    sd = columns.std(axis=1, ddof=1) if columns.shape[1] > 1 else np.full(len(columns), np.nan)
    return {
        "mean": columns.mean(axis=1),
        "sd": sd,
        "median": type_7(ordered, 0.5, is_sorted=True),
        "lower": lower,
        "upper": upper,
        "mcse": _mcse(flat, columns, weight, sd),
    }


def _bounds(columns: Array, tail: float) -> tuple[Array, Array]:
    return type_7(columns, tail, is_sorted=True), type_7(columns, 1 - tail, is_sorted=True)


def _rank_bounds(columns: Array, tail: float) -> tuple[Array, Array]:
    """Give whole places: mid-ranks at a tie are widened outwards (methods 4)."""
    return np.floor(inverted_cdf(columns, tail)), np.ceil(inverted_cdf(columns, 1 - tail))


def _mcse(flat: Array, columns: Array, weight: Array | None, sd: Array) -> Array:
    """Give sd / sqrt(ESS of the mean); 0 for a quantity that is equal in all draws."""
    constant = columns.min(axis=1) == columns.max(axis=1)
    size = np.full(len(columns), np.nan)
    if not constant.all():
        moving = ~constant
        size[moving] = (
            ess_mean(flat[:, :, moving])
            if weight is None
            else ess_weighted(flat[:, :, moving], weight)
        )
    return np.where(constant, 0.0, sd / np.sqrt(size))


def _keys(x: xr.DataArray, others: list[Any]) -> dict[str, Any]:
    """Give the labels of every row, in the order of the flattened dimensions."""
    labels = [
        labels_of(None, x.sizes[dim], name="x")
        if dim == "provider" and dim not in x.coords
        else x[dim].to_numpy()
        for dim in others
    ]
    grid = np.meshgrid(*labels, indexing="ij")
    return {str(dim): column.ravel() for dim, column in zip(others, grid, strict=True)}
