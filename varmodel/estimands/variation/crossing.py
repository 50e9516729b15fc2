"""A provider's own case mix with the nation's demography: one step of the decomposition.

Symbols: a pattern's columns are of case mix, the period among them (c), or of demography (d).
omega_d is the share of each distinct d in the reference population, whatever its c. Then

    h(c) = sum_d omega_d g^-1(alpha + x_c' beta + x_d' beta)

is the mean rate of case mix c, demography averaged as in the nation. An interaction of columns of
both lists is multiplied anew for each pair (c, d).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import xarray as xr

from varmodel.estimands.draws.stacked import StackedPredictor
from varmodel.estimands.rates.standardise import Reference
from varmodel.numerics.blocks import blocks
from varmodel.spec import Interaction, ModelSpec
from varmodel.values import Array, Index, Mask

#: Elements of the mean rates of a block of draws.
_ELEMENTS = 2**22


@dataclass(frozen=True, slots=True, eq=False)
class Crossing:
    """The distinct case mixes and the distinct demographies of a frame.

    Attributes
    ----------
    link_name : str
    case, demography : ndarray, shapes (C, term), (D, term)
        The design of each, 0 in the columns of the other.
    case_of : ndarray of int, shape (pattern,)
        The case mix of each pattern.
    share : ndarray, shape (D,)
        omega.
    mixed : ndarray of int, shape (M,)
        Terms that are products of columns of both lists.
    of_case, of_demography, mean : ndarray, shapes (C, M), (D, M), (M,)
        Their factors, neither centred nor scaled, and what is taken off the product.
    """

    link_name: str
    case: Array
    demography: Array
    case_of: Index
    share: Array
    mixed: Index
    of_case: Array
    of_demography: Array
    mean: Array

    def rates(self, predictor: StackedPredictor, *, cells: int) -> Iterator[tuple[slice, Array]]:
        """Give h(c) of a few draws at a time, (draws, C), to be taken for so many cells."""
        width = max(cells, len(self.case))
        for draws in blocks(len(predictor.intercept), width, largest=_ELEMENTS):
            part = _take(predictor, draws)
            yield draws, self._paired(part) if len(self.mixed) else self._added(part)

    def _added(self, predictor: StackedPredictor) -> Array:
        """Add what case mix contributes as if it were an effect."""
        nation = Reference(self.link_name, self.share)
        effect = predictor.coefficients @ self.case.T
        return nation.mean(replace(predictor, design=self.demography), effect)

    def _paired(self, predictor: StackedPredictor) -> Array:
        """Write the design of each case mix with every demography, products made anew."""
        nation, result = Reference(self.link_name, self.share), []
        nothing = np.zeros((len(predictor.intercept), 1))
        for own, factors in zip(self.case, self.of_case, strict=True):
            design = self.demography + own
            design[:, self.mixed] = factors * self.of_demography - self.mean
            result.append(nation.mean(replace(predictor, design=design), nothing)[:, 0])
        return np.stack(result, axis=1)


def read_crossing(frame: xr.Dataset, spec: ModelSpec) -> Crossing:
    """Take the patterns of a frame apart into case mix and demography."""
    design = frame["design"].transpose("pattern", "term").to_numpy()
    mean = frame["term_mean"].to_numpy() if "term_mean" in frame else np.zeros(design.shape[1])
    terms = _terms(frame)
    of_demography, mixed = _sides(terms, spec)
    factors = design + np.where(_is_level(terms), mean, 0.0)
    of_case = ~of_demography
    of_case[mixed] = of_demography[mixed] = False
    names = {name: place for place, name in enumerate(name for name, _ in terms)}
    parts = [[names[part] for part in terms[term][1]["parts"]] for term in mixed]
    case, first, case_of = _distinct(design, of_case)
    demography, first_d, demography_of = _distinct(design, of_demography)
    weight = frame["pattern_weight"].to_numpy()
    return Crossing(
        link_name=spec.family_row.link_name,
        case=case,
        demography=demography,
        case_of=case_of,
        share=np.bincount(demography_of, weight, len(demography)),
        mixed=np.array(mixed, dtype=np.int64),
        of_case=_products(factors[first], parts, of_case),
        of_demography=_products(factors[first_d], parts, of_demography),
        mean=mean[mixed],
    )


type _Terms = list[tuple[str, dict[str, Any]]]


def _terms(frame: xr.Dataset) -> _Terms:
    """Give each term of the design with the column, or interaction, that it belongs to."""
    names = frame["term"].to_numpy().astype(str).tolist()
    stored = json.loads(frame.attrs.get("terms", "[]"))
    owner: dict[str, dict[str, Any]] = {}
    single: dict[str, list[str]] = {}
    for column in (x for x in stored if x["kind"] != "interaction"):
        head = "period" if column["kind"] == "period" else column["column"]
        own = [name for name in names if name == head or _is_of(name, head, column)]
        single[column["column"]] = own
        owner |= dict.fromkeys(own, column)
    for column in (x for x in stored if x["kind"] == "interaction"):
        for parts in product(*(single[name] for name in column["columns"])):
            owner[":".join(parts)] = column | {"parts": parts}
    return [(name, owner.get(name, {"column": name, "kind": "numeric"})) for name in names]


def _is_of(name: str, head: str, column: dict[str, Any]) -> bool:
    """Tell a level or a curve's column by its name."""
    if column["kind"] == "spline":
        return name.startswith(f"{head}[spline ")
    return name in {f"{head}[{level}]" for level in column["levels"][1:]}


def _is_level(terms: _Terms) -> Mask:
    return np.array([term["kind"] in {"factor", "period"} for _, term in terms], dtype=np.bool_)


def _sides(terms: _Terms, spec: ModelSpec) -> tuple[Mask, list[int]]:
    """Say which terms are of demography alone, and which of both lists."""
    plain = {
        term if isinstance(term, str) else term.column
        for term in spec.demography
        if not isinstance(term, Interaction)
    }
    of_demography, mixed = np.zeros(len(terms), dtype=np.bool_), []
    for place, (_, term) in enumerate(terms):
        columns = term.get("columns") or [term["column"]]
        inside = [column in plain for column in columns]
        of_demography[place] = all(inside)
        if any(inside) and not all(inside):
            mixed.append(place)
    return of_demography, mixed


def _distinct(design: Array, columns: Mask) -> tuple[Array, Index, Index]:
    """Give the distinct rows with other columns at 0, where each first is, and whose each is."""
    rows, first, owner = np.unique(
        np.where(columns, design, 0.0), axis=0, return_index=True, return_inverse=True
    )
    return rows, first, owner.reshape(-1)


def _products(factors: Array, parts: list[list[int]], side: Mask) -> Array:
    """Multiply each product's factors of one side: (row, M)."""
    own = [[term for term in part if side[term]] for part in parts]
    columns = [factors[:, terms].prod(axis=1) for terms in own]
    return np.stack(columns, axis=1) if columns else np.empty((len(factors), 0))


def _take(predictor: StackedPredictor, draws: slice) -> StackedPredictor:
    spread = None if predictor.spread is None else predictor.spread[draws]
    intercept, coefficients = predictor.intercept[draws], predictor.coefficients[draws]
    return StackedPredictor(intercept, coefficients, predictor.design, spread)
