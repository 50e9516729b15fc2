"""The frame itself: a labelled Dataset, its provenance and its digest."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from varmodel.families import Family, Form, Pooled
from varmodel.frame.cells import Aggregate, totals
from varmodel.frame.coded import Coded
from varmodel.frame.contents import OWN_PRICE, describing_of
from varmodel.frame.design.matrix import Design
from varmodel.frame.design.terms import DesignColumn
from varmodel.frame.providers.presence import Presence
from varmodel.frame.providers.successors import own_names
from varmodel.frame.providers.table import ProviderTable, codes_of
from varmodel.frame.rows import Rows
from varmodel.numerics.sums import exact_sum
from varmodel.spec import ModelSpec
from varmodel.spec.rules import own_price
from varmodel.values import Array

type Variables = dict[str, tuple[str | tuple[str, ...], npt.NDArray[Any]]]


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Everything a frame is put together from.

    Attributes
    ----------
    rows : Rows
        The ranked providers' rows.
    cells : Aggregate
    columns : tuple of TermColumn or Product
    design : Design
    pattern_weight : ndarray
        Shape (pattern,), summing to 1.
    pooled : Pooled
    excluded : list of dict
        provider, observed, reason.
    rows_in : int
    presence : Presence or None
        Which periods each provider reports; None without a period column.
    support : ndarray
        Share of the reference population whose kind of patient each provider has.
    successors : dict of str to str
        What became of providers of the table that have a new code.
    table : ProviderTable
        What describes the providers.
    """

    rows: Rows
    cells: Aggregate
    columns: tuple[DesignColumn, ...]
    design: Design
    pattern_weight: Array
    pooled: Pooled
    excluded: list[dict[str, object]]
    rows_in: int
    presence: Presence | None
    support: Array
    successors: dict[str, str]
    table: ProviderTable


def assemble_frame(spec: ModelSpec, parts: Parts) -> xr.Dataset:
    """Put the frame together."""
    variables = _cell_variables(parts) | _pattern_variables(parts) | _providers(spec, parts)
    frame = xr.Dataset(variables, coords=_coords(parts))
    return frame.assign_attrs(_attrs(spec, parts))


def national_figures(family: Family, form: Form, *, cells: Aggregate) -> Pooled:
    """Give the national figures that default priors scale with: see :class:`Pooled`.

    A rate at the end of its range, whose link is not finite, is that of half an event more (less).
    """
    held = form.cells(cells.statistics)
    size, response = exact_sum(held.size), held.response
    if family.residual is None:
        events, link = exact_sum(response), family.link
        if not link.lower < events / size < link.upper:
            events, size = events + 0.5, size + (1.0 if np.isfinite(link.upper) else 0.0)
        return Pooled(mean=events / size, sd=1.0)
    mean = np.asarray(exact_sum(held.size * response) / size)
    eta = family.scale.forward(mean)
    between = exact_sum(family.residual.deviation(held, eta))
    within = 0.0 if held.spread is None else exact_sum(held.spread)
    sd = family.residual.estimate(np.asarray((between + within) / max(size - 1, 1)))
    return Pooled(mean=float(family.link.inverse(eta)), sd=float(sd))


def crude_rates(form: Form, rows: Rows) -> tuple[Array, Array]:
    """Give each provider's crude rate (NaN without any size) and its size, shape (provider,)."""
    response, size = totals(form, rows, owner=rows.provider.codes, size=len(rows.provider.levels))
    return np.divide(response, size, out=np.full_like(size, np.nan), where=size > 0), size


def _cell_variables(parts: Parts) -> Variables:
    cells = parts.cells
    found: dict[str, npt.NDArray[Any]] = {
        "provider_index": cells.provider_index,
        "pattern_index": cells.pattern_index,
    }
    if parts.rows.quarter is not None:
        found["period_index"] = cells.stratum[0].codes[cells.pattern_index]
    return {name: ("cell", values) for name, values in {**found, **cells.statistics}.items()}


def _pattern_variables(parts: Parts) -> Variables:
    return {
        "design": (("pattern", "term"), parts.design.matrix),
        "term_mean": ("term", parts.design.mean),
        "term_sd": ("term", parts.design.sd),
        "pattern_weight": ("pattern", parts.pattern_weight),
    }


def _providers(spec: ModelSpec, parts: Parts) -> Variables:
    rate, size = crude_rates(spec.form, parts.rows)
    found: Variables = {"observed": ("provider", rate), "support": ("provider", parts.support)}
    if spec.form.name != "published":
        periods = 1 if parts.presence is None else parts.presence.divisor
        found["activity"] = ("provider", size / periods)
    if parts.rows.provider_name is not None:
        provider, given = parts.rows.provider, parts.rows.given
        names = own_names(provider, given=given, names=parts.rows.provider_name)
        found["provider_name"] = ("provider", _first(provider, names))
    if parts.table.peers:
        found["peer_values"] = (
            ("provider", "peer_column"),
            np.stack([*parts.table.peers.values()], 1),
        )
    if parts.table.price is not None:
        found[OWN_PRICE] = ("provider", parts.table.price)
    return found | _describing(parts.table, providers=len(rate))


