"""What describes providers that a frame has not: predictors of their effects, class, groups."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from varmodel.errors import Problem, Where, refuse
from varmodel.frame.checks.refusals import refuse_where
from varmodel.frame.design.terms import TermColumn
from varmodel.frame.new.columns import code_column
from varmodel.frame.providers.lasting import level_groups
from varmodel.frame.providers.table import VARIES_WITHIN
from varmodel.frame.reading import Distinct
from varmodel.frame.reading.numbers import parse_labels, refusals
from varmodel.spec import ModelSpec
from varmodel.spec.rules import LOG_VOLUME
from varmodel.values import Array, Index

_MEAN = "[mean]"


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """Columns of new rows that describe their providers; empty where none was read.

    Attributes
    ----------
    predictors : mapping of str to ndarray, shape (row,)
        Predictor of the frame -> neither centred nor scaled.
    classes : ndarray of int, shape (row,), or None
    groups : mapping of str to ndarray of str, shape (row,)
        Level -> the group of each row.
    """

    predictors: Mapping[str, Array] = field(default_factory=dict)
    classes: Index | None = None
    groups: Mapping[str, np.ndarray[Any, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """Whom some new providers are like.

    Attributes
    ----------
    design : ndarray, shape (new, predictor)
        Centred and scaled as the frame's.
    classes : ndarray of int, shape (new,), or None
    groups : mapping of str to list of str
        Level -> the group of each, one of the frame's or another.
    """

    design: Array
    classes: Index | None
    groups: Mapping[str, list[str]]


def read_described(
    spec: ModelSpec, frame: xr.Dataset, *, distinct: Distinct, order: Index
) -> Described:
    """Read what the table holds of the columns that describe providers, in the order of rows."""
    problems: list[Problem] = []
    predictors: dict[str, Array] = {}
    for term in json.loads(frame.attrs.get("predictors", "[]")):
        if term["column"] in distinct.columns:
            coded = code_column(spec, term, distinct=distinct, problems=problems)
            column = TermColumn(term["column"], term["kind"], coded)
            pairs = zip(column.names, column.raw(), strict=True)
            predictors |= {name: values[order] for name, values in pairs}
    classes = None
    if spec.classes in distinct.columns:
        levels = frame["class"].to_numpy().tolist()
        term = {"column": spec.classes, "kind": "factor", "levels": levels}
        classes = code_column(spec, term, distinct=distinct, problems=problems).codes[order]
    groups: dict[str, np.ndarray[Any, Any]] = {}
    for name in spec.levels:
        if name in distinct.columns:
            labels, refused = parse_labels(distinct.columns[name], truths=True)
            problems += refusals(distinct, name, refused=refused)
            groups[name] = np.array(labels, dtype=object)[distinct.columns[name].codes][order]
    refuse(dict.fromkeys([*problems, *_varying(spec, distinct)]))
    return Described(predictors, classes, groups)


def _varying(spec: ModelSpec, distinct: Distinct) -> Iterator[Problem]:
    """Refuse a column that holds two values in a provider."""
    owner = distinct.columns[spec.provider]
    for name in spec.provider_columns:
        if name in distinct.columns:
            column = distinct.columns[name]
            first = np.zeros(len(owner.levels), dtype=np.int64)
            first[owner.codes[::-1]] = column.codes[::-1]
            wrong = first[owner.codes] != column.codes
            yield from refuse_where(
                distinct, [spec.provider, name], wrong=wrong, finding=VARIES_WITHIN
            )


def likeness_of(
    frame: xr.Dataset,
    described: Described,
    *,
    owner: Index,
    new: Sequence[int],
    design: Array,
    volume: Array,
) -> Likeness | None:
    """Say whom new providers are like; None where a model has no such part.

    Parameters
    ----------
    frame : xarray.Dataset
    described : Described
    owner : ndarray of int, shape (row,)
        Provider of each row.
    new : sequence of int
        Those that are wanted.
    design : ndarray, shape (row, term)
    volume : ndarray, shape (row,)
        Size of each row, over as much time as the frame's.
    """
    if "describing" not in frame.attrs:
        return None
    names = [str(name) for name in frame["predictor"].to_numpy()] if "predictor" in frame else []
    held, groups = described.predictors, list(level_groups(frame))
    lacking = [name for name in names if not _worked_out(name) and name not in held]
    lacking += ["class"] if "class" in frame.dims and described.classes is None else []
    refuse(_absent([*lacking, *(name for name in groups if name not in described.groups)]))
    rows = [np.flatnonzero(owner == one) for one in new]
    if any(_worked_out(name) and name not in held for name in names):
        refuse(_idle(np.array([volume[own].sum() for own in rows])))
    terms = [str(name) for name in frame["term"].to_numpy()]
    matrix = np.empty((len(new), len(names)))
    for k, name in enumerate(names):
        for j, own in enumerate(rows):
            if name == LOG_VOLUME:
                matrix[j, k] = np.log(volume[own].sum())
            elif name.endswith(_MEAN) and name not in held:
                values = design[own, terms.index(name.removesuffix(_MEAN))]
                matrix[j, k] = np.average(values, weights=volume[own])
            else:
                matrix[j, k] = held[name][own[0]]
    if names:
        matrix = (matrix - frame["effect_mean"].to_numpy()) / frame["effect_sd"].to_numpy()
    first = np.array([own[0] for own in rows], dtype=np.int64)
    classes = None if described.classes is None else described.classes[first]
    labels = {name: described.groups[name][first].tolist() for name in groups}
    return Likeness(matrix, classes, labels)


def _idle(volume: Array) -> Iterator[Problem]:
    """Refuse new providers without a case, where their size or mean case mix is asked for."""
    if count := int((volume <= 0).sum()):
        message = "a provider that the model was not fitted to has no case, and so no size"
        fix = "leave its rows out, or give the cases that it would have"
        yield Problem("COUNT.ZERO_DENOMINATOR", message, count=count, fix=fix)


def _worked_out(name: str) -> bool:
    """Whether a predictor is no column: log_volume, and provider means of terms."""
    return name == LOG_VOLUME or name.endswith(_MEAN)


def _absent(names: Iterable[str]) -> list[Problem]:
    return [
        Problem(
            "FORMULA.UNKNOWN",
            f"no column tells {name} of the providers that the model was not fitted to",
            Where(column=name),
            fix="give the columns that describe providers, as in the fitted table",
        )
        for name in names
    ]