def _describing(table: ProviderTable, *, providers: int) -> Variables:
    found: Variables = {}
    if table.predictors.names:
        found["effect_design"] = (("provider", "predictor"), table.predictors.matrix)
        found["effect_mean"] = ("predictor", table.predictors.mean)
        found["effect_sd"] = ("predictor", table.predictors.sd)
    if table.classes is not None:
        found["class_index"] = ("provider", table.classes.codes)
    if table.levels:
        found["level_index"] = (("provider", "level"), codes_of(table.levels, providers=providers))
    return found


def _coords(parts: Parts) -> Variables:
    rows = parts.rows
    coords: Variables = {
        "provider": ("provider", _labels(rows.provider.levels)),
        "term": ("term", _labels(parts.design.names)),
    }
    if rows.quarter is not None and rows.period is not None:
        coords["period"] = ("period", _labels(rows.quarter.levels))
        coords["period_label"] = ("period", _first(rows.quarter, rows.period))
    table = parts.table
    if table.predictors.names:
        coords["predictor"] = ("predictor", _labels(table.predictors.names))
    if table.classes is not None:
        coords["class"] = ("class", _labels(table.classes.levels))
    if table.levels:
        coords["level"] = ("level", _labels(list(table.levels)))
    if table.peers:
        coords["peer_column"] = ("peer_column", _labels(list(table.peers)))
    return coords


def _first(owner: Coded, texts: Coded) -> npt.NDArray[np.str_]:
    """Give the smallest text of each owner."""
    smallest = np.full(len(owner.levels), len(texts.levels), dtype=np.int64)
    np.minimum.at(smallest, owner.codes, texts.codes)
    return _labels(texts.levels[smallest])


def _labels(texts: Sequence[str] | npt.NDArray[Any]) -> npt.NDArray[np.str_]:
    return np.array(list(texts), dtype=str)


def _periods(rows: Rows) -> int:
    return 1 if rows.quarter is None else len(rows.quarter.levels)


def _attrs(spec: ModelSpec, parts: Parts) -> dict[str, str | int | float]:
    price = own_price(spec.unit_cost)
    return {
        "form": spec.form.name,
        "family": spec.family,
        "periods": _periods(parts.rows),
        "excluded": json.dumps(parts.excluded, ensure_ascii=False),
        "terms": json.dumps([column.stored for column in parts.columns], ensure_ascii=False),
        "rows_in": parts.rows_in,
        "cells_out": len(parts.cells.provider_index),
        "source_hash": _source_hash(parts),
        "pooled_mean": parts.pooled.mean,
        "pooled_sd": parts.pooled.sd,
        **({"dispersion_unit": json.dumps(spec.unit_columns)} if spec.unit_columns else {}),
        **_describing_attrs(spec, parts.table),
        **({"successors": json.dumps(parts.successors)} if spec.successors else {}),
        **({OWN_PRICE: price} if price else {}),
    }


def _describing_attrs(spec: ModelSpec, table: ProviderTable) -> dict[str, str]:
    """Keep which columns describe providers, and the groups of each level."""
    found = {} if not describing_of(spec) else {"describing": json.dumps(describing_of(spec))}
    levels = {name: coded.levels.tolist() for name, coded in table.levels.items()}
    found |= {"predictors": json.dumps(table.stored, ensure_ascii=False)} if table.stored else {}
    return found | ({"levels": json.dumps(levels, ensure_ascii=False)} if levels else {})


def _source_hash(parts: Parts) -> str:
    """SHA-256 of the sorted cells: labels, levels, codes, statistics; no order, no file."""
    cells = parts.cells
    digest = hashlib.sha256()
    for column in (parts.rows.provider, *cells.stratum):
        levels = column.levels
        text = json.dumps(levels.tolist()).encode() if column.is_text else levels.tobytes()
        digest.update(text)
    indices = [cells.provider_index, cells.pattern_index, *(c.codes for c in cells.stratum)]
    for codes in indices:
        digest.update(codes.astype("<i8").tobytes())
    for name, values in cells.statistics.items():
        digest.update(name.encode())
        digest.update(values.astype("<f8").tobytes())
    described = _describing(parts.table, providers=len(parts.rows.provider.levels))
    for name, (_, array) in described.items():
        digest.update(name.encode())
        digest.update(array.astype("<f8").tobytes())
    return digest.hexdigest()
